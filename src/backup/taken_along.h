// Which edges did a batched `apply` delete together with an entity?
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_set>

#include "manifolddb/database.h"

namespace manifolddb::backup {

// A transaction knows the edges that its own deletions of entities took along; this remembers those
// of the earlier transactions of one input, exactly up to kRememberedMax. Beyond, any edge deleted
// since the beginning counts: a second deletion of one edge may then pass, a right input never
// fails.
class EdgesTakenAlong {
 public:
  static constexpr std::size_t kRememberedMax = 1'000'000;  // about 40 MB

  explicit EdgesTakenAlong(const Database& database, std::size_t remembered_max = kRememberedMax);

  // Before an entity is deleted.
  void add_edges_of(std::uint64_t entity, WriteTransaction& transaction);
  // When an edge is put (again).
  void forget(std::uint64_t edge) {
    if (!edges_.empty()) edges_.erase(edge);
  }
  bool contains(std::string_view edge_key) const;

 private:
  const Database& database_;
  SequenceNumber first_sequence_;  // from which the input was applied
  std::size_t remembered_max_;
  std::unordered_set<std::uint64_t> edges_;
  bool overflown_ = false;
};

}  // namespace manifolddb::backup
