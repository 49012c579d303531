// Durability::archived: it returns when some archiver has the transaction, of this process or of
// another one, never before, and says so when nobody archives.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "common/text.h"
#include "database/archive_slot.h"
#include "database/database_core.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

using std::chrono::milliseconds;
using test::error_of;
using test::TempDir;

constexpr milliseconds kLong{60'000};

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

ArchiveSlot slot_at(const Uuid& history, std::uint64_t sequence) {
  ArchiveSlot slot;
  slot.status.repository = "/backups/graph";
  slot.status.history_id = history;
  slot.status.sequence_number = {sequence};
  slot.status.updated_at_us = now_us();
  return slot;
}

SequenceNumber commit_one(Database& database, Durability durability, const std::string& key) {
  WriteTransaction tx = database.begin();
  tx.put_metadata(key, std::to_string(database.sequence_number().value));
  return tx.commit(durability);
}

TEST(ArchivedCommit, IsRefusedAtOnceWhenNobodyArchivesAndGoesOn) {
  const TempDir folder;
  Database database = Database::open(folder / "db");
  const Uuid history = database.statistics().history_id;
  // A slot that nobody has written to for long is none.
  ArchiveSlot old = slot_at(history, 0);
  constexpr auto kSilence = std::chrono::microseconds(LogReaders::kArchiverSilenceMax);
  old.status.updated_at_us -= kSilence.count() + 1'000'000;
  write_slot(folder / "db", old);
  const LogReader reader = database.core().register_log_reader({}, 0);  // no archiver
  WriteTransaction tx = database.begin();
  tx.put_metadata("k", "v");
  const Error error = error_of([&] { tx.commit(Durability::archived); });
  EXPECT_EQ(error.code(), ErrorCode::usage);
  EXPECT_EQ(database.sequence_number().value, 0u);
  EXPECT_EQ(tx.commit().value, 1u);
  EXPECT_EQ(database.begin_read().get_metadata("k"), "v");
}

TEST(ArchivedCommit, TimesOutCommittedWhenTheArchiverDoesNotComeForward) {
  DatabaseOptions options;
  options.archive_timeout = milliseconds(30);
  const TempDir folder;
  Database database = Database::open(folder / "db", options);
  write_slot(folder / "db", slot_at(database.statistics().history_id, 0));
  EXPECT_EQ(error_of([&] { commit_one(database, Durability::archived, "k"); }).code(),
            ErrorCode::timed_out);
  EXPECT_EQ(database.sequence_number().value, 1u);
  EXPECT_EQ(database.statistics().durable_sequence_number.value, 1u);
  EXPECT_EQ(asked_for_archiving(folder / "db").value, 1u);
  // What another history has does not count.
  write_slot(folder / "db", slot_at(make_uuid(), 1000));
  EXPECT_EQ(error_of([&] { commit_one(database, Durability::archived, "k"); }).code(),
            ErrorCode::timed_out);
  database.close();
  database = Database::open(folder / "db", options);
  EXPECT_EQ(asked_for_archiving(folder / "db").value, 0u);  // who waited is gone
}

TEST(ArchivedCommit, DoesNotWaitForATransactionWithoutEffect) {
  DatabaseOptions options;
  options.archive_timeout = milliseconds(0);
  Database database = Database::in_memory(options);
  const LogReader archiver = database.core().register_log_reader("/backups/graph", 0);
  WriteTransaction tx = database.begin();
  EXPECT_EQ(tx.commit(Durability::archived).value, 0u);
}

// An archiver's rounds, without the archive.
void archive_until(DatabaseCore& core, const Uuid& history, std::uint64_t last,
                   std::atomic<std::uint64_t>& archived) {
  LogReader reader = core.register_log_reader("/backups/graph", 0);
  while (archived < last) {
    const LogNews news = core.wait_until_wanted(archived, kLong);
    core.wait_durable(news.written);
    archived = news.written;
    reader.report(slot_at(history, news.written));
  }
}

// From several threads; each returns when it is archived, not before.
void expect_archived_commits(Database& database, int threads, int commits_each,
                             const std::atomic<std::uint64_t>& archived) {
  std::vector<std::thread> writers;
  for (int w = 0; w < threads; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < commits_each; ++i) {
        const SequenceNumber sequence =
            commit_one(database, Durability::archived, "w" + std::to_string(w));
        EXPECT_GE(archived.load(), sequence.value);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
}

TEST(ArchivedCommit, ReturnsWhenAnArchiverOfThisProcessHasItConcurrently) {
  constexpr int kThreads = 4;
  constexpr int kCommits = 50;
  for (const bool in_memory : {true, false}) {
    const TempDir folder;
    Database database = in_memory ? Database::in_memory() : Database::open(folder / "db");
    const Uuid history = database.statistics().history_id;
    const LogReader registered = database.core().register_log_reader("/backups/other", 0);
    std::atomic<std::uint64_t> archived{0};
    std::thread archiver(
        [&] { archive_until(database.core(), history, kThreads * kCommits, archived); });
    expect_archived_commits(database, kThreads, kCommits, archived);
    archiver.join();
    EXPECT_EQ(database.sequence_number().value, std::uint64_t{kThreads * kCommits});
  }
}

TEST(ArchivedCommit, ReturnsWhenTheSlotOfAnotherProcessSaysSoConcurrently) {
  constexpr int kThreads = 3;
  constexpr int kCommits = 10;
  const TempDir folder;
  Database database = Database::open(folder / "db");
  const Uuid history = database.statistics().history_id;
  write_slot(folder / "db", slot_at(history, 0));
  std::atomic<std::uint64_t> archived{0};
  std::thread archiver([&] {
    while (archived < kThreads * kCommits) {
      const std::uint64_t wanted = asked_for_archiving(folder / "db").value;
      if (wanted > archived) {
        archived = wanted;
        write_slot(folder / "db", slot_at(history, wanted));
      }
      std::this_thread::sleep_for(milliseconds(1));
    }
  });
  expect_archived_commits(database, kThreads, kCommits, archived);
  archiver.join();
}

TEST(ArchivedCommit, WaitsAlsoForABulkTransactionConcurrently) {
  DatabaseOptions options;
  options.bulk_threshold_bytes = 1000;
  Database database = Database::in_memory(options);
  const LogReader registered = database.core().register_log_reader("/backups/other", 0);
  std::atomic<std::uint64_t> archived{0};
  std::thread archiver(
      [&] { archive_until(database.core(), database.statistics().history_id, 1, archived); });
  WriteTransaction tx = database.begin();
  for (int i = 0; i < 10; ++i) tx.put_metadata("k" + std::to_string(i), std::string(1000, 'v'));
  EXPECT_EQ(tx.commit(Durability::archived).value, 1u);
  EXPECT_EQ(archived.load(), 1u);
  archiver.join();
}

TEST(LogReaders, WakeForNewsAndForAStopConcurrently) {
  Database database = Database::in_memory();
  DatabaseCore& core = database.core();
  EXPECT_EQ(core.wait_for_commits(0, milliseconds(1)).written, 0u);
  std::thread writer([&] { commit_one(database, Durability::synced, "k"); });
  EXPECT_EQ(core.wait_for_commits(0, kLong).written, 1u);
  writer.join();
  EXPECT_EQ(core.wait_for_commits(0, kLong).written, 1u);  // at once
  EXPECT_EQ(core.wait_until_wanted(0, milliseconds(1)).wanted, 0u);
  std::stop_source stop;
  std::thread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(core.wait_for_commits(1, kLong, stop.get_token()).written, 1u);
  EXPECT_EQ(core.wait_until_wanted(1, kLong, stop.get_token()).wanted, 0u);
  stopper.join();
}

}  // namespace
}  // namespace manifolddb
