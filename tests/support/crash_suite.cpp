#include "support/crash_suite.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <map>
#include <stdexcept>
#include <vector>

namespace manifolddb::test {
namespace {

using Names = std::vector<std::string>;

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

void print_totals(const std::string& what, const CrashTarget& target,
                  const std::map<std::string, std::uint64_t>& totals) {
  std::string line = "[ " + what + " ] phase " + target.phase + ":";
  for (const auto& [call_class, total] : totals) {
    line += "  " + call_class + " " + std::to_string(total);
  }
  std::cout << line << std::endl;
}

}  // namespace

const CrashTarget& crash_target(const std::string& phase) {
  static const std::vector<CrashTarget> kTargets = {
      {"create", "create", {"write", "sync", "rename"}},
      {"commits", "open", {"write", "sync", "rename"}},
      {"commits", "commits", {"write", "sync"}},
      {"threads", "threads", {"write", "sync"}},
      {"commits", "close", {}},
      {"relaxed", "relaxed", {"write", "sync"}},
      {"bulk", "bulk", {"write", "sync", "rename"}},
      {"backup", "backup", {"write", "sync", "rename"}},
      {"restore", "restore", {"write", "sync", "rename"}},
      {"import", "import", {"write", "sync", "rename"}},
  };
  const auto found = std::find_if(kTargets.begin(), kTargets.end(),
                                  [&](const CrashTarget& target) { return target.phase == phase; });
  if (found == kTargets.end()) {
    throw std::invalid_argument("no phase " + phase);
  }
  return *found;
}

void expect_survival(const std::string& worker, const std::string& phase,
                     const CrashEffort& effort) {
  const CrashTarget& target = crash_target(phase);
  CrashScenario scenario(worker, target.work, phase);
  std::map<std::string, std::uint64_t> kills;
  std::uint64_t total = 0;
  const Names classes = effort.thorough ? Names{"write", "sync", "rename", "create", "remove"}
                                        : Names{"write", "sync", "rename"};
  for (const std::string& call_class : classes) {
    for (const std::uint64_t number :
         sample(scenario.count(call_class), effort.all_below, effort.sampled)) {
      kills[call_class] += crash_once(scenario, call_class, number, effort.thorough) ? 1u : 0u;
      if (::testing::Test::HasFailure()) {
        return;  // one is enough to look into
      }
    }
    total += kills[call_class];
  }
  crash_once(scenario, "any", 0, true);
  print_totals("kills", target, kills);
  EXPECT_GT(total, 0u) << "nothing was killed in phase " << phase;
  for (const std::string& call_class : target.classes_required) {
    EXPECT_GT(kills[call_class], 0u) << call_class << " in phase " << phase;
  }
}

void expect_clean_failure(const std::string& worker, const std::string& phase,
                          const CrashEffort& effort) {
  const CrashTarget& target = crash_target(phase);
  CrashScenario scenario(worker, target.work, phase);
  std::map<std::string, std::uint64_t> failures;
  const Names errors =
      effort.thorough ? Names{"EIO", "EIO+", "ENOSPC", "ENOSPC+"} : Names{"EIO", "ENOSPC+"};
  for (const std::string call_class : {"write", "sync", "rename", "create"}) {
    for (const std::uint64_t number :
         sample(scenario.count(call_class), effort.all_below, effort.sampled)) {
      for (const std::string& error : errors) {
        const FaultOutcome outcome = scenario.fail(call_class, number, error);
        failures[call_class] += outcome.failed.empty() ? 0u : 1u;
        report(scenario.after_failure(outcome), error, outcome);
        if (::testing::Test::HasFailure()) {
          return;
        }
      }
    }
  }
  print_totals("failures", target, failures);
  for (const std::string& call_class : target.classes_required) {
    EXPECT_GT(failures[call_class], 0u) << call_class << " in phase " << phase;
  }
}

}  // namespace manifolddb::test
