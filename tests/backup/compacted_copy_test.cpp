// A copy of a repository whose archiver compacts: what the target got as small segments goes there,
// too, when the large one has arrived.
#include <gtest/gtest.h>

#include "backup/segment_compaction.h"
#include "repository/repository_lock.h"
#include "support/log_fixture.h"

namespace manifolddb::test {
namespace {

class CopyOfACompactedLog : public RepositoryLogTest {
 protected:
  static constexpr std::uint64_t kLast = 71;

  // The target has 70 small segments; here they became one.
  CopyOfACompactedLog() {
    for (std::uint64_t n = 2; n <= kLast; ++n) {
      commit(1 + n % 3, 1 + n % 3, static_cast<std::int64_t>(100 + n));
    }
    recorder_.store_all(*repository_, 1);
    EXPECT_EQ(copy().segments_copied, kLast - 1);
    EXPECT_EQ(backup::compact_segments(*repository_, base_.history_id, 1).removed, kLast - 1);
  }

  backup::CopySummary copy() { return repository_->copy_to(target_path_); }
  backup::Repository target() const { return backup::Repository::open(target_path_); }
  backup::ArchivedLog log_there() const { return target().catalogue().logs.at(0); }
  std::filesystem::path large_there() const {
    return target_path_ / repository::segment_object(base_.history_id.to_string(), 2, kLast, false);
  }

  const std::filesystem::path target_path_ = folder_ / "second";
};

TEST_F(CopyOfACompactedLog, HasNoMoreSegmentsThanTheSource) {
  const backup::CopySummary summary = copy();
  EXPECT_EQ(summary.segments_copied, 1u);
  EXPECT_EQ(summary.segments_removed, kLast - 1);
  EXPECT_EQ(log_there().segments.size(), 1u);
  EXPECT_TRUE(log_there().covered.empty());
  EXPECT_TRUE(target().verify().ok());
  const auto chain = target().open_chain(backup::Repository::parse_target("seq:40"));
  EXPECT_EQ(backup::restore(chain, folder_ / "copy").content_digest,
            recorder_.commit(40).content_digest);
}

TEST_F(CopyOfACompactedLog, KeepsThemWhileSomebodyReadsAndRemovesThemTheNextTime) {
  {
    const repository::ReaderLock reader(target_path_);
    EXPECT_EQ(copy().segments_removed, 0u);
    EXPECT_EQ(log_there().covered.size(), kLast - 1);
  }
  EXPECT_EQ(copy().segments_removed, kLast - 1);
  EXPECT_TRUE(target().verify().ok());
}

TEST_F(CopyOfACompactedLog, KeepsThemWhenTheLargeOneIsDamagedThere) {
  {
    const repository::ReaderLock reader(target_path_);
    copy();
  }
  damage_middle(large_there());
  const backup::CopySummary summary = copy();
  ASSERT_EQ(summary.not_copied.size(), 1u);
  EXPECT_NE(summary.not_copied[0].what.find("in the target"), std::string::npos);
  EXPECT_EQ(summary.segments_removed, 0u);
  EXPECT_EQ(log_there().covered.size(), kLast - 1);
  std::filesystem::remove(large_there());
  EXPECT_TRUE(target().verify().ok());
  EXPECT_EQ(copy().segments_removed, kLast - 1);  // it came again
  EXPECT_TRUE(target().verify().ok());
}

}  // namespace
}  // namespace manifolddb::test
