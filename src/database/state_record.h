// The rows that say what the database is: `system`'s state and the `commits` rows. Both end in an
// XXH3-64 of key and payload, so that an altered row is found. docs/storage_format.md has the
// bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "manifolddb/database.h"

namespace manifolddb {

inline constexpr std::uint64_t kStorageFormatVersion = 1;
inline constexpr std::string_view kStateKey = "state";

// One row, rewritten by every commit in its batch: whoever sees a state sees all of its records.
struct StateRecord {
  std::uint64_t format_version = kStorageFormatVersion;
  Uuid database_id;
  Uuid history_id;
  std::optional<Uuid> parent_history_id;
  std::uint64_t parent_sequence = 0;
  std::uint64_t horizon = 0;     // changes and commits are indexed behind it
  ContentDigest horizon_digest;  // content digest at that number
  std::uint64_t sequence = 0;
  std::int64_t committed_at_us = 0;
  ContentDigest digest;
  GraphCounts counts;
  std::uint64_t tombstone_count = 0;
  std::uint64_t next_entity_id = 1;
  std::uint64_t next_edge_id = 1;

  // The first number that an incremental of this history can continue.
  std::uint64_t first_parent_sequence() const { return std::max(horizon, parent_sequence); }
};

std::string encode_state(const StateRecord& state);
StateRecord decode_state(std::string_view value);  // throws Error: damaged, newer_format

std::string encode_commit(const CommitRecord& commit);  // key: be64 sequence number
CommitRecord decode_commit(std::string_view key, std::string_view value);  // throws Error{damaged}

// Counters by label and type: 8 bytes, big-endian, in the family `counters`.
std::string encode_counter(std::uint64_t count);
bool decode_counter(std::string_view value, std::uint64_t& count);

}  // namespace manifolddb
