#include "migrate/csv_value.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <system_error>

#include "common/text.h"
#include "manifolddb/error.h"
#include "migrate/item_budget.h"
#include "migrate/point_text.h"
#include "migrate/temporal_input.h"

namespace manifolddb::migrate {

namespace {

using Kind = CsvType::Kind;

[[noreturn]] void refuse_value(std::string_view text, const std::string& why) {
  throw Error(ErrorCode::invalid_argument, quote_text(text) + " " + why);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view without_plus(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  return text;
}

struct IntegerRange {
  std::int64_t min, max;
};

IntegerRange range_of(Kind kind) {
  switch (kind) {
    case Kind::int8:
      return {-128, 127};
    case Kind::int16:
      return {-32768, 32767};
    case Kind::int32:
      return {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()};
    case Kind::uint8:
      return {0, 255};
    case Kind::uint16:
      return {0, 65535};
    case Kind::uint32:
      return {0, std::numeric_limits<std::uint32_t>::max()};
    case Kind::uint64:
      return {0, std::numeric_limits<std::int64_t>::max()};
    default:
      return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  }
}

std::int64_t parse_integer(std::string_view text, Kind kind) {
  const std::string_view digits = without_plus(trimmed(text));
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool is_number = end == digits.data() + digits.size() && end != digits.data();
  if (error == std::errc::invalid_argument || !is_number) {
    refuse_value(text, "is no whole number");
  }
  const IntegerRange range = range_of(kind);
  if (error == std::errc::result_out_of_range || value < range.min || value > range.max) {
    refuse_value(text, "is outside the range of its type, " + std::to_string(range.min) + " to " +
                           std::to_string(range.max));
  }
  return value;
}

double parse_real(std::string_view text) {
  const std::string_view digits = without_plus(trimmed(text));
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool is_number = end == digits.data() + digits.size() && end != digits.data();
  if (error == std::errc::invalid_argument || !is_number) refuse_value(text, "is no number");
  if (error == std::errc::result_out_of_range) {
    refuse_value(text, "is outside the range of a double");
  }
  return value;
}

bool parse_boolean(std::string_view text) {
  std::string word(trimmed(text));
  for (char& c : word) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (word != "true" && word != "false") refuse_value(text, "is neither true nor false");
  return word == "true";
}

// What stands between the delimiters; a text in brackets is a list with commas.
template <typename Item>
void for_each_item(std::string_view text, char delimiter, const Item& item) {
  if (text.empty()) return;
  for (;;) {
    const std::size_t end = text.find(delimiter);
    item(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

Value parse_other(std::string_view text, const CsvType& type, CsvNote& note) {
  std::optional<Value> value;
  const std::string_view plain = trimmed(text);
  switch (type.kind) {
    case Kind::date:
      value = read_date(plain);
      break;
    case Kind::time:
    case Kind::local_time:
      value = read_time(plain);
      break;
    case Kind::datetime:
    case Kind::local_datetime:
      value = read_datetime(plain, type.zone, note);
      break;
    case Kind::date_or_datetime:
      value = read_date(plain);
      if (!value) value = read_datetime(plain, type.zone, note);
      break;
    case Kind::duration:
      value = read_duration(plain);
      break;
    case Kind::point:
      value = read_point(plain, type.srid);
      break;
    default:
      break;
  }
  if (!value) refuse_value(text, "is no value of its column's type");
  return *std::move(value);
}

Value parse_item(std::string_view text, const CsvType& type, CsvNote& note) {
  switch (type.kind) {
    case Kind::text:
      return std::string(text);
    case Kind::boolean:
      return parse_boolean(text);
    case Kind::int8:
    case Kind::int16:
    case Kind::int32:
    case Kind::int64:
    case Kind::uint8:
    case Kind::uint16:
    case Kind::uint32:
    case Kind::uint64:
      return parse_integer(text, type.kind);
    case Kind::float32:
    case Kind::float64:
      return parse_real(text);
    default:
      return parse_other(text, type, note);
  }
}

Value parse_list(std::string_view text, const CsvType& type, char delimiter, CsvNote& note) {
  if (type.kind == Kind::int8) {  // what other systems call an array of bytes
    Bytes bytes;
    for_each_item(text, delimiter, [&](std::string_view item) {
      bytes.data.push_back(static_cast<char>(parse_integer(item, Kind::int8)));
    });
    return bytes;
  }
  List list;
  ItemBudget budget("the list");
  for_each_item(text, delimiter, [&](std::string_view item) {
    budget.take();
    list.push_back(parse_item(item, type, note));
  });
  return list;
}

}  // namespace

Value read_csv_vector(std::string_view text, char delimiter) {
  Vector vector;
  std::string_view items = trimmed(text);
  if (items.size() >= 2 && items.front() == '[' && items.back() == ']') {
    items = trimmed(items.substr(1, items.size() - 2));
    delimiter = ',';
  }
  for_each_item(items, delimiter, [&](std::string_view item) {
    const std::string_view digits = without_plus(trimmed(item));
    float element = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), element);
    if (error != std::errc() || end != digits.data() + digits.size()) {
      refuse_value(item, "is no element of a vector of 32-bit floats");
    }
    vector.elements.push_back(element);
  });
  return vector;
}

Value read_csv_value(std::string_view text, const CsvType& type, CsvNote& note) {
  return parse_item(text, type, note);
}

CsvNote add_csv_value(std::string_view name, std::string_view text, const CsvType& type,
                      char array_delimiter, PropertyList& properties) {
  CsvNote note = nullptr;
  if (type.kind == Kind::vector) {
    properties.add(name, of_property(name, [&] { return read_csv_vector(text, array_delimiter); }));
    return note;
  }
  if (type.is_list) {
    properties.add(
        name, of_property(name, [&] { return parse_list(text, type, array_delimiter, note); }));
    return note;
  }
  switch (type.kind) {
    case Kind::text:
      properties.add_text(name, text);
      break;
    case Kind::boolean:
      properties.add_boolean(name, of_property(name, [&] { return parse_boolean(text); }));
      break;
    case Kind::int8:
    case Kind::int16:
    case Kind::int32:
    case Kind::int64:
    case Kind::uint8:
    case Kind::uint16:
    case Kind::uint32:
    case Kind::uint64:
      properties.add_integer(name,
                             of_property(name, [&] { return parse_integer(text, type.kind); }));
      break;
    case Kind::float32:
    case Kind::float64:
      properties.add_real(name, of_property(name, [&] { return parse_real(text); }));
      break;
    default:
      properties.add(name, of_property(name, [&] { return parse_other(text, type, note); }));
  }
  return note;
}

}  // namespace manifolddb::migrate
