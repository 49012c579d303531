// The log's sync fails for one writer while another one has its turn: nobody may be told after that
// that a transaction is committed.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <string>
#include <thread>

#include "manifolddb/database.h"
#include "support/error_of.h"
#include "support/sync_hook.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

using test::error_of;

TEST(FailedLog, TakesNoTransactionOfAWriterThatHadItsTurnBefore) {
  test::TempDir temp;
  {
    Database database = Database::open(temp / "db");
    WriteTransaction first = database.begin();
    first.create_entity({"first"});
    first.commit();
    std::atomic<bool> is_syncing = false, fails = false;
    const test::HookedSyncs hook([&](const std::string& path) {
      if (!path.ends_with(".log")) return 0;
      is_syncing = true;
      is_syncing.notify_all();
      fails.wait(false);
      return EIO;
    });
    std::thread other([&] {
      const Error error = error_of([&] {
        WriteTransaction tx = database.begin();
        tx.create_entity({"second"});
        tx.commit();
      });
      EXPECT_EQ(error.code(), ErrorCode::outcome_unknown) << error.what();
    });
    is_syncing.wait(false);
    WriteTransaction tx = database.begin();
    tx.create_entity({"third"});
    fails = true;
    fails.notify_all();
    other.join();
    const Error error = error_of([&] { tx.commit(Durability::relaxed); });
    EXPECT_EQ(error.code(), ErrorCode::reopen_needed) << error.what();
    EXPECT_EQ(error_of([&] { database.begin(); }).code(), ErrorCode::reopen_needed);
  }
  EXPECT_LE(Database::open(temp / "db").sequence_number().value, 2u);
}

int count_logs(const std::filesystem::path& folder) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    count += entry.path().extension() == ".log" ? 1 : 0;
  }
  return count;
}

// The next log is worth nothing without the end of the one before.
TEST(FailedLog, IsNotContinuedByTheNextOne) {
  test::TempDir temp;
  std::uint64_t committed = 0;
  {
    DatabaseOptions options;
    options.write_buffer_bytes = 64u << 10;
    Database database = Database::open(temp / "db", options);
    const test::HookedSyncs hook(
        [](const std::string& path) { return path.ends_with(".log") ? EIO : 0; });
    const Error error = error_of([&] {
      for (int i = 0; i < 1000; ++i) {
        WriteTransaction tx = database.begin();
        tx.create_entity({"N"}, {{"text", std::string(3000, 'x')}});
        committed = tx.commit(Durability::relaxed).value;
      }
    });
    EXPECT_EQ(error.code(), ErrorCode::outcome_unknown) << error.what();
    EXPECT_EQ(error_of([&] { database.begin(); }).code(), ErrorCode::reopen_needed);
  }
  EXPECT_EQ(count_logs(temp / "db/engine"), 1);
  const Database database = Database::open(temp / "db");
  EXPECT_GE(database.sequence_number().value, committed);
  EXPECT_EQ(database.check().finding_count, 0u);
}

}  // namespace
}  // namespace manifolddb
