// A bulk load and a small transaction must mean the same: whatever ChangeDeriver says of a change
// set ends up in every family alike, whichever way it goes in. And a load that fails must leave
// nothing.
#include "database/bulk_loader.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "common/value_codec.h"
#include "database/bulk_model.h"
#include "database/key_codec.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

using namespace bulk_test;

class BulkLoaderOn : public ::testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<Engine> open(const std::string& name) const {
    if (std::string_view(GetParam()) == "memory") {
      return Engine::open({.path = {}, .where = EngineOptions::Where::memory});
    }
    return Engine::open({.path = folder_ / name, .mode = EngineOptions::Mode::create});
  }
  bool leaves_nothing(const Engine& engine) const {
    return engine.in_memory() || std::filesystem::is_empty(engine.scratch_directory());
  }
  test::TempDir folder_;
};
INSTANTIATE_TEST_SUITE_P(Engines, BulkLoaderOn, ::testing::Values("memory", "disk"),
                         [](const auto& where) { return std::string(where.param); });

TEST_P(BulkLoaderOn, MeansTheSameAsABatchInEveryFamily) {
  std::mt19937_64 random = seeded();
  const auto bulk = open("bulk");
  const auto plain = open("plain");
  Model model(random);
  for (std::uint64_t sequence = 1; sequence <= 12; ++sequence) {
    const std::vector<Model::Change> changes = model.next(sequence, random() % 3000, 800);
    ChangeTotals plain_totals;
    write_plainly(*plain, changes, sequence, plain_totals);
    if (sequence % 4 == 3) {  // a plain transaction between bulk ones, so that both kinds mix
      write_plainly(*bulk, changes, sequence, plain_totals);
      continue;
    }
    BulkLoader loader(*bulk, sequence,
                      {.threads = 1 + static_cast<unsigned>(random() % 4),
                       .memory_limit_bytes = 24u << 20,
                       .indexing = ChangeIndexing::on});
    ChangeBatch batch;
    for (const Model::Change& change : changes) {
      batch.add(change.view());
      if (random() % 50 == 0) loader.add(std::exchange(batch, {}));
    }
    loader.add(std::move(batch));
    expect_same_totals(loader.finish(), plain_totals);
    ingest(*bulk, loader, sequence);
    EXPECT_TRUE(leaves_nothing(*bulk));
    expect_same_families(*bulk, *plain);
  }
}

TEST_P(BulkLoaderOn, StaysWithinItsMemoryHoweverMuchThereIs) {
  const auto engine = open("limit");
  constexpr std::uint64_t kEdges = 250'000;
  constexpr std::uint64_t kEntities = 50'000;
  const BulkOptions options{
      .threads = 2, .memory_limit_bytes = 24u << 20, .indexing = ChangeIndexing::off};
  BulkLoader loader(*engine, 1, options);
  for (std::uint64_t first = 1; first <= kEdges; first += 5000) {
    loader.add(edges(first, 5000, kEntities));
  }
  const ChangeTotals totals = loader.finish();
  EXPECT_EQ(totals.edge_delta, static_cast<std::int64_t>(kEdges));
  ingest(*engine, loader, 1);
  if (!engine->in_memory()) {  // else runs stay in memory, like the database
    EXPECT_LE(loader.peak_bytes(), options.memory_limit_bytes);
  }
  EXPECT_GT(loader.peak_bytes(), options.memory_limit_bytes / 4);

  std::uint64_t outgoing = 0;
  std::uint64_t incoming = 0;
  EngineIterator it = engine->iterate(Family::outgoing, {});
  for (it.seek_to_first(); it.valid(); it.next()) ++outgoing;
  EngineIterator in = engine->iterate(Family::incoming, {});
  for (in.seek_to_first(); in.valid(); in.next()) ++incoming;
  EXPECT_EQ(outgoing, kEdges);
  EXPECT_EQ(incoming, kEdges);
  std::string key;
  adjacency_key(1 + 777 * 7919 % kEntities, "KNOWS", 777, key);
  const auto other = engine->get(Family::outgoing, key, nullptr);
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(*other, AdjacencyValue(1 + 777 * 104729 % kEntities).bytes());
  EXPECT_TRUE(leaves_nothing(*engine));
}

TEST_P(BulkLoaderOn, TakesNoRecordsAtAll) {
  const auto engine = open("empty");
  BulkLoader loader(*engine, 1, {});
  loader.add({});
  expect_same_totals(loader.finish(), {});
  ingest(*engine, loader, 1);
  EXPECT_EQ(rows_of(*engine, Family::system).size(), 1u);
  EXPECT_EQ(rows_of(*engine, Family::commits).size(), 1u);
}

std::size_t files_of(const Engine& engine, Family family) {
  std::size_t count = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(engine.scratch_directory())) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(family_name(family))) ++count;
  }
  return count;
}

TEST(BulkLoader, WritesNoRemovalOfWhatIsNotThere) {
  const test::TempDir folder;
  const auto engine = Engine::open({.path = folder / "db", .mode = EngineOptions::Mode::create});
  {
    EngineBatch batch;
    std::string key;
    for (std::uint64_t id = 1000; id < 2000; id += 100) {
      tombstone_key(RecordKind::edge, id_key(id), key);
      batch.put(Family::tombstones, key, id_key(1));
    }
    engine->write(batch);
  }
  for (const std::uint64_t first : {1u, 951u}) {
    ChangeBatch batch;
    for (std::uint64_t id = first; id < first + 50; ++id) {
      const std::string key = id_key(id);
      const std::string body = edge_body(1, 2);
      RecordChange change;
      change.kind = RecordKind::edge;
      change.key = key;
      change.has_new = true;
      change.new_body = body;
      change.old_tombstone = 1;
      batch.add(change);
    }
    BulkLoader loader(*engine, 2, {.indexing = ChangeIndexing::on});
    loader.add(std::move(batch));
    loader.finish();
    EXPECT_EQ(files_of(*engine, Family::changes), 1u);
    EXPECT_EQ(files_of(*engine, Family::tombstones), first == 1 ? 0u : 1u);
    ingest(*engine, loader, 2);
    EXPECT_EQ(rows_of(*engine, Family::tombstones).size(), first == 1 ? 10u : 9u);
  }
}

class FailingBulkLoad : public BulkLoaderOn {
 protected:
  void SetUp() override {
    engine_ = open("failing");
    BulkLoader loader(*engine_, 1, {.indexing = ChangeIndexing::on});
    loader.add(edges(1, 500, 10));
    loader.finish();
    ingest(*engine_, loader, 1);
    before_ = all_rows(*engine_);
  }
  void expect_nothing_happened() {
    EXPECT_TRUE(leaves_nothing(*engine_));
    EXPECT_TRUE(all_rows(*engine_) == before_);
  }
  std::unique_ptr<Engine> engine_;
  std::vector<Rows> before_;
  const BulkOptions options_{.threads = 2, .memory_limit_bytes = 24u << 20};
};
INSTANTIATE_TEST_SUITE_P(Engines, FailingBulkLoad, ::testing::Values("memory", "disk"),
                         [](const auto& where) { return std::string(where.param); });

TEST_P(FailingBulkLoad, LeavesNothingWhenARecordCannotBeDecoded) {
  BulkLoader loader(*engine_, 2, options_);
  loader.add(edges(1000, 60'000, 10));
  ChangeBatch damaged;
  const std::string key = id_key(100'000);
  damaged.add_new({RecordKind::edge, key, "\xff\xff"}, {});
  const Error error = test::error_of([&] {
    loader.add(std::move(damaged));
    for (std::uint64_t first = 200'000; first < 400'000; first += 5000) {
      loader.add(edges(first, 5000, 10));
    }
    loader.finish();
  });
  EXPECT_EQ(error.code(), ErrorCode::damaged) << error.what();
  expect_nothing_happened();
  EXPECT_EQ(test::error_of([&] { loader.add(edges(500'000, 1, 10)); }).code(), ErrorCode::damaged);
  EXPECT_THROW(loader.finish(), Error);
  EXPECT_THROW(loader.prepare_ingest(state_at(2), nullptr), Error);
  EXPECT_THROW(loader.ingest(), Error);
  expect_nothing_happened();
}

TEST_P(FailingBulkLoad, LeavesNothingWhenDestroyedAtAnyStage) {
  for (int stage = 0; stage < 4; ++stage) {
    BulkLoader loader(*engine_, 2, options_);
    if (stage > 0) loader.add(edges(1000, 40'000, 10));
    if (stage > 1) loader.finish();
    if (stage > 2) loader.prepare_ingest(state_at(2), nullptr);
  }
  expect_nothing_happened();
}

TEST_P(FailingBulkLoad, RefusesBatchesOutOfOrder) {
  for (const std::uint64_t second : {1000u, 1009u, 900u}) {
    BulkLoader loader(*engine_, 2, options_);
    loader.add(edges(1000, 10, 10));
    const Error error = test::error_of([&] { loader.add(edges(second, 10, 10)); });
    EXPECT_EQ(error.code(), ErrorCode::invariant);
    EXPECT_NE(std::string(error.what()).find("edge 1009"), std::string::npos) << error.what();
  }
  expect_nothing_happened();
}

TEST_P(FailingBulkLoad, RefusesACounterBelowZero) {
  BulkLoader loader(*engine_, 2, options_);
  ChangeBatch batch;
  const std::string key = id_key(9000);
  std::string body;
  encode_edge_body(EntityId{1}, EntityId{2}, "NEVER", {}, body);
  RecordChange deletion;
  deletion.kind = RecordKind::edge;
  deletion.key = key;
  deletion.has_old = true;
  deletion.old_stamp = 1;
  deletion.old_body = body;
  batch.add(deletion);
  loader.add(std::move(batch));
  loader.finish();
  const Error error = test::error_of([&] { loader.prepare_ingest(state_at(2), nullptr); });
  EXPECT_EQ(error.code(), ErrorCode::invariant);
  EXPECT_NE(std::string(error.what()).find("TNEVER"), std::string::npos) << error.what();
  expect_nothing_happened();
}

TEST_P(FailingBulkLoad, RefusesCallsOutOfOrder) {
  {
    BulkLoader loader(*engine_, 2, options_);
    EXPECT_EQ(test::error_of([&] { loader.prepare_ingest(state_at(2), nullptr); }).code(),
              ErrorCode::invariant);
  }
  {
    BulkLoader loader(*engine_, 2, options_);
    loader.finish();
    EXPECT_EQ(test::error_of([&] { loader.ingest(); }).code(), ErrorCode::invariant);
  }
  expect_nothing_happened();
}

TEST(BulkLoader, ReportsAScratchFolderThatVanished) {
  const test::TempDir folder;
  const auto engine = Engine::open({.path = folder / "db", .mode = EngineOptions::Mode::create});
  BulkLoader loader(*engine, 1, {.threads = 2, .memory_limit_bytes = 24u << 20});
  std::filesystem::remove_all(engine->scratch_directory());
  const Error error = test::error_of([&] {
    for (std::uint64_t first = 1; first < 400'000; first += 5000) {
      loader.add(edges(first, 5000, 10));
    }
    loader.finish();
  });
  EXPECT_EQ(error.code(), ErrorCode::failed) << error.what();
  EXPECT_TRUE(rows_of(*engine, Family::edges).empty());
}

}  // namespace
}  // namespace manifolddb
