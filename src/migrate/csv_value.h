// Values of CSV columns with a type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "migrate/property_list.h"

namespace manifolddb::migrate {

struct CsvType {
  enum class Kind {
    text,
    boolean,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
    float32,
    float64,
    date,
    time,
    local_time,
    datetime,
    local_datetime,
    duration,
    date_or_datetime,
    point,
    vector,
  };
  Kind kind = Kind::text;
  bool is_list = false;
  std::string zone;        // of a datetime that names none; empty: none
  std::uint32_t srid = 0;  // of a point that names none; 0: by its members
  friend bool operator==(const CsvType&, const CsvType&) = default;
};

// What had to be said of a value that was kept, or null.
using CsvNote = const char*;

// Adds the value to the properties. Throws Error{invalid_argument}, saying why, when the text is no
// value of the type or is out of its range.
CsvNote add_csv_value(std::string_view name, std::string_view text, const CsvType& type,
                      char array_delimiter, PropertyList& properties);

// The same as a value on its own, of a type that is neither a list nor a vector.
Value read_csv_value(std::string_view text, const CsvType& type, CsvNote& note);
// A vector; a text in brackets has commas, whatever the delimiter.
Value read_csv_vector(std::string_view text, char delimiter);

}  // namespace manifolddb::migrate
