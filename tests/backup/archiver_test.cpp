// Continuous archiving: every committed transaction can be restored, nothing is reported that is
// not there, and whatever the log cannot tell (bulk transactions, gaps, other histories) is said
// and healed by a backup.
#include "manifolddb/archive.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>

#include "support/archive_fixture.h"
#include "support/error_of.h"

namespace manifolddb::test {
namespace {

namespace fs = std::filesystem;
using backup::ArchiveEvent;
using backup::Archiver;
using Kind = ArchiveEvent::Kind;

using Archiving = ArchiveTest;

TEST_F(Archiving, MakesEveryTransactionRestorable) {
  commit();
  Archiver archiver = backup::archive_to(*database_, {repository_}, options());
  ASSERT_TRUE(archiver.archive_now(kPatience));
  const std::uint64_t base = database_->sequence_number().value;
  for (int i = 0; i < 12; ++i) {
    commit();
    if (i % 4 == 0) {
      ASSERT_TRUE(archiver.archive_now(kPatience));
    }
  }
  ASSERT_TRUE(archiver.archive_now(kPatience));
  archiver.stop();
  for (std::uint64_t n = base; n <= database_->sequence_number().value; ++n) expect_restorable(n);
  EXPECT_TRUE(events(Kind::gap).empty());
  EXPECT_TRUE(events(Kind::failure).empty());
}

TEST_F(Archiving, GoesOnWhereItStoppedWithoutAGap) {
  for (int run = 0; run < 3; ++run) {
    commit_many(5);
    Archiver archiver = backup::archive_to(*database_, {repository_}, options());
    ASSERT_TRUE(archiver.archive_now(kPatience));
    archiver.stop();
    commit_many(5);
    if (run == 1) open();  // also when the database was closed in between
  }
  EXPECT_TRUE(events(Kind::gap).empty());
  EXPECT_EQ(events(Kind::backup).size(), 1u);  // the one that it begins with
  const auto window = repository().catalogue().window();
  ASSERT_EQ(window.size(), 1u);
  EXPECT_EQ(window[0].last.value, 25u);
  for (std::uint64_t n = window[0].first.value; n <= 25; n += 4) expect_restorable(n);
}

TEST_F(Archiving, ServesSeveralRepositoriesAndIsNotHeldUpByOneThatIsAway) {
  const fs::path away = folder_ / "mount" / "repository";
  std::ofstream(folder_ / "mount") << "in the way";
  commit();
  const auto is_failure_told = [&] {
    const auto told = database_->statistics().archives;
    return std::any_of(told.begin(), told.end(),
                       [](const ArchiveStatus& status) { return !status.failure.empty(); });
  };
  std::atomic<bool> has_recovered_too_early = false;
  backup::ArchiveOptions archive = options();
  archive.on_event = [&, collect = archive.on_event](const backup::ArchiveEvent& event) {
    if (event.kind == Kind::recovered && is_failure_told()) has_recovered_too_early = true;
    collect(event);
  };
  Archiver archiver = backup::archive_to(*database_, {repository_, away}, archive);
  commit_many(10);
  eventually("the first has all",
             [&] { return archiver.status()[0].sequence_number == database_->sequence_number(); });
  EXPECT_EQ(archiver.status()[1].sequence_number.value, 0u);
  EXPECT_FALSE(archiver.status()[1].failure.empty());
  EXPECT_TRUE(archiver.status()[0].failure.empty());
  EXPECT_FALSE(archiver.archive_now(std::chrono::milliseconds(50)));
  // The owner is told of it, too: it keeps the log, and stats shows why nothing arrives.
  const auto told = database_->statistics().archives;
  ASSERT_EQ(told.size(), 2u);
  EXPECT_TRUE(std::any_of(told.begin(), told.end(), [&](const ArchiveStatus& status) {
    return status.repository == away && !status.failure.empty();
  }));
  fs::remove(folder_ / "mount");
  fs::create_directory(folder_ / "mount");
  ASSERT_TRUE(archiver.archive_now(kPatience));
  EXPECT_TRUE(archiver.status()[1].failure.empty());
  EXPECT_FALSE(is_failure_told());
  EXPECT_FALSE(events(Kind::recovered).empty());
  EXPECT_FALSE(has_recovered_too_early);
  archiver.stop();
  expect_restorable(database_->sequence_number().value, away);
  expect_restorable(database_->sequence_number().value);
}

TEST_F(Archiving, TakesABackupBehindABulkTransactionWhichTheLogDoesNotHold) {
  open(small_bulk_threshold());
  commit();
  Archiver archiver = backup::archive_to(*database_, {repository_}, options());
  commit_many(3);
  ASSERT_TRUE(archiver.archive_now(kPatience));
  const SequenceNumber bulk = commit_bulk();
  ASSERT_TRUE(archiver.archive_now(kPatience));  // though no commit follows that would show it
  commit_many(3);
  ASSERT_TRUE(archiver.archive_now(kPatience));
  archiver.stop();
  EXPECT_EQ(events(Kind::backup).size(), 2u);
  EXPECT_TRUE(events(Kind::gap).empty());
  expect_restorable(bulk.value - 1);
  expect_restorable(bulk.value);
  expect_restorable(bulk.value + 3);
}

TEST_F(Archiving, SaysThatABackupIsNeededWhereItMayNotTakeOne) {
  commit();
  backup::ArchiveOptions options = this->options();
  options.takes_backups = false;
  Archiver archiver = backup::archive_to(*database_, {repository_}, options);
  commit();
  eventually("it says so", [&] { return !events(Kind::failure).empty(); });
  EXPECT_NE(events(Kind::failure)[0].what.find("backup is needed"), std::string::npos);
  EXPECT_EQ(archiver.status()[0].sequence_number.value, 0u);  // nothing could be restored yet
  backup::RepositoryBackupOptions full;
  full.threads = 1;
  repository().back_up(*database_, full);
  ASSERT_TRUE(archiver.archive_now(kPatience));
  EXPECT_EQ(archiver.status()[0].sequence_number, database_->sequence_number());
}

TEST_F(Archiving, NamesTheGapWhenTheLogWasNotKeptLongEnough) {
  DatabaseOptions short_log;
  short_log.log_retention_bytes = 0;
  short_log.write_buffer_bytes = 64u << 10;
  open(short_log);
  commit();
  {
    Archiver archiver = backup::archive_to(*database_, {repository_}, options());
    ASSERT_TRUE(archiver.archive_now(kPatience));
  }
  const std::uint64_t archived = database_->sequence_number().value;
  for (int i = 0; i < 400; ++i) {
    WriteTransaction transaction = database_->begin();
    transaction.create_entity({"Large"}, {{"text", std::string(8 << 10, 'x')}});
    const SequenceNumber at = transaction.commit(Durability::relaxed);
    digests_[at.value] = database_->statistics().content_digest;
  }
  open(short_log);  // memtables are flushed, and log files that are over the limit go
  commit();
  Archiver archiver = backup::archive_to(*database_, {repository_}, options());
  ASSERT_TRUE(archiver.archive_now(kPatience));
  commit();
  ASSERT_TRUE(archiver.archive_now(kPatience));
  archiver.stop();
  const auto gaps = events(Kind::gap);
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps[0].first.value, archived + 1);
  EXPECT_EQ(archiver.status()[0].gap_last, gaps[0].last);
  const std::uint64_t inside = gaps[0].first.value;
  const Error error = error_of([&] {
    repository().plan(backup::Repository::parse_target("seq:" + std::to_string(inside)));
  });
  EXPECT_EQ(error.code(), ErrorCode::not_restorable);
  expect_restorable(archived);                            // before the gap
  expect_restorable(database_->sequence_number().value);  // behind it: healed by a backup
}

TEST_F(Archiving, FollowsTheDatabaseIntoANewHistory) {
  commit_many(3);
  Archiver archiver = backup::archive_to(*database_, {repository_}, options());
  ASSERT_TRUE(archiver.archive_now(kPatience));
  database_->start_new_history();
  commit_many(3);
  ASSERT_TRUE(archiver.archive_now(kPatience));
  archiver.stop();
  EXPECT_FALSE(events(Kind::new_history).empty());
  EXPECT_EQ(repository().catalogue().histories.size(), 2u);
  expect_restorable(3);
  expect_restorable(6);
}

TEST_F(Archiving, StartsANewHistoryForAnOldCopyThatWasPutBack) {
  commit_many(3);
  database_->close();
  fs::copy(path_, folder_ / "old", fs::copy_options::recursive);
  open();
  {
    Archiver archiver = backup::archive_to(*database_, {repository_}, options());
    commit_many(4);
    ASSERT_TRUE(archiver.archive_now(kPatience));
  }
  const Uuid before = database_->statistics().history_id;
  database_->close();
  fs::remove_all(path_);
  fs::rename(folder_ / "old", path_);
  open();
  Archiver archiver = backup::archive_to(*database_, {repository_}, options());
  commit();
  ASSERT_TRUE(archiver.archive_now(kPatience));
  EXPECT_NE(database_->statistics().history_id, before);
  EXPECT_EQ(database_->statistics().parent_history_id, before);
}

TEST_F(Archiving, OfAnotherProcesssDatabaseReadsItsFilesOnly) {
  commit_many(2);
  Archiver archiver = backup::archive_to(path_, {repository_}, options());
  ASSERT_TRUE(archiver.archive_now(kPatience));
  for (int i = 0; i < 5; ++i) {
    commit_many(3);
    ASSERT_TRUE(archiver.archive_now(kPatience));
  }
  // The owner knows how far it has got.
  const auto statistics = database_->statistics();
  ASSERT_EQ(statistics.archives.size(), 1u);
  EXPECT_EQ(statistics.archives[0].sequence_number, database_->sequence_number());
  database_->close();
  open();
  commit_many(2);
  ASSERT_TRUE(archiver.archive_now(kPatience));
  archiver.stop();
  EXPECT_TRUE(events(Kind::gap).empty());
  for (std::uint64_t n = 2; n <= 19; n += 3) expect_restorable(n);
}

TEST_F(Archiving, RefusesOneRepositoryTwiceAndOneOfAnotherDatabase) {
  const auto twice = error_of([&] {
    backup::archive_to(*database_, {repository_, folder_ / "." / "repository"}, options());
  });
  EXPECT_EQ(twice.code(), ErrorCode::usage);
  EXPECT_EQ(error_of([&] { backup::archive_to(*database_, {}, options()); }).code(),
            ErrorCode::usage);
  Database other = Database::in_memory();
  backup::Repository::open_or_create(repository_, other.statistics().database_id);
  EXPECT_EQ(error_of([&] { backup::archive_to(*database_, {repository_}, options()); }).code(),
            ErrorCode::wrong_history);
}

TEST_F(Archiving, LetsOneArchiverAtATimeWriteToARepository) {
  commit();
  Archiver first = backup::archive_to(*database_, {repository_}, options());
  ASSERT_TRUE(first.archive_now(kPatience));
  Archiver second = backup::archive_to(path_, {repository_}, options());
  eventually("the second is refused", [&] { return !second.status()[0].failure.empty(); });
  commit();
  ASSERT_TRUE(first.archive_now(kPatience));
  first.stop();
  ASSERT_TRUE(second.archive_now(kPatience));
}

TEST_F(Archiving, WorksForADatabaseInMemory) {
  Database memory = Database::in_memory();
  Archiver archiver = backup::archive_to(memory, {repository_}, options());
  for (int i = 0; i < 10; ++i) {
    WriteTransaction transaction = memory.begin();
    transaction.create_entity({"A"});
    transaction.commit();
  }
  ASSERT_TRUE(archiver.archive_now(kPatience));
  archiver.stop();
  backup::restore(repository().open_chain(backup::Repository::parse_target("latest")),
                  folder_ / "copy", {});
  EXPECT_EQ(Database::open(folder_ / "copy").digest(), memory.digest());
}

// --- Durability::archived
// --------------------------------------------------------------------------

TEST_F(Archiving, ConcurrentCommitsThatAskForItWaitUntilTheyAreInARepository) {
  commit();
  Archiver archiver = backup::archive_to(*database_, {repository_}, options());
  ASSERT_TRUE(archiver.archive_now(kPatience));
  constexpr int kThreads = 4, kCommits = 8;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kCommits; ++i) {
        WriteTransaction transaction = database_->begin();
        transaction.create_entity({"Safe"});
        const SequenceNumber at = transaction.commit(Durability::archived);
        const auto range = repository().catalogue().window();
        if (range.empty() || range.back().last < at) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  archiver.stop();
}

TEST_F(Archiving, ACommitThatAsksForItIsRefusedWithoutAnArchiverAndChangesNothing) {
  commit();
  const ContentDigest before = database_->statistics().content_digest;
  EXPECT_EQ(error_of([&] { commit(Durability::archived); }).code(), ErrorCode::usage);
  EXPECT_EQ(database_->statistics().content_digest, before);
  EXPECT_EQ(database_->sequence_number().value, 1u);
}

TEST_F(Archiving, ACommitThatAsksForItSaysWhenItDidNotArriveInTime) {
  DatabaseOptions impatient;
  impatient.archive_timeout = std::chrono::milliseconds(50);
  open(impatient);
  commit();
  backup::ArchiveOptions slow = options();
  slow.takes_backups = false;  // so nothing can be restored, and nothing is reported as archived
  Archiver archiver = backup::archive_to(*database_, {repository_}, slow);
  eventually("it runs", [&] { return !events(Kind::failure).empty(); });
  EXPECT_EQ(error_of([&] { commit(Durability::archived); }).code(), ErrorCode::timed_out);
  EXPECT_EQ(database_->sequence_number().value, 2u);  // committed here, as the contract says
}

}  // namespace
}  // namespace manifolddb::test
