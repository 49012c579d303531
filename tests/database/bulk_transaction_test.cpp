// A transaction over the bulk threshold goes another way (files, one ingestion) and must mean the
// same: random histories run side by side in a database that always goes in bulk and one that never
// does, and in the end both hold the same records, indexes, counters and digest.
#include <gtest/gtest.h>

#include <random>

#include "database/database_core.h"
#include "manifolddb/database.h"
#include "support/random_graph.h"

namespace manifolddb {
namespace {

using test_support::RandomGraph;

std::string dump(const Engine& engine, Family family) {
  std::string text;
  EngineIterator it = engine.iterate(family, {});
  for (it.seek_to_first(); it.valid(); it.next()) {
    text.append(it.key()).append("=").append(it.value()).append("\n");
  }
  return text;
}

struct Step {
  enum class Kind {
    put_entity,
    put_edge,
    put_metadata,
    delete_entity,
    delete_edge,
    delete_metadata
  };
  Kind kind;
  std::size_t index;  // of a record in the graph
  int version;
};

void run(WriteTransaction& tx, const RandomGraph& graph, const Step& step) {
  switch (step.kind) {
    case Step::Kind::put_entity: {
      Entity entity = graph.entities[step.index];
      if (step.version != 0) entity.properties["version"] = step.version;
      tx.put_entity(entity);
      break;
    }
    case Step::Kind::put_edge: {
      Edge edge = graph.edges[step.index];
      if (step.version % 3 == 1) edge.edge_type = "OTHER";
      if (step.version % 3 == 2) std::swap(edge.source, edge.target);
      if (tx.get_entity(edge.source) && tx.get_entity(edge.target)) tx.put_edge(edge);
      break;
    }
    case Step::Kind::put_metadata:
      tx.put_metadata(graph.metadata[step.index].key,
                      graph.metadata[step.index].value + std::to_string(step.version));
      break;
    case Step::Kind::delete_entity:
      tx.delete_entity(graph.entities[step.index].id);
      break;
    case Step::Kind::delete_edge:
      tx.delete_edge(graph.edges[step.index].id);
      break;
    case Step::Kind::delete_metadata:
      tx.delete_metadata(graph.metadata[step.index].key);
      break;
  }
}

class BulkTransactionTest : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  static Database make(std::size_t bulk_threshold_bytes) {
    DatabaseOptions options;
    options.bulk_threshold_bytes = bulk_threshold_bytes;
    return Database::in_memory(options);
  }
};

TEST_P(BulkTransactionTest, MeansTheSameAsASmallOne) {
  const std::uint64_t seed = GetParam();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const RandomGraph graph = test_support::make_random_graph(seed);
  Database bulk = make(200);  // a few records, then it spills
  Database small = make(64u << 20);
  const std::size_t sizes[] = {graph.entities.size(), graph.edges.size(), graph.metadata.size()};
  for (int transaction = 0; transaction < 8; ++transaction) {
    WriteTransaction in_bulk = bulk.begin();
    WriteTransaction in_small = small.begin();
    const std::size_t steps = 1 + random() % 120;
    for (std::size_t i = 0; i < steps; ++i) {
      // Puts are twice as frequent, so that the graph grows.
      static constexpr int kKinds[] = {0, 1, 2, 0, 1, 2, 3, 4, 5};
      const auto kind = static_cast<Step::Kind>(kKinds[random() % 9]);
      const std::size_t size = sizes[static_cast<std::size_t>(kind) % 3];
      if (size == 0) continue;
      const Step step{kind, random() % size, static_cast<int>(random() % 5)};
      run(in_bulk, graph, step);
      run(in_small, graph, step);
    }
    EXPECT_EQ(in_bulk.commit(), in_small.commit());
  }
  for (const Family family :
       {Family::entities, Family::edges, Family::metadata, Family::outgoing, Family::incoming,
        Family::labels, Family::changes, Family::tombstones, Family::counters}) {
    EXPECT_EQ(dump(bulk.core().engine(), family), dump(small.core().engine(), family))
        << family_name(family);
  }
  const DatabaseStatistics a = bulk.statistics();
  const DatabaseStatistics b = small.statistics();
  EXPECT_EQ(a.content_digest, b.content_digest);
  EXPECT_EQ(a.counts, b.counts);
  EXPECT_EQ(a.next_entity_id, b.next_entity_id);
  EXPECT_EQ(a.tombstone_count, b.tombstone_count);
  for (Database* database : {&bulk, &small}) {
    for (const CheckFinding& finding : database->check().findings) {
      ADD_FAILURE() << finding.where << ": " << finding.what;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, BulkTransactionTest, ::testing::Range<std::uint64_t>(1, 13));

TEST(BulkTransaction, IsListedAsBulkAndFoundAfterReopening) {
  DatabaseOptions options;
  options.bulk_threshold_bytes = 100;
  Database database = Database::in_memory(options);
  WriteTransaction tx = database.begin();
  for (int i = 0; i < 50; ++i) tx.create_entity({"L"}, {{"i", i}});
  EXPECT_EQ(tx.commit().value, 1u);
  int commits = 0;
  database.for_each_commit({1}, {1}, [&](const CommitRecord& commit) {
    EXPECT_TRUE(commit.bulk);
    EXPECT_EQ(commit.put_count, 50u);
    EXPECT_EQ(commit.engine_sequence, 0u);
    ++commits;
    return true;
  });
  EXPECT_EQ(commits, 1);
}

TEST(BulkTransaction, RefusesAnEdgeWithoutItsEndsAndLeavesNothing) {
  DatabaseOptions options;
  options.bulk_threshold_bytes = 100;
  Database database = Database::in_memory(options);
  WriteTransaction tx = database.begin();
  for (int i = 0; i < 50; ++i) tx.create_entity({"L"}, {{"i", i}});
  tx.create_edge({1}, {1000}, "T");
  EXPECT_THROW(tx.commit(), Error);
  EXPECT_EQ(database.begin_read().counts(), GraphCounts{});
  EXPECT_EQ(database.check().finding_count, 0u);
}

}  // namespace
}  // namespace manifolddb
