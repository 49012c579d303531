// Whether the entities that edges name are in the backup, in memory bounded by an IdSet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "backup/block_parser.h"
#include "common/id_set.h"

namespace manifolddb::backup {

// Not thread-safe.
class ReferenceCheck {
 public:
  void add_entities(const ParsedBlock& block);

  // Why the edge is unresolved, or nothing. An entity that is missing is told once: thousands of
  // edges can name it.
  std::optional<std::string> fault(const EdgeEnds& edge);

  // False when so much was out of order that references could not be followed.
  bool complete() const { return complete_; }

 private:
  static constexpr std::size_t kStrayIdsMax = 1u << 20;
  static constexpr std::size_t kToldIdsMax = 1u << 16;

  bool is_missing(std::uint64_t entity);

  IdSet ascending_;
  std::uint64_t last_ascending_ = 0;
  std::unordered_set<std::uint64_t> stray_;  // out of order, or in lines that are damaged
  std::unordered_set<std::uint64_t> told_;
  bool complete_ = true;
};

}  // namespace manifolddb::backup
