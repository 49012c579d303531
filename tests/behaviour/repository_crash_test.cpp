// A backup, a prune or a copy that is killed at any moment, with or without the power: what is
// listed is whole, what should stay is there, and the next run cleans up. A sample of the file
// calls here; all of them, and kills by the clock, in repository_crash_soak_test.cpp.
#include <gtest/gtest.h>

#include "support/crash_scenario.h"
#include "support/repository_crash.h"

namespace manifolddb::test {
namespace {

class RepositoryCrashes : public ::testing::TestWithParam<const char*> {};

TEST_P(RepositoryCrashes, LoseNothingThatShouldStay) {
  RepositoryCrash crash(MANIFOLD_FAULTY, GetParam());
  std::uint64_t kills = 0;
  const auto report = [&kills](const std::vector<std::string>& violations) {
    ++kills;
    for (const std::string& violation : violations) ADD_FAILURE() << violation;
  };
  for (const char* call_class : {"rename", "remove", "sync"}) {
    for (const std::uint64_t number : sample(crash.count(call_class), 1, 3)) {
      SCOPED_TRACE(std::string(call_class) + " " + std::to_string(number));
      // What a sync protects shows only when the power goes.
      report(std::string(call_class) == "sync" ? crash.lose_power_at(call_class, number, {})
                                               : crash.kill_at(call_class, number));
    }
  }
  std::cout << GetParam() << ": " << kills << " kills\n";
  EXPECT_GE(kills, 4u);
}

// The disk says no once: earlier backups stay good, and the next run works.
TEST_P(RepositoryCrashes, LoseNothingWhenACallFails) {
  RepositoryCrash crash(MANIFOLD_FAULTY, GetParam());
  for (const char* call_class : {"write", "sync", "rename"}) {
    for (const std::uint64_t number : sample(crash.count(call_class), 1, 2)) {
      for (const char* error : {"EIO", "ENOSPC"}) {
        for (const std::string& violation : crash.fail_at(call_class, number, error)) {
          ADD_FAILURE() << error << " at " << call_class << " " << number << ": " << violation;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Work, RepositoryCrashes,
                         testing::Values("first", "next", "prune", "copy", "archive"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace manifolddb::test
