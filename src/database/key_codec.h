// Keys of the column families (docs/storage_format.md). Numbers are big-endian so that key order is
// id order. A name inside a key is escaped so that order and prefixes are kept: 0x00 becomes 0x00
// 0xFF and the end is 0x00 0x01 (as FoundationDB's tuple layer does it).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/record.h"
#include "common/varint.h"

namespace manifolddb {

inline constexpr char kPutMark = 1;  // values of the change index
inline constexpr char kTombstoneMark = 2;

inline std::string id_key(std::uint64_t id) {
  std::string key;
  append_be64(key, id);
  return key;
}

inline void append_escaped_name(std::string& key, std::string_view name) {
  if (name.find('\0') == std::string_view::npos) {
    key.append(name);
  } else {
    for (const char c : name) {
      key.push_back(c);
      if (c == '\0') key.push_back('\xff');
    }
  }
  key.push_back('\0');
  key.push_back('\x01');
}

// Reads an escaped name at `pos` and moves behind it; false when it has no end.
bool read_escaped_name(std::string_view key, std::size_t& pos, std::string& name);

// outgoing: entity = source; incoming: entity = target.
inline void adjacency_key(std::uint64_t entity, std::string_view edge_type, std::uint64_t edge,
                          std::string& key) {
  key.clear();
  append_be64(key, entity);
  append_escaped_name(key, edge_type);
  append_be64(key, edge);
}
struct AdjacencyKey {
  std::uint64_t entity = 0;
  std::string edge_type;
  std::uint64_t edge = 0;
};
bool parse_adjacency_key(std::string_view key, AdjacencyKey& out);

// Their value, the edge's other end: a varint, since it does not have to sort. Tables compress to
// the same size as with 8 bytes; in memory, in the log and to be sorted there is an eighth less.
class AdjacencyValue {
 public:
  explicit AdjacencyValue(std::uint64_t other_end)
      : size_(static_cast<std::size_t>(write_varint(bytes_, other_end) - bytes_)) {}
  std::string_view bytes() const { return {bytes_, size_}; }

 private:
  char bytes_[kVarintBytesMax];
  std::size_t size_;
};
bool parse_adjacency_value(std::string_view value, std::uint64_t& other_end);

inline void label_key(std::string_view label, std::uint64_t entity, std::string& key) {
  key.clear();
  append_escaped_name(key, label);
  append_be64(key, entity);
}
bool parse_label_key(std::string_view key, std::string& label, std::uint64_t& entity);

inline void change_key(std::uint64_t sequence, RecordKind kind, std::string_view record_key,
                       std::string& key) {
  key.clear();
  append_be64(key, sequence);
  key.push_back(static_cast<char>(kind));
  key.append(record_key);
}

inline void tombstone_key(RecordKind kind, std::string_view record_key, std::string& key) {
  key.clear();
  key.push_back(static_cast<char>(kind));
  key.append(record_key);
}

inline std::string label_counter_key(std::string_view label) {
  return std::string("L").append(label);
}
inline std::string type_counter_key(std::string_view type) {
  return std::string("T").append(type);
}

// A stored record: varint stamp (sequence number of its last change), 4 bytes little-endian (the
// low half of the low half of its record_hash), body.
struct StoredRecord {
  std::uint64_t stamp = 0;
  std::uint32_t checksum = 0;
  std::string_view body;
};
void append_stored_record(std::uint64_t stamp, std::uint32_t checksum, std::string_view body,
                          std::string& out);
bool parse_stored_record(std::string_view value, StoredRecord& out);

// The smallest key that is greater than every key with this prefix; empty when there is none.
std::string prefix_end(std::string_view prefix);

// How messages name a record: "entity 7", "edge 9", "key-value \"a\\u0000\"".
std::string describe_record(RecordKind kind, std::string_view key);

}  // namespace manifolddb
