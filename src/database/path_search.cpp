#include "database/path_search.h"

#include <algorithm>
#include <string>

#include "manifolddb/error.h"

namespace manifolddb {

PathSearch::PathSearch(const GraphReader& reader, const ShortestPathOptions& options)
    : reader_(reader), options_(options) {
  using Direction = ShortestPathOptions::Direction;
  balls_[0].leaves_by_source = options.direction != Direction::incoming;
  balls_[0].leaves_by_target = options.direction != Direction::outgoing;
  balls_[1].leaves_by_source = balls_[0].leaves_by_target;
  balls_[1].leaves_by_target = balls_[0].leaves_by_source;
}

std::optional<std::vector<EntityId>> PathSearch::run(std::uint64_t from, std::uint64_t to) {
  const std::array<std::uint64_t, 2> ends{from, to};
  for (std::size_t i = 0; i < 2; ++i) {
    balls_[i].came_from[ends[i]] = 0;
    balls_[i].frontier = {ends[i]};
  }
  for (std::size_t hop = 0; hop < options_.hops_max; ++hop) {
    const std::size_t smaller = balls_[0].frontier.size() <= balls_[1].frontier.size() ? 0 : 1;
    const std::uint64_t meeting = grow(balls_[smaller], balls_[1 - smaller]);
    if (meeting != 0) return path_through(meeting);
    if (balls_[smaller].frontier.empty()) break;
  }
  return std::nullopt;
}

std::uint64_t PathSearch::grow(Ball& ball, const Ball& other) {
  std::vector<std::uint64_t> next;
  for (const std::uint64_t entity : ball.frontier) {
    std::uint64_t meeting = 0;
    if (ball.leaves_by_source) meeting = reach(ball, other, Side::outgoing, entity, next);
    if (meeting == 0 && ball.leaves_by_target) {
      meeting = reach(ball, other, Side::incoming, entity, next);
    }
    if (meeting != 0) return meeting;
  }
  ball.frontier = std::move(next);
  return 0;
}

std::uint64_t PathSearch::reach(Ball& ball, const Ball& other, Side side, std::uint64_t entity,
                                std::vector<std::uint64_t>& next) {
  std::optional<std::string_view> type;
  if (options_.edge_type) type = *options_.edge_type;
  NeighbourCursor cursor = reader_.neighbours(side, entity, type);
  while (cursor.next(edge_)) {
    if (!ball.came_from.emplace(edge_.entity.value, entity).second) continue;
    if (other.came_from.contains(edge_.entity.value)) return edge_.entity.value;
    if (ball.came_from.size() + other.came_from.size() > options_.visited_max) {
      throw Error(ErrorCode::failed,
                  "the search visited " + std::to_string(options_.visited_max) +
                      " entities without finding a path",
                  "nothing was changed", "raise ShortestPathOptions::visited_max");
    }
    next.push_back(edge_.entity.value);
  }
  return 0;
}

std::vector<EntityId> PathSearch::path_through(std::uint64_t meeting) const {
  std::vector<EntityId> path;
  for (std::uint64_t at = meeting; at != 0; at = balls_[0].came_from.at(at)) path.push_back({at});
  std::reverse(path.begin(), path.end());
  for (std::uint64_t at = balls_[1].came_from.at(meeting); at != 0;
       at = balls_[1].came_from.at(at)) {
    path.push_back({at});
  }
  return path;
}

}  // namespace manifolddb
