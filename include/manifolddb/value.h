// Property values: every type of the backup format's section 4. All of them survive storing, backup
// and restore bit for bit, NaN payloads and -0.0 included.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace manifolddb {

// Raw bytes; a std::string is always UTF-8 text (which may hold U+0000).
struct Bytes {
  std::string data;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};

// Days from 1970-01-01 in the proleptic Gregorian calendar; years 0001 to 9999.
struct Date {
  std::int32_t days = 0;
  friend bool operator==(const Date&, const Date&) = default;
};

// Nanoseconds of the day, 0 to 86,399,999,999,999. Without an offset it is a local time. The offset
// is in minutes east of UTC, -1439 to 1439.
struct Time {
  std::int64_t nanoseconds = 0;
  std::optional<std::int16_t> offset_minutes;
  friend bool operator==(const Time&, const Time&) = default;
};

// The local wall-clock date and time (days and nanoseconds as above), an offset or none, and a zone
// name or none, kept as given and never interpreted. A zone name is not empty, needs an offset, is
// at most 255 bytes of A-Z a-z 0-9 _ + - / . : and is kept in this spelling.
struct DateTime {
  std::int32_t days = 0;
  std::int64_t nanoseconds = 0;
  std::optional<std::int16_t> offset_minutes;
  std::optional<std::string> zone;
  friend bool operator==(const DateTime&, const DateTime&) = default;
};

// The four parts are independent; nanoseconds lie in 0 to 999,999,999.
struct Duration {
  std::int64_t months = 0;
  std::int64_t days = 0;
  std::int64_t seconds = 0;
  std::int32_t nanoseconds = 0;
  friend bool operator==(const Duration&, const Duration&) = default;
};

struct Point {
  std::uint32_t srid = 0;
  double x = 0;
  double y = 0;
  std::optional<double> z;
};

struct Vector {
  std::vector<float> elements;
};

// indices strictly ascending, as many as values.
struct SparseVector {
  std::vector<std::uint32_t> indices;
  std::vector<float> values;
};

// Rows may differ in length.
struct MultiVector {
  std::vector<std::vector<float>> rows;
};

class Value;
using List = std::vector<Value>;
using Map = std::map<std::string, Value, std::less<>>;
using Properties = Map;

// One value. Not thread-safe; copies are deep.
class Value {
 public:
  using Variant =
      std::variant<std::monostate, bool, std::int64_t, double, std::string, Bytes, Date, Time,
                   DateTime, Duration, Point, List, Map, Vector, SparseVector, MultiVector>;

  Value() = default;  // null
  Value(std::nullptr_t) {}
  Value(bool value) : data_(value) {}
  Value(int value) : data_(std::int64_t{value}) {}
  Value(std::int64_t value) : data_(value) {}
  Value(double value) : data_(value) {}
  Value(const char* text) : data_(std::string(text)) {}
  Value(std::string text) : data_(std::move(text)) {}
  Value(Bytes value) : data_(std::move(value)) {}
  Value(Date value) : data_(value) {}
  Value(Time value) : data_(value) {}
  Value(DateTime value) : data_(std::move(value)) {}
  Value(Duration value) : data_(value) {}
  Value(Point value) : data_(value) {}
  Value(List value) : data_(std::move(value)) {}
  Value(Map value) : data_(std::move(value)) {}
  Value(Vector value) : data_(std::move(value)) {}
  Value(SparseVector value) : data_(std::move(value)) {}
  Value(MultiVector value) : data_(std::move(value)) {}

  const Variant& variant() const { return data_; }
  Variant& variant() { return data_; }
  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }

  // The held T, or nullptr when the value is of another type.
  template <typename T>
  const T* get_if() const {
    return std::get_if<T>(&data_);
  }

  // Same type and same bits: NaN equals a NaN with the same payload, and -0.0 differs from 0.0.
  friend bool operator==(const Value& a, const Value& b);

 private:
  Variant data_;
};

}  // namespace manifolddb
