// The note of a log that is copied: what the target knows is never forgotten for it, whoever writes
// there at the same time.
#include <gtest/gtest.h>

#include "repository/repository_lock.h"
#include "support/log_fixture.h"

namespace manifolddb::test {
namespace {

using backup::ArchiveNote;
using backup::CopyOptions;
using backup::CopySummary;
using backup::LogGap;
using backup::Repository;

class NoteCopy : public RepositoryLogTest {
 protected:
  // Transactions 2 to 7; of the first three nothing but number 3 is archived.
  NoteCopy() {
    for (std::uint64_t i = 0; i < 6; ++i) commit(i * 10 + 4, i * 10 + 5);
    recorder_.store(*repository_, 3, 3);
    store_note(*repository_, 4, {{{2}, {2}}, {{4}, {4}}});
  }
  void store_note(const Repository& repository, std::uint64_t last, std::vector<LogGap> gaps) {
    ArchiveNote note = recorder_.note(last);
    note.gaps = std::move(gaps);
    recorder_.store_note(repository, note);
  }
  CopySummary copy(const CopyOptions& options = {}) const {
    return repository_->copy_to(folder_ / "second", options);
  }
  Repository second() const { return Repository::open(folder_ / "second"); }
  std::optional<ArchiveNote> note_there() const { return second().catalogue().logs.at(0).note; }
};

TEST_F(NoteCopy, TakesNothingBackThatWasNotedWhileItRan) {
  copy();
  ASSERT_EQ(note_there()->sequence_number.value, 4u);
  recorder_.store(*repository_, 5, 5);
  store_note(*repository_, 5, {{{2}, {2}}, {{4}, {4}}});
  bool is_noted = false;
  CopyOptions options;
  options.progress = [&](std::uint64_t, std::uint64_t) {
    if (!std::exchange(is_noted, true)) store_note(second(), 6, {{{2}, {2}}, {{5}, {6}}});
    return true;
  };
  copy(options);
  ASSERT_TRUE(is_noted);
  EXPECT_EQ(note_there()->sequence_number.value, 6u);
  EXPECT_EQ(note_there()->complete_until_us, recorder_.note(6).complete_until_us);
  // Of both, but for what is there now.
  EXPECT_EQ(note_there()->gaps, (std::vector<LogGap>{{{2}, {2}}, {{4}, {4}}, {{6}, {6}}}));
  EXPECT_TRUE(second().verify().ok());
}

TEST_F(NoteCopy, LeavesTheNoteToAnArchiverOfTheTarget) {
  repository_->copy_to(folder_ / "second");
  recorder_.store(*repository_, 5, 5);
  store_note(*repository_, 5, {{{2}, {2}}, {{4}, {4}}});
  const repository::ArchiverLock archiving(folder_ / "second");
  const CopySummary summary = copy();
  EXPECT_EQ(summary.segments_copied, 1u);
  EXPECT_TRUE(summary.not_copied.empty());
  EXPECT_EQ(note_there()->sequence_number.value, 4u);
}

TEST_F(NoteCopy, SaysThatAnArchiverOfTheTargetKeptAFirstNoteAway) {
  Repository::open_or_create(folder_ / "second", database_.statistics().database_id);
  {
    const repository::ArchiverLock archiving(folder_ / "second");
    const CopySummary summary = copy();
    ASSERT_EQ(summary.not_copied.size(), 1u);
    EXPECT_NE(summary.not_copied[0].file.find("complete.json"), std::string::npos);
    EXPECT_FALSE(note_there());
  }
  EXPECT_TRUE(copy().not_copied.empty());
  EXPECT_EQ(note_there()->sequence_number.value, 4u);
}

TEST_F(NoteCopy, DoesNotReplaceOneOfANewerFormat) {
  copy();
  const auto path =
      folder_ / "second" / "log" / base_.history_id.to_string() / repository::kLogNote;
  std::string text = read_file(path);
  text.replace(text.find("\"version\":1"), 11, "\"version\":2");
  write_file(path, text);
  store_note(*repository_, 5, {{{2}, {2}}, {{4}, {5}}});
  const CopySummary summary = copy();
  ASSERT_EQ(summary.not_copied.size(), 1u);
  EXPECT_EQ(summary.not_copied[0].kind, backup::FaultKind::newer_format);
  EXPECT_EQ(read_file(path), text);
}

}  // namespace
}  // namespace manifolddb::test
