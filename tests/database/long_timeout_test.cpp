// A timeout that is meant to be none, the longest that there is, must not end at once.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "database/database_core.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSomeTime{50};

DatabaseOptions waiting_for_ever() {
  DatabaseOptions options;
  options.writer_timeout = milliseconds::max();
  options.archive_timeout = milliseconds::max();
  return options;
}

TEST(LongTimeout, OfAWriterIsWaited) {
  Database database = Database::in_memory(waiting_for_ever());
  WriteTransaction first = database.begin();
  std::thread second([&] { EXPECT_NO_THROW(database.begin().rollback()); });
  std::this_thread::sleep_for(kSomeTime);
  first.rollback();
  second.join();
}

TEST(LongTimeout, OfAnArchivedCommitIsWaited) {
  Database database = Database::in_memory(waiting_for_ever());
  LogReader archiver = database.core().register_log_reader("/backups/graph", 0);
  std::thread writer([&] {
    WriteTransaction tx = database.begin();
    tx.put_metadata("k", "v");
    EXPECT_NO_THROW(tx.commit(Durability::archived));
  });
  std::this_thread::sleep_for(kSomeTime);
  ArchiveSlot slot;
  slot.status.repository = "/backups/graph";
  slot.status.history_id = database.statistics().history_id;
  slot.status.sequence_number = {1};
  archiver.report(slot);
  writer.join();
}

}  // namespace
}  // namespace manifolddb
