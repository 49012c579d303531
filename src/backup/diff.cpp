#include "backup/diff.h"

#include <utility>

#include "common/json_writer.h"
#include "common/text.h"
#include "common/value_codec.h"
#include "common/varint.h"

namespace manifolddb::backup {

namespace {

int compare_places(const RecordView& a, const RecordView& b) {
  if (a.kind != b.kind) return a.kind < b.kind ? -1 : 1;
  return a.key.compare(b.key);
}

// The fields of a record as names and JSON, members first, then properties by name.
using Fields = std::vector<std::pair<std::string, std::string>>;

struct RecordFields {
  Fields members, properties;
};

void list_properties(const Properties& properties, Fields& out) {
  for (const auto& [name, value] : properties) {
    std::string encoded;
    encode_value(value, 1, encoded);
    std::string json;
    append_json_value(encoded, json);
    out.emplace_back(name, std::move(json));
  }
}

std::string labels_json(const std::vector<std::string>& labels) {
  std::string json = "[";
  for (const std::string& label : labels) {
    if (json.size() > 1) json += ',';
    append_json_string(label, json);
  }
  return json + "]";
}

RecordFields list_fields(RecordKind kind, std::string_view key, std::string_view body) {
  RecordFields fields;
  if (kind == RecordKind::entity) {
    Entity entity;
    decode_entity({read_be64(key.data())}, body, entity);
    fields.members.emplace_back("labels", labels_json(entity.labels));
    list_properties(entity.properties, fields.properties);
  } else if (kind == RecordKind::edge) {
    Edge edge;
    decode_edge({read_be64(key.data())}, body, edge);
    std::string type;
    append_json_string(edge.edge_type, type);
    fields.members = {{"source", std::to_string(edge.source.value)},
                      {"target", std::to_string(edge.target.value)},
                      {"edge_type", std::move(type)}};
    list_properties(edge.properties, fields.properties);
  } else {
    std::string value = "\"";
    append_base64(body, value);
    fields.members.emplace_back("value", value + "\"");
  }
  return fields;
}

// Both ascend by name, or hold the same names in the same order.
void compare(const Fields& before, const Fields& after, bool are_properties,
             std::vector<FieldDifference>& out) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < before.size() || j < after.size()) {
    const bool same_name =
        i < before.size() && j < after.size() && before[i].first == after[j].first;
    if (same_name) {
      if (before[i].second != after[j].second) {
        out.push_back({before[i].first, are_properties, before[i].second, after[j].second});
      }
      ++i;
      ++j;
    } else if (j == after.size() || (i < before.size() && before[i].first < after[j].first)) {
      out.push_back({before[i].first, are_properties, before[i].second, std::nullopt});
      ++i;
    } else {
      out.push_back({after[j].first, are_properties, std::nullopt, after[j].second});
      ++j;
    }
  }
}

}  // namespace

void for_each_difference(RecordStream& before, RecordStream& after,
                         const std::function<bool(const Difference&)>& fn) {
  bool has_before = before.next();
  bool has_after = after.next();
  bool more = true;
  while (more && (has_before || has_after)) {
    const int order = !has_before  ? 1
                      : !has_after ? -1
                                   : compare_places(before.record(), after.record());
    const RecordView& place = order <= 0 ? before.record() : after.record();
    Difference difference{place.kind, place.key, {}, {}};
    if (order <= 0) difference.before = before.record().body;
    if (order >= 0) difference.after = after.record().body;
    if (difference.before != difference.after) more = fn(difference);
    if (order <= 0) has_before = before.next();
    if (order >= 0) has_after = after.next();
  }
}

std::vector<FieldDifference> compare_fields(const Difference& difference) {
  const RecordFields before = list_fields(difference.kind, difference.key, *difference.before);
  const RecordFields after = list_fields(difference.kind, difference.key, *difference.after);
  std::vector<FieldDifference> differences;
  compare(before.members, after.members, false, differences);
  compare(before.properties, after.properties, true, differences);
  return differences;
}

}  // namespace manifolddb::backup
