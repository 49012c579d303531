// Four threads move value between accounts, in small and in bulk transactions, while tables are
// flushed and compacted. The sum stays the same, so that a backup that mixes states is noticed.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "database/database_core.h"
#include "manifolddb/backup.h"
#include "support/temp_dir.h"

namespace manifolddb::test {

inline constexpr int kAccounts = 40;
inline constexpr std::int64_t kBalance = 1000;
inline constexpr int kWriters = 4;
// Under a sanitizer each restore takes about a second; the soak run does as many as the name says.
inline const int kBackups = std::getenv("MANIFOLD_SOAK") != nullptr ? 200 : 20;

inline std::int64_t balance(const Entity& account) {
  return *account.properties.at("balance").get_if<std::int64_t>();
}

// Moves value from one account to another; in bulk it rewrites all of them with ballast.
inline void transfer(Database& database, std::mt19937_64& random) {
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

inline void expect_whole(const std::filesystem::path& restored,
                         const backup::RestoreSummary& summary,
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

class MovingValue : public ::testing::Test {
 protected:
  MovingValue() {
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

}  // namespace manifolddb::test
