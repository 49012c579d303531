// apoc.export.json: nodes and relationships as JSON lines, in arrays or in objects.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/text.h"
#include "manifolddb/error.h"
#include "migrate/formats.h"
#include "migrate/json_input.h"
#include "migrate/json_records.h"
#include "migrate/property_types.h"

namespace manifolddb::migrate {

namespace {

using backup::JsonKind;
using backup::JsonTape;

constexpr const char* kNodeIdNotKept = "a node's id of the source is not kept";
constexpr const char* kEdgeIdNotKept = "a relationship's id of the source is not kept";
constexpr const char* kTemporalText =
    "a text that reads as a date, time or duration is kept as text (--types, --infer-types)";
constexpr const char* kMapKept = "an object that is no point is kept as a map";
constexpr const char* kNoRecord =
    "a value of a query that is no node and no relationship is left out";

// The members of a node or relationship by their tape indices, 0: not there.
struct ApocMembers {
  std::size_t id = 0, labels = 0, label = 0, properties = 0, start = 0, end = 0;
};

class ApocJsonImport {
 public:
  ApocJsonImport(InputFiles& files, const ImportOptions& options, GraphSink& sink)
      : files_(files), options_(options), sink_(sink) {}

  void run() {
    if (options_.types_file) types_ = PropertyTypes::read(*options_.types_file);
    if (options_.infer_types) infer();
    for_each_record([this] { take(JsonTape::kRoot); });
  }

 private:
  template <typename Take>
  void for_each_record(const Take& take) {
    for (std::uint32_t file = 0; file < files_.size(); ++file) {
      JsonRecords records(files_, file, JsonRecords::Envelopes::entered);
      while (records.next()) {
        tape_ = records.tape();
        place_ = records.place();
        take();
      }
    }
  }

  // A first reading of all files, so that the second knows every column.
  void infer() {
    for (std::uint32_t file = 0; file < files_.size(); ++file) {
      if (!files_.reads_once(file)) continue;
      throw Error(ErrorCode::usage, "types are inferred by reading " + files_.name(file) + " twice",
                  "nothing was changed", "give a file, or --types FILE");
    }
    is_inferring_ = true;
    for_each_record([this] { take(JsonTape::kRoot); });
    is_inferring_ = false;
  }

  void refuse(const std::string& what) {
    if (!is_inferring_) sink_.refuse(place_, what);
  }
  void convert(const char* kind) {
    if (!is_inferring_) sink_.convert(kind, place_);
  }

  void take(std::size_t at) {
    if (tape_.kind(at) == JsonKind::array) {
      return for_each_item(tape_, at, [this](std::size_t item) { take(item); });
    }
    if (tape_.kind(at) != JsonKind::object) return convert(kNoRecord);
    const std::size_t type = find_member(tape_, at, "type");
    if (type != 0 && tape_.kind(type) == JsonKind::string) return take_record(at, type);
    bool has_records = false;
    for_each_member(tape_, at, [&](std::string_view, std::size_t value) {
      has_records = has_records || (tape_.kind(value) == JsonKind::object &&
                                    find_member(tape_, value, "type") != 0);
    });
    if (!has_records) return refuse("this is no node and no relationship: it has no \"type\"");
    for_each_member(tape_, at, [this](std::string_view, std::size_t value) { take(value); });
  }

  void take_record(std::size_t at, std::size_t type) {
    ApocMembers members;
    std::string_view twice;
    for_each_member(tape_, at, [&](std::string_view key, std::size_t value) {
      std::size_t* to = nullptr;
      if (key == "id") to = &members.id;
      if (key == "labels") to = &members.labels;
      if (key == "label") to = &members.label;
      if (key == "properties") to = &members.properties;
      if (key == "start") to = &members.start;
      if (key == "end") to = &members.end;
      if (to == nullptr) return;
      if (*to != 0) twice = key;
      *to = value;
    });
    if (!twice.empty()) return refuse("the member " + quote_text(twice) + " is there twice");
    const std::string_view kind = tape_.string(type);
    if (kind != "node" && kind != "relationship") {
      return refuse("the type is " + quote_text(kind) + ", neither node nor relationship");
    }
    try {
      kind == "node" ? take_node(members) : take_edge(members);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::invalid_argument) throw;
      refuse(error.what());
    }
  }

  [[noreturn]] static void fail(const std::string& what) {
    throw Error(ErrorCode::invalid_argument, what);
  }

  std::string id_of(std::size_t at, const char* whose) const {
    std::optional<std::string> id;
    if (at != 0) id = json_id(tape_, at);
    if (!id) fail(std::string(whose) + (at == 0 ? " has no id" : " has an id that is no text"));
    return *id;
  }

  void take_node(const ApocMembers& members) {
    labels_.clear();
    if (members.labels != 0) {
      if (tape_.kind(members.labels) != JsonKind::array) fail("\"labels\" is no array");
      for_each_item(tape_, members.labels, [this](std::size_t item) {
        if (tape_.kind(item) != JsonKind::string) fail("a label is no text");
        labels_.push_back(tape_.string(item));
      });
    }
    const std::string id = id_of(members.id, "the node");
    take_properties(PropertyTypes::Of::node, members.properties);
    if (is_inferring_) return;
    if (options_.ids != IdChoice::keep) convert(kNodeIdNotKept);
    sink_.node({place_, ExternalId{0, id}, labels_, &properties_});
  }

  std::string end_of(std::size_t at, const char* whose) const {
    if (at == 0 || tape_.kind(at) != JsonKind::object) fail(std::string(whose) + " is no object");
    return id_of(find_member(tape_, at, "id"), whose);
  }

  void take_edge(const ApocMembers& members) {
    const std::size_t type = members.label;
    if (type == 0 || tape_.kind(type) != JsonKind::string)
      fail("the relationship has no \"label\"");
    labels_.assign(1, tape_.string(type));
    const std::string source = end_of(members.start, "\"start\"");
    const std::string target = end_of(members.end, "\"end\"");
    std::optional<std::string> id;
    if (members.id != 0) id = id_of(members.id, "the relationship");
    take_properties(PropertyTypes::Of::edge, members.properties);
    if (is_inferring_) return;
    if (id && options_.ids != IdChoice::keep) convert(kEdgeIdNotKept);
    SourceEdge edge;
    edge.place = place_;
    if (id) edge.id = *id;
    edge.source.text = source;
    edge.target.text = target;
    edge.type = labels_.front();
    edge.properties = &properties_;
    sink_.edge(edge);
  }

  void take_properties(PropertyTypes::Of of, std::size_t at) {
    properties_.clear();
    if (at == 0 || tape_.kind(at) == JsonKind::null) return;
    if (tape_.kind(at) != JsonKind::object) fail("\"properties\" is no object");
    for_each_member(tape_, at, [&](std::string_view name, std::size_t value) {
      if (is_inferring_) return types_.observe(of, labels_, name, json_value(tape_, value));
      take_property(of, name, value);
    });
  }

  void take_property(PropertyTypes::Of of, std::string_view name, std::size_t at) {
    const JsonKind kind = tape_.kind(at);
    if (kind != JsonKind::string && kind != JsonKind::object && kind != JsonKind::array) {
      return add_json_value(name, tape_, at, properties_);
    }
    const auto type = types_.find(of, labels_, name);
    if (!type && kind == JsonKind::string) {
      if (temporal_type_of(tape_.string(at))) convert(kTemporalText);
      return properties_.add_text(name, tape_.string(at));
    }
    try {
      Value value = neo4j_value(at);
      const char* note = nullptr;
      if (type) value = to_text_type(value, *type, note);
      if (note != nullptr) convert(note);
      properties_.add(name, value);
    } catch (const Error& error) {
      fail("property " + quote_text(name) + ": " + error.what());
    }
  }

  // Neo4j has no maps among its properties: an object is a point.
  Value neo4j_value(std::size_t at) {
    if (tape_.kind(at) == JsonKind::array) {
      List list;
      for_each_item(tape_, at, [&](std::size_t item) { list.push_back(neo4j_value(item)); });
      return list;
    }
    if (tape_.kind(at) == JsonKind::object) {
      if (const auto point = json_point(tape_, at)) return *point;
      convert(kMapKept);
      Map map;
      for_each_member(tape_, at, [&](std::string_view key, std::size_t value) {
        if (!map.emplace(key, neo4j_value(value)).second) {
          fail("the key " + quote_text(key) + " is there twice");
        }
      });
      return map;
    }
    return json_value(tape_, at);
  }

  InputFiles& files_;
  const ImportOptions& options_;
  GraphSink& sink_;
  PropertyTypes types_;
  bool is_inferring_ = false;
  JsonTape tape_{nullptr, nullptr};
  Place place_;
  PropertyList properties_;
  std::vector<std::string_view> labels_;
};

// "type" : "node", whatever the spaces.
bool has_member_with(std::string_view head, std::string_view name, std::string_view value) {
  const std::string quoted = '"' + std::string(name) + '"';
  for (std::size_t at = head.find(quoted); at != std::string_view::npos;
       at = head.find(quoted, at + 1)) {
    const std::size_t begin = head.find_first_not_of(" \t\r\n:", at + quoted.size());
    if (begin == std::string_view::npos) return false;
    if (head.substr(begin).starts_with('"' + std::string(value) + '"')) return true;
  }
  return false;
}

bool recognises_apoc_json(std::string_view head, const ImportOptions&) {
  const std::size_t begin = head.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || (head[begin] != '{' && head[begin] != '[')) return false;
  return has_member_with(head, "type", "node") || has_member_with(head, "type", "relationship");
}

void read_apoc_json(InputFiles& files, const ImportOptions& options, GraphSink& sink) {
  ApocJsonImport(files, options, sink).run();
}

}  // namespace

const Format kNeo4jApocFormat{"neo4j-apoc", "what apoc.export.json writes, in all its layouts",
                              recognises_apoc_json, read_apoc_json, Format::Takes::types};

}  // namespace manifolddb::migrate
