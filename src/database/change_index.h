// The by-sequence change index read back: what was changed behind a sequence number, and what the
// content was there.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/record.h"
#include "database/snapshot.h"

namespace manifolddb {

// One live entry of the index; a record that was changed several times has only its last.
struct ChangedRecord {
  std::uint64_t sequence = 0;
  RecordKind kind{};
  std::string_view key;  // until the next call
  bool is_deleted = false;
};

// Entries with sequence numbers over `after`, ascending by (sequence, kind, key). Used by one
// thread; the snapshot must outlive it.
class ChangeScan {
 public:
  ChangeScan(const Snapshot& snapshot, std::uint64_t after);
  // False at the end. Throws Error{damaged} for an entry that cannot be read.
  bool next(ChangedRecord& change);

 private:
  EngineIterator iterator_;
  bool started_ = false;
};

// The content digest at `sequence`, from the horizon to the present, both included; none for other
// numbers. Throws Error{damaged} when its row is missing or cannot be read.
std::optional<ContentDigest> digest_at(const Snapshot& snapshot, std::uint64_t sequence);

}  // namespace manifolddb
