// The same as repository_crash_test.cpp at every file call, with every kind of power loss, and at
// 200 moments of the clock for each kind of work.
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "support/repository_crash.h"

namespace manifolddb::test {
namespace {

class RepositoryCrashesSoak : public ::testing::TestWithParam<const char*> {};

TEST_P(RepositoryCrashesSoak, LoseNothingAtAnyFileCall) {
  RepositoryCrash crash(MANIFOLD_FAULTY, GetParam());
  const std::uint64_t count = crash.count("any");
  ASSERT_GT(count, 10u);
  for (std::uint64_t number = 1; number <= count; ++number) {
    SCOPED_TRACE("call " + std::to_string(number));
    for (const std::string& violation : crash.kill_at("any", number)) ADD_FAILURE() << violation;
    for (const UnsyncedNames names : {UnsyncedNames::forgotten, UnsyncedNames::kept}) {
      for (const UnsyncedBytes bytes : {UnsyncedBytes::forgotten, UnsyncedBytes::half_kept}) {
        for (const std::string& violation : crash.lose_power_at("any", number, {names, bytes})) {
          ADD_FAILURE() << "power lost: " << violation;
        }
      }
    }
  }
  std::cout << GetParam() << ": killed at each of " << count << " file calls\n";
}

TEST_P(RepositoryCrashesSoak, LoseNothingAtRandomMoments) {
  static constexpr int kKills = 200;
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  RepositoryCrash crash(MANIFOLD_FAULTY, GetParam());
  const auto start = std::chrono::steady_clock::now();
  crash.count("any");
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - start);
  for (int i = 0; i < kKills; ++i) {
    const std::uint64_t moment = random() % static_cast<std::uint64_t>(whole.count());
    SCOPED_TRACE(std::to_string(moment) + " us");
    for (const std::string& violation : crash.kill_after(moment)) ADD_FAILURE() << violation;
  }
}

INSTANTIATE_TEST_SUITE_P(Work, RepositoryCrashesSoak,
                         testing::Values("first", "next", "prune", "copy", "archive"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace manifolddb::test
