// Exports as statements for cypher-shell: one a line, nodes by a mark and number that the last
// statements take away again.
#include <cmath>
#include <string>

#include "common/float_text.h"
#include "common/text.h"
#include "common/varint.h"
#include "migrate/csv_text.h"
#include "migrate/export_forms.h"
#include "migrate/point_text.h"

namespace manifolddb::migrate {

namespace {

constexpr std::string_view kMark = "`manifold import`";  // label, and property
constexpr std::size_t kNodesAStatement = 10'000;

// \uXXXX is a character everywhere in a statement, also in names, and before anything else is read:
// so a backslash is written as such a character.
void append_cypher_name(std::string_view name, std::string& out) {
  out += '`';
  for (const char c : name) {
    if (c == '\\') {
      out += "\\u005C";
      continue;
    }
    if (c == '`') out += '`';
    out += c;
  }
  out += '`';
}

void append_cypher_text(std::string_view text, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\' && text.substr(i + 1).starts_with('u')) {
      out += "\\u005C\\u005C";  // an escaped backslash that does not begin a character
    } else if (c == '"' || c == '\\') {
      out.append({'\\', c});
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20) {
      out.append("\\u00").append({kHex[byte >> 4], kHex[byte & 15]});
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_cypher_number(double value, std::string& out) {
  if (std::isnan(value)) {
    out += "(0.0 / 0.0)";
  } else if (std::isinf(value)) {
    out += value > 0 ? "(1.0 / 0.0)" : "(-1.0 / 0.0)";
  } else {
    char text[kDoubleTextMax];
    out.append(text, static_cast<std::size_t>(write_finite_double(text, value) - text));
  }
}

// Whether a property can hold it: no maps, no nulls in lists, one type a list.
bool is_property_item(const Value& value, const Value& first) {
  return value.variant().index() == first.variant().index() && !value.is_null() &&
         !value.get_if<List>() && !value.get_if<Map>() && !value.get_if<Bytes>() &&
         !value.get_if<Vector>() && !value.get_if<SparseVector>() && !value.get_if<MultiVector>();
}

class CypherExport {
 public:
  CypherExport(ExportSource& source, TextOutput& output, ExportLog& log, ExportReport& report)
      : source_(source), output_(output), log_(log), report_(report) {}

  void run() {
    std::string& out = output_.text();
    out.append("CREATE CONSTRAINT ").append(kMark).append(" IF NOT EXISTS FOR (n:").append(kMark);
    out.append(") REQUIRE n.").append(kMark).append(" IS UNIQUE;\n");
    source_.for_each_entity([this](const Entity& entity) { write(entity); });
    source_.for_each_edge([this](const Edge& edge) { write(edge); });
    for (std::uint64_t left = report_.entities_written; left != 0;) {
      out.append("MATCH (n:").append(kMark).append(") WITH n LIMIT ");
      out += std::to_string(kNodesAStatement);
      out.append(" REMOVE n:").append(kMark).append(", n.").append(kMark).append(";\n");
      left -= std::min<std::uint64_t>(left, kNodesAStatement);
      output_.flush_if_full();
    }
    out.append("DROP CONSTRAINT ").append(kMark).append(" IF EXISTS;\n");
  }

 private:
  void write(const Entity& entity) {
    kind_ = RecordKind::entity;
    id_ = entity.id.value;
    std::string& out = output_.text();
    out.append("CREATE (:").append(kMark);
    for (const std::string& label : entity.labels) {
      if (label.empty()) {
        lose("a label that is empty is left out");
        continue;
      }
      out += ':';
      append_cypher_name(label, out);
    }
    out.append(" {").append(kMark).append(": ").append(std::to_string(id_));
    write_properties(entity.properties, ", ");
    out += "});\n";
    ++report_.entities_written;
    output_.flush_if_full();
  }

  void write(const Edge& edge) {
    kind_ = RecordKind::edge;
    id_ = edge.id.value;
    if (edge.edge_type.empty()) return lose("an edge whose type is empty is left out");
    lose("an edge's id is not kept");
    std::string& out = output_.text();
    out.append("MATCH (a:").append(kMark).append(" {").append(kMark).append(": ");
    out.append(std::to_string(edge.source.value)).append("}), (b:").append(kMark).append(" {");
    out.append(kMark).append(": ").append(std::to_string(edge.target.value));
    out += "}) CREATE (a)-[:";
    append_cypher_name(edge.edge_type, out);
    out += " {";
    write_properties(edge.properties, "");
    out += "}]->(b);\n";
    ++report_.edges_written;
    output_.flush_if_full();
  }

  void write_properties(const Properties& properties, const char* separator) {
    std::string& out = output_.text();
    for (const auto& [name, value] : properties) {
      if (value.is_null() || name.empty()) {
        lose(name.empty() ? "a property whose name is empty is left out"
                          : "a property that is null is left out");
        continue;
      }
      out += std::exchange(separator, ", ");
      append_cypher_name(name, out);
      out += ": ";
      write_value(value);
    }
  }

  void write_value(const Value& value) {
    std::string& out = output_.text();
    if (const List* list = value.get_if<List>()) {
      for (const Value& item : *list) {
        if (!is_property_item(item, list->front())) return write_json(value);
      }
      out += '[';
      const char* separator = "";
      for (const Value& item : *list) {
        out += std::exchange(separator, ", ");
        write_scalar(item);
      }
      out += ']';
    } else if (const Vector* vector = value.get_if<Vector>()) {
      lose("a vector is a list of numbers");
      out += '[';
      const char* separator = "";
      for (const float element : vector->elements) {
        out += std::exchange(separator, ", ");
        append_cypher_number(element, out);
      }
      out += ']';
    } else if (value.get_if<Map>() || value.get_if<SparseVector>() || value.get_if<MultiVector>()) {
      write_json(value);
    } else {
      write_scalar(value);
    }
  }

  void write_json(const Value& value) {
    lose("a map, mixed list, sparse or multi-vector is text, as JSON");
    CsvForm as_json;
    as_json.as_json = true;
    std::string text;
    append_csv_text(value, as_json, {}, text);
    append_cypher_text(text, output_.text());
  }

  void write_scalar(const Value& value) {
    std::string& out = output_.text();
    if (const auto* text = value.get_if<std::string>()) return append_cypher_text(*text, out);
    if (const auto* bytes = value.get_if<Bytes>()) {
      lose("bytes are base64 text");
      std::string text;
      append_base64(bytes->data, text);
      return append_cypher_text(text, out);
    }
    if (const auto* real = value.get_if<double>()) {
      if (is_unusual_nan(*real)) lose("the payload of a NaN is not kept");
      return append_cypher_number(*real, out);
    }
    if (const auto* point = value.get_if<Point>()) return write_point(*point);
    const char* function = nullptr;
    if (value.get_if<Date>()) function = "date";
    if (const auto* time = value.get_if<Time>()) {
      function = time->offset_minutes ? "time" : "localtime";
    }
    if (const auto* time = value.get_if<DateTime>()) {
      function = time->offset_minutes ? "datetime" : "localdatetime";
    }
    if (value.get_if<Duration>()) function = "duration";
    if (function != nullptr) out.append(function).append("(\"");
    append_csv_text(value, {}, {}, out);
    if (function != nullptr) out += "\")";
  }

  void write_point(const Point& point) {
    std::string& out = output_.text();
    const std::uint32_t srid = point.srid == 4326 && point.z ? 4979 : point.srid;
    if (crs_of(srid).empty()) lose("a point of a system that Neo4j does not know has its number");
    if (srid != point.srid) lose("a point of WGS-84 with a height has the number of its system");
    out.append("point({srid: ").append(std::to_string(srid)).append(", x: ");
    append_cypher_number(point.x, out);
    out += ", y: ";
    append_cypher_number(point.y, out);
    if (point.z) {
      out += ", z: ";
      append_cypher_number(*point.z, out);
    }
    out += "})";
  }

  void lose(const char* kind) {
    key_.clear();
    append_be64(key_, id_);
    log_.convert(kind, kind_, key_);
  }

  ExportSource& source_;
  TextOutput& output_;
  ExportLog& log_;
  ExportReport& report_;
  RecordKind kind_{};
  std::uint64_t id_ = 0;
  std::string key_;
};

void write_cypher(ExportSource& source, TextOutput& output, ExportLog& log, ExportReport& report) {
  CypherExport(source, output, log, report).run();
}

}  // namespace

const ExportForm kCypherForm{"cypher", "a file of statements for cypher-shell of Neo4j 5", 1,
                             nullptr, write_cypher};

}  // namespace manifolddb::migrate
