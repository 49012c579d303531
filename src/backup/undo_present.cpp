#include "backup/undo_present.h"

#include <string>
#include <utility>

#include "common/hash.h"
#include "common/varint.h"
#include "database/change_deriver.h"
#include "database/graph_readers.h"
#include "database/key_codec.h"
#include "manifolddb/error.h"

namespace manifolddb::backup {

namespace {

constexpr const char* kCheckTheDatabase = "manifold check DB    lists everything that is damaged";

}  // namespace

// --- a database ----------------------------------------------------------------------------------

DatabasePresent::DatabasePresent(std::shared_ptr<const Snapshot> snapshot, std::uint64_t range_last)
    : snapshot_(std::move(snapshot)),
      range_last_(range_last),
      reader_(make_snapshot_reader(snapshot_)) {}

PresentState DatabasePresent::look_at(const TouchedRecord& record) {
  if (!records_ || records_->kind() != record.kind) records_.emplace(*snapshot_, record.kind);
  PresentState state;
  const std::optional<StoredRecord> stored = records_->find(record.key);
  state.exists = stored.has_value();
  const std::uint64_t changed_by = stored ? stored->stamp : deleted_by(record);
  if (changed_by > range_last_) state.changed_by = changed_by;
  state.is_as_before =
      state.exists == record.had_before && (!stored || stored->body == record.before);
  // Its last change, then, was in the range.
  const bool as_logged =
      state.exists == record.had_after && (!stored || stored->body == record.after);
  if (state.changed_by == 0 && !as_logged) {
    throw Error(ErrorCode::damaged,
                describe_record(record.kind, record.key) +
                    " is not as the last transaction that changed it left it",
                "nothing was written", kCheckTheDatabase);
  }
  return state;
}

std::uint64_t DatabasePresent::deleted_by(const TouchedRecord& record) const {
  std::string key;
  tombstone_key(record.kind, record.key, key);
  const auto sequence =
      snapshot_->engine().get(Family::tombstones, key, snapshot_->engine_snapshot());
  return sequence && sequence->size() == 8 ? read_be64(sequence->data()) : 0;
}

bool DatabasePresent::entity_exists(std::uint64_t id) {
  std::string body;
  return reader_->get(RecordKind::entity, id_key(id), body);
}

// Edges of the range have an older stamp; they are among what is undone.
std::optional<NewerEdge> DatabasePresent::newer_edge_of(std::uint64_t entity) {
  std::string value;
  for (const Side side : {Side::outgoing, Side::incoming}) {
    NeighbourCursor cursor = reader_->neighbours(side, entity, std::nullopt);
    for (Neighbour edge; cursor.next(edge);) {
      StoredRecord stored;
      if (!snapshot_->engine().get(Family::edges, id_key(edge.edge.value),
                                   snapshot_->engine_snapshot(), value) ||
          !parse_stored_record(value, stored)) {
        throw Error(ErrorCode::damaged,
                    describe_record(RecordKind::edge, id_key(edge.edge.value)) +
                        " has an index row, and cannot be read",
                    "nothing was written", kCheckTheDatabase);
      }
      if (stored.stamp > range_last_) return NewerEdge{edge.edge.value, stored.stamp};
    }
  }
  return std::nullopt;
}

// --- an archived log -----------------------------------------------------------------------------

PresentState LoggedPresent::look_at(const TouchedRecord& record) {
  PresentState state;
  state.exists = record.had_after;
  state.is_as_before = record.is_as_before();
  if (record.later) {
    state.exists = record.later->exists;
    state.changed_by = record.later->sequence;
    state.is_as_before =
        state.exists == record.had_before &&
        (!state.exists ||
         record.later->hash == record_hash({record.kind, record.key, record.before}, scratch_));
  }
  if (record.kind == RecordKind::entity && !state.exists) {
    gone_.append(read_be64(record.key.data()));
  }
  return state;
}

}  // namespace manifolddb::backup
