// A second repository is only worth something when what arrives there is what was there.
#include <gtest/gtest.h>

#include "manifolddb/repository.h"
#include "support/error_of.h"
#include "support/list_files.h"
#include "support/repository_fixture.h"

namespace manifolddb::test {
namespace {

using backup::CopySummary;
using backup::Repository;

using RepositoryCopy = RepositoryTest;

TEST_F(RepositoryCopy, HoldsTheSameAndIsMadeOnce) {
  make_chain();
  const CopySummary first = repository_->copy_to(folder_ / "second");
  EXPECT_TRUE(first.target_created);
  EXPECT_EQ(first.copied.size(), 3u);
  const Repository second = Repository::open(folder_ / "second");
  EXPECT_EQ(second.database_id(), repository_->database_id());
  EXPECT_TRUE(second.verify().ok());
  EXPECT_EQ(second.verify().restorable.size(), 3u);
  commit_entities(database_, 99, 99);
  back_up();
  const CopySummary next = repository_->copy_to(folder_ / "second");
  EXPECT_EQ(next.copied.size(), 1u);
  EXPECT_EQ(next.present_before, 3u);
  EXPECT_EQ(repository_->copy_to(folder_ / "second").copied.size(), 0u);
}

TEST_F(RepositoryCopy, TakesBackupsThatWereMadeInBoth) {
  back_up();
  repository_->copy_to(folder_ / "second");
  const Repository second = Repository::open(folder_ / "second");
  commit_entities(database_, 4, 4);
  second.back_up(database_);
  commit_entities(database_, 5, 5);
  back_up();
  repository_->copy_to(second.path());
  EXPECT_EQ(second.catalogue().entries.size(), 3u);
  EXPECT_TRUE(second.verify().ok());
}

TEST_F(RepositoryCopy, LeavesOutWhatIsDamagedAndWhatContinuesIt) {
  const auto chain = make_chain();
  damage_middle(data_path(*repository_, chain[1]));
  const CopySummary summary = repository_->copy_to(folder_ / "second");
  ASSERT_EQ(summary.copied.size(), 1u);
  EXPECT_EQ(summary.copied[0].backup_id, chain[0].backup_id);
  EXPECT_EQ(summary.not_copied.size(), 2u);
  const Repository second = Repository::open(folder_ / "second");
  EXPECT_TRUE(second.verify().ok());
  EXPECT_TRUE(second.catalogue().unfinished.empty());
}

TEST_F(RepositoryCopy, RefusesATargetOfAnotherDatabaseAndItself) {
  back_up();
  Database other = Database::in_memory();
  Repository::open_or_create(folder_ / "second", other.statistics().database_id);
  EXPECT_EQ(error_of([this] { repository_->copy_to(folder_ / "second"); }).code(),
            ErrorCode::wrong_history);
  EXPECT_EQ(error_of([this] { repository_->copy_to(repository_->path()); }).code(),
            ErrorCode::would_overwrite);
}

TEST_F(RepositoryCopy, LeavesNothingOfWhatWasInterrupted) {
  make_chain();
  for (std::size_t calls = 0; calls < 7; ++calls) {
    backup::CopyOptions options;
    std::size_t left = calls;
    options.progress = [&left](std::uint64_t, std::uint64_t) { return left-- != 0; };
    try {
      repository_->copy_to(folder_ / "second", options);
      break;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::interrupted);
    }
    const Repository second = Repository::open(folder_ / "second");
    EXPECT_TRUE(second.catalogue().unfinished.empty());
    EXPECT_TRUE(second.verify().ok());
  }
  repository_->copy_to(folder_ / "second");
  EXPECT_EQ(Repository::open(folder_ / "second").verify().restorable.size(), 3u);
}

TEST_F(RepositoryCopy, DoesNotTakeADamagedTargetForACopy) {
  const auto chain = make_chain();
  repository_->copy_to(folder_ / "second");
  const Repository second = Repository::open(folder_ / "second");
  std::filesystem::resize_file(data_path(second, chain[2]), 5);
  const CopySummary summary = repository_->copy_to(second.path());
  ASSERT_EQ(summary.not_copied.size(), 1u);
  std::filesystem::remove_all(data_path(second, chain[2]).parent_path());
  EXPECT_EQ(repository_->copy_to(second.path()).copied.size(), 1u);
  EXPECT_TRUE(second.verify().ok());
}

}  // namespace
}  // namespace manifolddb::test
