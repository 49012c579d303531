#include "database/change_index.h"

#include <string>

#include "common/varint.h"
#include "database/key_codec.h"

namespace manifolddb {

namespace {

constexpr std::size_t kHeadBytes = 9;  // sequence and kind

EngineIterator changes_after(const Snapshot& snapshot, std::uint64_t after) {
  ScanOptions options;
  options.snapshot = snapshot.engine_snapshot();
  options.fills_cache = false;
  EngineIterator it = snapshot.engine().iterate(Family::changes, options);
  it.seek(id_key(after + 1));
  return it;
}

bool read_mark(std::string_view value, ChangedRecord& change) {
  change.is_deleted = value.size() == 1 && value[0] == kTombstoneMark;
  return change.is_deleted || (value.size() == 1 && value[0] == kPutMark);
}

bool is_kind(char byte) {
  const auto kind = static_cast<RecordKind>(byte);
  return kind == RecordKind::key_value || kind == RecordKind::entity || kind == RecordKind::edge;
}

}  // namespace

ChangeScan::ChangeScan(const Snapshot& snapshot, std::uint64_t after)
    : iterator_(changes_after(snapshot, after)) {}

bool ChangeScan::next(ChangedRecord& change) {
  if (started_) iterator_.next();
  started_ = true;
  if (!iterator_.valid()) return false;
  const std::string_view key = iterator_.key();
  const auto is_key_of = [](RecordKind kind, std::string_view record) {
    return kind == RecordKind::key_value || record.size() == sizeof(std::uint64_t);
  };
  if (key.size() < kHeadBytes || !is_kind(key[kHeadBytes - 1]) ||
      !is_key_of(static_cast<RecordKind>(key[kHeadBytes - 1]), key.substr(kHeadBytes)) ||
      !read_mark(iterator_.value(), change)) {
    throw Error(ErrorCode::damaged, "an entry of the change index cannot be read",
                "nothing was changed", "manifold check DB    lists everything that is damaged");
  }
  change.sequence = read_be64(key.data());
  change.kind = static_cast<RecordKind>(key[kHeadBytes - 1]);
  change.key = key.substr(kHeadBytes);
  return true;
}

std::optional<ContentDigest> digest_at(const Snapshot& snapshot, std::uint64_t sequence) {
  const StateRecord& state = snapshot.state();
  if (sequence < state.horizon || sequence > state.sequence) return std::nullopt;
  if (sequence == state.sequence) return state.digest;
  if (sequence == state.horizon) return state.horizon_digest;
  const std::string key = id_key(sequence);
  const auto row = snapshot.engine().get(Family::commits, key, snapshot.engine_snapshot());
  if (!row) {
    throw Error(ErrorCode::damaged,
                "the commits row of transaction " + std::to_string(sequence) + " is missing",
                "nothing was changed", "manifold check DB    lists everything that is damaged");
  }
  return decode_commit(key, *row).content_digest;
}

}  // namespace manifolddb
