// Incrementals against a model: whatever the history, every prefix of every chain restores to
// exactly what the graph was. 100 histories of 1,000 steps; many more in chain_model_soak_test.cpp.
#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "support/chain_model.h"

namespace manifolddb::test_support {
namespace {

constexpr int kSeedsPerTest = 25;

class ChainModel : public testing::TestWithParam<int> {};

TEST_P(ChainModel, EveryPrefixOfEveryChainIsWhatTheGraphWas) {
  std::random_device entropy;
  const std::uint64_t first_seed = entropy();
  std::cout << "seeds " << first_seed << " and the " << kSeedsPerTest - 1 << " behind it\n";
  for (int i = 0; i < kSeedsPerTest && !HasFailure(); ++i) {
    check_chains_of_a_random_history(first_seed + static_cast<std::uint64_t>(i),
                                     {.steps = 1000, .backups = 3});
  }
}

INSTANTIATE_TEST_SUITE_P(Quarters, ChainModel, testing::Range(0, 4));

}  // namespace
}  // namespace manifolddb::test_support
