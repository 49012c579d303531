// Records of a backup beside those that a database has already: the policies of a restore into an
// existing database.
#pragma once

#include <string>

#include "backup/block_parser.h"
#include "database/snapshot.h"
#include "manifolddb/backup.h"

namespace manifolddb::backup {

inline constexpr std::size_t kConflictsNamedMax = 10;

// `batch`: new records, ascending. It becomes the changes that bring them into the database: what
// is equal is left out, what exists with another content is left out (fail, skip) or replaces it
// (overwrite). Thread-safe.
MergeOutcome merge_with_database(const Snapshot& database, OnConflict policy, ChangeBatch& batch);

// Adds what a block contributed to the outcome of the whole backup.
void add_outcome(MergeOutcome&& part, MergeOutcome& whole);

// Throws Error{conflict}, naming the first ones, if there were any.
void refuse_conflicts(const MergeOutcome& outcome, const std::string& source_name);

}  // namespace manifolddb::backup
