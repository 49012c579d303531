// What closing a database leaves for the next one to open it: a short log, whatever was committed.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "manifolddb/database.h"
#include "manifolddb/transaction_log.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

namespace fs = std::filesystem;

std::size_t count_tables(const fs::path& database) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(database / "engine")) {
    if (entry.path().extension() == ".sst") ++count;
  }
  return count;
}

ContentDigest commit_entities(const fs::path& path, int count, std::size_t bytes) {
  Database database = Database::open(path);
  WriteTransaction transaction = database.begin();
  for (int i = 0; i < count; ++i) {
    transaction.create_entity({"Blob"}, {{"text", std::string(bytes, 'x')}});
  }
  transaction.commit(Durability::relaxed);
  const ContentDigest digest = database.begin_read().content_digest();
  database.close();
  return digest;
}

TEST(Shutdown, WritesToTablesWhatWouldTakeLongToReplay) {
  const test::TempDir temp;
  const ContentDigest digest = commit_entities(temp / "db", 4'000, 1'000);
  EXPECT_GT(count_tables(temp / "db"), 0u);
  const Database reopened = Database::open_read_only(temp / "db");
  EXPECT_EQ(reopened.begin_read().content_digest(), digest);
  EXPECT_EQ(reopened.begin_read().counts().entity_count, 4'000u);
}

TEST(Shutdown, KeepsTheTransactionsInTheLogThatItWroteToTables) {
  const test::TempDir temp;
  commit_entities(temp / "db", 4'000, 1'000);
  const Database reopened = Database::open_read_only(temp / "db");
  TransactionCursor cursor = reopened.transactions({1});
  ASSERT_TRUE(cursor.next());
  EXPECT_EQ(cursor.commit().put_count, 4'000u);
}

TEST(Shutdown, LeavesAShortLogAsItIs) {
  const test::TempDir temp;
  const ContentDigest digest = commit_entities(temp / "db", 10, 1'000);
  EXPECT_EQ(count_tables(temp / "db"), 0u);
  EXPECT_EQ(Database::open(temp / "db").begin_read().content_digest(), digest);
}

}  // namespace
}  // namespace manifolddb
