// An archiver finds a note that it cannot read: what it knew of gaps is not forgotten, since a gap
// that nobody noted is damage, and what a newer program wrote is not replaced.
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>

#include "manifolddb/archive.h"
#include "support/archive_fixture.h"
#include "support/log_fixture.h"

namespace manifolddb::test {
namespace {

using backup::ArchiveEvent;

class ArchiveNoteTrouble : public RepositoryLogTest {
 protected:
  // 2, 3, 5 and 6 are archived, 4 is a gap.
  ArchiveNoteTrouble() {
    for (std::uint64_t i = 0; i < 5; ++i) commit(i * 10 + 4, i * 10 + 5);
    recorder_.store(*repository_, 2, 3);
    recorder_.store(*repository_, 5, 6);
    backup::ArchiveNote note = recorder_.note(6);
    note.gaps = {{{4}, {4}}};
    recorder_.store_note(*repository_, note);
    commit(60, 61);
  }

  std::filesystem::path note_path() const {
    return repository_->path() / "log" / base_.history_id.to_string() / repository::kLogNote;
  }

  backup::ArchiveOptions options() {
    backup::ArchiveOptions options;
    options.interval = options.retry_min = options.retry_max = std::chrono::milliseconds(10);
    options.backup_options.threads = 1;
    options.on_event = [this](const ArchiveEvent& event) {
      const std::lock_guard lock(mutex_);
      events_.push_back(event);
    };
    return options;
  }
  bool is_told(const std::string& what) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(events_.begin(), events_.end(), [&](const ArchiveEvent& event) {
      return event.what.find(what) != std::string::npos;
    });
  }

 private:
  mutable std::mutex mutex_;
  std::vector<ArchiveEvent> events_;
};

TEST_F(ArchiveNoteTrouble, DamageCostsNoGapAndIsTold) {
  damage_middle(note_path());
  backup::Archiver archiver = backup::archive_to(database_, {repository_->path()}, options());
  ASSERT_TRUE(archiver.archive_now(kPatience));
  archiver.stop();
  EXPECT_TRUE(is_told("complete.json")) << "the damage was not told";
  const backup::ArchiveNote note = repository_->catalogue().logs.at(0).note.value();
  EXPECT_EQ(note.sequence_number.value, 7u);
  EXPECT_EQ(note.gaps, (std::vector<backup::LogGap>{{{4}, {4}}}));
  const backup::RepositoryReport report = repository_->verify();
  EXPECT_TRUE(report.ok()) << report.faults[0].what;
  EXPECT_EQ(report.gaps.size(), 1u);
}

TEST_F(ArchiveNoteTrouble, OfANewerFormatIsRefusedAndNotReplaced) {
  std::string text = read_file(note_path());
  text.replace(text.find("\"version\":1"), 11, "\"version\":2");
  write_file(note_path(), text);
  EXPECT_EQ(
      error_of([&] { backup::archive_to(database_, {repository_->path()}, options()); }).code(),
      ErrorCode::newer_format);
  // Also where it could not be looked at when the archiver was started.
  const std::filesystem::path link = folder_ / "link";
  write_file(folder_ / "file", "in the way");
  std::filesystem::create_symlink(folder_ / "file", link);
  backup::Archiver archiver = backup::archive_to(database_, {link}, options());
  std::filesystem::create_symlink(repository_->path(), folder_ / "other link");
  std::filesystem::rename(folder_ / "other link", link);
  eventually("it says so", [&] { return is_told("version 2 of the repository format"); });
  archiver.stop();
  EXPECT_EQ(read_file(note_path()), text);
  EXPECT_EQ(repository_->catalogue().logs.at(0).segments.size(), 2u);
}

}  // namespace
}  // namespace manifolddb::test
