// Exports as apoc.export.json.all writes: JSON lines, nodes first.
#include <cmath>
#include <string>
#include <vector>

#include "common/float_text.h"
#include "common/json_writer.h"
#include "common/text.h"
#include "common/value_codec.h"
#include "common/varint.h"
#include "database/key_codec.h"
#include "migrate/csv_text.h"
#include "migrate/export_forms.h"
#include "migrate/point_text.h"

namespace manifolddb::migrate {

namespace {

constexpr const char* kNotFinite =
    "a number, or a point's, that is not finite is null: JSON has none";
constexpr const char* kTimeAsText =
    "a date, time or duration is text, which apoc.import.json reads by its mapping";
constexpr const char* kBytesAsText = "bytes are base64 text";
constexpr const char* kVectorAsList =
    "a vector is a list of numbers, or text where lists lie too deep";
constexpr const char* kOtherVector = "a sparse or multi-vector is an object";
constexpr const char* kMapAsObject = "a map is an object, which Neo4j does not take";
constexpr int kVectorDepth = 3;  // {"$multi_vector": [[1.0]]}
constexpr const char* kForeignPoint = "a point of a system that Neo4j does not know has its number";

// Appends a value as JSON that Neo4j's tools read; what that loses goes to `lose`.
template <typename Lose>
struct ApocValue {
  std::string& out;
  const Lose& lose;
  int depth = 1;  // of the value

  void item(const Value& value) const {
    std::visit(ApocValue{out, lose, depth + 1}, value.variant());
  }
  // Whether a value may lie as much deeper as a vector's items do when they are read again.
  bool has_room() const { return depth + kVectorDepth <= kValueDepthMax; }
  void number(double value) const {
    if (!std::isfinite(value)) {
      lose(kNotFinite);
      out += "null";
      return;
    }
    char text[kDoubleTextMax];
    out.append(text, static_cast<std::size_t>(write_finite_double(text, value) - text));
  }
  template <typename T>
  void time(const T& value) const {
    lose(kTimeAsText);
    out += '"';
    append_csv_text(value, {}, {}, out);
    out += '"';
  }
  // Our own JSON of it.
  template <typename T>
  void ours(const T& value) const {
    std::string encoded, text;
    encode_value(value, 1, encoded);
    append_json_value(encoded, text);
    if (has_room()) {
      out += text;
    } else {
      append_json_string(text, out);
    }
  }

  void operator()(std::monostate) const { out += "null"; }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { out += std::to_string(value); }
  void operator()(double value) const { number(value); }
  void operator()(const std::string& text) const { append_json_string(text, out); }
  void operator()(const Bytes& bytes) const {
    lose(kBytesAsText);
    out += '"';
    append_base64(bytes.data, out);
    out += '"';
  }
  void operator()(const Date& value) const { time(value); }
  void operator()(const Time& value) const { time(value); }
  void operator()(const DateTime& value) const { time(value); }
  void operator()(const Duration& value) const { time(value); }
  void operator()(const Point& point) const {
    if (!std::isfinite(point.x) || !std::isfinite(point.y) || !std::isfinite(point.z.value_or(0))) {
      return number(NAN);
    }
    const bool is_geographic = point.srid == 4326 || point.srid == 4979;
    const std::string_view crs = crs_of(point.srid);
    if (crs.empty()) {
      lose(kForeignPoint);
      out += "{\"srid\":" + std::to_string(point.srid);
    } else {
      out.append("{\"crs\":\"").append(crs).append("\"");
    }
    out += is_geographic ? ",\"latitude\":" : ",\"x\":";
    number(is_geographic ? point.y : point.x);
    out += is_geographic ? ",\"longitude\":" : ",\"y\":";
    number(is_geographic ? point.x : point.y);
    out += is_geographic ? ",\"height\":" : ",\"z\":";
    if (point.z) {
      number(*point.z);
    } else {
      out += "null";
    }
    out += '}';
  }
  void operator()(const List& list) const {
    out += '[';
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (i != 0) out += ',';
      item(list[i]);
    }
    out += ']';
  }
  void operator()(const Map& map) const {
    lose(kMapAsObject);
    out += '{';
    members(map);
    out += '}';
  }
  void operator()(const Vector& vector) const {
    lose(kVectorAsList);
    if (!has_room()) return ours(vector);
    out += '[';
    for (std::size_t i = 0; i < vector.elements.size(); ++i) {
      if (i != 0) out += ',';
      number(vector.elements[i]);
    }
    out += ']';
  }
  void operator()(const SparseVector& vector) const {
    lose(kOtherVector);
    ours(vector);
  }
  void operator()(const MultiVector& vector) const {
    lose(kOtherVector);
    ours(vector);
  }

  void members(const Map& map) const {
    const char* separator = "";
    for (const auto& [name, value] : map) {
      out += std::exchange(separator, ",");
      append_json_string(name, out);
      out += ':';
      item(value);
    }
  }
};

class ApocExport {
 public:
  ApocExport(ExportSource& source, TextOutput& output, ExportLog& log, ExportReport& report)
      : source_(source), output_(output), log_(log), report_(report) {}

  void run() {
    source_.for_each_entity([this](const Entity& entity) {
      kind_ = RecordKind::entity;
      id_ = entity.id.value;
      std::string& out = output_.text();
      out += R"({"type":"node","id":")" + std::to_string(id_) + '"';
      labels_.assign(entity.labels.begin(), entity.labels.end());
      append_labels_member(out);
      append_properties(entity.properties, out);
      out += "}\n";
      ++report_.entities_written;
      output_.flush_if_full();
    });
    source_.for_each_edge([this](const Edge& edge) {
      kind_ = RecordKind::edge;
      id_ = edge.id.value;
      std::string& out = output_.text();
      out += R"({"id":")" + std::to_string(id_) + R"(","type":"relationship","label":)";
      append_json_string(edge.edge_type, out);
      append_properties(edge.properties, out);
      append_end("start", edge.source, out);
      append_end("end", edge.target, out);
      out += "}\n";
      ++report_.edges_written;
      output_.flush_if_full();
    });
  }

 private:
  void append_labels_member(std::string& out) const {
    if (labels_.empty()) return;
    out += ",\"labels\":[";
    const char* separator = "";
    for (const std::string_view label : labels_) {
      out += std::exchange(separator, ",");
      append_json_string(label, out);
    }
    out += ']';
  }

  void append_properties(const Properties& properties, std::string& out) {
    if (properties.empty()) return;
    const auto lose = [this](const char* kind) { log_.convert(kind, kind_, id_key(id_)); };
    out += ",\"properties\":{";
    ApocValue<decltype(lose)>{out, lose, 0}.members(properties);
    out += '}';
  }

  // apoc.import.json looks for the node by its labels.
  void append_end(const char* name, EntityId id, std::string& out) {
    const Snapshot& snapshot = source_.snapshot();
    const auto stored =
        snapshot.engine().get(Family::entities, id_key(id.value), snapshot.engine_snapshot());
    labels_.clear();
    StoredRecord record;
    if (stored && parse_stored_record(*stored, record)) decode_labels(record.body, labels_);
    out.append(",\"").append(name).append("\":{\"id\":\"").append(std::to_string(id.value)) += '"';
    append_labels_member(out);
    out += '}';
  }

  ExportSource& source_;
  TextOutput& output_;
  ExportLog& log_;
  ExportReport& report_;
  RecordKind kind_{};
  std::uint64_t id_ = 0;
  std::vector<std::string_view> labels_;
};

void write_apoc(ExportSource& source, TextOutput& output, ExportLog& log, ExportReport& report) {
  ApocExport(source, output, log, report).run();
}

}  // namespace

const ExportForm kNeo4jApocForm{"neo4j-apoc", "a file as apoc.export.json.all writes it", 1,
                                nullptr, write_apoc};

}  // namespace manifolddb::migrate
