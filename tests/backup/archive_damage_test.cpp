// A segment in the repository goes bad: once an archiver has read it, it says so, does not count
// what is behind it as archived, and takes a backup, behind which everything can be restored again.
#include <gtest/gtest.h>

#include "backup/segment_compaction.h"
#include "repository/object_names.h"
#include "support/archive_fixture.h"

namespace manifolddb::test {
namespace {

using backup::ArchiveEvent;
using Kind = ArchiveEvent::Kind;

class ArchiveDamage : public ArchiveTest {
 protected:
  // The base at 1, and more segments of one transaction each than may stay, one of them damaged:
  // the next archiver compacts them, and so reads it.
  ArchiveDamage() {
    commit();
    {
      backup::Archiver archiver = backup::archive_to(*database_, {repository_}, options());
      EXPECT_TRUE(archiver.archive_now(kPatience));
      for (std::size_t i = 0; i < backup::kSmallSegmentsMax + 5; ++i) {
        commit();
        EXPECT_TRUE(archiver.archive_now(kPatience));
      }
    }
    EXPECT_EQ(log().segments.size(), backup::kSmallSegmentsMax + 5);
    damaged_ = log().segments.at(30);
    damage_middle(repository_ / damaged_.object);
    forget_events();
  }
  backup::ArchivedLog log() const { return repository().catalogue().logs.at(0); }

  backup::LogSegment damaged_;
};

TEST_F(ArchiveDamage, IsNamedAndABackupIsTakenBehindWhichEverythingIsRestorable) {
  {
    backup::Archiver archiver = backup::archive_to(*database_, {repository_}, options());
    ASSERT_TRUE(archiver.archive_now(kPatience));
    EXPECT_EQ(archiver.status()[0].sequence_number, database_->sequence_number());
    commit();
    ASSERT_TRUE(archiver.archive_now(kPatience));
  }
  ASSERT_EQ(events(Kind::failure).size(), 1u);
  EXPECT_NE(events(Kind::failure)[0].what.find(damaged_.object), std::string::npos);
  ASSERT_EQ(events(Kind::backup).size(), 1u);
  EXPECT_NE(events(Kind::backup)[0].what.find(damaged_.object), std::string::npos);
  EXPECT_EQ(log().segments.size(), 4u);  // before it, itself, behind it, and the new one
  expect_restorable(damaged_.first.value - 1);
  expect_restorable(database_->sequence_number().value - 1);
  expect_restorable(database_->sequence_number().value);
}

TEST_F(ArchiveDamage, LeavesNothingBehindItArchivedWhereNoBackupMayBeTaken) {
  backup::ArchiveOptions without_backups = options();
  without_backups.takes_backups = false;
  backup::Archiver archiver = backup::archive_to(*database_, {repository_}, without_backups);
  eventually("it says that a backup is needed", [&] {
    return archiver.status()[0].failure.find("a backup is needed") != std::string::npos;
  });
  EXPECT_LT(archiver.status()[0].sequence_number, damaged_.first);
  EXPECT_FALSE(archiver.archive_now(std::chrono::milliseconds(50)));
  // One that somebody else takes will do.
  backup::RepositoryBackupOptions taken;
  taken.threads = 1;
  repository().back_up(*database_, taken);
  EXPECT_TRUE(archiver.archive_now(kPatience));
  EXPECT_EQ(archiver.status()[0].sequence_number, database_->sequence_number());
}

TEST_F(ArchiveDamage, IsRememberedAcrossAnotherFailure) {
  backup::ArchiveOptions without_backups = options();
  without_backups.takes_backups = false;
  backup::Archiver archiver = backup::archive_to(*database_, {repository_}, without_backups);
  const auto says = [&](const std::string& what) {
    return eventually(what,
                      [&] { return archiver.status()[0].failure.find(what) != std::string::npos; });
  };
  says("a backup is needed");
  const std::uint64_t next = database_->sequence_number().value + 1;
  const auto in_the_way =
      repository_ / repository::segment_object(log().history_id.to_string(), next, next, false);
  std::filesystem::create_directory(in_the_way);
  commit();
  says(in_the_way.filename().string());
  std::filesystem::remove(in_the_way);
  says("a backup is needed");
  EXPECT_LT(archiver.status()[0].sequence_number, damaged_.first);
}

}  // namespace
}  // namespace manifolddb::test
