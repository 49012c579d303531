// When a history began is not forgotten with its first backups: else a time in its youth would be
// answered by the history before it.
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

#include "common/text.h"
#include "manifolddb/repository.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb::test {
namespace {

using backup::Repository;

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kStart = 1'700'000'000 * kSecond;

class HistoryBegin : public ::testing::Test {
 protected:
  Database open(const std::string& name) {
    DatabaseOptions options;
    options.clock_us = [this] { return now_us_; };
    options.clock_step_max = std::chrono::hours(1'000'000);
    return Database::open(folder_ / name, options);
  }
  void commit_at(Database& database, std::int64_t second) {
    now_us_ = kStart + second * kSecond;
    WriteTransaction transaction = database.begin();
    transaction.create_entity({"Thing"});
    transaction.commit();
  }
  backup::Manifest back_up(const Database& database) {
    backup::RepositoryBackupOptions options;
    options.choice = backup::BackupChoice::full;
    options.threads = 1;
    return repository_->back_up(database, options).manifest;
  }
  static backup::RecoveryTarget at(std::int64_t second) {
    return Repository::parse_target("time:" + format_time_us(kStart + second * kSecond));
  }

  TempDir folder_;
  std::int64_t now_us_ = kStart;
  std::optional<Repository> repository_;
};

TEST_F(HistoryBegin, IsKnownWhenItsFirstBackupsWerePruned) {
  Database first = open("first");
  repository_.emplace(Repository::open_or_create(folder_ / "repo", first.statistics().database_id));
  commit_at(first, 1);
  back_up(first);
  backup::restore(repository_->open_chain({}), folder_ / "second");
  Database second = open("second");
  commit_at(second, 10);
  EXPECT_EQ(back_up(second).history_began_at_us, kStart + 10 * kSecond);
  commit_at(first, 15);
  back_up(first);
  commit_at(second, 30);
  const backup::Manifest last = back_up(second);
  EXPECT_EQ(last.history_began_at_us, kStart + 10 * kSecond);
  const Uuid history = second.statistics().history_id;
  EXPECT_EQ(repository_->plan(at(20)).history_id, history);

  backup::PrunePolicy policy;
  policy.keep_last = 2;
  repository_->prune(policy);
  ASSERT_EQ(repository_->catalogue().entries.size(), 2u);
  // The transaction is gone, and that of the other history is not what was meant.
  const Error refused = error_of([&] { repository_->plan(at(20)); });
  EXPECT_EQ(refused.code(), ErrorCode::not_restorable);
  EXPECT_NE(std::string(refused.what()).find(history.to_string()), std::string::npos)
      << refused.what();
}

// The history that was there at the time is gone, and the one that is left had not begun.
TEST_F(HistoryBegin, IsLookedAtWhereNoOtherHistoryIsLeft) {
  Database first = open("first");
  repository_.emplace(Repository::open_or_create(folder_ / "repo", first.statistics().database_id));
  commit_at(first, 1);
  back_up(first);
  backup::restore(repository_->open_chain({}), folder_ / "second");
  commit_at(first, 10);
  now_us_ = kStart + 20 * kSecond;
  Database second = open("second");
  back_up(second);
  commit_at(second, 30);
  back_up(second);
  EXPECT_EQ(error_of([&] { repository_->plan(at(15)); }).code(), ErrorCode::not_restorable);

  backup::PrunePolicy policy;
  policy.keep_last = 2;
  repository_->prune(policy);
  ASSERT_EQ(repository_->catalogue().histories.size(), 1u);
  const Error refused = error_of([&] { repository_->plan(at(15)); });
  EXPECT_EQ(refused.code(), ErrorCode::not_restorable);
  EXPECT_NE(std::string(refused.what()).find("no history"), std::string::npos) << refused.what();
}

}  // namespace
}  // namespace manifolddb::test
