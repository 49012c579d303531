#include "migrate/kuzu_type.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace manifolddb::migrate {

namespace {

using Kind = CsvType::Kind;
using Shape = KuzuType::Shape;

// https://docs.kuzudb.com/cypher/data-types/
constexpr std::array<std::pair<const char*, Kind>, 22> kKuzuPlain{{
    {"STRING", Kind::text},
    {"BOOL", Kind::boolean},
    {"BOOLEAN", Kind::boolean},
    {"INT8", Kind::int8},
    {"INT16", Kind::int16},
    {"INT32", Kind::int32},
    {"INT", Kind::int32},
    {"INT64", Kind::int64},
    {"SERIAL", Kind::int64},
    {"UINT8", Kind::uint8},
    {"UINT16", Kind::uint16},
    {"UINT32", Kind::uint32},
    {"FLOAT", Kind::float32},
    {"REAL", Kind::float32},
    {"DOUBLE", Kind::float64},
    {"DATE", Kind::date},
    {"TIMESTAMP", Kind::local_datetime},
    {"TIMESTAMP_NS", Kind::local_datetime},
    {"TIMESTAMP_MS", Kind::local_datetime},
    {"TIMESTAMP_SEC", Kind::local_datetime},
    {"TIMESTAMP_TZ", Kind::datetime},
    {"INTERNAL_ID", Kind::text},
}};

constexpr std::array<std::pair<const char*, Shape>, 9> kKuzuShapes{{
    {"INT128", Shape::wide_integer},
    {"UINT64", Shape::wide_integer},
    {"INTERVAL", Shape::interval},
    {"DURATION", Shape::interval},
    {"BLOB", Shape::blob},
    {"BYTEA", Shape::blob},
    {"UUID", Shape::exact_text},
    {"DECIMAL", Shape::exact_text},
    {"JSON", Shape::exact_text},
}};

KuzuType parse_kuzu_type_at(CypherCursor& cursor, int depth);

// Of a type whose items are all there.
void describe_kuzu_type(KuzuType& type) {
  const auto any = [&type](bool KuzuType::*flag) {
    return std::any_of(type.items.begin(), type.items.end(),
                       [flag](const KuzuType& item) { return item.*flag; });
  };
  const bool is_union = type.shape == Shape::any_of;
  type.is_nested = is_union ? any(&KuzuType::is_nested)
                            : type.shape == Shape::list || type.shape == Shape::members ||
                                  type.shape == Shape::map || type.shape == Shape::vector;
  type.is_free_text =
      is_union ? any(&KuzuType::is_free_text)
               : (type.shape == Shape::plain && type.plain.kind == Kind::text) ||
                     (type.shape == Shape::exact_text && std::string_view(type.name) == "JSON") ||
                     type.shape == Shape::blob;
  type.holds_nested = type.is_nested || any(&KuzuType::holds_nested);
  type.holds_free_text = type.is_free_text || any(&KuzuType::holds_free_text);
}

void add_item(CypherCursor& cursor, KuzuType item, KuzuType& type) {
  type.depth = std::max(type.depth, item.depth + 1);
  type.parts += item.parts;
  if (type.depth > KuzuType::kDepthMax) cursor.fail("no type nested deeper");
  if (type.parts > KuzuType::kPartsMax) {
    cursor.fail("no type of more than " + std::to_string(KuzuType::kPartsMax) + " parts");
  }
  type.items.push_back(std::move(item));
}

// (a INT64, b STRING)
void parse_members(CypherCursor& cursor, int depth, KuzuType& type) {
  cursor.expect("(");
  do {
    type.names.emplace_back(cursor.name());
    add_item(cursor, parse_kuzu_type_at(cursor, depth + 1), type);
  } while (cursor.take(","));
  cursor.expect(")");
}

void skip_precision(CypherCursor& cursor) {
  if (!cursor.take("(")) return;
  cursor.integer();
  if (cursor.take(",")) cursor.integer();
  cursor.expect(")");
}

KuzuType parse_base(CypherCursor& cursor, int depth) {
  KuzuType type;
  for (const auto& [word, kind] : kKuzuPlain) {
    if (!cursor.take_word(word)) continue;
    type.plain.kind = kind;
    return type;
  }
  for (const auto& [word, shape] : kKuzuShapes) {
    if (!cursor.take_word(word)) continue;
    type.shape = shape;
    type.name = word;
    if (shape == Shape::exact_text) skip_precision(cursor);
    return type;
  }
  if (cursor.take_word("STRUCT")) {
    type.shape = Shape::members;
    parse_members(cursor, depth, type);
  } else if (cursor.take_word("UNION")) {
    type.shape = Shape::any_of;
    parse_members(cursor, depth, type);
  } else if (cursor.take_word("MAP")) {
    type.shape = Shape::map;
    cursor.expect("(");
    add_item(cursor, parse_kuzu_type_at(cursor, depth + 1), type);
    cursor.expect(",");
    add_item(cursor, parse_kuzu_type_at(cursor, depth + 1), type);
    cursor.expect(")");
  } else {
    cursor.fail("a type of Kuzu");
  }
  return type;
}

KuzuType parse_kuzu_type_at(CypherCursor& cursor, int depth) {
  if (depth > KuzuType::kDepthMax) cursor.fail("no type nested deeper");
  KuzuType type = parse_base(cursor, depth);
  describe_kuzu_type(type);
  while (cursor.take("[")) {
    const bool has_size = cursor.peek() != ']';
    if (has_size) cursor.integer();
    cursor.expect("]");
    KuzuType outer;
    const bool is_vector =
        has_size && type.shape == Shape::plain && type.plain.kind == Kind::float32;
    outer.shape = is_vector ? Shape::vector : Shape::list;
    if (is_vector) {
      outer.plain.kind = Kind::vector;
    } else {
      add_item(cursor, std::move(type), outer);
    }
    describe_kuzu_type(outer);
    type = std::move(outer);
  }
  return type;
}

}  // namespace

KuzuType parse_kuzu_type(CypherCursor& cursor) {
  return parse_kuzu_type_at(cursor, 1);
}

}  // namespace manifolddb::migrate
