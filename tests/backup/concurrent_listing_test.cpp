// What a repository holds, looked at while an archiver stores, notes and compacts: never a
// transaction that seems to be missing.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "backup/segment_compaction.h"
#include "support/log_fixture.h"

namespace manifolddb::test {
namespace {

using ConcurrentListing = RepositoryLogTest;

TEST_F(ConcurrentListing, SeesNoFaultBesideAnArchiverConcurrently) {
  constexpr std::uint64_t kLast = 300;
  for (std::uint64_t n = 2; n <= kLast; ++n) {
    commit(1 + n % 3, 1 + n % 3, static_cast<std::int64_t>(n));
  }
  std::atomic<bool> done{false};
  std::thread archiver([&] {
    for (std::uint64_t n = 2; n <= kLast; ++n) {
      recorder_.store(*repository_, n, n);
      recorder_.store_note(*repository_, recorder_.note(n));
      if (n % 20 == 0) backup::compact_segments(*repository_, base_.history_id, 1);
    }
    done = true;
  });
  std::uint64_t listings = 0;
  for (std::uint64_t last = 1; !done && !HasFailure(); ++listings) {
    const backup::Catalogue catalogue = repository_->catalogue();
    for (const auto& fault : catalogue.faults) ADD_FAILURE() << fault.file << ": " << fault.what;
    const std::vector<backup::RestorableRange> window = catalogue.window();
    ASSERT_EQ(window.size(), 1u);
    EXPECT_GE(window[0].last.value, last);  // nothing that was there is gone
    last = window[0].last.value;
  }
  archiver.join();
  EXPECT_GT(listings, 0u);
  EXPECT_EQ(repository_->catalogue().window()[0].last.value, kLast);
}

}  // namespace
}  // namespace manifolddb::test
