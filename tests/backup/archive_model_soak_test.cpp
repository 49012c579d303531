// The long form of archive_model_test.cpp: every number of every history is restored whole.
#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "support/archive_model.h"

namespace manifolddb::test_support {
namespace {

TEST(ArchiveModelSoak, EveryNumberOf50HistoriesIsRestored) {
  std::random_device entropy;
  const std::uint64_t first_seed = entropy();
  std::cout << "seeds " << first_seed << " and the 49 behind it\n";
  for (int i = 0; i < 50 && !HasFailure(); ++i) {
    check_archive_of_a_random_history(
        first_seed + static_cast<std::uint64_t>(i),
        {.transactions = 300, .merged_every = 1, .restores = -1, .times = 200});
  }
}

}  // namespace
}  // namespace manifolddb::test_support
