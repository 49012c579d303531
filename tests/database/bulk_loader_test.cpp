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
#include "database/key_codec.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

using Rows = std::map<std::string, std::string>;

std::mt19937_64 seeded() {
  const std::uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  return std::mt19937_64(seed);
}

Rows rows_of(const Engine& engine, Family family) {
  Rows rows;
  EngineIterator it = engine.iterate(family, {});
  for (it.seek_to_first(); it.valid(); it.next()) rows.emplace(it.key(), it.value());
  return rows;
}

std::vector<Rows> all_rows(const Engine& engine) {
  std::vector<Rows> all;
  for (std::size_t i = 0; i < kFamilyCount; ++i) {
    all.push_back(rows_of(engine, static_cast<Family>(i)));
  }
  return all;
}

void expect_same_families(const Engine& a, const Engine& b) {
  for (std::size_t i = 0; i < kFamilyCount; ++i) {
    const auto family = static_cast<Family>(i);
    const Rows left = rows_of(a, family);
    const Rows right = rows_of(b, family);
    EXPECT_EQ(left.size(), right.size()) << family_name(family);
    ASSERT_TRUE(left == right) << family_name(family);
  }
}

// The plain way: everything in one batch, counters read and written.
class BatchSink final : public ChangeSink {
 public:
  explicit BatchSink(Engine& engine) : engine_(engine) {}
  void put(Family family, std::string_view key, std::string_view value) override {
    // Within a change removals come first, so order decides; a put wins in the loader as well.
    batch_.put(family, key, value);
  }
  void remove(Family family, std::string_view key) override { batch_.remove(family, key); }
  void count(std::string_view key, std::int64_t delta) override {
    counters_[std::string(key)] += delta;
  }
  void write(const StateRecord& state, const CommitRecord* commit) {
    for (const auto& [key, delta] : counters_) {
      std::uint64_t count = 0;
      if (const auto value = engine_.get(Family::counters, key, nullptr)) {
        ASSERT_TRUE(decode_counter(*value, count));
      }
      count += static_cast<std::uint64_t>(delta);
      if (count == 0) {
        batch_.remove(Family::counters, key);
      } else {
        batch_.put(Family::counters, key, encode_counter(count));
      }
    }
    batch_.put(Family::system, kStateKey, encode_state(state));
    if (commit != nullptr) {
      batch_.put(Family::commits, id_key(commit->sequence_number.value), encode_commit(*commit));
    }
    engine_.write(batch_);
  }

 private:
  Engine& engine_;
  EngineBatch batch_;
  std::map<std::string, std::int64_t> counters_;
};

// Random change sets that are true to what was before.
class Model {
 public:
  explicit Model(std::mt19937_64& random) : random_(random) {}

  struct Change {
    RecordKind kind{};
    std::string key;
    std::optional<std::string> old_body, new_body;
    std::uint64_t old_stamp = 0, old_tombstone = 0;
    RecordChange view() const {
      return {.kind = kind,
              .key = key,
              .has_old = old_body.has_value(),
              .old_stamp = old_stamp,
              .old_body = old_body ? std::string_view(*old_body) : std::string_view(),
              .has_new = new_body.has_value(),
              .new_body = new_body ? std::string_view(*new_body) : std::string_view(),
              .old_tombstone = old_tombstone};
    }
  };

  std::vector<Change> next(std::uint64_t sequence, std::size_t count, std::uint64_t ids) {
    std::map<std::pair<RecordKind, std::string>, bool> keys;
    for (std::size_t i = 0; i < count; ++i) {
      const RecordKind kind = static_cast<RecordKind>(2 + random_() % 3);
      const std::uint64_t id = 1 + random_() % ids;
      std::string key = kind == RecordKind::key_value ? "key " + std::to_string(id) : id_key(id);
      keys[{kind, std::move(key)}] = true;
    }
    std::vector<Change> changes;
    for (const auto& [place, unused] : keys) {
      Change change{.kind = place.first, .key = place.second, .old_body = {}, .new_body = {}};
      if (const auto record = records_.find(place); record != records_.end()) {
        change.old_body = record->second.first;
        change.old_stamp = record->second.second;
      } else if (const auto tombstone = tombstones_.find(place); tombstone != tombstones_.end()) {
        change.old_tombstone = tombstone->second;
      }
      if (!change.old_body || random_() % 3 != 0) change.new_body = random_body(place.first);
      if (change.new_body == change.old_body) continue;
      tombstones_.erase(place);
      if (change.new_body) {
        records_[place] = {*change.new_body, sequence};
      } else {
        records_.erase(place);
        tombstones_[place] = sequence;
      }
      changes.push_back(std::move(change));
    }
    return changes;
  }

 private:
  std::string random_body(RecordKind kind) {
    std::string body;
    if (kind == RecordKind::entity) {
      std::vector<std::string> labels;
      while (random_() % 3 != 0) labels.push_back("Label" + std::to_string(random_() % 6));
      if (random_() % 20 == 0) labels.push_back(std::string("null\0inside", 11));
      encode_entity_body(labels, {{"n", static_cast<std::int64_t>(random_() % 4)}}, body);
    } else if (kind == RecordKind::edge) {
      encode_edge_body(EntityId{1 + random_() % 20}, EntityId{1 + random_() % 20},
                       random_() % 2 ? "KNOWS" : "LIKES",
                       {{"n", static_cast<std::int64_t>(random_() % 4)}}, body);
    } else {
      body = std::string(random_() % 20, 'v');
    }
    return body;
  }

  std::mt19937_64& random_;
  std::map<std::pair<RecordKind, std::string>, std::pair<std::string, std::uint64_t>> records_;
  std::map<std::pair<RecordKind, std::string>, std::uint64_t> tombstones_;
};

StateRecord state_at(std::uint64_t sequence) {
  StateRecord state;
  state.sequence = sequence;
  return state;
}

void ingest(Engine& engine, BulkLoader& loader, std::uint64_t sequence) {
  CommitRecord commit;
  commit.sequence_number = SequenceNumber{sequence};
  loader.prepare_ingest(state_at(sequence), &commit);
  engine.sync_log();
  loader.ingest();
}

void write_plainly(Engine& engine, const std::vector<Model::Change>& changes,
                   std::uint64_t sequence, ChangeTotals& totals) {
  ChangeDeriver deriver(sequence, ChangeIndexing::on);
  BatchSink sink(engine);
  for (const Model::Change& change : changes) deriver.derive(change.view(), sink);
  CommitRecord commit;
  commit.sequence_number = SequenceNumber{sequence};
  sink.write(state_at(sequence), &commit);
  totals = deriver.totals();
}

void expect_same_totals(const ChangeTotals& a, const ChangeTotals& b) {
  EXPECT_EQ(a.digest_delta, b.digest_delta);
  EXPECT_EQ(a.entity_delta, b.entity_delta);
  EXPECT_EQ(a.edge_delta, b.edge_delta);
  EXPECT_EQ(a.metadata_delta, b.metadata_delta);
  EXPECT_EQ(a.tombstone_delta, b.tombstone_delta);
  EXPECT_EQ(a.put_count, b.put_count);
  EXPECT_EQ(a.deleted_count, b.deleted_count);
  EXPECT_EQ(a.entity_id_max, b.entity_id_max);
  EXPECT_EQ(a.edge_id_max, b.edge_id_max);
}

std::string edge_body(std::uint64_t source, std::uint64_t target) {
  std::string body;
  encode_edge_body(EntityId{source}, EntityId{target}, "KNOWS", {}, body);
  return body;
}

ChangeBatch edges(std::uint64_t first, std::uint64_t count, std::uint64_t entities) {
  ChangeBatch batch;
  std::string scratch;
  for (std::uint64_t id = first; id < first + count; ++id) {
    const std::string key = id_key(id);
    const std::string body = edge_body(1 + id * 7919 % entities, 1 + id * 104729 % entities);
    const RecordView record{RecordKind::edge, key, body};
    batch.add_new(record, record_hash(record, scratch));
  }
  return batch;
}

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
  EXPECT_EQ(read_be64(other->data()), 1 + 777 * 104729 % kEntities);
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
