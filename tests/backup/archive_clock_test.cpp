// An archiver's clock may have been wrong: what it promised of times to come is taken back, so that
// no time selects a state from before transactions that were committed until then.
#include <gtest/gtest.h>

#include "backup/archive_note.h"
#include "backup/repository_tools.h"
#include "common/text.h"
#include "repository/object_names.h"
#include "repository/object_store.h"
#include "support/archive_fixture.h"
#include "support/error_of.h"

namespace manifolddb::test {
namespace {

using backup::ArchiveNote;
using backup::now_us;
using backup::Repository;

constexpr std::int64_t kMinuteUs = 60'000'000, kHourUs = 60 * kMinuteUs;

class ArchiveClock : public ArchiveTest {
 protected:
  void archive(Database& database) {
    backup::Archiver archiver = backup::archive_to(database, {repository_}, options());
    ASSERT_TRUE(archiver.archive_now(kPatience));
  }
  ArchiveNote note_of(const Database& database) const {
    const backup::Catalogue catalogue = repository().catalogue();
    return catalogue.log_of(database.statistics().history_id)->note.value();
  }
  // As an archiver leaves it whose clock is an hour ahead.
  void set_note_ahead(const Database& database) const {
    ArchiveNote note = note_of(database);
    note.complete_until_us = now_us() + kHourUs;
    repository::ObjectStore(repository_)
        .replace(repository::log_object(note.history_id.to_string(), repository::kLogNote),
                 backup::archive_note_text(note));
  }
};

TEST_F(ArchiveClock, ThatWasAheadLeavesNoPromiseBehind) {
  commit_many(3);
  archive(*database_);
  set_note_ahead(*database_);
  commit();
  archive(*database_);
  const ArchiveNote note = note_of(*database_);
  EXPECT_EQ(note.sequence_number.value, 4u);
  EXPECT_LE(note.complete_until_us, now_us());
  EXPECT_GE(note.complete_until_us, note.committed_at_us);
  const auto later = Repository::parse_target("time:" + format_time_us(now_us() + 20 * kMinuteUs));
  EXPECT_EQ(error_of([&] { repository().plan(later); }).code(), ErrorCode::not_restorable);
}

TEST_F(ArchiveClock, ThatWasAheadDoesNotMakeAnOldHistoryTheNewest) {
  commit_many(3);
  archive(*database_);
  set_note_ahead(*database_);
  backup::restore(repository().open_chain({}), folder_ / "other");
  Database other = Database::open(folder_ / "other");
  WriteTransaction transaction = other.begin();
  transaction.create_entity({"Newer"});
  transaction.commit();
  archive(other);
  EXPECT_EQ(note_of(*database_).complete_until_us, note_of(*database_).committed_at_us);
  EXPECT_EQ(repository().plan({}).history_id, other.statistics().history_id);
}

// Commit times go on from the last one, wherever the clock is.
TEST_F(ArchiveClock, ThatWasAheadOfTheCommitsIsNotTakenBackBehindThem) {
  DatabaseOptions ahead;
  ahead.clock_us = [] { return now_us() + kHourUs; };
  open(ahead);
  commit_many(3);
  archive(*database_);
  EXPECT_EQ(note_of(*database_).complete_until_us, note_of(*database_).committed_at_us);
  open();
  commit();
  archive(*database_);
  EXPECT_EQ(note_of(*database_).sequence_number.value, 4u);
  EXPECT_EQ(note_of(*database_).complete_until_us, note_of(*database_).committed_at_us);
}

}  // namespace
}  // namespace manifolddb::test
