// Many small log segments become one, and every point between them stays: a large segment is there
// whole before the small ones go, and readers are not disturbed.
#include "backup/segment_compaction.h"

#include <gtest/gtest.h>

#include "repository/repository_lock.h"
#include "support/log_fixture.h"

namespace manifolddb::test {
namespace {

class SegmentCompaction : public RepositoryLogTest {
 protected:
  // One segment for each of so many transactions behind the base, which is at 1.
  void store_small(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      commit(1 + i % 3, 1 + i % 3, static_cast<std::int64_t>(100 + i));
    }
    recorder_.store_all(*repository_, 1);
  }

  backup::CompactionResult try_compact() {
    return backup::compact_segments(*repository_, base_.history_id, 1);
  }
  std::size_t compact() {
    const backup::CompactionResult result = try_compact();
    EXPECT_TRUE(result.unreadable.empty());
    return result.removed;
  }
  static const backup::ArchivedLog* log(const backup::Catalogue& catalogue) {
    return &catalogue.logs.front();
  }
  std::size_t segment_count() { return log(repository_->catalogue())->segments.size(); }

  void expect_every_point(std::uint64_t last) {
    EXPECT_TRUE(repository_->verify().ok());
    for (std::uint64_t n = 2; n <= last; n += 13) {
      Database copy = Database::in_memory();
      backup::import(copy, chain_to(n));
      EXPECT_EQ(copy.digest(), recorder_.commit(n).content_digest) << "seq " << n;
    }
  }
};

TEST_F(SegmentCompaction, MakesOneOfManyAndKeepsEveryPoint) {
  store_small(70);
  EXPECT_EQ(segment_count(), 70u);
  EXPECT_EQ(compact(), 70u);
  EXPECT_EQ(segment_count(), 1u);
  EXPECT_EQ(log(repository_->catalogue())->segments[0].first.value, 2u);
  EXPECT_EQ(log(repository_->catalogue())->segments[0].last.value, 71u);
  expect_every_point(71);
  EXPECT_EQ(compact(), 0u);  // nothing is left to do
}

TEST_F(SegmentCompaction, LeavesFewAsTheyAre) {
  store_small(backup::kSmallSegmentsMax);
  EXPECT_EQ(compact(), 0u);
  EXPECT_EQ(segment_count(), backup::kSmallSegmentsMax);
}

TEST_F(SegmentCompaction, WaitsWithTheRemovalWhileSomebodyReads) {
  store_small(70);
  {
    const repository::ReaderLock reader(repository_->path());
    EXPECT_EQ(compact(), 0u);
  }
  // As after a kill in between: the large one covers the small ones.
  EXPECT_EQ(segment_count(), 1u);
  EXPECT_EQ(log(repository_->catalogue())->covered.size(), 70u);
  expect_every_point(71);
  EXPECT_EQ(compact(), 70u);
  EXPECT_TRUE(log(repository_->catalogue())->covered.empty());
  expect_every_point(71);
}

TEST_F(SegmentCompaction, DoesNothingWhileSomebodyRemoves) {
  store_small(70);
  {
    const repository::RemovalLock prune(repository_->path());
    EXPECT_EQ(compact(), 0u);
  }
  EXPECT_EQ(segment_count(), 70u);  // nor was anything made
  EXPECT_EQ(compact(), 70u);
}

TEST_F(SegmentCompaction, DoesNotReachAcrossAGap) {
  store_small(80);
  const repository::ObjectStore store(repository_->path());
  store.remove(repository::segment_object(base_.history_id.to_string(), 41, 41, false));
  EXPECT_EQ(compact(), 0u);
  EXPECT_EQ(segment_count(), 79u);
}

TEST_F(SegmentCompaction, NamesADamagedOneAndGoesOnBesideIt) {
  store_small(70);
  const repository::ObjectStore store(repository_->path());
  const std::string damaged =
      repository::segment_object(base_.history_id.to_string(), 30, 30, false);
  damage_middle(store.path_of(damaged));
  const backup::CompactionResult result = try_compact();
  ASSERT_EQ(result.unreadable.size(), 1u);
  EXPECT_EQ(result.unreadable[0].segment.object, damaged);
  EXPECT_EQ(result.removed, 69u);
  const backup::Catalogue catalogue = repository_->catalogue();
  ASSERT_EQ(log(catalogue)->segments.size(), 3u);  // 2 to 29, 30, 31 to 71
  EXPECT_EQ(log(catalogue)->segments[0].last.value, 29u);
  EXPECT_EQ(log(catalogue)->segments[1].object, damaged);
  EXPECT_EQ(log(catalogue)->segments[2].last.value, 71u);
  Database copy = Database::in_memory();
  backup::import(copy, chain_to(29));
  EXPECT_EQ(copy.digest(), recorder_.commit(29).content_digest);
}

// Where two do not belong together, either may be right.
TEST_F(SegmentCompaction, NamesOneThatDoesNotGoOnFromTheOneBeforeItAndPutsNothingTogetherAcross) {
  store_small(70);
  const repository::ObjectStore store(repository_->path());
  LoggedTransaction other = second_transaction();  // another way to number 2
  const std::string second = repository::segment_object(base_.history_id.to_string(), 2, 2, false);
  store.remove(second);
  other.commit.content_digest = base_.content_digest;
  store_forged(other);
  const backup::CompactionResult result = try_compact();
  ASSERT_EQ(result.unreadable.size(), 1u);
  EXPECT_EQ(result.unreadable[0].segment.first.value, 3u);
  EXPECT_EQ(result.removed, 69u);
  EXPECT_EQ(segment_count(), 2u);
}

}  // namespace
}  // namespace manifolddb::test
