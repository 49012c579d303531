// The present records of a database, looked up for ascending keys.
#pragma once

#include <optional>
#include <string_view>

#include "common/record.h"
#include "database/key_codec.h"
#include "database/snapshot.h"

namespace manifolddb::backup {

// Keys close together are reached by steps, since a seek costs about as much as kStepsMax of them:
// so the cost follows the smaller side. Not thread-safe; the snapshot must outlive it.
class PresentRecords {
 public:
  PresentRecords(const Snapshot& snapshot, RecordKind kind);
  RecordKind kind() const { return kind_; }

  // The stored record of this key, or none; its body lives until the next call. Keys ascend from
  // call to call. Throws Error{damaged} when its stored form cannot be read.
  std::optional<StoredRecord> find(std::string_view key);

 private:
  static constexpr int kStepsMax = 8;
  RecordKind kind_;
  EngineIterator iterator_;
  bool started_ = false;
};

}  // namespace manifolddb::backup
