// GraphSON 2 and 3, typed or not, as TinkerPop writes graphs: a vertex with its edges a line.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/text.h"
#include "manifolddb/error.h"
#include "migrate/formats.h"
#include "migrate/graphson_value.h"
#include "migrate/json_records.h"

namespace manifolddb::migrate {

namespace {

using backup::JsonKind;
using backup::JsonTape;

[[noreturn]] void fail_graphson(const std::string& what) {
  throw Error(ErrorCode::invalid_argument, what);
}

class GraphsonImport {
 public:
  GraphsonImport(const ImportOptions& options, GraphSink& sink) : options_(options), sink_(sink) {}

  void read(InputFiles& files, std::uint32_t file) {
    JsonRecords records(files, file, JsonRecords::Envelopes::none);
    while (records.next()) {
      tape_ = records.tape();
      place_ = records.place();
      try {
        take_vertex();
      } catch (const Error& error) {
        if (error.code() != ErrorCode::invalid_argument) throw;
        sink_.refuse(place_, error.what());
      }
    }
  }

  // Every edge is read from the vertex that it leaves.
  void finish() {
    if (incoming_ <= outgoing_) return;
    sink_.refuse(place_, "at the end, " + std::to_string(incoming_) +
                             " edges arrive at vertices (\"inE\") and " +
                             std::to_string(outgoing_) +
                             " leave one (\"outE\"): the file must have both ends of each");
  }

 private:
  static constexpr std::size_t kRoot = JsonTape::kRoot;

  std::string id_of(std::size_t at, const char* whose) const {
    std::optional<std::string> id;
    if (at != 0) id = graphson_id(tape_, at);
    if (!id) fail_graphson(std::string(whose) + " has no id that is a text or a whole number");
    return *id;
  }

  void take_vertex() {
    if (tape_.kind(kRoot) != JsonKind::object) fail_graphson("the line is no object");
    const std::string id = id_of(find_member(tape_, kRoot, "id"), "the vertex");
    const std::size_t label = find_member(tape_, kRoot, "label");
    if (label == 0 || tape_.kind(label) != JsonKind::string) {
      fail_graphson("the vertex has no \"label\" that is a text");
    }
    take_vertex_properties(find_member(tape_, kRoot, "properties"));
    if (options_.ids != IdChoice::keep) sink_.convert("a vertex's id is not kept", place_);
    const std::string_view labels[] = {tape_.string(label)};
    sink_.node({place_, ExternalId{0, id}, labels, &properties_});
    take_edges(id, find_member(tape_, kRoot, "outE"));
    incoming_ += count_edges(find_member(tape_, kRoot, "inE"));
  }

  std::uint64_t count_edges(std::size_t at) const {
    std::uint64_t count = 0;
    if (at == 0) return count;
    require_object(tape_, at, "\"inE\"");
    for_each_member(tape_, at, [&](std::string_view, std::size_t edges) {
      if (tape_.kind(edges) != JsonKind::array) fail_graphson("\"inE\" holds no arrays");
      for_each_item(tape_, edges, [&](std::size_t) { ++count; });
    });
    return count;
  }

  static void require_object(JsonTape tape, std::size_t at, const char* what) {
    if (tape.kind(at) != JsonKind::object) fail_graphson(std::string(what) + " is no object");
  }

  void add(std::string_view name, const Value& value) { properties_.add(name, value); }

  Value value_of(std::size_t at) {
    const char* note = nullptr;
    Value value = graphson_value(tape_, at, note);
    if (note != nullptr) sink_.convert(note, place_);
    return value;
  }

  // {"name": [{"id": 0, "value": "marko", "properties": {...}}, ...]}
  void take_vertex_properties(std::size_t at) {
    properties_.clear();
    if (at == 0) return;
    require_object(tape_, at, "\"properties\"");
    for_each_member(tape_, at, [&](std::string_view name, std::size_t values) {
      if (tape_.kind(values) != JsonKind::array) {
        fail_graphson("property " + quote_text(name) + " is no array");
      }
      List list;
      for_each_item(tape_, values, [&](std::size_t item) {
        const bool is_object = tape_.kind(item) == JsonKind::object;
        const std::size_t value = is_object ? find_member(tape_, item, "value") : 0;
        if (value == 0) fail_graphson("property " + quote_text(name) + " has no \"value\"");
        if (find_member(tape_, item, "properties") != 0) {
          sink_.convert("properties of a property are not kept", place_);
        }
        list.push_back(value_of(value));
      });
      if (list.size() == 1) return add(name, list.front());
      sink_.convert("a property with several values is a list", place_);
      add(name, list);
    });
  }

  // {"knows": [{"id": 7, "inV": 2, "properties": {"weight": 0.5}}, ...]}; inE says them again.
  void take_edges(const std::string& source, std::size_t at) {
    if (at == 0) return;
    require_object(tape_, at, "\"outE\"");
    for_each_member(tape_, at, [&](std::string_view type, std::size_t edges) {
      if (tape_.kind(edges) != JsonKind::array) fail_graphson("\"outE\" holds no arrays");
      for_each_item(tape_, edges, [&](std::size_t edge) { take_edge(source, type, edge); });
    });
  }

  void take_edge(const std::string& source, std::string_view type, std::size_t at) {
    require_object(tape_, at, "an edge");
    ++outgoing_;
    const std::string target = id_of(find_member(tape_, at, "inV"), "\"inV\"");
    const std::size_t id_at = find_member(tape_, at, "id");
    std::optional<std::string> id;
    if (id_at != 0) id = id_of(id_at, "the edge");
    properties_.clear();
    if (const std::size_t members = find_member(tape_, at, "properties"); members != 0) {
      require_object(tape_, members, "\"properties\"");
      for_each_member(tape_, members, [&](std::string_view name, std::size_t value) {
        add(name, value_of(value));
      });
    }
    if (id && options_.ids != IdChoice::keep) sink_.convert("an edge's id is not kept", place_);
    SourceEdge edge;
    edge.place = place_;
    if (id) edge.id = *id;
    edge.source.text = source;
    edge.target.text = target;
    edge.type = type;
    edge.properties = &properties_;
    sink_.edge(edge);
  }

  const ImportOptions& options_;
  GraphSink& sink_;
  JsonTape tape_{nullptr, nullptr};
  Place place_;
  PropertyList properties_;
  std::uint64_t outgoing_ = 0, incoming_ = 0;  // edges
};

bool recognises_graphson(std::string_view head, const ImportOptions&) {
  const std::string_view line = head.substr(0, head.find('\n'));
  if (!line.starts_with("{\"id\":") || line.find("\"label\":") == std::string_view::npos) {
    return false;
  }
  for (const std::string_view sign : {"\"outE\":", "\"inE\":", "\"@type\":\"g:"}) {
    if (line.find(sign) != std::string_view::npos) return true;
  }
  return false;
}

void read_graphson(InputFiles& files, const ImportOptions& options, GraphSink& sink) {
  GraphsonImport import(options, sink);
  for (std::uint32_t file = 0; file < files.size(); ++file) import.read(files, file);
  import.finish();
}

}  // namespace

const Format kGraphsonFormat{"graphson", "GraphSON 2 and 3 of TinkerPop, a vertex a line",
                             recognises_graphson, read_graphson};

}  // namespace manifolddb::migrate
