// A backup taken while others write must be one committed state and no mixture. Four threads move
// value between accounts, in small and in bulk transactions, while tables are flushed and
// compacted; backups taken in this process and by a second one are restored, and each must have
// every account, the whole sum, and the digest that the log recorded for its sequence number.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "database/database_core.h"
#include "manifolddb/backup.h"
#include "support/run_command.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

using test::TempDir;

constexpr int kAccounts = 40;
constexpr std::int64_t kBalance = 1000;
constexpr int kWriters = 4;
// Under a sanitizer each restore takes about a second; the soak run does as many as the name says.
const int kBackups = std::getenv("MANIFOLD_SOAK") != nullptr ? 200 : 20;

std::int64_t balance(const Entity& account) {
  return *account.properties.at("balance").get_if<std::int64_t>();
}

// Moves value from one account to another; in bulk it rewrites all of them with ballast.
void transfer(Database& database, std::mt19937_64& random) {
  WriteTransaction tx = database.begin();
  const EntityId from{1 + random() % kAccounts};
  const EntityId to{1 + random() % kAccounts};
  const auto amount = static_cast<std::int64_t>(random() % 100);
  const bool in_bulk = random() % 16 == 0;
  std::vector<Entity> accounts;
  for (std::uint64_t id = 1; id <= kAccounts; ++id) {
    if (in_bulk || id == from.value || id == to.value) accounts.push_back(*tx.get_entity({id}));
  }
  for (Entity& account : accounts) {
    std::int64_t now = balance(account);
    if (account.id == from) now -= amount;
    if (account.id == to) now += amount;
    account.properties["balance"] = now;
    if (in_bulk) account.properties["ballast"] = std::string(random() % 2000, 'b');
    tx.put_entity(account);
  }
  if (random() % 8 == 0) tx.create_edge(from, to, "MOVED", {{"amount", amount}});
  tx.commit(random() % 4 == 0 ? Durability::synced : Durability::relaxed);
}

void expect_whole(const std::filesystem::path& restored, const backup::RestoreSummary& summary,
                  const std::map<std::uint64_t, ContentDigest>& recorded) {
  const Database database = Database::open_read_only(restored);
  const ReadTransaction read = database.begin_read();
  EntityCursor cursor = read.iter_entities();
  Entity account;
  std::int64_t sum = 0;
  int accounts = 0;
  while (cursor.next(account)) {
    sum += balance(account);
    ++accounts;
  }
  EXPECT_EQ(accounts, kAccounts);
  EXPECT_EQ(sum, kAccounts * kBalance);
  const auto at = recorded.find(summary.sequence_number.value);
  ASSERT_NE(at, recorded.end()) << "no transaction " << summary.sequence_number.value;
  EXPECT_EQ(summary.content_digest, at->second);
}

class ConcurrentBackup : public ::testing::Test {
 protected:
  ConcurrentBackup() {
    DatabaseOptions options;
    options.bulk_threshold_bytes = 16u << 10;
    options.write_buffer_bytes = 1u << 20;
    database_.emplace(Database::open(temp_ / "db", options));
    WriteTransaction tx = database_->begin();
    for (int i = 0; i < kAccounts; ++i) tx.create_entity({"Account"}, {{"balance", kBalance}});
    tx.commit();
    for (unsigned i = 0; i < kWriters; ++i) {
      workers_.emplace_back([this, i](const std::stop_token& stop) {
        std::mt19937_64 random(i);
        while (!stop.stop_requested()) {
          transfer(*database_, random);
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
      });
    }
    workers_.emplace_back([this](const std::stop_token& stop) {
      for (unsigned i = 0; !stop.stop_requested(); ++i) {
        Engine& engine = database_->core().engine();
        engine.flush();
        engine.compact(static_cast<Family>(i % kFamilyCount));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    });
  }

  // Stops the writers, restores every backup and looks at what came out.
  void restore_all() {
    for (std::jthread& worker : workers_) worker.request_stop();
    workers_.clear();
    std::map<std::uint64_t, ContentDigest> recorded;
    database_->for_each_commit({1}, {kIdMax}, [&](const CommitRecord& commit) {
      recorded[commit.sequence_number.value] = commit.content_digest;
      return true;
    });
    EXPECT_EQ(recorded.size(), database_->sequence_number().value);
    for (int i = 0; i < kBackups; ++i) {
      const auto restored = temp_ / ("restored-" + std::to_string(i));
      const auto summary = backup::restore(file(i), restored);
      expect_whole(restored, summary, recorded);
      std::filesystem::remove_all(restored);
    }
    for (const CheckFinding& finding : database_->check().findings) {
      ADD_FAILURE() << finding.where << ": " << finding.what;
    }
  }

  std::filesystem::path file(int i) const {
    return temp_ / ("backup-" + std::to_string(i) + ".jsonl");
  }

  TempDir temp_;
  std::optional<Database> database_;
  std::vector<std::jthread> workers_;
};

TEST_F(ConcurrentBackup, InThisProcessIsOneCommittedState) {
  for (int i = 0; i < kBackups; ++i) {
    const auto summary = backup::export_full(*database_, file(i));
    EXPECT_TRUE(summary.digest_matches);
    // Nothing leaves the process that power loss could still take.
    EXPECT_LE(summary.sequence_number, database_->statistics().durable_sequence_number);
  }
  restore_all();
}

TEST_F(ConcurrentBackup, FromASecondProcessIsOneCommittedState) {
  for (int i = 0; i < kBackups; ++i) {
    const auto result =
        test::run_command({MANIFOLD_COMMAND, "backup", temp_ / "db", "--full", "-o", file(i)});
    ASSERT_EQ(result.exit_code, 0) << result.err;
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
}  // namespace manifolddb
