// A large segment beside the small ones that it was made of, as a kill leaves them, and damaged:
// the small ones are all that there is then, and none of them may go.
#include "backup/covered_segments.h"

#include <gtest/gtest.h>

#include "backup/segment_compaction.h"
#include "support/log_fixture.h"

namespace manifolddb::test {
namespace {

class CoveredSegments : public RepositoryLogTest {
 protected:
  static constexpr std::uint64_t kLast = 62;

  // Transactions 2 to 62, each in a segment, and all of them in one.
  CoveredSegments() {
    for (std::uint64_t n = 2; n <= kLast; ++n) {
      commit(1 + n % 3, 1 + n % 3, static_cast<std::int64_t>(100 + n));
    }
    recorder_.store_all(*repository_, 1);
    large_ = recorder_.store(*repository_, 2, kLast);
  }

  backup::CompactionResult compact() {
    return backup::compact_segments(*repository_, base_.history_id, 1);
  }
  std::size_t file_count() const {
    const auto files = std::filesystem::directory_iterator(large_.parent_path());
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }
  void expect_every_point_in_small_ones() {
    for (std::uint64_t n = 2; n <= kLast; n += 20) {
      Database copy = Database::in_memory();
      backup::import(copy, chain_to(n));
      EXPECT_EQ(copy.digest(), recorder_.commit(n).content_digest) << "seq " << n;
    }
  }

  std::filesystem::path large_;
};

TEST_F(CoveredSegments, GoWhenTheLargeOneWasReadAndIsSound) {
  EXPECT_EQ(compact().removed, kLast - 1);
  EXPECT_EQ(file_count(), 1u);
  EXPECT_TRUE(repository_->verify().ok());
}

TEST_F(CoveredSegments, StayAndCountAgainWhenTheLargeOneIsDamaged) {
  damage_middle(large_);
  const backup::CompactionResult result = compact();
  ASSERT_EQ(result.unreadable.size(), 1u);
  EXPECT_EQ(result.unreadable[0].segment.last.value, kLast);
  EXPECT_TRUE(result.unreadable[0].superfluous);
  EXPECT_EQ(result.removed, 1u);  // the large one, which only hid them
  EXPECT_FALSE(std::filesystem::exists(large_));
  EXPECT_EQ(file_count(), kLast - 1);
  expect_every_point_in_small_ones();
  EXPECT_EQ(compact().removed, kLast - 1);  // into a sound one
  EXPECT_TRUE(repository_->verify().ok());
}

TEST_F(CoveredSegments, StayBesideTheDamagedLargeOneWhenTheyDoNotHoldAllOfIt) {
  std::filesystem::remove(sibling(large_, 30));
  damage_middle(large_);
  const std::size_t before = file_count();
  for (int i = 0; i < 2; ++i) {
    const backup::CompactionResult result = compact();
    ASSERT_EQ(result.unreadable.size(), 1u);
    EXPECT_FALSE(result.unreadable[0].superfluous);
    EXPECT_EQ(result.removed, 0u);
    EXPECT_EQ(file_count(), before);
  }
}

TEST_F(CoveredSegments, StayBesideTheDamagedLargeOneWhenOneOfThemIsDamagedToo) {
  damage_middle(sibling(large_, 30));
  damage_middle(large_);
  const std::size_t before = file_count();
  const backup::CompactionResult result = compact();
  ASSERT_EQ(result.unreadable.size(), 1u);
  EXPECT_FALSE(result.unreadable[0].superfluous);
  EXPECT_EQ(file_count(), before);
}

TEST_F(CoveredSegments, CountForVerificationWhenTheLargeOneIsDamaged) {
  damage_middle(large_);
  const backup::RepositoryReport report = repository_->verify();
  EXPECT_EQ(report.fault_count, 1u);
  ASSERT_EQ(report.window.size(), 1u);
  EXPECT_EQ(report.window[0].last.value, kLast);
}

// As if what was written could not be read back.
TEST_F(CoveredSegments, AreNotHiddenByALargeOneThatWasNotWrittenWell) {
  write_file(large_, "");
  EXPECT_EQ(error_of([this] { compact(); }).code(), ErrorCode::damaged);
  EXPECT_FALSE(std::filesystem::exists(large_));
  EXPECT_EQ(file_count(), kLast - 1);
  EXPECT_EQ(compact().removed, kLast - 1);
  EXPECT_TRUE(repository_->verify().ok());
}

}  // namespace
}  // namespace manifolddb::test
