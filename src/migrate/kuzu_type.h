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
  static constexpr int kDepthMax = 32;  // of types within types, the outermost counted
  // Of types in one: members of structs, and what lists are of.
  static constexpr std::size_t kPartsMax = 10'000;

  Shape shape = Shape::plain;
  CsvType plain{};
  const char* name = "";  // of exact_text
  std::vector<KuzuType> items{};
  std::vector<std::string> names{};

  // The rest follows from these.
  int depth = 1;
  std::size_t parts = 1;  // itself and all in it
  // Whether brackets stand around a value; of a UNION, whether they may.
  bool is_nested = false;
  // Whether any byte may stand in the text of a value, also those that divide nested ones; of a
  // UNION, whether it may be of such a type. It may then be empty.
  bool is_free_text = false;
  bool holds_nested = false, holds_free_text = false;  // itself or something in it
};

// INT64, STRING[], FLOAT[4], STRUCT(a INT64, b STRING[]), MAP(STRING, INT64), DECIMAL(10, 2) …
// Throws Error{invalid_argument} for a name that is no type, and types over the limits.
KuzuType parse_kuzu_type(CypherCursor& cursor);

}  // namespace manifolddb::migrate
