#include "migrate/cypher_value.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "common/record.h"
#include "common/text.h"
#include "manifolddb/error.h"
#include "migrate/point_text.h"
#include "migrate/temporal_input.h"

namespace manifolddb::migrate {

namespace {

constexpr const char* kEnumIsText = "the value of an enum is kept as text";

[[noreturn]] void refuse_cypher(const std::string& what) {
  throw Error(ErrorCode::invalid_argument, what);
}

// Memgraph does not fill years up to four digits.
std::string with_full_year(std::string_view text) {
  constexpr std::size_t kYearDigits = 4;
  const std::size_t digits = std::min(text.find('-'), text.size());
  return std::string(digits < kYearDigits ? kYearDigits - digits : 0, '0') + std::string(text);
}

std::optional<double> number_of(const Value& value) {
  if (const auto* real = value.get_if<double>()) return *real;
  if (const auto* whole = value.get_if<std::int64_t>()) return static_cast<double>(*whole);
  return std::nullopt;
}

// As of {x: 1, y: 2, srid: 7203}, {longitude: 1, latitude: 2, height: 3} or {x: 1, y: 2, crs: "…"}.
Value point_of(const Map& map) {
  PointMembers members;
  for (const auto& [name, value] : map) {
    const std::optional<double> number = number_of(value);
    const std::string* text = value.get_if<std::string>();
    const bool is_member = name == "crs" ? text != nullptr && members.take_crs(*text)
                                         : number && members.take_number(name, *number);
    if (!is_member) {
      refuse_cypher("the member " + quote_text(name) + " of a point is not one that it can have");
    }
  }
  const std::optional<Point> point = members.point(0);
  if (!point) refuse_cypher("a point needs x and y, or longitude and latitude");
  return *point;
}

class CypherValueReader {
 public:
  CypherValueReader(CypherCursor& cursor, ValueNotes& notes, ItemBudget& budget)
      : cursor_(cursor), notes_(notes), budget_(budget) {}

  Value read(int depth) {
    if (depth > kValueDepthMax) {
      refuse_cypher("values are nested deeper than " + std::to_string(kValueDepthMax));
    }
    switch (const char first = cursor_.peek()) {
      case '"':
      case '\'':
        return std::string(cursor_.text());
      case '[':
        return read_list(depth);
      case '{':
        return read_map(depth);
      case '(':
        return read_quotient();
      case '-':
        return read_negative();
      default:
        if (first >= '0' && first <= '9') return cursor_.number();
        return read_word(depth);
    }
  }

 private:
  Value read_list(int depth) {
    cursor_.expect("[");
    List list;
    if (cursor_.take("]")) return list;
    do {
      budget_.take();
      list.push_back(read(depth + 1));
    } while (cursor_.take(","));
    cursor_.expect("]");
    return list;
  }

  Value read_map(int depth) {
    cursor_.expect("{");
    Map map;
    if (cursor_.take("}")) return map;
    do {
      budget_.take();
      const std::string_view key = cursor_.name();
      cursor_.expect(":");
      if (!map.emplace(key, read(depth + 1)).second) {
        refuse_cypher("the key " + quote_text(key) + " is there twice");
      }
    } while (cursor_.take(","));
    cursor_.expect("}");
    return map;
  }

  // Cypher has no literal for what is not finite: (1.0 / 0.0).
  Value read_quotient() {
    cursor_.expect("(");
    const Value dividend = cursor_.number();
    cursor_.expect("/");
    const Value divisor = cursor_.number();
    const std::optional<double> above = number_of(dividend), below = number_of(divisor);
    if (*below != 0 || std::signbit(*below)) cursor_.fail("0.0 as the divisor");
    cursor_.expect(")");
    if (*above == 0) return std::numeric_limits<double>::quiet_NaN();
    return std::copysign(std::numeric_limits<double>::infinity(), *above);
  }

  Value read_negative() {
    if (cursor_.take("-inf")) return -std::numeric_limits<double>::infinity();
    if (cursor_.take("-nan")) return std::numeric_limits<double>::quiet_NaN();
    return cursor_.number();
  }

  Value read_word(int depth) {
    // Whatever its name is: also Date::Monday, or Null::None.
    if (cursor_.peek() == '`' || cursor_.is_word_before("::")) return read_enum();
    if (cursor_.take_word("TRUE")) return true;
    if (cursor_.take_word("FALSE")) return false;
    if (cursor_.take_word("NULL")) return nullptr;
    if (cursor_.take_word("NAN")) return std::numeric_limits<double>::quiet_NaN();
    if (cursor_.take_word("INF")) return std::numeric_limits<double>::infinity();
    if (cursor_.take_word("POINT")) return read_point_call(depth);
    for (const char* function :
         {"DATE", "LOCALTIME", "TIME", "LOCALDATETIME", "DATETIME", "DURATION"}) {
      if (cursor_.take_word(function)) return read_temporal(function);
    }
    if (cursor_.peek_word().empty()) cursor_.fail("a value");
    return read_enum();
  }

  Value read_enum() {
    std::string value(cursor_.name());
    if (!cursor_.take("::")) cursor_.fail("'::' of an enum, or another value");
    notes_.add(kEnumIsText);
    return value.append("::").append(cursor_.name());
  }

  Value read_point_call(int depth) {
    cursor_.expect("(");
    const Value members = read_map(depth);
    cursor_.expect(")");
    return point_of(*members.get_if<Map>());
  }

  Value read_temporal(std::string_view function) {
    cursor_.expect("(");
    const std::string_view text = cursor_.text();
    std::optional<Value> value;
    if (function == "DATE") value = read_date(with_full_year(text));
    if (function == "TIME" || function == "LOCALTIME") value = read_time(text);
    if (function == "DATETIME" || function == "LOCALDATETIME") {
      const char* note = nullptr;
      value = read_datetime(with_full_year(text), {}, note);
      if (note != nullptr) notes_.add(note);
    }
    if (function == "DURATION") value = read_duration(text);
    if (!value) {
      refuse_cypher(quote_text(text) + " is no value of " + std::string(function) + "()");
    }
    cursor_.expect(")");
    return *std::move(value);
  }

  CypherCursor& cursor_;
  ValueNotes& notes_;
  ItemBudget& budget_;
};

}  // namespace

Value read_cypher_value(CypherCursor& cursor, ValueNotes& notes, ItemBudget& budget) {
  return CypherValueReader(cursor, notes, budget).read(1);
}

}  // namespace manifolddb::migrate
