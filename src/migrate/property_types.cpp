#include "migrate/property_types.h"

#include <algorithm>
#include <array>
#include <utility>

#include "backup/json_value.h"
#include "backup/record_codec.h"
#include "common/text.h"
#include "io/file_stream.h"
#include "manifolddb/error.h"
#include "migrate/json_input.h"
#include "migrate/point_text.h"
#include "migrate/temporal_input.h"

namespace manifolddb::migrate {

namespace {

using backup::JsonKind;
using backup::JsonTape;

// Columns are of the schema, so many of them are data in the wrong place.
constexpr std::size_t kColumnsMax = 100'000;

std::string lower_name(std::string_view text) {
  std::string name(text);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

// https://neo4j.com/docs/apoc/current/import/load-json/: those that texts become.
constexpr std::array<std::pair<std::string_view, TextType>, 12> kTypeNames{{
    {"date", TextType::date},
    {"localdate", TextType::date},
    {"time", TextType::time},
    {"localtime", TextType::time},
    {"offsettime", TextType::time},
    {"zonedtime", TextType::time},
    {"datetime", TextType::datetime},
    {"zoneddatetime", TextType::datetime},
    {"localdatetime", TextType::datetime},
    {"offsetdatetime", TextType::datetime},
    {"duration", TextType::duration},
    {"point", TextType::point},
}};

// What JSON says itself.
constexpr std::array<std::string_view, 9> kPlainTypeNames{
    "string", "integer", "int", "long", "float", "double", "number", "boolean", "byte"};

// None: a name of what needs no conversion.
std::optional<TextType> parse_type_name(std::string_view text) {
  std::string name = lower_name(text);
  if (name.ends_with("[]")) name.resize(name.size() - 2);
  for (const auto& [known, type] : kTypeNames) {
    if (known == name) return type;
  }
  if (std::find(kPlainTypeNames.begin(), kPlainTypeNames.end(), name) != kPlainTypeNames.end()) {
    return std::nullopt;
  }
  throw Error(ErrorCode::damaged, "no type is called " + quote_text(text));
}

const char* describe_type(TextType type) {
  switch (type) {
    case TextType::date:
      return "date";
    case TextType::time:
      return "time";
    case TextType::datetime:
      return "date and time";
    case TextType::duration:
      return "duration";
    default:
      return "point";
  }
}

std::optional<Value> read_as(std::string_view text, TextType type, const char*& note) {
  switch (type) {
    case TextType::date:
      return read_date(text);
    case TextType::time:
      return read_time(text);
    case TextType::datetime:
      return read_datetime(text, {}, note);
    case TextType::duration:
      return read_duration(text);
    default:
      return read_point(text, 0);
  }
}

std::string read_types_file(const std::filesystem::path& file) {
  FileSource source = FileSource::open(file);
  std::string text(PropertyTypes::kFileBytesMax + 1, '\0');
  text.resize(read_fully(source, text.data(), text.size()));
  if (text.size() > PropertyTypes::kFileBytesMax) {
    throw Error(ErrorCode::damaged, "it has more than 16 MiB");
  }
  text.append(backup::kLinePadding, '\0');
  return text;
}

void require_object(JsonTape tape, std::size_t at, std::string_view what) {
  if (tape.kind(at) == JsonKind::object) return;
  throw Error(ErrorCode::damaged, quote_text(what) + " is no object");
}

}  // namespace

std::optional<TextType> temporal_type_of(std::string_view text) {
  // Most texts are none: cheap first.
  constexpr std::size_t kTemporalBytesMax = 320;
  if (text.size() < 3 || text.size() > kTemporalBytesMax) return std::nullopt;
  const char* note = nullptr;
  if (text[0] == 'P' || text.starts_with("-P")) {
    return read_duration(text) ? std::optional(TextType::duration) : std::nullopt;
  }
  if (text[0] < '0' || text[0] > '9') return std::nullopt;
  if (text[2] == ':') return read_time(text) ? std::optional(TextType::time) : std::nullopt;
  if (text.size() < 10 || text[4] != '-') return std::nullopt;
  if (text.size() == 10) return read_date(text) ? std::optional(TextType::date) : std::nullopt;
  return read_datetime(text, {}, note) ? std::optional(TextType::datetime) : std::nullopt;
}

Value to_text_type(const Value& value, TextType type, const char*& note) {
  if (const List* list = value.get_if<List>()) {
    List items;
    for (const Value& item : *list) items.push_back(to_text_type(item, type, note));
    return items;
  }
  const std::string* text = value.get_if<std::string>();
  if (text == nullptr) return value;
  if (auto read = read_as(*text, type, note)) return *read;
  throw Error(ErrorCode::invalid_argument,
              quote_text(*text) + " is no " + describe_type(type) + ", which it should be");
}

std::string PropertyTypes::column_key(Of of, std::string_view label, std::string_view name) {
  std::string key(1, of == Of::node ? 'n' : 'e');
  key.append(std::to_string(label.size())).append(":").append(label).append(name);
  return key;
}

PropertyTypes PropertyTypes::read(const std::filesystem::path& file) {
  PropertyTypes types;
  types.inferred_ = false;
  try {
    const std::string text = read_types_file(file);
    backup::JsonDocument document(backup::kJsonDepthMax);
    if (!document.parse(std::string_view(text).substr(0, text.size() - backup::kLinePadding))) {
      throw Error(ErrorCode::damaged, "not JSON: " + std::string(document.reason()));
    }
    const JsonTape tape = document.tape();
    require_object(tape, JsonTape::kRoot, file.string());
    for_each_member(tape, JsonTape::kRoot, [&](std::string_view section, std::size_t labels) {
      const bool of_nodes = section == "nodePropertyMappings";
      if (!of_nodes && section != "relPropertyMappings") {
        throw Error(ErrorCode::damaged, quote_text(section) +
                                            " is neither nodePropertyMappings nor "
                                            "relPropertyMappings");
      }
      require_object(tape, labels, section);
      for_each_member(tape, labels, [&](std::string_view label, std::size_t names) {
        require_object(tape, names, label);
        for_each_member(tape, names, [&](std::string_view name, std::size_t type) {
          if (tape.kind(type) != JsonKind::string) {
            throw Error(ErrorCode::damaged, "the type of " + quote_text(name) + " is no text");
          }
          const Of of = of_nodes ? Of::node : Of::edge;
          types.columns_[column_key(of, label, name)].type = parse_type_name(tape.string(type));
        });
      });
    });
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
    throw Error(ErrorCode::damaged, file.string() + ": " + error.what(), "nothing was changed",
                R"(it should be like {"nodePropertyMappings": {"User": {"born": "Date"}}})");
  }
  return types;
}

void PropertyTypes::observe_in(Of of, std::string_view label, std::string_view name,
                               const Value& value) {
  if (const List* list = value.get_if<List>()) {
    for (const Value& item : *list) observe_in(of, label, name, item);
    return;
  }
  if (value.is_null()) return;
  const std::string* text = value.get_if<std::string>();
  const std::optional<TextType> type = text ? temporal_type_of(*text) : std::nullopt;
  const std::string key = column_key(of, label, name);
  const auto known = columns_.find(key);
  if (known == columns_.end()) {
    if (columns_.size() < kColumnsMax) columns_.emplace(key, Column{type});
  } else if (known->second.type != type) {
    known->second.type.reset();
  }
}

void PropertyTypes::observe(Of of, std::span<const std::string_view> labels, std::string_view name,
                            const Value& value) {
  for (const std::string_view label : labels) observe_in(of, label, name, value);
  if (labels.empty()) observe_in(of, {}, name, value);
}

std::optional<TextType> PropertyTypes::find(Of of, std::span<const std::string_view> labels,
                                            std::string_view name) const {
  std::optional<TextType> type;
  const std::string_view no_label;
  const std::span<const std::string_view> all = labels.empty() ? std::span(&no_label, 1) : labels;
  for (const std::string_view label : all) {
    const auto column = columns_.find(column_key(of, label, name));
    const bool is_known = column != columns_.end();
    if (!inferred_ && is_known) return column->second.type;
    if (!inferred_) continue;
    if (!is_known || !column->second.type || (type && type != column->second.type)) {
      return std::nullopt;
    }
    type = column->second.type;
  }
  return type;
}

}  // namespace manifolddb::migrate
