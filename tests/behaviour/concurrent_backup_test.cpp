// A backup taken while others write must be one committed state and no mixture: backups taken in
// this process are restored, and each must have every account of moving_value.h, the whole sum, and
// the digest that the log recorded for its sequence number. So must reads and commits.
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <vector>

#include "behaviour/moving_value.h"

namespace manifolddb::test {
namespace {

using ConcurrentBackup = MovingValue;

TEST_F(ConcurrentBackup, InThisProcessIsOneCommittedState) {
  for (int i = 0; i < kBackups; ++i) {
    const auto summary = backup::export_full(*database_, file(i));
    EXPECT_TRUE(summary.digest_matches);
    // Nothing leaves the process that power loss could still take.
    EXPECT_LE(summary.sequence_number, database_->statistics().durable_sequence_number);
  }
  restore_all();
}

TEST_F(ConcurrentBackup, TwoAtOnceAreBothRight) {
  std::jthread other([this] {
    for (int i = 1; i < kBackups; i += 2) backup::export_full(*database_, file(i));
  });
  for (int i = 0; i < kBackups; i += 2) backup::export_full(*database_, file(i));
  other.join();
  restore_all();
}

TEST(ConcurrentCommit, ThreadsShareSyncsAndEveryNumberIsGivenOnce) {
  TempDir temp;
  Database database = Database::open(temp / "db");
  constexpr int kThreads = 8;
  constexpr int kCommits = 25;
  std::mutex mutex;
  std::vector<std::uint64_t> numbers;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < kCommits; ++n) {
          WriteTransaction tx = database.begin();
          tx.create_entity({"N"});
          const SequenceNumber sequence = tx.commit();
          EXPECT_LE(sequence, database.statistics().durable_sequence_number);
          const std::lock_guard lock(mutex);
          numbers.push_back(sequence.value);
        }
      });
    }
  }
  std::sort(numbers.begin(), numbers.end());
  ASSERT_EQ(numbers.size(), std::size_t{kThreads * kCommits});
  for (std::size_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(numbers[i], i + 1);
}

TEST(ConcurrentRead, ReadersKeepTheirViewWhileBulkTransactionsCommit) {
  DatabaseOptions options;
  options.bulk_threshold_bytes = 1000;
  Database database = Database::in_memory(options);
  std::jthread writer([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      WriteTransaction tx = database.begin();
      for (int i = 0; i < 50; ++i) tx.create_entity({"N"}, {{"text", std::string(50, 'x')}});
      tx.commit();
    }
  });
  for (int i = 0; i < 30; ++i) {
    const ReadTransaction read = database.begin_read();
    for (int again = 0; again < 2; ++again) {
      EntityIdCursor cursor = read.iter_entities_with_label("N");
      EntityId id;
      std::uint64_t count = 0;
      while (cursor.next(id)) ++count;
      EXPECT_EQ(count, read.counts().entity_count);
      EXPECT_EQ(count, read.sequence_number().value * 50);
    }
  }
}

}  // namespace
}  // namespace manifolddb::test
