#include "cli/json_object.h"

#include "common/json_writer.h"
#include "common/text.h"

namespace manifolddb::cli {

std::string json_text(std::string_view text) {
  std::string valid;
  for (std::size_t bad = 0; (bad = find_invalid_utf8(text)) != kValidUtf8;) {
    valid.append(text.substr(0, bad)).append("\xEF\xBF\xBD");
    text.remove_prefix(bad + 1);
  }
  valid.append(text);
  std::string quoted;
  append_json_string(valid, quoted);
  return quoted;
}

JsonObject JsonObject::line() {
  return JsonObject().text("schema", "manifold.cli.v1");
}

void JsonObject::begin_member(std::string_view name) {
  members_.push_back(members_.empty() ? '{' : ',');
  members_.append(json_text(name)).push_back(':');
}

JsonObject& JsonObject::json(std::string_view name, std::string_view value) {
  begin_member(name);
  members_.append(value);
  return *this;
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
  return json(name, json_text(value));
}

JsonObject& JsonObject::number(std::string_view name, std::uint64_t value) {
  return json(name, std::to_string(value));
}

JsonObject& JsonObject::boolean(std::string_view name, bool value) {
  return json(name, value ? "true" : "false");
}

JsonObject& JsonObject::null(std::string_view name) {
  return json(name, "null");
}

JsonObject& JsonObject::object(std::string_view name, const JsonObject& value) {
  return json(name, value.to_string());
}

JsonObject& JsonObject::time(std::string_view name, std::optional<std::int64_t> us_since_1970) {
  return us_since_1970 ? text(name, format_time_us(*us_since_1970)) : null(name);
}

JsonObject& JsonObject::point(SequenceNumber sequence, std::int64_t committed_at_us) {
  return number("sequence_number", sequence.value)
      .time("committed_at",
            sequence.value == 0 ? std::nullopt : std::optional<std::int64_t>(committed_at_us));
}

}  // namespace manifolddb::cli
