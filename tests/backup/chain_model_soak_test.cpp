// chain_model_test.cpp at length: 10,000 histories, in quarters that run side by side.
#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "support/chain_model.h"

namespace manifolddb::test_support {
namespace {

constexpr int kSeeds = 2'500;

class ChainModelSoak : public ::testing::TestWithParam<int> {};

TEST_P(ChainModelSoak, EveryPrefixOfEveryChainIsWhatTheGraphWas) {
  std::random_device entropy;
  const std::uint64_t first_seed = entropy();
  std::cout << "seeds " << first_seed << " and the " << kSeeds - 1 << " behind it" << std::endl;
  for (int i = 0; i < kSeeds && !HasFailure(); ++i) {
    check_chains_of_a_random_history(first_seed + static_cast<std::uint64_t>(i),
                                     {.steps = 1000, .backups = 3});
    if ((i + 1) % 500 == 0) std::cout << i + 1 << " histories" << std::endl;
  }
}

INSTANTIATE_TEST_SUITE_P(Quarters, ChainModelSoak, ::testing::Range(0, 4));

}  // namespace
}  // namespace manifolddb::test_support
