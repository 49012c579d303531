// Reads a database back from one end to the other: the proof of a restore, `digest` and `check`.
#pragma once

#include <cstdint>

#include "database/snapshot.h"
#include "manifolddb/database.h"

namespace manifolddb {

// What the tables hold, whatever the state row says.
struct ContentTotals {
  ContentDigest digest;
  GraphCounts counts;
  std::uint64_t checksum_mismatches = 0;  // records that differ from their own checksum
};

// A full scan by `threads` threads (0: one a core), each part of the id space read by one of them.
// Throws Error{damaged} for a record that cannot be read, Error{interrupted} when `progress`,
// called from the calling thread, returns false.
ContentTotals scan_content(const Snapshot& snapshot, unsigned threads,
                           const ProgressCallback& progress);

// Finds every disagreement between data, indexes, counters, commits and digest, in bounded memory.
// Damaged rows are findings, not errors; so are tables that cannot be read, all of which are named.
// One thread.
CheckReport check_integrity(const Snapshot& snapshot, const ProgressCallback& progress);

}  // namespace manifolddb
