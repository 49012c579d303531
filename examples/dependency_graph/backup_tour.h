// The tour: back up while a writer goes on, verify, damage, restore, prove.
#pragma once

#include <filesystem>

#include "manifolddb/backup.h"
#include "manifolddb/database.h"

namespace example {

// Where the files of the tour are.
struct TourFiles {
  explicit TourFiles(const std::filesystem::path& folder)
      : directory(std::filesystem::absolute(folder)),
        database(directory / "archive.manifold"),
        backup(directory / "archive.jsonl"),
        compressed_backup(directory / "archive.jsonl.zst"),
        broken_line(directory / "broken-line.jsonl"),
        changed_letter(directory / "changed-letter.jsonl"),
        restored(directory / "restored.manifold") {}
  std::filesystem::path directory;
  std::filesystem::path command;  // `manifold`
  std::filesystem::path database, backup, compressed_backup, broken_line, changed_letter, restored;
};

// Each prints what it does and throws std::runtime_error when the outcome is not as it must be.
manifolddb::backup::BackupSummary back_up_while_writing(manifolddb::Database& database,
                                                        const TourFiles& files);
void verify_backup(const TourFiles& files);
void show_damages(const TourFiles& files);
void restore_and_prove(const TourFiles& files, const manifolddb::backup::BackupSummary& backup);

// Throws std::runtime_error with `what` unless the condition holds.
void require(bool condition, const std::string& what);

// Seconds as "1.234 s", counts as "12 345", bytes as "1.2 MB".
std::string seconds_since(std::chrono::steady_clock::time_point start);
std::string grouped(std::uint64_t count);
std::string megabytes(std::uint64_t bytes);

}  // namespace example
