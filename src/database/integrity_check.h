// Finds every disagreement between data, indexes, counters, commits and digest of one snapshot.
#pragma once

#include "database/snapshot.h"
#include "manifolddb/database.h"

namespace manifolddb {

// The digest of all records as they lie in the tables, by a full scan on all cores. Throws
// Error{damaged} for a record that cannot be read, Error{interrupted} when `progress` returns
// false.
ContentDigest scan_digest(const Snapshot& snapshot, const ProgressCallback& progress);

// In bounded memory. Damaged rows are findings, not errors.
CheckReport check_integrity(const Snapshot& snapshot, const ProgressCallback& progress);

}  // namespace manifolddb
