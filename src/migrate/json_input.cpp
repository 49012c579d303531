#include "migrate/json_input.h"

#include "common/text.h"
#include "manifolddb/error.h"
#include "migrate/point_text.h"

namespace manifolddb::migrate {

using backup::JsonKind;
using backup::JsonTape;

namespace {

[[noreturn]] void refuse_large_integer(std::uint64_t number) {
  throw Error(ErrorCode::invalid_argument,
              "the number " + std::to_string(number) + " is over 9223372036854775807");
}

Value json_list(JsonTape tape, std::size_t at) {
  List list;
  for_each_item(tape, at, [&](std::size_t item) { list.push_back(json_value(tape, item)); });
  return list;
}

Value json_map(JsonTape tape, std::size_t at) {
  Map map;
  for_each_member(tape, at, [&](std::string_view key, std::size_t value) {
    if (!map.emplace(key, json_value(tape, value)).second) {
      throw Error(ErrorCode::invalid_argument, "the key " + quote_text(key) + " is there twice");
    }
  });
  return map;
}

bool take_point_member(JsonTape tape, std::string_view key, std::size_t value,
                       PointMembers& point) {
  const JsonKind kind = tape.kind(value);
  if (key == "crs") return kind == JsonKind::string && point.take_crs(tape.string(value));
  if (key == "srid" && kind != JsonKind::integer) return false;
  if (kind == JsonKind::null) return key == "z" || key == "height";
  const std::optional<double> number = json_number(tape, value);
  return number && point.take_number(key, *number);
}

}  // namespace

std::size_t find_member(JsonTape tape, std::size_t at, std::string_view name) {
  for (std::size_t key = tape.first(at); key != tape.end(at);) {
    const std::size_t value = tape.after(key);
    if (tape.string(key) == name) return value;
    key = tape.after(value);
  }
  return 0;
}

std::optional<std::string> json_id(JsonTape tape, std::size_t at) {
  switch (tape.kind(at)) {
    case JsonKind::string:
      return std::string(tape.string(at));
    case JsonKind::integer:
      return std::to_string(tape.integer(at));
    case JsonKind::unsigned_integer:
      return std::to_string(tape.unsigned_integer(at));
    default:
      return std::nullopt;
  }
}

std::optional<double> json_number(JsonTape tape, std::size_t at) {
  switch (tape.kind(at)) {
    case JsonKind::integer:
      return static_cast<double>(tape.integer(at));
    case JsonKind::unsigned_integer:
      return static_cast<double>(tape.unsigned_integer(at));
    case JsonKind::real:
      return tape.real(at);
    default:
      return std::nullopt;
  }
}

Value json_value(JsonTape tape, std::size_t at) {
  switch (tape.kind(at)) {
    case JsonKind::object:
      return json_map(tape, at);
    case JsonKind::array:
      return json_list(tape, at);
    case JsonKind::string:
      return std::string(tape.string(at));
    case JsonKind::integer:
      return tape.integer(at);
    case JsonKind::unsigned_integer:
      refuse_large_integer(tape.unsigned_integer(at));
    case JsonKind::real:
      return tape.real(at);
    case JsonKind::true_value:
      return true;
    case JsonKind::false_value:
      return false;
    default:
      return nullptr;
  }
}

std::optional<Value> json_point(JsonTape tape, std::size_t at) {
  PointMembers members;
  bool is_point = true;
  for_each_member(tape, at, [&](std::string_view key, std::size_t value) {
    is_point = is_point && take_point_member(tape, key, value, members);
  });
  const std::optional<Point> point = is_point ? members.point(0) : std::nullopt;
  return point ? std::optional<Value>(*point) : std::nullopt;
}

void add_json_value(std::string_view name, JsonTape tape, std::size_t at,
                    PropertyList& properties) {
  switch (tape.kind(at)) {
    case JsonKind::string:
      return properties.add_text(name, tape.string(at));
    case JsonKind::integer:
      return properties.add_integer(name, tape.integer(at));
    case JsonKind::real:
      return properties.add_real(name, tape.real(at));
    case JsonKind::true_value:
      return properties.add_boolean(name, true);
    case JsonKind::false_value:
      return properties.add_boolean(name, false);
    default:
      break;
  }
  Value value;
  try {
    value = json_value(tape, at);
  } catch (const Error& error) {
    throw Error(error.code(), "property " + quote_text(name) + ": " + error.what());
  }
  properties.add(name, value);
}

}  // namespace manifolddb::migrate
