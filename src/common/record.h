// The form in which records travel between the layers: a kind, a key and a canonical body. Nothing
// between the database and a backup's lines needs the Value tree of the public API.
//
// The bytes are specified in docs/storage_format.md; the numbers below are stored: never change or
// reuse one. 0 is invalid everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace manifolddb {

// In the order in which a backup holds them.
enum class RecordKind : std::uint8_t { key_value = 2, entity = 3, edge = 4 };

// key: the 8 big-endian bytes of the id, or the caller's key for a key_value.
// body: entity    varint label count, labels (each: varint length, bytes) ascending and unique,
//                 properties
//       edge      varint source, varint target, type (varint length, bytes), properties
//       key_value the caller's bytes
// properties: varint count, then key (varint length, bytes) and value, ascending by key bytes.
struct RecordView {
  RecordKind kind{};
  std::string_view key;
  std::string_view body;
};

// The tag before each encoded value. Varints are LEB128, at most 10 bytes; "signed" ones are
// zigzag. Floating-point numbers are their IEEE 754 bits, little-endian.
enum class ValueTag : std::uint8_t {
  null = 1,
  false_value = 2,
  true_value = 3,
  integer = 4,          // signed varint
  real = 5,             // 8 bytes
  string = 6,           // varint length, UTF-8
  bytes = 7,            // varint length, bytes
  date = 8,             // signed varint days
  local_time = 9,       // varint nanoseconds
  time = 10,            // varint nanoseconds, signed varint offset in minutes
  local_datetime = 11,  // signed varint days, varint nanoseconds
  datetime = 12,        // signed varint days, varint nanoseconds, signed varint offset
  zoned_datetime = 13,  // the same, then varint length and bytes of the zone name
  duration = 14,        // signed varints months, days, seconds; varint nanoseconds
  point_2d = 15,        // varint srid, 8 bytes x, 8 bytes y
  point_3d = 16,        // the same, 8 bytes z
  list = 17,            // varint count, values
  map = 18,             // varint count, then key (varint length, bytes) and value, ascending by key
  vector = 19,          // varint count, 4 bytes each
  sparse_vector = 20,   // varint count, indices (each a varint), then 4 bytes each
  multi_vector = 21,    // varint row count, then each row as in vector
};

inline constexpr std::size_t kNameBytesMax = 64u << 10;  // labels, types, property names
inline constexpr int kValueDepthMax = 48;                // a scalar property has depth 1
inline constexpr std::size_t kLineBytesMaxDefault = 8u << 20;
inline constexpr std::size_t kLineBytesMaxLimit = 32u << 20;

}  // namespace manifolddb
