// Point-in-time recovery against a model: whatever the history, every number of it can be reached,
// and every time leads to the right one, also when the clock was set back. 50 histories of 300
// transactions; many more in archive_model_soak_test.cpp.
#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "support/archive_model.h"

namespace manifolddb::test_support {
namespace {

constexpr int kSeedsPerTest = 25;

class ArchiveModelTest : public testing::TestWithParam<int> {};

TEST_P(ArchiveModelTest, EveryNumberAndTimeOfAHistoryCanBeReached) {
  std::random_device entropy;
  const std::uint64_t first_seed = entropy();
  std::cout << "seeds " << first_seed << " and the " << kSeedsPerTest - 1 << " behind it\n";
  for (int i = 0; i < kSeedsPerTest && !HasFailure(); ++i) {
    check_archive_of_a_random_history(first_seed + static_cast<std::uint64_t>(i),
                                      {.transactions = 300, .restores = 8, .times = 200});
  }
}

INSTANTIATE_TEST_SUITE_P(Halves, ArchiveModelTest, testing::Range(0, 2));

}  // namespace
}  // namespace manifolddb::test_support
