#include "migrate/graphson_value.h"

#include <array>
#include <cmath>
#include <limits>

#include "common/temporal_text.h"
#include "common/text.h"
#include "manifolddb/error.h"
#include "migrate/temporal_input.h"

namespace manifolddb::migrate {

namespace {

using backup::JsonKind;
using backup::JsonTape;

constexpr const char* kKeptAsText =
    "a value of a type that ManifoldDB has not is kept as text or map";
constexpr std::int64_t kMillisecondsPerDay = kSecondsPerDay * 1000;

struct TypedValue {
  std::string_view type;
  std::size_t value = 0;
};

std::optional<TypedValue> typed(JsonTape tape, std::size_t at) {
  if (tape.kind(at) != JsonKind::object || tape.count(at) != 2) return std::nullopt;
  const std::size_t type = find_member(tape, at, "@type");
  const std::size_t value = find_member(tape, at, "@value");
  if (type == 0 || value == 0 || tape.kind(type) != JsonKind::string) return std::nullopt;
  return TypedValue{tape.string(type), value};
}

[[noreturn]] void refuse_typed(const TypedValue& typed) {
  throw Error(ErrorCode::invalid_argument,
              "a value of the type " + std::string(typed.type) + " cannot be like this");
}

// The range of an integer type, or none.
std::optional<std::int64_t> integer_max(std::string_view type) {
  if (type == "g:Int64") return std::numeric_limits<std::int64_t>::max();
  if (type == "g:Int32") return std::numeric_limits<std::int32_t>::max();
  if (type == "gx:Int16") return std::numeric_limits<std::int16_t>::max();
  if (type == "gx:Byte") return std::numeric_limits<std::int8_t>::max();
  return std::nullopt;
}

Value read_integer(JsonTape tape, const TypedValue& typed, std::int64_t max) {
  if (tape.kind(typed.value) != JsonKind::integer) refuse_typed(typed);
  const std::int64_t value = tape.integer(typed.value);
  if (value > max || value < -max - 1) refuse_typed(typed);
  return value;
}

Value read_real(JsonTape tape, const TypedValue& typed) {
  if (const auto number = json_number(tape, typed.value)) return *number;
  if (tape.kind(typed.value) == JsonKind::string) {
    const std::string_view text = tape.string(typed.value);
    if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (text == "Infinity") return std::numeric_limits<double>::infinity();
    if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  }
  refuse_typed(typed);
}

// Milliseconds since 1970.
Value read_date_ms(JsonTape tape, const TypedValue& typed) {
  if (tape.kind(typed.value) != JsonKind::integer) refuse_typed(typed);
  const std::int64_t ms = tape.integer(typed.value);
  const std::int64_t of_day =
      (ms % kMillisecondsPerDay + kMillisecondsPerDay) % kMillisecondsPerDay;
  const std::int64_t days = (ms - of_day) / kMillisecondsPerDay;
  if (days < kDateDaysMin || days > kDateDaysMax) refuse_typed(typed);
  return DateTime{static_cast<std::int32_t>(days), of_day * 1'000'000, std::int16_t{0}, {}};
}

std::optional<Value> read_temporal(JsonTape tape, const TypedValue& typed, const char*& note) {
  if (tape.kind(typed.value) != JsonKind::string) return std::nullopt;
  const std::string_view text = tape.string(typed.value);
  if (typed.type == "gx:LocalDate") return read_date(text);
  if (typed.type == "gx:LocalTime" || typed.type == "gx:OffsetTime") return read_time(text);
  if (typed.type == "gx:LocalDateTime" || typed.type == "gx:OffsetDateTime" ||
      typed.type == "gx:ZonedDateTime" || typed.type == "gx:Instant") {
    return read_datetime(text, {}, note);
  }
  if (typed.type == "gx:Duration" || typed.type == "gx:Period") return read_duration(text);
  return std::nullopt;
}

Value graphson_list(JsonTape tape, std::size_t at, const char*& note) {
  List list;
  for_each_item(tape, at,
                [&](std::size_t item) { list.push_back(graphson_value(tape, item, note)); });
  return list;
}

// [key, value, key, value], the keys texts.
std::optional<Value> read_pairs(JsonTape tape, std::size_t at, const char*& note) {
  Map map;
  for (std::size_t key = tape.first(at); key != tape.end(at);) {
    const std::size_t value = tape.after(key);
    if (value == tape.end(at) || tape.kind(key) != JsonKind::string) return std::nullopt;
    if (!map.emplace(tape.string(key), graphson_value(tape, value, note)).second) {
      return std::nullopt;
    }
    key = tape.after(value);
  }
  return map;
}

Value read_typed(JsonTape tape, const TypedValue& typed, const char*& note) {
  if (const auto max = integer_max(typed.type)) return read_integer(tape, typed, *max);
  if (typed.type == "g:Double" || typed.type == "g:Float") return read_real(tape, typed);
  if (typed.type == "g:Date" || typed.type == "g:Timestamp") return read_date_ms(tape, typed);
  if (auto temporal = read_temporal(tape, typed, note)) return *temporal;
  const bool is_array = tape.kind(typed.value) == JsonKind::array;
  if ((typed.type == "g:List" || typed.type == "g:Set") && is_array) {
    return graphson_list(tape, typed.value, note);
  }
  if (typed.type == "g:Map" && is_array) {
    if (auto map = read_pairs(tape, typed.value, note)) return *map;
  }
  if (typed.type == "gx:BigInteger" && tape.kind(typed.value) == JsonKind::integer) {
    return tape.integer(typed.value);
  }
  if (typed.type == "gx:ByteBuffer" && tape.kind(typed.value) == JsonKind::string) {
    Bytes bytes;
    if (append_from_base64(tape.string(typed.value), bytes.data)) return bytes;
  }
  note = kKeptAsText;
  return graphson_value(tape, typed.value, note);
}

}  // namespace

Value graphson_value(JsonTape tape, std::size_t at, const char*& note) {
  if (const auto value = typed(tape, at)) return read_typed(tape, *value, note);
  if (tape.kind(at) == JsonKind::array) return graphson_list(tape, at, note);
  if (tape.kind(at) != JsonKind::object) return json_value(tape, at);
  Map map;
  for_each_member(tape, at, [&](std::string_view key, std::size_t value) {
    if (!map.emplace(key, graphson_value(tape, value, note)).second) {
      throw Error(ErrorCode::invalid_argument, "the key " + quote_text(key) + " is there twice");
    }
  });
  return map;
}

std::optional<std::string> graphson_id(JsonTape tape, std::size_t at) {
  const auto value = typed(tape, at);
  return json_id(tape, value ? value->value : at);
}

}  // namespace manifolddb::migrate
