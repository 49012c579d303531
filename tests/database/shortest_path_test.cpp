// A shortest path has the length that a plain search gives, in any direction and by any type, and
// follows edges that are there.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>

#include "manifolddb/database.h"

namespace manifolddb {
namespace {

struct Arc {
  std::uint64_t source, target;
  std::string type;
};

using Direction = ShortestPathOptions::Direction;

bool may_follow(const Arc& arc, const ShortestPathOptions& options, std::uint64_t from,
                std::uint64_t& to) {
  if (options.edge_type && *options.edge_type != arc.type) return false;
  if (options.direction != Direction::incoming && arc.source == from) {
    to = arc.target;
    return true;
  }
  if (options.direction != Direction::outgoing && arc.target == from) {
    to = arc.source;
    return true;
  }
  return false;
}

// Hops from `from` to everything that it reaches, by the simplest of searches.
std::map<std::uint64_t, std::size_t> plain_search(const std::vector<Arc>& arcs, std::uint64_t from,
                                                  const ShortestPathOptions& options) {
  std::map<std::uint64_t, std::size_t> hops{{from, 0}};
  std::deque<std::uint64_t> waiting{from};
  while (!waiting.empty()) {
    const std::uint64_t at = waiting.front();
    waiting.pop_front();
    for (const Arc& arc : arcs) {
      std::uint64_t to = 0;
      if (may_follow(arc, options, at, to) && hops.emplace(to, hops[at] + 1).second) {
        waiting.push_back(to);
      }
    }
  }
  return hops;
}

class ShortestPath : public testing::Test {
 protected:
  void fill(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    WriteTransaction tx = database.begin();
    std::vector<EntityId> ids;
    for (int i = 0; i < 40; ++i) ids.push_back(tx.create_entity({}));
    const std::size_t edges = random() % 90;
    for (std::size_t i = 0; i < edges; ++i) {
      const EntityId source = ids[random() % ids.size()];
      const EntityId target = ids[random() % ids.size()];
      const std::string type = random() % 3 == 0 ? "RARE" : "USUAL";
      tx.create_edge(source, target, type);
      arcs.push_back({source.value, target.value, type});
    }
    tx.commit(Durability::relaxed);
  }

  void expect_path(const std::vector<EntityId>& path, EntityId from, EntityId to,
                   const ShortestPathOptions& options) {
    ASSERT_FALSE(path.empty());
    EXPECT_EQ(path.front(), from);
    EXPECT_EQ(path.back(), to);
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      bool is_there = false;
      for (const Arc& arc : arcs) {
        std::uint64_t next = 0;
        if (options.direction == Direction::both && arc.source == path[i + 1].value &&
            arc.target == path[i].value && (!options.edge_type || arc.type == *options.edge_type)) {
          is_there = true;
        }
        is_there = is_there ||
                   (may_follow(arc, options, path[i].value, next) && next == path[i + 1].value);
      }
      EXPECT_TRUE(is_there) << path[i].value << " to " << path[i + 1].value;
    }
  }

  Database database = Database::in_memory();
  std::vector<Arc> arcs;
};

class ShortestPathOfRandomGraph : public ShortestPath, public testing::WithParamInterface<int> {};

TEST_P(ShortestPathOfRandomGraph, HasTheLengthThatAPlainSearchGives) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  fill(static_cast<std::uint64_t>(GetParam()));
  const ReadTransaction read = database.begin_read();
  for (const Direction direction : {Direction::outgoing, Direction::incoming, Direction::both}) {
    for (const bool rare_only : {false, true}) {
      ShortestPathOptions options;
      options.direction = direction;
      if (rare_only) options.edge_type = "RARE";
      for (std::uint64_t from = 1; from <= 40; from += 3) {
        const auto hops = plain_search(arcs, from, options);
        for (std::uint64_t to = 1; to <= 40; ++to) {
          const auto path = read.shortest_path({from}, {to}, options);
          const auto expected = hops.find(to);
          ASSERT_EQ(path.has_value(), expected != hops.end()) << from << " to " << to;
          if (!path) continue;
          EXPECT_EQ(path->size(), expected->second + 1) << from << " to " << to;
          expect_path(*path, {from}, {to}, options);
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ShortestPathOfRandomGraph, testing::Range(1, 9));

TEST_F(ShortestPath, IsNotLookedForBeyondTheHopsAllowed) {
  WriteTransaction tx = database.begin();
  std::vector<EntityId> line;
  for (int i = 0; i < 8; ++i) line.push_back(tx.create_entity({}));
  for (std::size_t i = 0; i + 1 < line.size(); ++i) tx.create_edge(line[i], line[i + 1], "NEXT");
  tx.commit(Durability::relaxed);
  const ReadTransaction read = database.begin_read();
  ShortestPathOptions options;
  options.hops_max = 7;
  EXPECT_TRUE(read.shortest_path(line.front(), line.back(), options));
  options.hops_max = 6;
  EXPECT_FALSE(read.shortest_path(line.front(), line.back(), options));
}

TEST_F(ShortestPath, GivesUpWhenMoreEntitiesThanAllowedWereVisited) {
  WriteTransaction tx = database.begin();
  const EntityId hub = tx.create_entity({});
  const EntityId other_hub = tx.create_entity({});
  for (int i = 0; i < 50; ++i) {
    tx.create_edge(hub, tx.create_entity({}), "HAS");
    tx.create_edge(tx.create_entity({}), other_hub, "HAS");
  }
  tx.commit(Durability::relaxed);
  ShortestPathOptions options;
  options.visited_max = 20;
  try {
    database.begin_read().shortest_path(hub, other_hub, options);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::failed);
    EXPECT_NE(error.next().find("visited_max"), std::string::npos);
  }
}

}  // namespace
}  // namespace manifolddb
