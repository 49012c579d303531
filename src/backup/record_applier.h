// Feeds a backup's records to the bulk loader: what all kinds of restore have in common.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "backup/chain_reader.h"
#include "backup/file_reader.h"
#include "database/bulk_loader.h"
#include "database/database_core.h"
#include "manifolddb/backup.h"

namespace manifolddb::backup {

// How Options::memory_limit_bytes is divided between reading, merging links (if any) and loading.
struct RestoreMemory {
  static constexpr std::size_t kLimitMin = 32u << 20;
  RestoreMemory(std::size_t limit_bytes, bool has_links);
  std::size_t reader_bytes, merge_bytes, loader_bytes;
};

// The reader's options for a restore; ChainReaderOptions::scratch_directory is the caller's.
ChainReaderOptions restore_reader_options(const Options& options, bool has_links,
                                          const std::string& safe);

// Error{damaged} when the header is, Error{not_restorable} unless it is a full backup's.
const Header& require_full(const FileReader& reader, const std::string& safe);

// Makes a database that never committed anything the one that was backed up: same database_id,
// sequence number, digest and counters, in a new history whose parent is the backup's point. The
// writer's turn is the caller's. Throws Error{damaged} at the first damage; `safe` says what is
// untouched then. Returns the state that is committed now. `counters`: next ids that it begins with
// at least.
struct IdCounters {
  std::uint64_t next_entity_id = 1, next_edge_id = 1;
};
StateRecord load_into_fresh(DatabaseCore& core, ChainReader& reader, const Options& options,
                            const std::string& safe, IdCounters counters = {});

// Reads all records back and compares with what they must be. Throws Error{damaged}.
void prove(const DatabaseCore& core, const StateRecord& expected, const Options& options,
           const std::string& safe);

RestoreSummary summarize(const Header& header, const StateRecord& state, std::uint64_t bytes);

}  // namespace manifolddb::backup
