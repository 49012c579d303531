#include "migrate/graphml_keys.h"

#include <array>

#include "backup/json_value.h"
#include "backup/record_codec.h"
#include "common/text.h"
#include "manifolddb/error.h"
#include "migrate/json_input.h"

namespace manifolddb::migrate {

namespace {

using Kind = CsvType::Kind;

// GraphML's; its int may hold what its writers put there, so that is 64 bits.
constexpr std::array<std::pair<std::string_view, Kind>, 6> kGraphmlTypes{{
    {"boolean", Kind::boolean},
    {"int", Kind::int64},
    {"long", Kind::int64},
    {"float", Kind::float64},  // the double of the text, as other systems print it
    {"double", Kind::float64},
    {"string", Kind::text},
}};

bool find_graphml_type(std::string_view name, Kind& kind) {
  for (const auto& [known, type] : kGraphmlTypes) {
    if (known != name) continue;
    kind = type;
    return true;
  }
  return false;
}

Value json_list_of(const GraphmlKey& key, std::string_view text) {
  std::string padded(text);
  padded.append(backup::kLinePadding, '\0');
  backup::JsonDocument document(backup::kJsonDepthMax);
  if (!document.parse(std::string_view(padded).substr(0, text.size())) ||
      document.tape().kind(backup::JsonTape::kRoot) != backup::JsonKind::array) {
    throw Error(ErrorCode::invalid_argument,
                "property " + quote_text(key.name) + ": " + quote_text(text) + " is no list");
  }
  Value value = json_value(document.tape(), backup::JsonTape::kRoot);
  if (key.type.kind != Kind::float64) return value;
  for (Value& item : *std::get_if<List>(&value.variant())) {
    if (const auto* integer = item.get_if<std::int64_t>()) item = static_cast<double>(*integer);
  }
  return value;
}

}  // namespace

GraphmlKey* GraphmlKeys::declare(const XmlAttributes& attributes, const XmlReader& reader) {
  const auto id = attributes.find("id");
  if (!id) reader.fail("a key without an id");
  const std::string_view of_name = attributes.find("for").value_or("all");
  std::optional<Of> of;
  if (of_name == "node") of = Of::node;
  if (of_name == "edge") of = Of::edge;
  if (of_name == "graph") of = Of::graph;
  if (!of && of_name != "all") return nullptr;
  if (keys_.size() == kKeysMax) reader.fail("more than " + std::to_string(kKeysMax) + " keys");
  GraphmlKey key;
  key.name = attributes.find("attr.name").value_or(*id);
  if (attributes.find("yfiles.type")) key.role = GraphmlKey::Role::graphics;
  // TinkerPop's, and APOC's, which says them as an attribute of the node too.
  const bool is_of_labels = of == Of::node && (*id == "labelV" || *id == "labels");
  if (is_of_labels) key.role = GraphmlKey::Role::labels;
  if (*id == "labelE" && of == Of::edge) key.role = GraphmlKey::Role::type;
  has_labels_ = has_labels_ || key.role == GraphmlKey::Role::labels;
  const auto item_type = attributes.find("attr.list");
  key.is_json_list = item_type.has_value();
  const std::string_view type = item_type.value_or(attributes.find("attr.type").value_or("string"));
  key.is_type_known = find_graphml_type(type, key.type.kind);
  const auto [at, is_new] = keys_.emplace(std::pair(of, std::string(*id)), std::move(key));
  if (!is_new) reader.fail("the key " + quote_text(*id) + " is declared twice");
  return &at->second;
}

const GraphmlKey& GraphmlKeys::find(Of of, std::string_view id, const XmlReader& reader) {
  for (const std::optional<Of> part : {std::optional(of), std::optional<Of>()}) {
    const auto at = keys_.find(std::pair(part, std::string(id)));
    if (at != keys_.end()) return at->second;
  }
  if (keys_.size() == kKeysMax) reader.fail("more than " + std::to_string(kKeysMax) + " keys");
  GraphmlKey key;
  key.name = id;
  key.is_declared = false;
  return keys_.emplace(std::pair(std::optional(of), std::string(id)), std::move(key)).first->second;
}

void add_graphml_value(const GraphmlKey& key, std::string_view text, PropertyList& properties) {
  if (key.is_json_list) return properties.add(key.name, json_list_of(key, text));
  if (key.type.kind == Kind::text) return properties.add_text(key.name, text);
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return;
  if (key.type.kind == Kind::boolean && (text == "0" || text == "1")) {
    return properties.add_boolean(key.name, text == "1");
  }
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  const std::size_t end = text.find_last_not_of(" \t\r\n") + 1;
  add_csv_value(key.name, text.substr(begin, end - begin), key.type, ';', properties);
}

}  // namespace manifolddb::migrate
