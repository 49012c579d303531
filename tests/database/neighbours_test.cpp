// An entity's neighbours are those of its edges, whatever was asked for before and is asked for
// meanwhile, in a read transaction and on top of a write transaction's own changes.
#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "manifolddb/database.h"
#include "support/random_graph.h"

namespace manifolddb {
namespace {

std::vector<Neighbour> all_of(NeighbourCursor cursor) {
  std::vector<Neighbour> all;
  for (Neighbour neighbour; cursor.next(neighbour);) all.push_back(neighbour);
  return all;
}

std::vector<Neighbour> all_of(EdgeCursor cursor, EntityId Edge::*other_end) {
  std::vector<Neighbour> all;
  for (Edge edge; cursor.next(edge);) all.push_back({edge.id, edge.edge_type, edge.*other_end});
  return all;
}

// Returns how many there are.
std::size_t expect_neighbours_of_edges(const Transaction& transaction, EntityId id,
                                       std::optional<std::string_view> type = {}) {
  const auto out = all_of(transaction.get_outgoing_neighbours(id, type));
  const auto in = all_of(transaction.get_incoming_neighbours(id, type));
  EXPECT_EQ(out, all_of(transaction.get_outgoing_edges(id, type), &Edge::target)) << id.value;
  EXPECT_EQ(in, all_of(transaction.get_incoming_edges(id, type), &Edge::source)) << id.value;
  return out.size() + in.size();
}

class Neighbours : public testing::Test {
 protected:
  Neighbours() {
    const std::uint64_t seed = std::random_device()();
    std::cout << "seed " << seed << "\n";
    test_support::RandomGraphOptions options;
    options.edges = 300;
    options.ids = test_support::IdChoice::random;
    graph_ = test_support::make_random_graph(seed, options);
    WriteTransaction tx = database_.begin();
    for (const Entity& entity : graph_.entities) tx.put_entity(entity);
    for (const Edge& edge : graph_.edges) tx.put_edge(edge);
    tx.commit();
  }

  Database database_ = Database::in_memory();
  test_support::RandomGraph graph_;
};

TEST_F(Neighbours, AreTheOtherEndsOfItsEdges) {
  const ReadTransaction read = database_.begin_read();
  std::size_t ends = 0;
  for (const Entity& entity : graph_.entities) ends += expect_neighbours_of_edges(read, entity.id);
  EXPECT_EQ(ends, 2 * graph_.edges.size());
  for (const Edge& edge : graph_.edges) {
    EXPECT_GE(expect_neighbours_of_edges(read, edge.source, edge.edge_type), 1u);
  }
}

TEST_F(Neighbours, AreThoseOnTopOfTheTransactionsOwnChanges) {
  WriteTransaction tx = database_.begin();
  const EntityId first = graph_.entities.front().id;
  for (std::size_t i = 0; i < graph_.edges.size(); i += 3) tx.delete_edge(graph_.edges[i].id);
  for (std::size_t i = 1; i < graph_.edges.size(); i += 3) {
    Edge edge = graph_.edges[i];
    edge.target = first;
    edge.edge_type += "2";
    tx.put_edge(edge);
  }
  std::size_t ends = 0;
  for (const Entity& entity : graph_.entities) ends += expect_neighbours_of_edges(tx, entity.id);
  EXPECT_EQ(ends, 2 * (graph_.edges.size() - (graph_.edges.size() + 2) / 3));
  EXPECT_GE(all_of(tx.get_incoming_neighbours(first)).size(), graph_.edges.size() / 3);
}

TEST_F(Neighbours, OfSeveralEntitiesAreReadSideBySide) {
  const ReadTransaction read = database_.begin_read();
  std::vector<NeighbourCursor> open;
  std::vector<std::vector<Neighbour>> alone, together(graph_.entities.size());
  for (const Entity& entity : graph_.entities) {
    alone.push_back(all_of(read.get_outgoing_neighbours(entity.id)));
    open.push_back(read.get_outgoing_neighbours(entity.id));
  }
  for (bool more = true; more;) {
    more = false;
    for (std::size_t i = 0; i < open.size(); ++i) {
      Neighbour neighbour;
      if (!open[i].next(neighbour)) continue;
      together[i].push_back(neighbour);
      more = true;
    }
  }
  EXPECT_EQ(together, alone);
}

TEST_F(Neighbours, MayHaveACursorThatEndsBehindTheCommit) {
  WriteTransaction tx = database_.begin();
  NeighbourCursor neighbours = tx.get_outgoing_neighbours(graph_.entities.front().id);
  EdgeCursor edges = tx.get_incoming_edges(graph_.entities.front().id);
  Neighbour neighbour;
  while (neighbours.next(neighbour)) {
  }
  tx.put_metadata("key", "value");
  tx.commit();
}

TEST_F(Neighbours, AreNoneWhereThereIsNoEntity) {
  const ReadTransaction read = database_.begin_read();
  for (const EntityId id : {EntityId{0}, EntityId{kIdMax + 1}, EntityId{~std::uint64_t{0}}}) {
    EXPECT_EQ(expect_neighbours_of_edges(read, id), 0u);
    for (const Entity& entity : graph_.entities) expect_neighbours_of_edges(read, entity.id);
  }
}

TEST_F(Neighbours, AreThoseOfWhenTheTransactionBegan) {
  const ReadTransaction before = database_.begin_read();
  std::vector<std::vector<Neighbour>> then;
  for (const Entity& entity : graph_.entities) {
    then.push_back(all_of(before.get_incoming_neighbours(entity.id)));
  }
  WriteTransaction tx = database_.begin();
  for (const Edge& edge : graph_.edges) tx.delete_edge(edge.id);
  tx.commit();
  const ReadTransaction after = database_.begin_read();
  for (std::size_t i = 0; i < graph_.entities.size(); ++i) {
    EXPECT_EQ(all_of(before.get_incoming_neighbours(graph_.entities[i].id)), then[i]);
    EXPECT_TRUE(all_of(after.get_incoming_neighbours(graph_.entities[i].id)).empty());
  }
}

}  // namespace
}  // namespace manifolddb
