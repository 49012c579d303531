// The present records of a database, looked up for ascending keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/record.h"
#include "database/key_codec.h"
#include "database/snapshot.h"

namespace manifolddb::backup {

// Ids close together are reached by steps of an iterator. Others are looked up, which ends in the
// newest table that has the record: what was changed lately is in memory or in a small table, and
// the large ones below are not touched, as a seek would. Not thread-safe; the snapshot must outlive
// it.
class PresentRecords {
 public:
  PresentRecords(const Snapshot& snapshot, RecordKind kind);
  RecordKind kind() const { return kind_; }

  // The stored record of this key, or none; its body lives until the next call. Keys ascend from
  // call to call. Throws Error{damaged} when its stored form cannot be read.
  std::optional<StoredRecord> find(std::string_view key);

 private:
  static constexpr std::uint64_t kCloseMax = 8;
  bool is_close(std::string_view key);
  bool step_to(std::string_view key);

  const Snapshot& snapshot_;
  RecordKind kind_;
  std::optional<EngineIterator> iterator_;
  bool is_positioned_ = false;
  std::optional<std::uint64_t> last_id_;
  std::string value_;
};

}  // namespace manifolddb::backup
