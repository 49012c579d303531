// A consistent view of all records at one sequence number, in the form in which backups travel.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/record.h"
#include "database/engine.h"
#include "database/state_record.h"

namespace manifolddb {

// Records of one kind, ascending by key. Used by one thread; several may run over one Snapshot.
class RecordScan {
 public:
  // False at the end. Views live until the next call. Throws Error{damaged}, naming the record,
  // when its stored form cannot be parsed. The checksum is not compared here: hash the record and
  // compare with checksum() where it matters.
  bool next(RecordView& record);
  std::uint64_t stamp() const { return stamp_; }
  std::uint32_t checksum() const { return checksum_; }

 private:
  friend class Snapshot;
  RecordScan(EngineIterator iterator, RecordKind kind)
      : iterator_(std::move(iterator)), kind_(kind) {}
  EngineIterator iterator_;
  RecordKind kind_;
  std::uint64_t stamp_ = 0;
  std::uint32_t checksum_ = 0;
  bool started_ = false;
};

// Thread-safe. Must not outlive its database.
class Snapshot {
 public:
  Snapshot(const Engine& engine, SnapshotPtr snapshot);
  const StateRecord& state() const { return state_; }
  const SnapshotPtr& engine_snapshot() const { return snapshot_; }
  const Engine& engine() const { return engine_; }

  // Keys in [first, end); an empty end is no end. For long scans: reads ahead, leaves the cache
  // alone.
  RecordScan scan(RecordKind kind, std::string_view first = {}, std::string_view end = {}) const;

  // Keys that cut a kind into parts of about `records_per_part` (see Engine::split_keys).
  std::vector<std::string> split_keys(RecordKind kind, std::uint64_t records_per_part) const;

 private:
  const Engine& engine_;
  SnapshotPtr snapshot_;
  StateRecord state_;
};

}  // namespace manifolddb
