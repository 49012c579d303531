// Exports as apoc.export.graphml writes: typed keys, then nodes, then edges.
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>

#include "common/float_text.h"
#include "common/json_writer.h"
#include "common/text.h"
#include "common/value_codec.h"
#include "common/varint.h"
#include "migrate/csv_text.h"
#include "migrate/export_forms.h"

namespace manifolddb::migrate {

namespace {

constexpr std::size_t kGraphmlKeysMax = 100'000;  // as many as our reader takes

// How a value is written: the type of its key, and what that loses.
struct GraphmlForm {
  const char* type = "string";
  bool is_list = false;
  const char* loss = nullptr;
};

const char* scalar_type(const Value& value) {
  if (value.get_if<bool>() != nullptr) return "boolean";
  if (value.get_if<std::int64_t>() != nullptr) return "long";
  if (const auto* real = value.get_if<double>(); real != nullptr) {
    return "double";
  }
  return value.get_if<std::string>() != nullptr ? "string" : nullptr;
}

bool is_json_scalar(const Value& value) {
  const auto* real = value.get_if<double>();
  return scalar_type(value) != nullptr && (real == nullptr || std::isfinite(*real));
}

GraphmlForm graphml_form_of(const Value& value) {
  if (const auto* real = value.get_if<double>(); real != nullptr && is_unusual_nan(*real)) {
    return {"double", false, "the payload of a NaN is not kept"};
  }
  if (const char* type = scalar_type(value)) return {type, false, nullptr};
  if (value.get_if<Bytes>() != nullptr) return {"string", false, "bytes are base64 text"};
  if (value.get_if<Date>() || value.get_if<Time>() || value.get_if<DateTime>() ||
      value.get_if<Duration>()) {
    return {"string", false, "a date, time or duration is text"};
  }
  if (const List* list = value.get_if<List>()) {
    const bool is_typed = std::all_of(list->begin(), list->end(), [&](const Value& item) {
      return is_json_scalar(item) && scalar_type(item) == scalar_type(list->front());
    });
    if (is_typed) return {list->empty() ? "string" : scalar_type(list->front()), true, nullptr};
    return {"string", false, "a list of mixed or nested values is text, as JSON"};
  }
  if (value.get_if<Point>() != nullptr) return {"string", false, "a point is text"};
  return {"string", false, "a map or vector is text, as JSON"};
}

// XML 1.0 has no other control characters, and not these two.
bool is_xml_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') return false;
    if (text.substr(i).starts_with("\xEF\xBF\xBE") || text.substr(i).starts_with("\xEF\xBF\xBF")) {
      return false;
    }
  }
  return true;
}

void append_xml(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\r':
        out += "&#13;";
        break;
      case '\n':
        out += "&#10;";
        break;
      case '\t':
        out += "&#9;";
        break;
      default:
        out += c;
    }
  }
}

void append_graphml_text(const Value& value, const GraphmlForm& form, std::string& out) {
  const bool is_structure = value.get_if<List>() || value.get_if<Map>() || value.get_if<Vector>() ||
                            value.get_if<SparseVector>() || value.get_if<MultiVector>();
  if (const auto* real = value.get_if<double>()) {
    if (std::isnan(*real)) {
      out += "NaN";
    } else if (std::isinf(*real)) {
      out += *real > 0 ? "INF" : "-INF";
    } else {
      char text[kDoubleTextMax];
      out.append(text, static_cast<std::size_t>(write_finite_double(text, *real) - text));
    }
  } else if (const Bytes* bytes = value.get_if<Bytes>()) {
    append_base64(bytes->data, out);
  } else if (is_structure && form.is_list) {
    out += '[';
    const char* separator = "";
    for (const Value& item : *value.get_if<List>()) {
      out += std::exchange(separator, ",");
      if (const auto* text = item.get_if<std::string>()) {
        append_json_string(*text, out);
      } else {
        append_graphml_text(item, {}, out);
      }
    }
    out += ']';
  } else if (is_structure) {
    std::string encoded;
    encode_value(value, 1, encoded);
    append_json_value(encoded, out);
  } else {
    append_csv_text(value, {}, {}, out);
  }
}

class GraphmlExport {
 public:
  GraphmlExport(ExportSource& source, TextOutput& output, ExportLog& log, ExportReport& report)
      : source_(source), output_(output), log_(log), report_(report) {}

  void run() {
    source_.for_each_entity(
        [this](const Entity& entity) { declare(RecordKind::entity, entity.properties); });
    source_.for_each_edge([this](const Edge& edge) { declare(RecordKind::edge, edge.properties); });
    write_head();
    source_.for_each_entity([this](const Entity& entity) { write(entity); });
    source_.for_each_edge([this](const Edge& edge) { write(edge); });
    output_.text() += "</graph>\n</graphml>\n";
  }

 private:
  using KeyName = std::tuple<RecordKind, std::string, std::string, bool>;  // of, name, type, list

  static KeyName key_name(RecordKind kind, const std::string& name, const GraphmlForm& form) {
    return {kind, name, form.type, form.is_list};
  }

  void declare(RecordKind kind, const Properties& properties) {
    for (const auto& [name, value] : properties) {
      if (value.is_null() || !is_xml_text(name) || keys_.size() == kGraphmlKeysMax) continue;
      keys_.emplace(key_name(kind, name, graphml_form_of(value)), 0);
    }
  }

  void write_head() {
    std::string& out = output_.text();
    out +=
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\" "
        "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
        "xsi:schemaLocation=\"http://graphml.graphdrawing.org/xmlns "
        "http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd\">\n"
        "<key id=\"labels\" for=\"node\" attr.name=\"labels\" attr.type=\"string\"/>\n"
        "<key id=\"label\" for=\"edge\" attr.name=\"label\" attr.type=\"string\"/>\n";
    std::size_t number = 0;
    for (auto& [key, id] : keys_) {
      const auto& [kind, name, type, is_list] = key;
      id = number++;
      out += "<key id=\"d" + std::to_string(id) + "\" for=\"" +
             (kind == RecordKind::entity ? "node" : "edge") + "\" attr.name=\"";
      append_xml(name, out);
      // A list is a text; what it is a list of is APOC's addition.
      out += std::string("\" attr.type=\"") + (is_list ? "string" : type) + "\"";
      if (is_list) out += " attr.list=\"" + type + "\"";
      out += "/>\n";
      output_.flush_if_full();
    }
    out += "<graph id=\"G\" edgedefault=\"directed\">\n";
  }

  void write(const Entity& entity) {
    kind_ = RecordKind::entity;
    id_ = entity.id.value;
    std::string labels;
    for (const std::string& label : entity.labels) {
      if (label.empty() || label.find(':') != std::string::npos || !is_xml_text(label)) {
        lose("a label that is empty or has a colon or a control character in it is left out");
        continue;
      }
      labels += ':';
      append_xml(label, labels);
    }
    std::string& out = output_.text();
    out += "<node id=\"n" + std::to_string(id_) + "\"";
    if (!labels.empty()) out.append(" labels=\"").append(labels).append("\"");
    out += '>';
    if (!labels.empty()) out.append("<data key=\"labels\">").append(labels).append("</data>");
    write_properties(entity.properties);
    out += "</node>\n";
    ++report_.entities_written;
    output_.flush_if_full();
  }

  void write(const Edge& edge) {
    kind_ = RecordKind::edge;
    id_ = edge.id.value;
    if (edge.edge_type.empty() || !is_xml_text(edge.edge_type)) {
      return lose("an edge whose type is empty or has a control character in it is left out");
    }
    std::string type;
    append_xml(edge.edge_type, type);
    std::string& out = output_.text();
    out += "<edge id=\"e" + std::to_string(id_) + "\" source=\"n" +
           std::to_string(edge.source.value) + "\" target=\"n" + std::to_string(edge.target.value) +
           "\" label=\"" + type + "\"><data key=\"label\">" + type + "</data>";
    write_properties(edge.properties);
    out += "</edge>\n";
    ++report_.edges_written;
    output_.flush_if_full();
  }

  void write_properties(const Properties& properties) {
    for (const auto& [name, value] : properties) {
      if (value.is_null()) {
        lose("a property that is null is left out");
        continue;
      }
      const GraphmlForm form = graphml_form_of(value);
      const auto key = keys_.find(key_name(kind_, name, form));
      if (key == keys_.end()) {
        lose(is_xml_text(name) ? "a property beyond 100 000 keys is left out"
                               : "a property with a control character in its name is left out");
        continue;
      }
      text_.clear();
      append_graphml_text(value, form, text_);
      if (!is_xml_text(text_)) {
        lose("a text with a control character, which XML has not, is left out");
        continue;
      }
      if (form.loss != nullptr) lose(form.loss);
      std::string& out = output_.text();
      out += "<data key=\"d" + std::to_string(key->second) + "\">";
      append_xml(text_, out);
      out += "</data>";
    }
  }

  void lose(const char* kind) {
    std::string key;
    append_be64(key, id_);
    log_.convert(kind, kind_, key);
  }

  ExportSource& source_;
  TextOutput& output_;
  ExportLog& log_;
  ExportReport& report_;
  std::map<KeyName, std::size_t> keys_;
  RecordKind kind_{};
  std::uint64_t id_ = 0;
  std::string text_;
};

void write_graphml(ExportSource& source, TextOutput& output, ExportLog& log, ExportReport& report) {
  GraphmlExport(source, output, log, report).run();
}

}  // namespace

const ExportForm kGraphmlForm{"graphml", "a file in APOC's dialect, for Neo4j, Gephi and others", 2,
                              nullptr, write_graphml};

}  // namespace manifolddb::migrate
