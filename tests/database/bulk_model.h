// A model to compare bulk loads with: the same change sets written as plain batches.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "common/value_codec.h"
#include "database/bulk_loader.h"
#include "database/key_codec.h"

namespace manifolddb::bulk_test {

using Rows = std::map<std::string, std::string>;

inline std::mt19937_64 seeded() {
  const std::uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  return std::mt19937_64(seed);
}

inline Rows rows_of(const Engine& engine, Family family) {
  Rows rows;
  EngineIterator it = engine.iterate(family, {});
  for (it.seek_to_first(); it.valid(); it.next()) rows.emplace(it.key(), it.value());
  return rows;
}

inline std::vector<Rows> all_rows(const Engine& engine) {
  std::vector<Rows> all;
  for (std::size_t i = 0; i < kFamilyCount; ++i) {
    all.push_back(rows_of(engine, static_cast<Family>(i)));
  }
  return all;
}

inline void expect_same_families(const Engine& a, const Engine& b) {
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

inline StateRecord state_at(std::uint64_t sequence) {
  StateRecord state;
  state.sequence = sequence;
  return state;
}

inline void ingest(Engine& engine, BulkLoader& loader, std::uint64_t sequence) {
  CommitRecord commit;
  commit.sequence_number = SequenceNumber{sequence};
  loader.prepare_ingest(state_at(sequence), &commit);
  engine.sync_log();
  loader.ingest();
}

inline void write_plainly(Engine& engine, const std::vector<Model::Change>& changes,
                          std::uint64_t sequence, ChangeTotals& totals) {
  ChangeDeriver deriver(sequence, ChangeIndexing::on);
  BatchSink sink(engine);
  for (const Model::Change& change : changes) deriver.derive(change.view(), sink);
  CommitRecord commit;
  commit.sequence_number = SequenceNumber{sequence};
  sink.write(state_at(sequence), &commit);
  totals = deriver.totals();
}

inline void expect_same_totals(const ChangeTotals& a, const ChangeTotals& b) {
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

inline std::string edge_body(std::uint64_t source, std::uint64_t target) {
  std::string body;
  encode_edge_body(EntityId{source}, EntityId{target}, "KNOWS", {}, body);
  return body;
}

inline ChangeBatch edges(std::uint64_t first, std::uint64_t count, std::uint64_t entities) {
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

}  // namespace manifolddb::bulk_test
