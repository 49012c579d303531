#include "support/undo_oracle.h"

#include <optional>

#include "common/json_writer.h"
#include "common/value_codec.h"
#include "database/key_codec.h"

namespace manifolddb::test_support {

namespace {

void add_line(FlatGraph& flat, RecordKind kind, const std::string& key, const std::string& body) {
  std::string name;
  std::string line;
  append_deletion_line(kind, key, name);
  append_record_line({kind, key, body}, line);
  flat.emplace(std::move(name), std::move(line));
}

std::string name_of(RecordKind kind, std::uint64_t id) {
  std::string name;
  append_deletion_line(kind, id_key(id), name);
  return name;
}

std::optional<std::string> find(const FlatGraph& flat, const std::string& name) {
  const auto found = flat.find(name);
  return found == flat.end() ? std::nullopt : std::optional(found->second);
}

class Oracle {
 public:
  Oracle(const RecordedHistory& history, std::size_t first, std::size_t last)
      : history_(history),
        first_(first),
        last_(last),
        before_(history.model(first - 1)),
        now_(history.model(history.last())) {}

  ExpectedUndo run() {
    expected_.result = history_.flat(history_.last());
    for_each_id(&GraphModel::entities, RecordKind::entity, [this](std::uint64_t id) {
      if (!before_.entities.contains(id)) {
        take_away_entity(id);
      } else {
        put_.insert(id);
        put_back(name_of(RecordKind::entity, id));
      }
    });
    for_each_id(&GraphModel::edges, RecordKind::edge, [this](std::uint64_t id) {
      const std::string name = name_of(RecordKind::edge, id);
      const auto edge = before_.edges.find(id);
      if (edge == before_.edges.end()) {
        take_away(name);
      } else if (end_is_there(edge->second.source) && end_is_there(edge->second.target)) {
        put_back(name);
      } else {
        expected_.missing_end.insert("edge " + std::to_string(id));
      }
    });
    undo_metadata();
    return expected_;
  }

 private:
  // Records that the range changed on the whole, and that are not as before by now.
  bool is_undone(const std::string& name) const {
    const auto before = find(history_.flat(first_ - 1), name);
    return before != find(history_.flat(last_), name) &&
           before != find(history_.flat(history_.last()), name);
  }

  bool changed_later(const std::string& name) const {
    for (std::size_t i = last_; i < history_.last(); ++i) {
      if (find(history_.flat(i), name) != find(history_.flat(i + 1), name)) return true;
    }
    return false;
  }

  template <typename Records, typename Function>
  void for_each_id(Records GraphModel::*records, RecordKind kind, const Function& fn) {
    std::set<std::uint64_t> ids;
    for (const std::size_t sequence : {first_ - 1, last_}) {
      for (const auto& [id, record] : history_.model(sequence).*records) ids.insert(id);
    }
    for (const std::uint64_t id : ids) {
      const std::string name = name_of(kind, id);
      if (!is_undone(name)) continue;
      if (changed_later(name)) {
        expected_.changed_later.insert(describe_record(kind, id_key(id)));
      }
      fn(id);
    }
  }

  void take_away_entity(std::uint64_t id) {
    const std::string name = name_of(RecordKind::entity, id);
    for (const auto& [edge_id, edge] : now_.edges) {
      if (edge.source.value != id && edge.target.value != id) continue;
      const std::string edge_name = name_of(RecordKind::edge, edge_id);
      if (changed_later(edge_name)) expected_.new_edge.insert("entity " + std::to_string(id));
      expected_.result.erase(edge_name);  // taken along; it may come back
    }
    take_away(name);
  }

  bool end_is_there(EntityId id) const {
    return now_.entities.contains(id.value) || put_.contains(id.value);
  }

  void undo_metadata() {
    std::set<std::string> keys;
    for (const std::size_t sequence : {first_ - 1, last_}) {
      for (const auto& [key, value] : history_.model(sequence).metadata) keys.insert(key);
    }
    for (const std::string& key : keys) {
      std::string name;
      append_deletion_line(RecordKind::key_value, key, name);
      if (!is_undone(name)) continue;
      if (changed_later(name)) {
        expected_.changed_later.insert(describe_record(RecordKind::key_value, key));
      }
      before_.metadata.contains(key) ? put_back(name) : take_away(name);
    }
  }

  void put_back(const std::string& name) {
    expected_.result[name] = *find(history_.flat(first_ - 1), name);
    ++expected_.put_count;
  }
  // Present, since it is not as before, when it was not there.
  void take_away(const std::string& name) {
    expected_.result.erase(name);
    ++expected_.deleted_count;
  }

  const RecordedHistory& history_;
  std::size_t first_, last_;
  const GraphModel& before_;
  const GraphModel& now_;
  std::set<std::uint64_t> put_;
  ExpectedUndo expected_;
};

}  // namespace

FlatGraph flatten(const GraphModel& graph) {
  FlatGraph flat;
  std::string body;
  for (const auto& [id, entity] : graph.entities) {
    body.clear();
    encode_entity_body(entity.labels, entity.properties, body);
    add_line(flat, RecordKind::entity, id_key(id), body);
  }
  for (const auto& [id, edge] : graph.edges) {
    body.clear();
    encode_edge_body(edge.source, edge.target, edge.edge_type, edge.properties, body);
    add_line(flat, RecordKind::edge, id_key(id), body);
  }
  for (const auto& [key, value] : graph.metadata) add_line(flat, RecordKind::key_value, key, value);
  return flat;
}

void RecordedHistory::run(Database& database, std::size_t count) {
  while (last() < count) {
    history_.step(database);
    if (database.sequence_number().value == last()) continue;
    models_.push_back(history_.model());
    flat_.push_back(flatten(models_.back()));
  }
}

ExpectedUndo expect_undo(const RecordedHistory& history, std::size_t first, std::size_t last) {
  return Oracle(history, first, last).run();
}

}  // namespace manifolddb::test_support
