#include "backup/present_records.h"

#include "common/varint.h"
#include "database/change_deriver.h"
#include "manifolddb/error.h"

namespace manifolddb::backup {

namespace {

constexpr bool kFillsCache = false;  // each record is read once

EngineIterator records_of(const Snapshot& snapshot, RecordKind kind) {
  ScanOptions options;
  options.snapshot = snapshot.engine_snapshot();
  options.fills_cache = kFillsCache;
  return snapshot.engine().iterate(record_family(kind), options);
}

}  // namespace

PresentRecords::PresentRecords(const Snapshot& snapshot, RecordKind kind)
    : snapshot_(snapshot), kind_(kind) {}

// To the key of the call before; remembers this one.
bool PresentRecords::is_close(std::string_view key) {
  if (kind_ == RecordKind::key_value) return false;
  const std::uint64_t id = read_be64(key.data());
  const bool close = last_id_ && id - *last_id_ <= kCloseMax;
  last_id_ = id;
  return close;
}

bool PresentRecords::step_to(std::string_view key) {
  if (!iterator_) iterator_.emplace(records_of(snapshot_, kind_));
  if (!is_positioned_) iterator_->seek(key);
  is_positioned_ = true;
  while (iterator_->valid() && iterator_->key() < key) iterator_->next();
  return iterator_->valid() && iterator_->key() == key;
}

std::optional<StoredRecord> PresentRecords::find(std::string_view key) {
  std::string_view value;
  if (is_close(key)) {
    if (!step_to(key)) return std::nullopt;
    value = iterator_->value();
  } else {
    is_positioned_ = false;
    if (!snapshot_.engine().get(record_family(kind_), key, snapshot_.engine_snapshot(), value_,
                                kFillsCache)) {
      return std::nullopt;
    }
    value = value_;
  }
  StoredRecord stored;
  if (!parse_stored_record(value, stored)) {
    throw Error(ErrorCode::damaged, describe_record(kind_, key) + " of the database cannot be read",
                "nothing was changed", "manifold check DB    lists everything that is damaged");
  }
  return stored;
}

}  // namespace manifolddb::backup
