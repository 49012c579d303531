// Backups of the Rust ManifoldDB: version 1 of its format "json_lines". What its lines leave open
// is decided here and counted (docs/migration.md).
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backup/line_pieces.h"
#include "common/text.h"
#include "common/varint.h"
#include "manifolddb/error.h"
#include "migrate/formats.h"
#include "migrate/json_input.h"
#include "migrate/json_records.h"

namespace manifolddb::migrate {

namespace {

using backup::JsonKind;
using backup::JsonTape;

constexpr const char* kNullOrNan = "a null, which NaN and infinities were written as too, is null";
constexpr const char* kTextOrBytes = "a text that is base64, as bytes were written too, is text";
constexpr const char* kEmptyList = "an empty array, as which vectors were written too, is a list";

[[noreturn]] void fail_v1(const std::string& what) {
  throw Error(ErrorCode::invalid_argument, what);
}

bool is_float32(double value) {
  return static_cast<double>(static_cast<float>(value)) == value;
}

// Values as upstream wrote them. `notes` are counted for the record.
class V1Values {
 public:
  V1Values(JsonTape tape, std::vector<const char*>& notes) : tape_(tape), notes_(notes) {}

  Value read(std::size_t at) {
    switch (tape_.kind(at)) {
      case JsonKind::null:
        notes_.push_back(kNullOrNan);
        return nullptr;
      case JsonKind::string:
        note_base64(tape_.string(at));
        return json_value(tape_, at);
      case JsonKind::array:
        return read_array(at);
      case JsonKind::object:
        return read_object(at);
      default:
        return json_value(tape_, at);
    }
  }

 private:
  void note_base64(std::string_view text) {
    decoded_.clear();
    if (append_from_base64(text, decoded_)) notes_.push_back(kTextOrBytes);
  }

  bool are_float32(std::size_t array) {
    bool all = true;
    for_each_item(tape_, array, [&](std::size_t item) {
      all = all && tape_.kind(item) == JsonKind::real && is_float32(tape_.real(item));
    });
    return all;
  }

  std::vector<float> floats(std::size_t array) {
    std::vector<float> elements;
    for_each_item(tape_, array, [&](std::size_t item) {
      elements.push_back(static_cast<float>(tape_.real(item)));
    });
    return elements;
  }

  // [[10, 0.5], [50, 0.25]], its indices ascending.
  std::optional<SparseVector> sparse(std::size_t array) {
    SparseVector vector;
    bool is_sparse = true;
    for_each_item(tape_, array, [&](std::size_t pair) {
      if (!is_sparse || tape_.kind(pair) != JsonKind::array || tape_.count(pair) != 2) {
        is_sparse = false;
        return;
      }
      const std::size_t index = tape_.first(pair), value = tape_.after(index);
      is_sparse = tape_.kind(index) == JsonKind::integer && tape_.integer(index) >= 0 &&
                  tape_.integer(index) <= std::numeric_limits<std::uint32_t>::max() &&
                  tape_.kind(value) == JsonKind::real && is_float32(tape_.real(value));
      if (!is_sparse) return;
      const auto number = static_cast<std::uint32_t>(tape_.integer(index));
      is_sparse = vector.indices.empty() || vector.indices.back() < number;
      vector.indices.push_back(number);
      vector.values.push_back(static_cast<float>(tape_.real(value)));
    });
    return is_sparse ? std::optional(std::move(vector)) : std::nullopt;
  }

  // [[0.5, 0.25], [1.0]], at least one of them with an element.
  std::optional<MultiVector> multi(std::size_t array) {
    MultiVector vector;
    bool is_multi = true, has_elements = false;
    for_each_item(tape_, array, [&](std::size_t row) {
      is_multi = is_multi && tape_.kind(row) == JsonKind::array && are_float32(row);
      if (!is_multi) return;
      vector.rows.push_back(floats(row));
      has_elements = has_elements || !vector.rows.back().empty();
    });
    return is_multi && has_elements ? std::optional(std::move(vector)) : std::nullopt;
  }

  Value read_array(std::size_t at) {
    if (tape_.count(at) == 0) {
      notes_.push_back(kEmptyList);
      return List{};
    }
    if (are_float32(at)) return Vector{floats(at)};
    if (auto vector = sparse(at)) return std::move(*vector);
    if (auto vector = multi(at)) return std::move(*vector);
    List list;
    for_each_item(tape_, at, [&](std::size_t item) { list.push_back(read(item)); });
    return list;
  }

  Value read_object(std::size_t at) {
    const std::size_t type = find_member(tape_, at, "_type");
    if (type != 0 && tape_.kind(type) == JsonKind::string && tape_.string(type) == "Point") {
      return read_point_object(at);
    }
    Map map;
    for_each_member(tape_, at, [&](std::string_view key, std::size_t value) {
      const bool is_its_own = key == "_type" || key == "edge_type" || key == "labels";
      const bool is_new =
          map.emplace(key, is_its_own ? json_value(tape_, value) : read(value)).second;
      if (!is_new) fail_v1("the key " + quote_text(key) + " is there twice");
    });
    return map;
  }

  Value read_point_object(std::size_t at) {
    std::optional<double> x, y, z;
    std::optional<std::int64_t> srid;
    for_each_member(tape_, at, [&](std::string_view key, std::size_t value) {
      if (key == "x") x = json_number(tape_, value);
      if (key == "y") y = json_number(tape_, value);
      if (key == "z") z = json_number(tape_, value);
      if (key == "srid" && tape_.kind(value) == JsonKind::integer) srid = tape_.integer(value);
    });
    if (!x || !y || !srid || *srid < 0 || *srid > std::numeric_limits<std::uint32_t>::max()) {
      fail_v1("a Point without x, y or srid");
    }
    return Point{static_cast<std::uint32_t>(*srid), *x, *y, z};
  }

  JsonTape tape_;
  std::vector<const char*>& notes_;
  std::string decoded_;
};

struct V1Counts {
  std::uint64_t entities = 0, edges = 0, metadata = 0;
};

class V1File {
 public:
  V1File(InputFiles& files, std::uint32_t file, GraphSink& sink)
      : name_(files.name(file)), records_(files, file, JsonRecords::Envelopes::none), sink_(sink) {}

  // One backup behind the other: of appended ones each has its header and its last line.
  void read() {
    if (!records_.next()) throw Error(ErrorCode::damaged, name_ + " is empty: it has no header");
    do {
      read_backup();
    } while (records_.next());
  }

 private:
  [[noreturn]] void damaged(const std::string& what) const {
    const Place place = records_.place();
    throw Error(ErrorCode::damaged, backup::line_place(name_, place.line, place.byte) + what);
  }

  void read_backup() {
    start_line();
    if (type_ != "metadata") {
      damaged("this line should be a header: its type is " + quote_text(type_) +
              ", not \"metadata\"");
    }
    read_header();
    counts_ = {};
    while (records_.next()) {
      start_line();
      if (type_ == "end_of_backup") return read_trailer();
      if (type_ == "metadata") damaged("a header before the last line of the backup before it");
      read_record();
    }
    throw Error(ErrorCode::damaged,
                name_ + ": its last line, end_of_backup, is missing: the file was cut short");
  }

  void start_line() {
    tape_ = records_.tape();
    constexpr std::size_t kRoot = JsonTape::kRoot;
    if (tape_.kind(kRoot) != JsonKind::object) damaged("the line is no object");
    const std::size_t type = find_member(tape_, kRoot, "type");
    data_ = find_member(tape_, kRoot, "data");
    if (type == 0 || tape_.kind(type) != JsonKind::string || data_ == 0 ||
        tape_.kind(data_) != JsonKind::object) {
      damaged("the line has no \"type\" or no \"data\"");
    }
    type_ = tape_.string(type);
  }

  std::optional<std::uint64_t> number(std::string_view name) const {
    const std::size_t at = find_member(tape_, data_, name);
    if (at == 0) return std::nullopt;
    if (tape_.kind(at) == JsonKind::unsigned_integer) return tape_.unsigned_integer(at);
    if (tape_.kind(at) != JsonKind::integer || tape_.integer(at) < 0) return std::nullopt;
    return static_cast<std::uint64_t>(tape_.integer(at));
  }

  std::string_view text(std::string_view name) const {
    const std::size_t at = find_member(tape_, data_, name);
    if (at == 0 || tape_.kind(at) != JsonKind::string) {
      fail_v1(quote_text(name) + " is missing, or no text");
    }
    return tape_.string(at);
  }

  std::string id(std::string_view name) const {
    const std::optional<std::uint64_t> value = number(name);
    if (!value) fail_v1(quote_text(name) + " is missing, or no whole number");
    return std::to_string(*value);
  }

  void read_header() {
    const std::size_t format = find_member(tape_, data_, "format");
    if (format == 0 || tape_.kind(format) != JsonKind::string ||
        tape_.string(format) != "json_lines") {
      damaged("the header is not of the format json_lines");
    }
    const std::optional<std::uint64_t> version = number("version");
    if (!version || *version != 1) {
      throw Error(ErrorCode::newer_format, name_ + " is of version " +
                                               (version ? std::to_string(*version) : "?") +
                                               " of its format; known is version 1");
    }
    for (const char* name : {"description", "extra"}) {
      if (find_member(tape_, data_, name) == 0) continue;
      sink_.convert("what the header says of the backup (" + std::string(name) + ") is not kept",
                    records_.place());
    }
  }

  void read_trailer() {
    expect("entity_count", counts_.entities);
    expect("edge_count", counts_.edges);
    expect("metadata_count", counts_.metadata);
    expect("total_records", counts_.entities + counts_.edges + counts_.metadata);
  }

  void expect(std::string_view name, std::uint64_t found) const {
    const std::optional<std::uint64_t> said = number(name);
    if (said == found) return;
    damaged("end_of_backup says " + std::string(name) + " " + (said ? std::to_string(*said) : "?") +
            ", but there are " + std::to_string(found) + ": lines are lost or too many");
  }

  void read_record() {
    try {
      if (type_ == "entity") {
        ++counts_.entities;
        read_entity();
      } else if (type_ == "edge") {
        ++counts_.edges;
        read_edge();
      } else if (type_ == "key_value") {
        ++counts_.metadata;
        read_key_value();
      } else {
        damaged("a line of the type " + quote_text(type_) + ", which version 1 does not have");
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::invalid_argument) throw;
      sink_.refuse(records_.place(), error.what());
    }
  }

  void read_properties() {
    properties_.clear();
    notes_.clear();
    const std::size_t at = find_member(tape_, data_, "properties");
    if (at == 0 || tape_.kind(at) != JsonKind::object) {
      fail_v1("\"properties\" is missing, or no object");
    }
    V1Values values(tape_, notes_);
    for_each_member(tape_, at, [&](std::string_view name, std::size_t value) {
      properties_.add(name, values.read(value));
    });
    for (const char* note : notes_) sink_.convert(note, records_.place());
  }

  void read_entity() {
    labels_.clear();
    const std::size_t labels = find_member(tape_, data_, "labels");
    if (labels == 0 || tape_.kind(labels) != JsonKind::array) {
      fail_v1("\"labels\" is missing, or no array");
    }
    for_each_item(tape_, labels, [&](std::size_t item) {
      if (tape_.kind(item) != JsonKind::string) fail_v1("a label is no text");
      labels_.push_back(tape_.string(item));
    });
    const std::string entity = id("id");
    read_properties();
    sink_.node({records_.place(), ExternalId{0, entity}, labels_, &properties_});
  }

  void read_edge() {
    const std::string number = id("id"), source = id("source"), target = id("target");
    SourceEdge edge;
    edge.place = records_.place();
    edge.id = number;
    edge.source.text = source;
    edge.target.text = target;
    edge.type = text("edge_type");
    read_properties();
    edge.properties = &properties_;
    sink_.edge(edge);
  }

  void read_key_value() {
    std::string key, value;
    if (!append_from_base64(text("key"), key) || !append_from_base64(text("value"), value)) {
      fail_v1("the key or the value is not base64");
    }
    if (key == "next_entity_id" || key == "next_edge_id") {
      if (value.size() != 8) fail_v1("the counter " + key + " has not 8 bytes");
      const std::uint64_t next = read_be64(value.data());
      if (next > kIdMax) fail_v1("the counter " + key + " is over 9223372036854775807");
      return sink_.counters(key == "next_entity_id" ? next : 1, key == "next_edge_id" ? next : 1);
    }
    if (key.starts_with("schema:") || key.starts_with("collection")) {
      return sink_.convert("its own entry " + quote_text(key) + " is not understood, and not kept",
                           records_.place());
    }
    sink_.metadata(records_.place(), key, value);
  }

  std::string name_;
  JsonRecords records_;
  GraphSink& sink_;
  JsonTape tape_{nullptr, nullptr};
  std::size_t data_ = 0;
  std::string_view type_;
  V1Counts counts_;
  PropertyList properties_;
  std::vector<const char*> notes_;
  std::vector<std::string_view> labels_;
};

bool recognises_v1(std::string_view head, const ImportOptions&) {
  const std::string_view line = head.substr(0, head.find('\n'));
  return line.starts_with(R"({"type":"metadata")") &&
         line.find(R"("format":"json_lines")") != std::string_view::npos;
}

void read_v1(InputFiles& files, const ImportOptions&, GraphSink& sink) {
  for (std::uint32_t file = 0; file < files.size(); ++file) V1File(files, file, sink).read();
}

}  // namespace

const Format kManifoldV1Format{"manifoldb-v1",
                               "backups of ManifoldDB for Rust; ids are kept",
                               recognises_v1,
                               read_v1,
                               Format::Takes::nothing_else,
                               IdChoice::keep};

}  // namespace manifolddb::migrate
