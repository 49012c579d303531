#include "support/random_history.h"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <utility>

#include "backup/apply.h"
#include "common/json_writer.h"
#include "common/value_codec.h"
#include "database/key_codec.h"

namespace manifolddb::test_support {

namespace {

constexpr std::size_t kBulkThresholdBytes = 64u << 10;
constexpr std::uint64_t kEntitiesMax = 60;  // ids in use; so that the same ones change again

}  // namespace

DatabaseOptions RandomHistory::database_options() {
  DatabaseOptions options;
  options.bulk_threshold_bytes = kBulkThresholdBytes;
  return options;
}

GraphModel read_graph(const Database& database) {
  GraphModel graph;
  const ReadTransaction view = database.begin_read();
  EntityCursor entities = view.iter_entities();
  for (Entity entity; entities.next(entity);) graph.entities[entity.id.value] = entity;
  EdgeCursor edges = view.iter_edges();
  for (Edge edge; edges.next(edge);) graph.edges[edge.id.value] = edge;
  MetadataCursor metadata = view.iter_metadata();
  for (MetadataEntry entry; metadata.next(entry);) graph.metadata[entry.key] = entry.value;
  return graph;
}

void RandomHistory::step(Database& database) {
  if (random_.one_in(80)) return apply_lines(database);
  WriteTransaction transaction = database.begin();
  const bool roll_back = random_.one_in(30);
  const GraphModel before = roll_back ? model_ : GraphModel();
  const std::uint64_t changes = 1 + random_.below(4);
  for (std::uint64_t i = 0; i < changes; ++i) change(transaction);
  if (random_.one_in(200)) put_much(transaction);
  if (roll_back) {
    transaction.rollback();
    model_ = before;
    return;
  }
  transaction.commit(Durability::relaxed);
}

void RandomHistory::change(WriteTransaction& transaction) {
  switch (random_.below(8)) {
    case 0:
    case 1:
    case 2:
      return change_entity(transaction);
    case 3:
      return change_metadata(transaction);
    default:
      return change_edge(transaction);
  }
}

void RandomHistory::change_entity(WriteTransaction& transaction) {
  const std::uint64_t id = some_entity_id();
  const bool exists = model_.entities.contains(id);
  if (exists && random_.one_in(4)) {
    transaction.delete_entity({id});
    return delete_entity_in_model(id);
  }
  Entity entity = exists ? model_.entities[id] : Entity{{id}, {}, {}};
  if (exists && random_.one_in(2)) {
    // Takes something away: a label or a property.
    if (!entity.labels.empty() && random_.one_in(2)) {
      entity.labels.pop_back();
    } else if (!entity.properties.empty()) {
      entity.properties.erase(entity.properties.begin());
    }
  } else {
    entity.labels = {"L" + std::to_string(random_.below(4))};
    if (random_.one_in(3)) entity.labels.push_back("M" + std::to_string(random_.below(2)));
    entity.properties = small_properties();
  }
  transaction.put_entity(entity);
  model_.entities[id] = entity;
}

void RandomHistory::change_edge(WriteTransaction& transaction) {
  const std::uint64_t id = some_edge_id();
  const auto found = model_.edges.find(id);
  if (found != model_.edges.end() && random_.one_in(4)) {
    transaction.delete_edge({id});
    model_.edges.erase(found);
    return;
  }
  const std::uint64_t source = live_entity_id();
  if (source == 0) return;
  Edge edge{{id}, {source}, {live_entity_id()}, "T" + std::to_string(random_.below(3)), {}};
  edge.properties = small_properties();
  if (found != model_.edges.end() && random_.one_in(2)) {
    edge.source = found->second.source;
    edge.target = found->second.target;
  }
  transaction.put_edge(edge);
  model_.edges[id] = edge;
}

void RandomHistory::change_metadata(WriteTransaction& transaction) {
  // Keys that are prefixes of each other and hold any bytes.
  const std::string key = std::string("k\0\xff", 3).substr(0, 1 + random_.below(3)) +
                          std::string(random_.below(3), 'x');
  if (model_.metadata.contains(key) && random_.one_in(3)) {
    transaction.delete_metadata(key);
    model_.metadata.erase(key);
    return;
  }
  const std::string value = random_.bytes();
  transaction.put_metadata(key, value);
  model_.metadata[key] = value;
}

// Enough to make this a bulk transaction.
void RandomHistory::put_much(WriteTransaction& transaction) {
  const std::string key = "much";
  const std::string value(kBulkThresholdBytes + random_.below(1000),
                          static_cast<char>('a' + random_.below(26)));
  transaction.put_metadata(key, value);
  model_.metadata[key] = value;
}

void RandomHistory::apply_lines(Database& database) {
  std::string lines;
  for (std::uint64_t i = 0; i < 3; ++i) {
    const std::uint64_t id = some_entity_id();
    if (model_.entities.contains(id) && random_.one_in(2)) {
      append_deletion_line(RecordKind::entity, id_key(id), lines);
      delete_entity_in_model(id);
      continue;
    }
    Entity entity{{id}, {"Applied"}, small_properties()};
    const std::string key = id_key(id);
    std::string body;
    encode_entity_body(entity.labels, entity.properties, body);
    append_record_line({RecordKind::entity, key, body}, lines);
    model_.entities[id] = std::move(entity);
  }
  std::istringstream in(lines);
  backup::apply(database, in, "lines");
}

std::uint64_t RandomHistory::some_entity_id() {
  if (entity_id_max_ < kEntitiesMax && random_.one_in(3)) return ++entity_id_max_;
  return entity_id_max_ == 0 ? ++entity_id_max_ : 1 + random_.below(entity_id_max_);
}

std::uint64_t RandomHistory::live_entity_id() {
  if (model_.entities.empty()) return 0;
  auto at = model_.entities.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(random_.below(model_.entities.size())));
  return at->first;
}

std::uint64_t RandomHistory::some_edge_id() {
  if (edge_id_max_ < 2 * kEntitiesMax && random_.one_in(3)) return ++edge_id_max_;
  return edge_id_max_ == 0 ? ++edge_id_max_ : 1 + random_.below(edge_id_max_);
}

Properties RandomHistory::small_properties() {
  Properties properties;
  const std::uint64_t count = random_.below(3);
  for (std::uint64_t i = 0; i < count; ++i) {
    properties["p" + std::to_string(random_.below(4))] = Value(random_.integer());
  }
  return properties;
}

void RandomHistory::delete_entity_in_model(std::uint64_t id) {
  model_.entities.erase(id);
  std::erase_if(model_.edges, [id](const auto& entry) {
    return entry.second.source.value == id || entry.second.target.value == id;
  });
}

}  // namespace manifolddb::test_support
