// The records of a property graph and the numbers that name them.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "manifolddb/value.h"

namespace manifolddb {

// Ids are 1 to 2^63-1; 0 means "none". They are types of their own so that one cannot be taken for
// another.
struct EntityId {
  std::uint64_t value = 0;
  friend auto operator<=>(EntityId, EntityId) = default;
};

struct EdgeId {
  std::uint64_t value = 0;
  friend auto operator<=>(EdgeId, EdgeId) = default;
};

// The number of a committed write transaction: 1, 2, 3 ... without holes. 0 is the empty database.
struct SequenceNumber {
  std::uint64_t value = 0;
  friend auto operator<=>(SequenceNumber, SequenceNumber) = default;
};

inline constexpr std::uint64_t kIdMax = (std::uint64_t{1} << 63) - 1;

// Labels are a set: kept in byte order, each once, whatever the order they are given in.
struct Entity {
  EntityId id;
  std::vector<std::string> labels;
  Properties properties;
  friend bool operator==(const Entity&, const Entity&) = default;
};

struct Edge {
  EdgeId id;
  EntityId source;
  EntityId target;
  std::string edge_type;
  Properties properties;
  friend bool operator==(const Edge&, const Edge&) = default;
};

// An edge as the entity at one of its ends sees it, without its properties.
struct Neighbour {
  EdgeId edge;
  std::string edge_type;
  EntityId entity;  // at the other end
  friend bool operator==(const Neighbour&, const Neighbour&) = default;
};

// A caller's own key and value: any bytes.
struct MetadataEntry {
  std::string key;
  std::string value;
  friend bool operator==(const MetadataEntry&, const MetadataEntry&) = default;
};

// The sum modulo 2^128 of the XXH3-128 of every live record (docs/storage_format.md). Equal content
// gives an equal digest; it guards against accidents, not against an adversary.
struct ContentDigest {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(ContentDigest, ContentDigest) = default;
  std::string to_hex() const;  // 32 lower-case digits
};

// RFC 9562 UUID, printed in the usual 36 characters.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};
  friend bool operator==(const Uuid&, const Uuid&) = default;
  std::string to_string() const;
};

}  // namespace manifolddb
