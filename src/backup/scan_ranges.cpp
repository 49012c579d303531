#include "backup/scan_ranges.h"

#include <algorithm>

#include "common/varint.h"
#include "database/key_codec.h"

namespace manifolddb::backup {

namespace {

constexpr std::size_t kSamplesMax = 8;            // places at which bodies are measured
constexpr std::size_t kSampleRecordsMax = 32;     // records at each
constexpr std::size_t kRecordOverheadBytes = 64;  // of a line, over its body

std::uint64_t average_record_bytes(const Snapshot& snapshot, RecordKind kind,
                                   std::uint64_t records) {
  std::vector<std::string> starts = snapshot.split_keys(kind, records / kSamplesMax + 1);
  starts.insert(starts.begin(), std::string());
  const std::size_t step = std::max<std::size_t>(1, starts.size() / kSamplesMax);
  std::uint64_t bytes = 0;
  std::uint64_t sampled = 0;
  for (std::size_t i = 0; i < starts.size(); i += step) {
    RecordScan scan = snapshot.scan(kind, starts[i]);
    RecordView record;
    for (std::size_t n = 0; n < kSampleRecordsMax && scan.next(record); ++n) {
      bytes += record.key.size() + record.body.size() + kRecordOverheadBytes;
      ++sampled;
    }
  }
  return sampled == 0 ? kRecordOverheadBytes : bytes / sampled;
}

// The engine knows where its table files are cut, but nothing of what is in memory only. Ids are
// usually dense or random: dividing their range evenly serves both.
void divide_ids(std::uint64_t next_id, std::uint64_t parts, std::vector<std::string>& keys) {
  const std::uint64_t step = next_id / parts;
  if (step == 0) return;
  for (std::uint64_t part = 1; part < parts; ++part) keys.push_back(id_key(1 + part * step));
  std::sort(keys.begin(), keys.end());
}

void split_kind(const Snapshot& snapshot, RecordKind kind, std::uint64_t records,
                std::uint64_t next_id, std::size_t range_bytes, std::vector<ScanRange>& ranges) {
  std::vector<std::string> keys;
  if (records > 1) {
    const std::uint64_t total = average_record_bytes(snapshot, kind, records) * records;
    const std::uint64_t parts = std::clamp<std::uint64_t>(
        total / range_bytes, 1, std::min(records, std::uint64_t{kScanRangesMax}));
    if (parts > 1) {
      keys = snapshot.split_keys(kind, records / parts + 1);
      if (keys.size() < parts / 2 && next_id != 0) divide_ids(next_id, parts, keys);
    }
  }
  // Even where the counters are wrong, the ranges cover every key.
  std::string first;
  for (std::string& key : keys) {
    if (key <= first) continue;
    ranges.push_back({kind, first, key});
    first = std::move(key);
  }
  ranges.push_back({kind, std::move(first), {}});
}

}  // namespace

std::vector<ScanRange> split_snapshot(const Snapshot& snapshot, std::size_t range_bytes) {
  const StateRecord& state = snapshot.state();
  std::vector<ScanRange> ranges;
  split_kind(snapshot, RecordKind::key_value, state.counts.metadata_count, 0, range_bytes, ranges);
  split_kind(snapshot, RecordKind::entity, state.counts.entity_count, state.next_entity_id,
             range_bytes, ranges);
  split_kind(snapshot, RecordKind::edge, state.counts.edge_count, state.next_edge_id, range_bytes,
             ranges);
  return ranges;
}

}  // namespace manifolddb::backup
