// Many threads on one database: writers take turns, readers see whole transactions only, and every
// commit has its own number. Run under ThreadSanitizer too.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "manifolddb/database.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

using test::TempDir;

constexpr int kAccounts = 8;
constexpr std::int64_t kEach = 100;

void make_accounts(Database& database) {
  WriteTransaction transaction = database.begin();
  for (int i = 0; i < kAccounts; ++i) transaction.create_entity({"Account"}, {{"value", kEach}});
  transaction.commit();
}

std::int64_t value_of(const Entity& entity) {
  return *entity.properties.at("value").get_if<std::int64_t>();
}

void move_one(WriteTransaction& transaction, EntityId from, EntityId to) {
  Entity source = transaction.get_entity(from).value();
  Entity target = transaction.get_entity(to).value();
  source.properties["value"] = value_of(source) - 1;
  target.properties["value"] = value_of(target) + 1;
  transaction.put_entity(source);
  transaction.put_entity(target);
}

std::int64_t sum_of(const ReadTransaction& transaction) {
  std::int64_t sum = 0;
  EntityCursor cursor = transaction.iter_entities();
  for (Entity entity; cursor.next(entity);) sum += value_of(entity);
  return sum;
}

TEST(ConcurrentTransactions, ReadersSeeWholeTransactionsAndNumbersHaveNoHoles) {
  constexpr int kWriters = 3;
  constexpr int kReaders = 2;
  constexpr int kCommitsEach = 40;
  const TempDir folder;
  Database database = Database::open(folder / "db");
  make_accounts(database);

  std::vector<std::vector<std::uint64_t>> numbers(kWriters);
  std::atomic<int> writers_left = kWriters;
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      for (int i = 0; i < kCommitsEach; ++i) {
        WriteTransaction transaction = database.begin();
        const auto from = static_cast<std::uint64_t>((w + i) % kAccounts);
        const auto to = (from + 1) % kAccounts;
        move_one(transaction, EntityId{from + 1}, EntityId{to + 1});
        const auto durability = i % 3 == 0 ? Durability::synced : Durability::relaxed;
        numbers[static_cast<std::size_t>(w)].push_back(transaction.commit(durability).value);
      }
      --writers_left;
    });
  }
  for (int r = 0; r < kReaders; ++r) {
    threads.emplace_back([&] {
      std::uint64_t last = 0;
      do {
        const ReadTransaction transaction = database.begin_read();
        EXPECT_EQ(sum_of(transaction), kAccounts * kEach);
        EXPECT_GE(transaction.sequence_number().value, last);
        last = transaction.sequence_number().value;
      } while (writers_left > 0);
    });
  }
  for (std::thread& thread : threads) thread.join();

  std::set<std::uint64_t> all;
  for (const auto& mine : numbers) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), std::size_t{kWriters * kCommitsEach});
  EXPECT_EQ(*all.begin(), 2u);
  EXPECT_EQ(*all.rbegin(), 1u + kWriters * kCommitsEach);
  EXPECT_EQ(database.digest(), database.statistics().content_digest);
  EXPECT_EQ(database.check().finding_count, 0u);
}

}  // namespace
}  // namespace manifolddb
