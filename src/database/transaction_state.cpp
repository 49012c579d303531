#include "database/transaction_state.h"

#include <algorithm>
#include <utility>

#include "common/json_writer.h"
#include "common/value_codec.h"
#include "database/graph_readers.h"
#include "database/key_codec.h"
#include "database/log_data.h"

namespace manifolddb {

namespace {

constexpr std::size_t kTakenAlongChunk = 10'000;  // edges deleted between two looks at the index
constexpr std::size_t kBulkBatchBytes = 2u << 20;
constexpr RecordKind kKinds[] = {RecordKind::key_value, RecordKind::entity, RecordKind::edge};

// A transaction's derived changes in one engine batch.
class BatchSink final : public ChangeSink {
 public:
  void put(Family family, std::string_view key, std::string_view value) override {
    batch.put(family, key, value);
  }
  void remove(Family family, std::string_view key) override { batch.remove(family, key); }
  void count(std::string_view counter_key, std::int64_t delta) override {
    deltas[std::string(counter_key)] += delta;
  }

  void add_counters(const Engine& engine) {
    for (const auto& [key, delta] : deltas) {
      if (delta == 0) continue;
      std::uint64_t count = 0;
      const auto row = engine.get(Family::counters, key, nullptr);
      if (row && !decode_counter(*row, count)) {
        throw Error(ErrorCode::damaged, "the counter of " + key.substr(1) + " cannot be read",
                    "nothing was changed", "manifold check lists what else is damaged");
      }
      const std::uint64_t sum = count + static_cast<std::uint64_t>(delta);
      if (delta < 0 && count < static_cast<std::uint64_t>(-delta)) {
        throw Error(ErrorCode::damaged, "the counter of " + key.substr(1) + " would fall below 0",
                    "nothing was changed", "manifold check lists what else is damaged");
      }
      if (sum == 0) {
        batch.remove(Family::counters, key);
      } else {
        batch.put(Family::counters, key, encode_counter(sum));
      }
    }
  }

  EngineBatch batch;
  std::map<std::string, std::int64_t> deltas;
};

std::uint64_t check_id(RecordKind kind, std::string_view key) {
  const std::uint64_t id = read_be64(key.data());
  if (id == 0 || id > kIdMax) {
    throw Error(ErrorCode::invalid_argument,
                describe_record(kind, key) + ": ids are 1 to 9223372036854775807",
                "nothing was changed", "use another id");
  }
  return id;
}

std::uint64_t assign(std::uint64_t& next, const char* what) {
  if (next > kIdMax) {
    throw Error(ErrorCode::invalid_argument, std::string("no ") + what + " id is left to assign",
                "nothing was changed", "put records under ids of your own that are free");
  }
  return next++;
}

}  // namespace

WriteTransaction::State::State(DatabaseCore& core)
    : core_(core),
      turn_(std::make_unique<WriterTurn>(core.take_writer_turn())),
      base_(core.snapshot()),
      overlay_(std::make_unique<Overlay>(core.engine(), core.options().bulk_threshold_bytes)),
      reader_(make_overlay_reader(base_, *overlay_)),
      next_entity_id_(base_->state().next_entity_id),
      next_edge_id_(base_->state().next_edge_id) {}

WriteTransaction::State::~State() {
  rollback();
}

void WriteTransaction::State::rollback() noexcept {
  reader_.reset();
  overlay_.reset();
  base_.reset();
  turn_.reset();
}

void WriteTransaction::State::check_open() const {
  if (!turn_) {
    throw Error(ErrorCode::usage, "the transaction has ended", "nothing was changed",
                "begin another one");
  }
}

std::uint64_t WriteTransaction::State::assign_entity_id() {
  return assign(next_entity_id_, "entity");
}
std::uint64_t WriteTransaction::State::assign_edge_id() {
  return assign(next_edge_id_, "edge");
}

// What was done by half may not be committed.
template <typename Change>
void WriteTransaction::State::change_overlay(const Change& change) {
  try {
    change();
  } catch (...) {
    rollback();
    throw;
  }
}

void WriteTransaction::State::put(RecordKind kind, std::string_view key, std::string_view body) {
  check_open();
  const std::uint64_t id = kind == RecordKind::key_value ? 0 : check_id(kind, key);
  if (!line_fits({kind, key, body}, core_.options().line_bytes_max)) {
    throw Error(ErrorCode::invalid_argument,
                describe_record(kind, key) + ": its backup line would have " +
                    std::to_string(line_bytes({kind, key, body})) + " bytes, over the limit of " +
                    std::to_string(core_.options().line_bytes_max),
                "nothing was changed",
                "split the record, or raise DatabaseOptions::line_bytes_max");
  }
  change_overlay([&] {
    overlay_->put(kind, key, body);
    if (kind == RecordKind::entity) next_entity_id_ = std::max(next_entity_id_, id + 1);
    if (kind == RecordKind::edge) next_edge_id_ = std::max(next_edge_id_, id + 1);
  });
}

bool WriteTransaction::State::remove(RecordKind kind, std::string_view key) {
  check_open();
  std::string body;
  if (!reader_->get(kind, key, body)) return false;
  change_overlay([&] {
    if (kind == RecordKind::entity) {
      const std::uint64_t id = read_be64(key.data());
      remove_edges_of(id, Side::outgoing);
      remove_edges_of(id, Side::incoming);
    }
    overlay_->remove(kind, key, false);
  });
  return true;
}

// In chunks, since the overlay may not change under its iterators in a way that they would miss;
// each goes on behind the last edge of the one before.
void WriteTransaction::State::remove_edges_of(std::uint64_t entity, Side side) {
  std::vector<std::uint64_t> edges;
  Neighbour edge;
  bool first = true;
  do {
    edges.clear();
    NeighbourCursor cursor = reader_->neighbours(side, entity, std::nullopt,
                                                 std::exchange(first, false) ? nullptr : &edge);
    while (edges.size() < kTakenAlongChunk && cursor.next(edge)) edges.push_back(edge.edge.value);
    for (const std::uint64_t id : edges) overlay_->remove(RecordKind::edge, id_key(id), true);
  } while (edges.size() == kTakenAlongChunk);
}

bool WriteTransaction::State::was_taken_along(std::string_view edge_key) const {
  std::string body;
  return overlay_->get(RecordKind::edge, edge_key, body) == Overlay::Found::taken_along;
}

// Whether its id is above all that any record ever had, so that there is nothing to look for.
bool WriteTransaction::State::is_new(const RecordChange& change) const {
  if (change.kind == RecordKind::key_value) return false;
  const StateRecord& state = base_->state();
  return read_be64(change.key.data()) >=
         (change.kind == RecordKind::entity ? state.next_entity_id : state.next_edge_id);
}

bool WriteTransaction::State::find_old(RecordChange& change, std::string& value) const {
  const StateRecord& state = base_->state();
  const Engine& engine = core_.engine();
  if (is_new(change)) return false;
  const std::uint64_t present = change.kind == RecordKind::entity ? state.counts.entity_count
                                : change.kind == RecordKind::edge ? state.counts.edge_count
                                                                  : state.counts.metadata_count;
  if (present != 0 &&
      engine.get(record_family(change.kind), change.key, base_->engine_snapshot(), value)) {
    StoredRecord stored;
    if (!parse_stored_record(value, stored)) {
      throw Error(
          ErrorCode::damaged,
          describe_record(change.kind, change.key) + " has a stored form that cannot be read",
          "nothing was changed", "manifold check lists every damaged record");
    }
    change.has_old = true;
    change.old_stamp = stored.stamp;
    change.old_body = stored.body;
    return true;
  }
  if (state.tombstone_count == 0) return false;
  std::string key;
  tombstone_key(change.kind, change.key, key);
  if (engine.get(Family::tombstones, key, base_->engine_snapshot(), value) && value.size() == 8) {
    change.old_tombstone = read_be64(value.data());
  }
  return false;
}

void WriteTransaction::State::for_each_change(const ChangeFunction& fn) const {
  EndCheck ends(*base_, *overlay_, core_.known_entities());
  std::string old_value;
  for (const RecordKind kind : kKinds) {
    Overlay::Iterator it = overlay_->iterate(kind, {});
    while (it.next()) {
      RecordChange change;
      change.kind = kind;
      change.key = it.key();
      change.has_new = it.found() == Overlay::Found::live;
      if (change.has_new) change.new_body = it.body();
      if (kind == RecordKind::entity) {
        const std::uint64_t id = read_be64(change.key.data());
        change.has_new ? ends.add_put(id) : ends.add_deleted(id);
      }
      find_old(change, old_value);
      if (!change.has_old && !change.has_new) continue;
      if (change.has_old && change.has_new && change.old_body == change.new_body) {
        // An edge that was deleted with an end and put back as it was still needs its ends.
        if (kind == RecordKind::edge) ends.check(change.key, change.new_body);
        continue;
      }
      if (change.has_new && kind == RecordKind::edge) ends.check(change.key, change.new_body);
      fn(change);
    }
  }
}

void WriteTransaction::State::complete_state(StateRecord& state) const {
  state.next_entity_id = std::max(state.next_entity_id, next_entity_id_);
  state.next_edge_id = std::max(state.next_edge_id, next_edge_id_);
}

SequenceNumber WriteTransaction::State::commit_small(Durability durability, bool& too_large) {
  const std::size_t bytes_max = 2 * core_.options().bulk_threshold_bytes;
  StateRecord state = base_->state();
  BatchSink sink;
  std::string before_images;
  std::vector<std::uint64_t> put_entities;
  ChangeDeriver deriver(state.sequence + 1, ChangeIndexing::on);
  for_each_change([&](const RecordChange& change) {
    if (too_large) return;
    deriver.derive(change, sink);
    append_before_image(change, before_images);
    if (change.kind == RecordKind::entity && change.has_new) {
      put_entities.push_back(read_be64(change.key.data()));
    }
    too_large = sink.batch.bytes() + before_images.size() > bytes_max;
  });
  if (too_large) return {};
  const ChangeTotals& totals = deriver.totals();
  if (totals.put_count + totals.deleted_count == 0) return {state.sequence};

  CommitRecord commit;
  core_.advance(state, commit, totals);
  complete_state(state);
  commit.engine_sequence = core_.engine().latest_engine_sequence() + 1;
  sink.add_counters(core_.engine());
  sink.batch.put(Family::commits, id_key(state.sequence), encode_commit(commit));
  sink.batch.put(Family::system, kStateKey, encode_state(state));
  std::string log_data;
  begin_log_data(commit, log_data);
  log_data.append(before_images);
  sink.batch.put_log_data(log_data);
  core_.write_transaction(sink.batch, state.sequence);
  for (const std::uint64_t id : put_entities) core_.known_entities().add(id);
  rollback();  // ends this transaction: the next writer may go on while this one waits for the disk
  if (durability != Durability::relaxed) core_.wait_durable(commit.sequence_number.value);
  return commit.sequence_number;
}

SequenceNumber WriteTransaction::State::commit_bulk() {
  StateRecord state = base_->state();
  BulkLoader loader(core_.engine(), state.sequence + 1, BulkOptions{});
  ChangeBatch batch;
  for_each_change([&](const RecordChange& change) {
    batch.add(change);
    if (batch.bytes() < kBulkBatchBytes) return;
    loader.add(std::move(batch));
    batch = ChangeBatch();
  });
  if (batch.size() != 0) loader.add(std::move(batch));
  const ChangeTotals totals = loader.finish();
  if (totals.put_count + totals.deleted_count == 0) return {state.sequence};
  CommitRecord commit;
  core_.advance(state, commit, totals);
  complete_state(state);
  commit.bulk = true;
  core_.ingest_transaction(loader, state, &commit);
  return commit.sequence_number;
}

SequenceNumber WriteTransaction::State::commit_any(Durability durability) {
  bool too_large = overlay_->spilled();
  if (!too_large) {
    const SequenceNumber sequence = commit_small(durability, too_large);
    if (!too_large) return sequence;
  }
  return commit_bulk();
}

SequenceNumber WriteTransaction::State::commit(Durability durability) {
  check_open();
  if (durability == Durability::archived) core_.require_archiver();
  const std::uint64_t before = base_->state().sequence;
  const Uuid history = base_->state().history_id;
  SequenceNumber sequence;
  try {
    sequence = commit_any(durability);
    rollback();
  } catch (...) {
    rollback();
    throw;
  }
  core_.look_after_log();
  if (durability == Durability::archived && sequence.value > before) {
    core_.wait_archived(history, sequence.value);
  }
  return sequence;
}

}  // namespace manifolddb
