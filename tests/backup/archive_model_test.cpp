// Point-in-time recovery against a model: whatever the history, its numbers can be reached, and
// every time leads to the right one, also when the clock was set back. Histories of 300
// transactions: every number of one, a sample of 49 others; every number of 50 in
// archive_model_soak_test.cpp.
#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "support/archive_model.h"

namespace manifolddb::test_support {
namespace {

TEST(ArchiveModel, EveryNumberOfAHistoryCanBeReached) {
  const std::uint64_t seed = std::random_device()();
  std::cout << "seed " << seed << "\n";
  check_archive_of_a_random_history(
      seed, {.transactions = 300, .merged_every = 1, .restores = 10, .times = 200});
}

TEST(ArchiveModel, NumbersAndTimesOfManyHistoriesCanBeReached) {
  constexpr int kSeeds = 49;  // 50 with the one above
  const std::uint64_t first_seed = std::random_device()();
  std::cout << "seeds " << first_seed << " and the " << kSeeds - 1 << " behind it\n";
  for (int i = 0; i < kSeeds && !HasFailure(); ++i) {
    check_archive_of_a_random_history(
        first_seed + static_cast<std::uint64_t>(i),
        {.transactions = 300, .merged_every = 100, .restores = 1, .times = 20});
  }
}

}  // namespace
}  // namespace manifolddb::test_support
