#include "support/crash_suite.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <map>

namespace manifolddb::test {
namespace {

constexpr std::array<const char*, 5> kClasses = {"write", "sync", "rename", "create", "remove"};

constexpr std::array<PowerLoss, 4> kPowerLosses = {
    PowerLoss{}, PowerLoss{.names = UnsyncedNames::kept},
    PowerLoss{.bytes = UnsyncedBytes::half_kept},
    PowerLoss{.names = UnsyncedNames::kept, .bytes = UnsyncedBytes::half_kept}};

std::string describe(const PowerLoss& loss) {
  return std::string("after a power loss (unsynced names ") +
         (loss.names == UnsyncedNames::kept ? "kept" : "forgotten") + ", bytes " +
         (loss.bytes == UnsyncedBytes::half_kept ? "half kept" : "forgotten") + ")";
}

void report(const Violations& violations, const std::string& when, const FaultOutcome& outcome) {
  for (const std::string& violation : violations) {
    ADD_FAILURE() << when << ": " << violation << "\n" << outcome.describe();
  }
}

std::string sabotage() {
  const char* drop = std::getenv("MANIFOLD_TEST_DROP");
  return drop == nullptr ? std::string() : std::string(drop);
}

// Returns whether it was killed where asked.
bool crash_once(CrashScenario& scenario, const std::string& call_class, std::uint64_t number,
                bool every_power_loss) {
  const FaultOutcome outcome = scenario.crash(call_class, number, sabotage());
  if (number == 0 && outcome.command.out.find("done") == std::string::npos) {
    ADD_FAILURE() << "the work was not done\n" << outcome.describe();
  }
  for (std::size_t i = 0; i < kPowerLosses.size(); ++i) {
    if (i == 0 || every_power_loss || i == 1 + number % (kPowerLosses.size() - 1)) {
      report(scenario.after_power_loss(outcome, kPowerLosses[i]), describe(kPowerLosses[i]),
             outcome);
    }
  }
  report(scenario.after_kill(outcome), "after kill -9", outcome);
  return outcome.killed.has_value();
}

void print_totals(const std::string& what, const std::string& work, const std::string& phase,
                  const std::map<std::string, std::uint64_t>& totals) {
  std::string line = "[ " + what + " ] " + work;
  if (phase != work) {
    line += ", phase " + phase;
  }
  for (const auto& [call_class, total] : totals) {
    line += "  " + call_class + " " + std::to_string(total);
  }
  std::cout << line << std::endl;
}

}  // namespace

void expect_survival(const std::string& worker, const std::string& work, const std::string& phase,
                     const CrashEffort& effort) {
  CrashScenario scenario(worker, work, phase);
  std::map<std::string, std::uint64_t> kills;
  std::uint64_t total = 0;
  for (const char* call_class : kClasses) {
    const std::uint64_t count = scenario.count(call_class);
    for (const std::uint64_t number : sample(count, effort.all_below, effort.sampled)) {
      kills[call_class] +=
          crash_once(scenario, call_class, number, effort.every_power_loss) ? 1u : 0u;
      if (::testing::Test::HasFailure()) {
        return;  // one is enough to look into
      }
    }
    total += kills[call_class];
    EXPECT_TRUE(count == 0 || kills[call_class] > 0) << call_class << " in phase " << phase;
  }
  crash_once(scenario, "any", 0, true);
  print_totals("kills", work, phase, kills);
  EXPECT_GT(total, 0u) << "nothing was killed in phase " << phase;
}

void expect_clean_failure(const std::string& worker, const std::string& work,
                          const std::string& phase, const CrashEffort& effort) {
  CrashScenario scenario(worker, work, phase);
  std::map<std::string, std::uint64_t> failures;
  for (const char* call_class : {"write", "sync", "rename", "create"}) {
    for (const std::uint64_t number :
         sample(scenario.count(call_class), effort.all_below, effort.sampled)) {
      for (const char* error : {"EIO", "EIO+", "ENOSPC", "ENOSPC+"}) {
        const FaultOutcome outcome = scenario.fail(call_class, number, error);
        failures[call_class] += outcome.failed.empty() ? 0u : 1u;
        report(scenario.after_failure(outcome), error, outcome);
        if (::testing::Test::HasFailure()) {
          return;
        }
      }
    }
  }
  print_totals("failures", work, phase, failures);
  EXPECT_FALSE(failures.empty());
}

}  // namespace manifolddb::test
