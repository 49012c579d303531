#include "database/snapshot.h"

#include <algorithm>

#include "common/varint.h"
#include "database/change_deriver.h"
#include "database/key_codec.h"

namespace manifolddb {

namespace {

StateRecord read_state(const Engine& engine, const SnapshotPtr& snapshot) {
  const auto row = engine.get(Family::system, kStateKey, snapshot);
  if (!row) {
    throw Error(ErrorCode::damaged, "the database has no state row", "nothing was changed",
                "restore from a backup");
  }
  return decode_state(*row);
}

}  // namespace

Snapshot::Snapshot(const Engine& engine, SnapshotPtr snapshot)
    : engine_(engine), snapshot_(std::move(snapshot)), state_(read_state(engine_, snapshot_)) {}

RecordScan Snapshot::scan(RecordKind kind, std::string_view first, std::string_view end) const {
  ScanOptions options;
  options.snapshot = snapshot_;
  options.upper_bound = end;
  options.fills_cache = false;
  EngineIterator iterator = engine_.iterate(record_family(kind), options);
  iterator.seek(first);
  return RecordScan(std::move(iterator), kind);
}

bool RecordScan::next(RecordView& record) {
  if (started_) iterator_.next();
  started_ = true;
  if (!iterator_.valid()) return false;
  StoredRecord stored;
  const std::string_view key = iterator_.key();
  if (!parse_stored_record(iterator_.value(), stored) ||
      (kind_ != RecordKind::key_value && key.size() != 8)) {
    throw Error(ErrorCode::damaged,
                describe_record(kind_, key) + " has a stored form that cannot be read",
                "nothing was changed", "manifold check lists every damaged record");
  }
  stamp_ = stored.stamp;
  checksum_ = stored.checksum;
  record = {kind_, key, stored.body};
  return true;
}

std::vector<std::string> Snapshot::split_keys(RecordKind kind,
                                              std::uint64_t records_per_part) const {
  std::vector<std::string> keys = engine_.split_keys(record_family(kind), records_per_part);
  if (!keys.empty() || kind == RecordKind::key_value) return keys;
  // Nothing in table files yet: divide the ids that were ever given out.
  const bool entities = kind == RecordKind::entity;
  const std::uint64_t count = entities ? state_.counts.entity_count : state_.counts.edge_count;
  const std::uint64_t ids = entities ? state_.next_entity_id : state_.next_edge_id;
  const std::uint64_t parts = count / std::max<std::uint64_t>(1, records_per_part);
  for (std::uint64_t i = 1; i < parts; ++i) keys.push_back(id_key(ids / parts * i));
  return keys;
}

}  // namespace manifolddb
