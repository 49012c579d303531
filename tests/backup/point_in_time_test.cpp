// The promise of the archived log: any committed transaction can be restored, and what is restored
// is exactly what was there, or nothing is.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "common/hash.h"
#include "database/key_codec.h"
#include "manifolddb/repository.h"
#include "support/error_of.h"
#include "support/log_fixture.h"
#include "support/log_segments.h"
#include "support/random_history.h"

namespace manifolddb::test_support {
namespace {

using backup::BackupChain;
using backup::RecoveryTarget;
using backup::Repository;
using test::commit_entities;
using test::error_of;
using test::TempDir;

// Threads and buffers cost most of the time with so little data.
const backup::Options kFewBuffers{.threads = 1, .memory_limit_bytes = 32u << 20};

RecoveryTarget at_number(std::uint64_t sequence) {
  return Repository::parse_target("seq:" + std::to_string(sequence));
}

// A random history whose log is archived in segments of all sizes, some of them twice; a backup
// behind every bulk transaction, as an archiver takes it, and now and then.
class ArchivedHistory {
 public:
  explicit ArchivedHistory(std::uint64_t seed)
      : history_(seed),
        database_(Database::in_memory(RandomHistory::database_options())),
        repository_(
            Repository::open_or_create(folder_ / "repo", database_.statistics().database_id)),
        recorder_(database_) {}

  void run(int steps) {
    back_up();
    for (int i = 0; i < steps; ++i) {
      history_.step(database_);
      if (!recorder_.record()) continue;
      const std::uint64_t sequence = recorder_.last();
      models_[sequence] = history_.model();
      const bool bulk = recorder_.is_bulk(sequence);
      if (bulk && next_ < sequence) archive(sequence - 1);
      if (bulk || history_.random().one_in(7)) archive(sequence);
      if (bulk || history_.random().one_in(25)) back_up();
    }
    if (next_ <= recorder_.last()) archive(recorder_.last());
  }

  void check_every_point() {
    for (const auto& [sequence, model] : models_) {
      SCOPED_TRACE("seq " + std::to_string(sequence));
      const BackupChain chain = repository_.open_chain(at_number(sequence));
      Database copy = Database::in_memory();
      const auto restored = backup::import(copy, chain, backup::ImportOptions{{kFewBuffers}});
      ASSERT_EQ(restored.sequence_number.value, sequence);
      ASSERT_EQ(restored.content_digest, recorder_.commit(sequence).content_digest);
      ASSERT_EQ(restored.committed_at_us, recorder_.commit(sequence).committed_at_us);
      ASSERT_EQ(chain.plan.content_digest, restored.content_digest);
      ASSERT_TRUE(read_graph(copy) == model);
      ASSERT_EQ(copy.check().finding_count, 0u);
      ASSERT_EQ(copy.statistics().next_entity_id, database_.statistics().next_entity_id);
    }
  }

  // Each transaction's own time, and a microsecond before the next.
  void check_every_time() {
    recorder_.store_note(repository_, recorder_.note(recorder_.last()));
    for (const auto& [sequence, model] : models_) {
      RecoveryTarget target;
      target.kind = RecoveryTarget::Kind::time;
      target.time_us = recorder_.commit(sequence).committed_at_us;
      ASSERT_EQ(repository_.plan(target).sequence_number.value, sequence);
      if (sequence == recorder_.last()) continue;
      target.time_us = recorder_.commit(sequence + 1).committed_at_us - 1;
      ASSERT_EQ(repository_.plan(target).sequence_number.value, sequence);
    }
  }

 private:
  void archive(std::uint64_t last) {
    recorder_.store(repository_, next_, last);
    // Another archiver, which began elsewhere.
    if (history_.random().one_in(4) && !recorder_.is_bulk(last) && next_ > 1 &&
        !recorder_.is_bulk(next_ - 1)) {
      recorder_.store(repository_, next_ - 1, next_ + (last - next_) / 2);
    }
    next_ = last + 1;
  }

  void back_up() {
    backup::RepositoryBackupOptions options;
    options.threads = 1;
    if (history_.random().one_in(4)) options.choice = backup::BackupChoice::full;
    repository_.back_up(database_, options);
  }

  TempDir folder_;
  RandomHistory history_;
  Database database_;
  Repository repository_;
  LogRecorder recorder_;
  std::map<std::uint64_t, GraphModel> models_;
  std::uint64_t next_ = 1;  // not archived yet
};

TEST(PointInTime, RestoresEveryTransactionOfARandomHistory) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  ArchivedHistory history(seed);
  history.run(120);
  history.check_every_point();
  history.check_every_time();
}

using PointInTimeTest = test::RepositoryLogTest;

TEST_F(PointInTimeTest, RestoresAtAPathAsADatabaseOfANewHistoryBehindThePoint) {
  commit(10, 11);
  commit(10, 10, 7);
  recorder_.store_all(*repository_, 9);
  const auto restored = backup::restore(chain_to(2), folder_ / "copy");
  EXPECT_EQ(restored.statistics.entity_count, 5u);
  Database copy = Database::open(folder_ / "copy");
  const DatabaseStatistics statistics = copy.statistics();
  EXPECT_EQ(statistics.sequence_number.value, 2u);
  EXPECT_EQ(statistics.parent_history_id, base_.history_id);
  EXPECT_EQ(statistics.parent_sequence_number.value, 2u);
  EXPECT_EQ(statistics.content_digest, recorder_.commit(2).content_digest);
  // Its first backup says where its history comes from.
  commit_entities(copy, 50, 50);
  const auto stored = repository_->back_up(copy).manifest;
  EXPECT_EQ(stored.parent_history_id, base_.history_id);
  EXPECT_EQ(stored.parent_sequence_number, SequenceNumber{2});
  const auto catalogue = repository_->catalogue();
  ASSERT_EQ(catalogue.histories.size(), 2u);
  EXPECT_EQ(catalogue.histories[1].parent_history_id, base_.history_id);
  EXPECT_EQ(catalogue.histories[1].parent_sequence_number.value, 2u);
}

TEST_F(PointInTimeTest, ImportsAPointIntoADatabaseThatHasRecords) {
  commit(10, 11);
  recorder_.store_all(*repository_, 9);
  Database other = Database::in_memory();
  commit_entities(other, 90, 90);
  backup::import(other, chain_to(2));
  EXPECT_EQ(other.statistics().counts.entity_count, 6u);
}

TEST_F(PointInTimeTest, RefusesADamagedSegmentOnTheWayAndNoOther) {
  commit(10, 11);
  commit(12, 13);
  commit(14, 15);
  std::vector<std::filesystem::path> files;
  for (std::uint64_t i = 2; i <= 4; ++i) files.push_back(recorder_.store(*repository_, i, i));
  test::damage_middle(files[1]);
  EXPECT_EQ(backup::restore(chain_to(2), folder_ / "two").content_digest,
            recorder_.commit(2).content_digest);
  for (const std::uint64_t sequence : {std::uint64_t{3}, std::uint64_t{4}}) {
    const Error error = restoring(sequence);
    EXPECT_EQ(error.code(), ErrorCode::damaged);
    EXPECT_NE(std::string(error.what()).find(files[1].filename()), std::string::npos)
        << error.what();
    EXPECT_FALSE(std::filesystem::exists(folder_ / "copy"));
  }
}

TEST_F(PointInTimeTest, RefusesASegmentOfAnotherHistoryUnderTheRightName) {
  commit(10, 11);
  const auto file = recorder_.store(*repository_, 2, 2);
  Database other = Database::in_memory();
  commit_entities(other, 1, 3);
  LogRecorder foreign(other);
  commit_entities(other, 10, 11);
  ASSERT_TRUE(foreign.record());
  test::write_file(file, foreign.segment(2, 2));
  EXPECT_EQ(restoring(2).code(), ErrorCode::wrong_history);
}

TEST_F(PointInTimeTest, RefusesTransactionsThatAreMissingBetweenTwoSegments) {
  for (std::uint64_t i = 0; i < 3; ++i) commit(10 * i + 4, 10 * i + 5);
  recorder_.store(*repository_, 2, 2);
  const auto last = recorder_.store(*repository_, 4, 4);
  EXPECT_EQ(restoring(4).code(), ErrorCode::not_restorable);  // by name
  std::filesystem::rename(last, sibling(last, 3));
  const Error error = restoring(3);
  EXPECT_EQ(error.code(), ErrorCode::not_restorable);
  EXPECT_NE(std::string(error.what()).find("goes on with seq 4"), std::string::npos);
}

TEST_F(PointInTimeTest, RefusesABulkTransactionThatAWrongNameHides) {
  LoggedTransaction bulk = second_transaction();
  bulk.commit.bulk = true;
  bulk.commit.content_digest = {1, 2};
  store_forged(bulk);
  const Error error = restoring(2);
  EXPECT_EQ(error.code(), ErrorCode::not_restorable);
  EXPECT_NE(std::string(error.what()).find("seq 2 is a bulk transaction"), std::string::npos);
}

// Each line of the log is right by itself; what it says was there before never was.
TEST_F(PointInTimeTest, RefusesALogWhoseBeforeImagesAreNotWhatTheBackupHolds) {
  const std::string key = id_key(1);
  const std::string before = entity_body({"Thing"}, {{"value", std::int64_t{99}}});
  const std::string after = entity_body({"Thing"}, {{"value", std::int64_t{100}}});
  LoggedTransaction forged = second_transaction();
  forged.changes.push_back({RecordKind::entity, key, true, true, before, after});
  std::string scratch;
  forged.commit.content_digest = base_.content_digest;
  forged.commit.content_digest -= record_hash({RecordKind::entity, key, before}, scratch);
  forged.commit.content_digest += record_hash({RecordKind::entity, key, after}, scratch);
  store_forged(forged);
  const Error error = restoring(2);
  EXPECT_EQ(error.code(), ErrorCode::damaged);
  EXPECT_NE(std::string(error.what()).find("is not what the backups hold"), std::string::npos)
      << error.what();
  EXPECT_FALSE(std::filesystem::exists(folder_ / "copy"));
}

TEST_F(PointInTimeTest, LeavesNothingWhereItWasInterrupted) {
  for (std::uint64_t i = 0; i < 20; ++i) commit(i + 1, i + 4);
  recorder_.store_all(*repository_, 3);
  const BackupChain chain = chain_to(20);
  for (std::size_t calls = 0; calls < 6; ++calls) {
    backup::Options options{kFewBuffers};
    std::size_t left = calls;
    options.progress = [&left](std::uint64_t, std::uint64_t) { return left-- != 0; };
    try {
      backup::restore(chain, folder_ / "copy", options);
      break;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::interrupted);
    }
    EXPECT_FALSE(std::filesystem::exists(folder_ / "copy"));
  }
}

}  // namespace
}  // namespace manifolddb::test_support
