// chain_model_test.cpp at length: 10,000 histories, on all processors.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/chain_model.h"

namespace manifolddb::test_support {
namespace {

constexpr int kSeeds = 10'000;

TEST(ChainModelSoak, EveryPrefixOfEveryChainIsWhatTheGraphWas) {
  std::random_device entropy;
  const std::uint64_t first_seed = entropy();
  std::cout << "seeds " << first_seed << " and the " << kSeeds - 1 << " behind it" << std::endl;
  std::atomic<int> next = 0;
  const auto check_some = [&] {
    for (int i = next++; i < kSeeds && !HasFailure(); i = next++) {
      const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(i);
      try {
        check_chains_of_a_random_history(seed, {.steps = 1000, .backups = 3});
      } catch (const std::exception& error) {
        ADD_FAILURE() << "seed " << seed << ": " << error.what();
      }
      if ((i + 1) % 500 == 0) std::cout << std::to_string(i + 1) + " histories\n" << std::flush;
    }
  };
  // Half of the time each waits for the engine's own threads.
  std::vector<std::thread> threads(2 * std::max(1u, std::thread::hardware_concurrency()));
  for (std::thread& thread : threads) thread = std::thread(check_some);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace manifolddb::test_support
