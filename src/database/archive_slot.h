// What archivers leave in the database's folder, one small file for each repository,
// `slots/<name>`: how far the log has been archived there. The owner reads them to know which log
// files may go, and what has arrived for Durability::archived; `stats` shows them.
//
// A slot is a report, never the truth: that is in the repository. One that is lost or torn is taken
// for "nothing archived" until the archiver writes it again, so only that there is one is synced:
// without any slot no log is kept.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifolddb/database.h"

namespace manifolddb {

// ArchiveStatus (database.h) is what users see of it; these fields are for the owner.
struct ArchiveSlot {
  ArchiveStatus status;
  std::uint64_t log_file_number = 0;  // log files below it are not needed any more
};

inline constexpr std::size_t kSlotsMax = 64;

// The name of a repository's slot: 16 hex digits of XXH3-64 of its absolute path.
std::string slot_name(const std::filesystem::path& repository);

std::string encode_slot(const ArchiveSlot& slot);
std::optional<ArchiveSlot> decode_slot(std::string_view bytes);  // none: torn, or not a slot

// Temporary name and rename: a reader finds the old one or the new one. The database's folder must
// be there. Both throw Error when the folder cannot be written. remove_slot: false when there is
// none.
void write_slot(const std::filesystem::path& database, const ArchiveSlot& slot);
bool remove_slot(const std::filesystem::path& database, const std::filesystem::path& repository);

// Throws Error when, with these, there would be more than kSlotsMax.
void require_slots_for(const std::filesystem::path& database,
                       const std::vector<std::filesystem::path>& repositories);

struct FoundSlot {
  std::string name;
  std::optional<ArchiveSlot> slot;  // none: it cannot be read; its log files are kept
};
std::vector<FoundSlot> read_slots(const std::filesystem::path& database);  // at most kSlotsMax

// While commits wait for Durability::archived, the owner leaves the highest number that is waited
// for in `slots/wanted`, so that an archiver of another process need not wait for its interval: it
// looks there every kWantedPollInterval, and works at once while it has archived less.
inline constexpr std::chrono::milliseconds kWantedPollInterval{10};
void ask_for_archiving(const std::filesystem::path& database, SequenceNumber sequence);
SequenceNumber asked_for_archiving(const std::filesystem::path& database);  // 0: nobody waits
void forget_asking_for_archiving(const std::filesystem::path& database);

}  // namespace manifolddb
