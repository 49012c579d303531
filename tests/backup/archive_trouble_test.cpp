// What befalls an archiver over the months: its base is pruned, the log was not kept to its very
// end, it is stopped while it catches up, the database rots. Each time: no hole that is not named,
// nothing reported that cannot be restored, and no more backups than are needed.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "database/database_core.h"
#include "database/engine.h"
#include "database/key_codec.h"
#include "support/archive_fixture.h"

namespace manifolddb::test {
namespace {

using backup::ArchiveEvent;
using backup::Archiver;
using backup::Repository;
using Kind = ArchiveEvent::Kind;

class ArchiveTrouble : public ArchiveTest {
 protected:
  void commit_large(int count) {
    for (int i = 0; i < count; ++i) {
      WriteTransaction transaction = database_->begin();
      transaction.create_entity({"Large"}, {{"text", std::string(8 << 10, 'x')}});
      const SequenceNumber at = transaction.commit(Durability::relaxed);
      digests_[at.value] = database_->statistics().content_digest;
    }
  }
  std::size_t backup_count() const { return repository().catalogue().entries.size(); }
  void expect_sound() const {
    const backup::RepositoryReport report = repository().verify();
    for (const auto& fault : report.faults) ADD_FAILURE() << fault.file << ": " << fault.what;
  }
  // A backup of another history of the same database, the newest there is.
  void back_up_a_restored_copy() {
    backup::restore(repository().open_chain({}), folder_ / "other");
    backup::RepositoryBackupOptions options;
    options.threads = 1;
    repository().back_up(Database::open(folder_ / "other"), options);
  }
};

TEST_F(ArchiveTrouble, TakesANewBaseWhenPruneRemovedTheOneItWentOnFrom) {
  commit_many(3);
  Archiver archiver = backup::archive_to(*database_, {repository_}, options());
  ASSERT_TRUE(archiver.archive_now(kPatience));
  back_up_a_restored_copy();
  backup::PrunePolicy policy;
  policy.keep_last = 1;
  repository().prune(policy);  // the other history is what is newest: of this one nothing stays
  ASSERT_EQ(backup_count(), 1u);
  commit_many(2);
  eventually("a backup takes its place", [&] { return events(Kind::backup).size() == 2; });
  EXPECT_NE(events(Kind::backup)[1].what.find("not there any more"), std::string::npos)
      << events(Kind::backup)[1].what;
  commit_many(2);
  ASSERT_TRUE(archiver.archive_now(kPatience));
  EXPECT_EQ(archiver.status()[0].sequence_number, database_->sequence_number());
  archiver.stop();
  expect_sound();
  expect_restorable(database_->sequence_number().value);
}

TEST_F(ArchiveTrouble, ReportsNothingAsArchivedWhileItsBaseIsGone) {
  commit_many(3);
  backup::ArchiveOptions options = this->options();
  {
    Archiver archiver = backup::archive_to(*database_, {repository_}, options);
    ASSERT_TRUE(archiver.archive_now(kPatience));
  }
  options.takes_backups = false;
  Archiver archiver = backup::archive_to(*database_, {repository_}, options);
  ASSERT_TRUE(archiver.archive_now(kPatience));
  std::filesystem::remove_all(repository_ / "backups");
  eventually("it says so", [&] { return !archiver.status()[0].failure.empty(); });
  EXPECT_EQ(archiver.status()[0].sequence_number.value, 0u);
}

TEST_F(ArchiveTrouble, TakesNoMountPointWhoseFileSystemIsAwayForAPlaceToBeginAnew) {
  commit_many(3);
  Archiver archiver = backup::archive_to(*database_, {repository_}, options());
  ASSERT_TRUE(archiver.archive_now(kPatience));
  const std::filesystem::path away = repository_.string() + ".away";
  std::filesystem::rename(repository_, away);
  std::filesystem::create_directory(repository_);
  commit_many(3);
  eventually("it says so", [&] {
    return archiver.status()[0].failure.find("no repository any more") != std::string::npos;
  });
  EXPECT_TRUE(std::filesystem::is_empty(repository_));
  std::filesystem::remove(repository_);
  std::filesystem::rename(away, repository_);
  ASSERT_TRUE(archiver.archive_now(kPatience));
  archiver.stop();
  EXPECT_TRUE(events(Kind::gap).empty());
  expect_restorable(database_->sequence_number().value);
}

TEST_F(ArchiveTrouble, AFailureOfTheArchiverBeforeIsNotOneOfThisOne) {
  commit_many(3);
  {
    Archiver archiver = backup::archive_to(*database_, {repository_}, options());
    ASSERT_TRUE(archiver.archive_now(kPatience));
    const std::filesystem::path away = repository_.string() + ".away";
    std::filesystem::rename(repository_, away);
    commit();
    eventually("it says so", [&] { return !archiver.status()[0].failure.empty(); });
    archiver.stop();
    std::filesystem::rename(away, repository_);
  }
  EXPECT_FALSE(database_->statistics().archives.at(0).failure.empty());
  backup::ArchiveOptions options = this->options();
  std::atomic<bool> has_failed = false;
  options.on_event = [&](const backup::ArchiveEvent& event) {
    has_failed = has_failed || event.kind == Kind::failure;
  };
  Archiver archiver = backup::archive_to(*database_, {repository_}, options);
  while (!archiver.archive_now(std::chrono::milliseconds(1))) {
    EXPECT_TRUE(archiver.status()[0].failure.empty()) << archiver.status()[0].failure;
  }
  EXPECT_TRUE(archiver.status()[0].failure.empty()) << archiver.status()[0].failure;
  EXPECT_TRUE(database_->statistics().archives.at(0).failure.empty());
  EXPECT_FALSE(has_failed);
}

// A younger backup of the same history carries on as well.
TEST_F(ArchiveTrouble, GoesOnFromAnotherBackupWhereThereIsOne) {
  commit_many(3);
  Archiver archiver = backup::archive_to(*database_, {repository_}, options());
  ASSERT_TRUE(archiver.archive_now(kPatience));
  commit_many(3);
  ASSERT_TRUE(archiver.archive_now(kPatience));
  backup::RepositoryBackupOptions full;
  full.choice = backup::BackupChoice::full;
  full.threads = 1;
  repository().back_up(*database_, full);
  backup::PrunePolicy policy;
  policy.keep_last = 1;
  repository().prune(policy);
  // Longer than between two looks at the base.
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(2500);
  while (std::chrono::steady_clock::now() < until) {
    commit();
    ASSERT_TRUE(archiver.archive_now(kPatience));
  }
  archiver.stop();
  EXPECT_EQ(events(Kind::backup).size(), 1u);
  EXPECT_EQ(backup_count(), 1u);
  expect_sound();
  expect_restorable(database_->sequence_number().value);
}

TEST_F(ArchiveTrouble, NamesAGapAtTheVeryEndOnceAndGoesOnBehindItAfterARestart) {
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
  commit_large(400);
  open(short_log);  // flushes, and the log files go
  const std::uint64_t end = database_->sequence_number().value;
  for (int run = 0; run < 3; ++run) {
    Archiver archiver = backup::archive_to(*database_, {repository_}, options());
    ASSERT_TRUE(archiver.archive_now(kPatience));
    EXPECT_EQ(archiver.status()[0].sequence_number.value, end);
    archiver.stop();
    ASSERT_EQ(events(Kind::gap).size(), 1u) << "run " << run;
    EXPECT_EQ(events(Kind::gap)[0].first.value, archived + 1);
    EXPECT_EQ(events(Kind::gap)[0].last.value, end);
    EXPECT_EQ(backup_count(), 2u);
    expect_sound();
  }
  Archiver archiver = backup::archive_to(*database_, {repository_}, options());
  commit_many(3);
  ASSERT_TRUE(archiver.archive_now(kPatience));
  archiver.stop();
  EXPECT_EQ(events(Kind::gap).size(), 1u);
  expect_restorable(end + 2);
  expect_restorable(archived);
}

TEST_F(ArchiveTrouble, IsStoppedWhileItCatchesUpAndGoesOnThere) {
  commit();
  {
    Archiver archiver = backup::archive_to(*database_, {repository_}, options());
    ASSERT_TRUE(archiver.archive_now(kPatience));
  }
  commit_large(400);
  backup::ArchiveOptions slow = options();
  slow.segment_bytes_max = 64u << 10;  // some 50 segments
  slow.on_event = [remember = slow.on_event](const ArchiveEvent& event) {
    remember(event);
    if (event.kind == Kind::segment) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  };
  for (int run = 1; run <= 3; ++run) {
    const std::size_t before = events(Kind::segment).size();
    Archiver archiver = backup::archive_to(*database_, {repository_}, slow);
    eventually("it has begun", [&] { return events(Kind::segment).size() > before; });
    archiver.stop();
    const ArchiveStatus status = archiver.status()[0];
    EXPECT_LT(status.sequence_number, database_->sequence_number());
    EXPECT_EQ(status.sequence_number, events(Kind::segment).back().last);
    // The note says no more than what is there.
    expect_sound();
    expect_restorable(status.sequence_number.value);
  }
  Archiver archiver = backup::archive_to(*database_, {repository_}, options());
  ASSERT_TRUE(archiver.archive_now(kPatience));
  archiver.stop();
  EXPECT_TRUE(events(Kind::gap).empty());
  EXPECT_EQ(backup_count(), 1u);
  expect_restorable(database_->sequence_number().value);
}

TEST_F(ArchiveTrouble, TakesOneBackupOfADamagedDatabaseNotOneAfterTheOther) {
  commit_many(6);
  Engine& engine = database_->core().engine();
  EngineBatch batch;  // a record in place of another
  batch.put(Family::entities, id_key(5), *engine.get(Family::entities, id_key(6), nullptr));
  engine.write(batch);
  Archiver archiver = backup::archive_to(*database_, {repository_}, options());
  eventually("it says so", [&] { return !archiver.status()[0].failure.empty(); });
  for (int i = 0; i < 40; ++i) {
    commit();
    EXPECT_FALSE(archiver.archive_now(std::chrono::milliseconds(10)));
  }
  EXPECT_EQ(archiver.status()[0].sequence_number.value, 0u);  // nothing could be restored
  EXPECT_NE(archiver.status()[0].failure.find("cannot be restored"), std::string::npos)
      << archiver.status()[0].failure;
  archiver.stop();
  EXPECT_EQ(backup_count(), 1u);
}

}  // namespace
}  // namespace manifolddb::test
