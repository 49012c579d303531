// Records of a backup beside those that a database has already: the policies of a restore into an
// existing database.
#pragma once

#include "backup/block_parser.h"
#include "database/snapshot.h"
#include "manifolddb/backup.h"

namespace manifolddb::backup {

inline constexpr std::size_t kConflictsNamedMax = 10;

// `batch`: new records, ascending. It becomes the changes that bring them into the database: what
// is equal is left out, what exists with another content is left out (fail, skip) or replaces it
// (overwrite). Thread-safe.
MergeOutcome merge_with_database(const Snapshot& database, OnConflict policy, ChangeBatch& batch);

}  // namespace manifolddb::backup
