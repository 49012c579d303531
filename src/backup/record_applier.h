// Feeds a backup's records to the bulk loader: what all kinds of restore have in common.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "backup/file_reader.h"
#include "database/bulk_loader.h"
#include "database/database_core.h"
#include "manifolddb/backup.h"

namespace manifolddb::backup {

// How Options::memory_limit_bytes is divided between reading and loading.
struct RestoreMemory {
  static constexpr std::size_t kLimitMin = 32u << 20;
  explicit RestoreMemory(std::size_t limit_bytes);
  std::size_t reader_bytes, loader_bytes;
};

// The reader's options for a restore.
ReaderOptions restore_reader_options(const Options& options);

// Error{damaged} when the header is, Error{not_restorable} unless it is a full backup's.
const Header& require_full(const FileReader& reader, const std::string& safe);

// Makes a database that never committed anything the one that was backed up: same database_id,
// sequence number, digest and counters, in a new history whose parent is the backup's point. The
// writer's turn is the caller's. Throws Error{damaged} at the first damage; `safe` says what is
// untouched then. Returns the state that is committed now.
StateRecord load_into_fresh(DatabaseCore& core, FileReader& reader, const Options& options,
                            const std::string& safe);

// Reads all records back and compares with what they must be. Throws Error{damaged}.
void prove(const DatabaseCore& core, const StateRecord& expected, const Options& options,
           const std::string& safe);

RestoreSummary summarize(const Header& header, const StateRecord& state, std::uint64_t bytes);

}  // namespace manifolddb::backup
