#include "manifolddb/transaction.h"

#include "common/text.h"
#include "common/value_codec.h"
#include "database/key_codec.h"
#include "database/path_search.h"
#include "database/transaction_state.h"

namespace manifolddb {

namespace {

// Turns records into the public API's types.
template <typename Record, void (*Decode)(const OwnedRecord&, Record&)>
class DecodingSource final : public Cursor<Record>::Source {
 public:
  explicit DecodingSource(RecordCursor records) : records_(std::move(records)) {}
  bool next(Record& out) override {
    if (!records_.next(record_)) return false;
    Decode(record_, out);
    return true;
  }

 private:
  RecordCursor records_;
  OwnedRecord record_;
};

void to_entity(const OwnedRecord& record, Entity& out) {
  decode_entity({read_be64(record.key.data())}, record.body, out);
}

void to_edge(const OwnedRecord& record, Edge& out) {
  decode_edge({read_be64(record.key.data())}, record.body, out);
}

void to_metadata(const OwnedRecord& record, MetadataEntry& out) {
  out.key = record.key;
  out.value = record.body;
}

class AdjacentEdgeSource final : public EdgeCursor::Source {
 public:
  AdjacentEdgeSource(const GraphReader& reader, NeighbourCursor cursor)
      : reader_(reader), cursor_(std::move(cursor)) {}
  bool next(Edge& out) override {
    if (!cursor_.next(neighbour_)) return false;
    if (!reader_.get(RecordKind::edge, id_key(neighbour_.edge.value), body_)) {
      throw Error(ErrorCode::damaged,
                  "the adjacency index names edge " + std::to_string(neighbour_.edge.value) +
                      ", which does not exist",
                  "nothing was changed", "manifold check lists every damaged row");
    }
    decode_edge(neighbour_.edge, body_, out);
    return true;
  }

 private:
  const GraphReader& reader_;
  NeighbourCursor cursor_;
  Neighbour neighbour_;
  std::string body_;
};

}  // namespace

// --- reading -----------------------------------------------------------------------------------

Transaction::~Transaction() = default;

std::optional<Entity> Transaction::get_entity(EntityId id) const {
  std::string body;
  if (!reader().get(RecordKind::entity, id_key(id.value), body)) return std::nullopt;
  Entity entity;
  decode_entity(id, body, entity);
  return entity;
}

std::optional<Edge> Transaction::get_edge(EdgeId id) const {
  std::string body;
  if (!reader().get(RecordKind::edge, id_key(id.value), body)) return std::nullopt;
  Edge edge;
  decode_edge(id, body, edge);
  return edge;
}

std::optional<std::string> Transaction::get_metadata(std::string_view key) const {
  std::string body;
  if (!reader().get(RecordKind::key_value, key, body)) return std::nullopt;
  return body;
}

EntityCursor Transaction::iter_entities(EntityId first) const {
  return EntityCursor(std::make_unique<DecodingSource<Entity, to_entity>>(
      reader().scan(RecordKind::entity, id_key(first.value))));
}

EdgeCursor Transaction::iter_edges(EdgeId first) const {
  return EdgeCursor(std::make_unique<DecodingSource<Edge, to_edge>>(
      reader().scan(RecordKind::edge, id_key(first.value))));
}

MetadataCursor Transaction::iter_metadata(std::string_view first) const {
  return MetadataCursor(std::make_unique<DecodingSource<MetadataEntry, to_metadata>>(
      reader().scan(RecordKind::key_value, first)));
}

EntityIdCursor Transaction::iter_entities_with_label(std::string_view label) const {
  return reader().with_label(label);
}

EdgeCursor Transaction::get_outgoing_edges(EntityId id,
                                           std::optional<std::string_view> edge_type) const {
  return EdgeCursor(std::make_unique<AdjacentEdgeSource>(
      reader(), reader().neighbours(Side::outgoing, id.value, edge_type)));
}

EdgeCursor Transaction::get_incoming_edges(EntityId id,
                                           std::optional<std::string_view> edge_type) const {
  return EdgeCursor(std::make_unique<AdjacentEdgeSource>(
      reader(), reader().neighbours(Side::incoming, id.value, edge_type)));
}

NeighbourCursor Transaction::get_outgoing_neighbours(
    EntityId id, std::optional<std::string_view> edge_type) const {
  return reader().neighbours(Side::outgoing, id.value, edge_type);
}

NeighbourCursor Transaction::get_incoming_neighbours(
    EntityId id, std::optional<std::string_view> edge_type) const {
  return reader().neighbours(Side::incoming, id.value, edge_type);
}

std::optional<std::vector<EntityId>> Transaction::shortest_path(
    EntityId from, EntityId to, const ShortestPathOptions& options) const {
  std::string body;
  if (!reader().get(RecordKind::entity, id_key(from.value), body)) return std::nullopt;
  if (from == to) return std::vector<EntityId>{from};
  return PathSearch(reader(), options).run(from.value, to.value);
}

ReadTransaction::ReadTransaction(std::unique_ptr<State> state) : state_(std::move(state)) {}
ReadTransaction::ReadTransaction(ReadTransaction&& other) noexcept
    : Transaction(), state_(std::move(other.state_)) {}
ReadTransaction::~ReadTransaction() = default;

const GraphReader& ReadTransaction::reader() const {
  return *state_->reader;
}
SequenceNumber ReadTransaction::sequence_number() const {
  return {state_->snapshot->state().sequence};
}
std::int64_t ReadTransaction::committed_at_us() const {
  return state_->snapshot->state().committed_at_us;
}
ContentDigest ReadTransaction::content_digest() const {
  return state_->snapshot->state().digest;
}
GraphCounts ReadTransaction::counts() const {
  return state_->snapshot->state().counts;
}

// --- writing -----------------------------------------------------------------------------------

WriteTransaction::WriteTransaction(std::unique_ptr<State> state) : state_(std::move(state)) {}
WriteTransaction::WriteTransaction(WriteTransaction&& other) noexcept
    : Transaction(), state_(std::move(other.state_)) {}
WriteTransaction::~WriteTransaction() = default;

const GraphReader& WriteTransaction::reader() const {
  state_->check_open();
  return state_->reader();
}

EntityId WriteTransaction::create_entity(std::vector<std::string> labels, Properties properties) {
  state_->check_open();
  std::string body;
  encode_entity_body(labels, properties, body);
  const EntityId id{state_->assign_entity_id()};
  state_->put(RecordKind::entity, id_key(id.value), body);
  return id;
}

EdgeId WriteTransaction::create_edge(EntityId source, EntityId target, std::string edge_type,
                                     Properties properties) {
  state_->check_open();
  std::string body;
  encode_edge_body(source, target, edge_type, properties, body);
  const EdgeId id{state_->assign_edge_id()};
  state_->put(RecordKind::edge, id_key(id.value), body);
  return id;
}

void WriteTransaction::put_entity(const Entity& entity) {
  std::string body;
  encode_entity_body(entity.labels, entity.properties, body);
  state_->put(RecordKind::entity, id_key(entity.id.value), body);
}

void WriteTransaction::put_edge(const Edge& edge) {
  std::string body;
  encode_edge_body(edge.source, edge.target, edge.edge_type, edge.properties, body);
  state_->put(RecordKind::edge, id_key(edge.id.value), body);
}

void WriteTransaction::put_metadata(std::string_view key, std::string_view value) {
  state_->put(RecordKind::key_value, key, value);
}

bool WriteTransaction::delete_entity(EntityId id) {
  return state_->remove(RecordKind::entity, id_key(id.value));
}

bool WriteTransaction::delete_edge(EdgeId id) {
  return state_->remove(RecordKind::edge, id_key(id.value));
}

bool WriteTransaction::delete_metadata(std::string_view key) {
  return state_->remove(RecordKind::key_value, key);
}

SequenceNumber WriteTransaction::commit(Durability durability) {
  return state_->commit(durability);
}

void WriteTransaction::rollback() {
  state_->rollback();
}

}  // namespace manifolddb
