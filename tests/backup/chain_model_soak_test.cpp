// chain_model_test.cpp at length: 10,000 histories.
#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "support/chain_model.h"

namespace manifolddb::test_support {
namespace {

constexpr int kSeeds = 10'000;

TEST(ChainModelSoak, EveryPrefixOfEveryChainIsWhatTheGraphWas) {
  std::random_device entropy;
  const std::uint64_t first_seed = entropy();
  std::cout << "seeds " << first_seed << " and the " << kSeeds - 1 << " behind it\n";
  for (int i = 0; i < kSeeds && !HasFailure(); ++i) {
    check_chains_of_a_random_history(first_seed + static_cast<std::uint64_t>(i),
                                     {.steps = 1000, .backups = 3});
    if ((i + 1) % 500 == 0) std::cout << i + 1 << " histories" << std::endl;
  }
}

}  // namespace
}  // namespace manifolddb::test_support
