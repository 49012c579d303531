// Types of Kuzu's columns, as its schema names them.
#pragma once

#include <string>
#include <vector>

#include "migrate/csv_value.h"
#include "migrate/cypher_cursor.h"

namespace manifolddb::migrate {

struct KuzuType {
  enum class Shape {
    plain,         // as `plain` says
    wide_integer,  // INT128, UINT64: a number that we may have no room for
    exact_text,    // UUID, DECIMAL, JSON: kept as its text
    interval,
    blob,
    vector,   // FLOAT[n]
    list,     // items[0]
    members,  // STRUCT: names and items
    map,      // items[0]: keys, items[1]: values
    any_of,   // UNION: items
  };
  static constexpr int kDepthMax = 32;  // of types within types

  Shape shape = Shape::plain;
  CsvType plain{};
  const char* name = "";  // of exact_text
  std::vector<KuzuType> items{};
  std::vector<std::string> names{};

  bool is_nested() const {
    return shape == Shape::list || shape == Shape::members || shape == Shape::map ||
           shape == Shape::vector;
  }
  // Whether any byte may stand in the text of a value, also those that divide nested ones.
  bool is_free_text() const;
  bool holds_free_text() const;  // itself or something in it
};

// INT64, STRING[], FLOAT[4], STRUCT(a INT64, b STRING[]), MAP(STRING, INT64), DECIMAL(10, 2) …
// Throws Error{invalid_argument} for a name that is no type, and types nested deeper than
// kDepthMax.
KuzuType parse_kuzu_type(CypherCursor& cursor);

}  // namespace manifolddb::migrate
