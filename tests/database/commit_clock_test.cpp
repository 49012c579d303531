// A clock that is wrong must not spoil the times that restores go by: steps back are outlived, a
// step far ahead is refused before it gets into a commit.
#include "database/commit_clock.h"

#include <gtest/gtest.h>

#include <atomic>

#include "manifolddb/database.h"
#include "support/error_of.h"

namespace manifolddb {
namespace {

using test::error_of;

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kStart = 1'795'000'000 * kSecond;

class CommitClockTest : public ::testing::Test {
 protected:
  DatabaseOptions options() {
    DatabaseOptions options;
    options.clock_us = [this] { return wall_.load(); };
    return options;
  }
  SequenceNumber commit(Database& database) {
    WriteTransaction tx = database.begin();
    tx.put_metadata("k", std::to_string(++value_));
    return tx.commit();
  }
  std::int64_t last_time(const Database& database) {
    return database.statistics().committed_at_us.value();
  }
  std::atomic<std::int64_t> wall_{kStart};
  int value_ = 0;
};

TEST_F(CommitClockTest, GivesCommitsTheTimeOfTheWallClock) {
  Database database = Database::in_memory(options());
  commit(database);
  EXPECT_EQ(last_time(database), kStart);
  wall_ += 5 * kSecond;
  commit(database);
  EXPECT_EQ(last_time(database), kStart + 5 * kSecond);
}

TEST_F(CommitClockTest, KeepsTimesIncreasingOverStepsBack) {
  Database database = Database::in_memory(options());
  commit(database);
  wall_ -= 30 * 24 * kHour;
  for (int i = 1; i <= 3; ++i) {
    commit(database);
    EXPECT_EQ(last_time(database), kStart + i);
  }
  wall_ += 30 * 24 * kHour + kSecond;  // set right again: no step ahead of what should be
  commit(database);
  EXPECT_EQ(last_time(database), kStart + kSecond);
}

TEST_F(CommitClockTest, RefusesAStepFarAheadWithBothTimesAndChangesNothing) {
  Database database = Database::in_memory(options());
  commit(database);
  wall_ += 59 * 60 * kSecond;
  commit(database);
  wall_ = kStart + 2 * kHour;
  const Error error = error_of([&] { commit(database); });
  EXPECT_EQ(error.code(), ErrorCode::failed);
  EXPECT_NE(std::string(error.what()).find("2026-11-18T"), std::string::npos) << error.what();
  EXPECT_NE(std::string(error.what()).find("3600 s"), std::string::npos) << error.what();
  EXPECT_FALSE(error.next().empty());
  EXPECT_EQ(database.sequence_number().value, 2u);
  EXPECT_EQ(database.begin_read().get_metadata("k"), "2");
  wall_ = kStart + kHour - kSecond;  // the clock was set right
  EXPECT_EQ(commit(database).value, 3u);
}

TEST_F(CommitClockTest, RefusesItForBulkTransactionsToo) {
  DatabaseOptions bulk = options();
  bulk.bulk_threshold_bytes = 100;
  Database database = Database::in_memory(bulk);
  wall_ += 2 * kHour;
  WriteTransaction tx = database.begin();
  for (int i = 0; i < 10; ++i) tx.put_metadata("k" + std::to_string(i), std::string(100, 'v'));
  EXPECT_EQ(error_of([&] { tx.commit(); }).code(), ErrorCode::failed);
  EXPECT_EQ(database.begin_read().counts().metadata_count, 0u);
}

TEST_F(CommitClockTest, LetsAnOptionAllowIt) {
  DatabaseOptions allowing = options();
  allowing.clock_step_max = std::chrono::seconds::max();
  Database database = Database::in_memory(allowing);
  wall_ += 1000 * 24 * kHour;
  commit(database);
  EXPECT_EQ(last_time(database), wall_.load());
}

TEST_F(CommitClockTest, SeesAStepOfTheSystemsClockAsWell) {
  const CommitClock clock({}, std::chrono::seconds(3600));
  EXPECT_NEAR(static_cast<double>(clock.now_us()), static_cast<double>(clock.wall_us()), 1e9);
  const CommitClock strict({}, std::chrono::seconds(-10));  // every time is a step too far
  EXPECT_EQ(error_of([&] { strict.now_us(); }).code(), ErrorCode::failed);
}

}  // namespace
}  // namespace manifolddb
