// Shortest paths by breadth-first search from both ends (Pohl, "Bi-directional Search", 1971): two
// balls of half the radius hold far fewer entities than one of the whole.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "database/graph_reader.h"
#include "manifolddb/transaction.h"

namespace manifolddb {

// One search. Memory: some 60 bytes for each entity visited, of which there are at most
// ShortestPathOptions::visited_max.
class PathSearch {
 public:
  PathSearch(const GraphReader& reader, const ShortestPathOptions& options);

  // Requires from != to. A path with the fewest edges, both ends included; none when there is none
  // of at most hops_max edges. Throws Error{failed} when visited_max is reached.
  std::optional<std::vector<EntityId>> run(std::uint64_t from, std::uint64_t to);

 private:
  // What is reached from one end: each entity with the one before it (0 for the end itself), and
  // those that were reached last, all equally far away.
  struct Ball {
    std::unordered_map<std::uint64_t, std::uint64_t> came_from;
    std::vector<std::uint64_t> frontier;
    bool leaves_by_source = false;
    bool leaves_by_target = false;
  };

  // One hop further from `ball`; the first entity found that `other` has reached, or 0. That is on
  // a shortest path: before this hop the balls had nothing in common, so whatever they have now in
  // common lies at the rim of both.
  std::uint64_t grow(Ball& ball, const Ball& other);
  std::uint64_t reach(Ball& ball, const Ball& other, Side side, std::uint64_t entity,
                      std::vector<std::uint64_t>& next);
  std::vector<EntityId> path_through(std::uint64_t meeting) const;

  const GraphReader& reader_;
  const ShortestPathOptions& options_;
  std::array<Ball, 2> balls_;
  Neighbour edge_;
};

}  // namespace manifolddb
