// A snapshot cut into ranges that threads can scan side by side.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/record.h"
#include "database/snapshot.h"

namespace manifolddb::backup {

// Keys in [first, end); an empty end is no end.
struct ScanRange {
  RecordKind kind{};
  std::string first, end;
};

inline constexpr std::size_t kScanRangesMax = 1u << 16;  // of a kind

// All records of all kinds, in the order of a backup. Each range has about `range_bytes` of bodies,
// by sample; a range of a graph whose records or ids are unevenly spread can have far more.
std::vector<ScanRange> split_snapshot(const Snapshot& snapshot, std::size_t range_bytes);

}  // namespace manifolddb::backup
