// Log files must stay as long as an archiver needs them, a crash of the owner included, and no
// longer: not without archivers, and not beyond the limits.
#include "database/log_retention.h"

#include <gtest/gtest.h>

#include "database/database_core.h"
#include "database/log_model.h"
#include "database/transaction_log.h"
#include "manifolddb/transaction_log.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using test::TempDir;

using Numbers = std::vector<std::uint64_t>;

// Archived files 1 to 4 of 10 bytes, the first 400 s old, then 300 s ..., and a live one.
std::vector<LogFileInfo> five_files() {
  std::vector<LogFileInfo> files;
  for (std::uint64_t n = 1; n <= 5; ++n) {
    files.push_back({.number = n,
                     .bytes = 10,
                     .modified_s = 1000 + 100 * static_cast<std::int64_t>(n),
                     .archived = n != 5});
  }
  return files;
}
constexpr std::int64_t kNow = 1500;

TEST(LogRetention, LetsGoWhatNobodyNeeds) {
  const DatabaseOptions limits;
  EXPECT_EQ(removable_log_files(five_files(), {}, limits, kNow), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(removable_log_files(five_files(), {true, 3}, limits, kNow), (Numbers{1, 2}));
  EXPECT_EQ(removable_log_files(five_files(), {true, 0}, limits, kNow), Numbers{});
  EXPECT_EQ(removable_log_files(five_files(), {true, 99}, limits, kNow), (Numbers{1, 2, 3, 4}));
}

TEST(LogRetention, LetsTheOldestGoBeyondTheLimitsWhoeverNeedsThem) {
  DatabaseOptions bytes;
  bytes.log_retention_bytes = 30;  // all together, the live one included
  EXPECT_EQ(removable_log_files(five_files(), {true, 0}, bytes, kNow), (Numbers{1, 2}));
  bytes.log_retention_bytes = 0;
  EXPECT_EQ(removable_log_files(five_files(), {true, 0}, bytes, kNow), (Numbers{1, 2, 3, 4}));
  DatabaseOptions age;
  age.log_retention_age = std::chrono::seconds(250);
  EXPECT_EQ(removable_log_files(five_files(), {true, 0}, age, kNow), (Numbers{1, 2}));
}

void put(Database& database, std::size_t bytes, Durability durability = Durability::relaxed) {
  WriteTransaction tx = database.begin();
  tx.put_metadata(
      "k" + std::to_string(database.sequence_number().value % 10),
      std::string(bytes, static_cast<char>('a' + database.sequence_number().value % 26)));
  tx.commit(durability);
}

std::size_t archived_files(const Database& database) {
  std::size_t count = 0;
  for (const LogFileInfo& file : database.core().engine().log_files()) count += file.archived;
  return count;
}

// Writes so much that log files end and are looked after.
void write_much(Database& database) {
  for (int i = 0; i < 100; ++i) {
    put(database, 100'000);
    if (i % 10 == 9) database.core().engine().flush();
  }
}

ArchiveSlot slot_at(const Database& database, std::uint64_t log_file_number) {
  ArchiveSlot slot;
  slot.status.repository = "/backups/graph";
  slot.status.history_id = database.statistics().history_id;
  slot.log_file_number = log_file_number;
  return slot;
}

TEST(LogRetention, KeepsNothingWithoutAnArchiver) {
  const TempDir folder;
  {
    Database database = Database::open(folder / "db");
    write_much(database);
    EXPECT_LE(archived_files(database), 5u);  // those since the last look
    database.close();
    EXPECT_TRUE(fs::is_empty(folder / "db/engine/archive"));
  }
  Database reopened = Database::open(folder / "db");
  EXPECT_EQ(archived_files(reopened), 0u);
  Database memory = Database::in_memory();
  write_much(memory);
  EXPECT_LE(archived_files(memory), 5u);
}

TEST(LogRetention, KeepsWhatASlotNeedsAlsoWhenTheOwnerDiedAndLetsItGoAfterwards) {
  const TempDir folder;
  Database database = Database::open(folder / "db");
  write_slot(folder / "db", slot_at(database, 0));
  write_much(database);
  EXPECT_GE(archived_files(database), 10u);
  for (int i = 0; i < 5; ++i) put(database, 1000);
  const std::uint64_t last = database.sequence_number().value;
  fs::copy(folder / "db", folder / "killed", fs::copy_options::recursive);

  Database reopened = Database::open(folder / "killed");
  ASSERT_EQ(reopened.sequence_number().value, last);
  TransactionCursor log = reopened.transactions({1});
  for (std::uint64_t n = 1; n <= last; ++n) {
    ASSERT_TRUE(log.next()) << n;
    ASSERT_EQ(log.commit().sequence_number.value, n);
  }
  EXPECT_FALSE(log.next());
  const std::uint64_t live = reopened.core().engine().log_files().back().number;
  write_slot(folder / "killed", slot_at(reopened, live));
  { TransactionCursor done = std::move(log); }
  write_much(reopened);
  for (const LogFileInfo& file : reopened.core().engine().log_files()) {
    EXPECT_GE(file.number, live);
  }
}

TEST(LogRetention, KeepsFilesOfASlotThatCannotBeReadUntilTheLimit) {
  const TempDir folder;
  DatabaseOptions options;
  options.log_retention_bytes = 5u << 20;
  Database database = Database::open(folder / "db", options);
  write_slot(folder / "db", slot_at(database, 1'000'000));
  test::write_file(folder / "db/slots" / slot_name("/backups/graph"), "torn");
  for (int i = 0; i < 3; ++i) {
    put(database, 1000);
    database.core().engine().flush();
  }
  database.close();
  database = Database::open(folder / "db", options);
  EXPECT_GE(archived_files(database), 3u);
  write_much(database);
  EXPECT_LE(database.statistics().log_bytes, options.log_retention_bytes + (6u << 20));
  EXPECT_GT(database.first_logged_transaction()->value, 3u);

  // What was removed unarchived is named.
  TransactionCursor log = database.transactions({1});
  const Error error = error_of([&] { log.next(); });
  EXPECT_EQ(error.code(), ErrorCode::not_restorable);
  const std::string expected =
      "transactions 1 to " + std::to_string(database.first_logged_transaction()->value - 1) + ":";
  EXPECT_NE(std::string(error.what()).find(expected), std::string::npos) << error.what();
}

TEST(LogRetention, KeepsWhatReadersOfThisProcessNeed) {
  for (const bool in_memory : {true, false}) {
    const TempDir folder;
    Database database = in_memory ? Database::in_memory() : Database::open(folder / "db");
    TransactionCursor log = database.transactions({1});
    write_much(database);
    for (std::uint64_t n = 1; n <= 100; ++n) {
      ASSERT_TRUE(log.next()) << n;
      ASSERT_EQ(log.commit().sequence_number.value, n);
    }
    EXPECT_FALSE(log.next());
    write_much(database);
    ASSERT_TRUE(log.next());  // goes on
    LogReader archiver = database.core().register_log_reader(
        "/backups/graph", database.core().engine().log_files().front().number);
    { const TransactionCursor done = std::move(log); }
    EXPECT_GT(archived_files(database), 0u);
    archiver.report(slot_at(database, database.core().engine().log_files().back().number));
    EXPECT_EQ(archived_files(database), 0u);  // at once
  }
}

}  // namespace
}  // namespace manifolddb
