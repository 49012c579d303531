#include "backup/present_records.h"

#include "database/change_deriver.h"
#include "manifolddb/error.h"

namespace manifolddb::backup {

namespace {

EngineIterator records_of(const Snapshot& snapshot, RecordKind kind) {
  ScanOptions options;
  options.snapshot = snapshot.engine_snapshot();
  options.fills_cache = false;
  return snapshot.engine().iterate(record_family(kind), options);
}

}  // namespace

PresentRecords::PresentRecords(const Snapshot& snapshot, RecordKind kind)
    : kind_(kind), iterator_(records_of(snapshot, kind)) {}

std::optional<StoredRecord> PresentRecords::find(std::string_view key) {
  if (!started_) iterator_.seek(key);
  started_ = true;
  for (int step = 0; iterator_.valid() && iterator_.key() < key; ++step) {
    if (step < kStepsMax) {
      iterator_.next();
    } else {
      iterator_.seek(key);
    }
  }
  if (!iterator_.valid() || iterator_.key() != key) return std::nullopt;
  StoredRecord stored;
  if (!parse_stored_record(iterator_.value(), stored)) {
    throw Error(ErrorCode::damaged, describe_record(kind_, key) + " of the database cannot be read",
                "nothing was changed", "manifold check DB    lists everything that is damaged");
  }
  return stored;
}

}  // namespace manifolddb::backup
