// The loops over kill points that the fast and the long crash tests share.
#pragma once

#include <cstdint>
#include <string>

#include "support/crash_scenario.h"

namespace manifolddb::test {

// How many of the calls of a class are tried, see sample().
struct CrashEffort {
  std::uint64_t all_below;
  std::uint64_t sampled;
  bool every_power_loss;  // else one of its kinds in turn, besides the worst
};

// Kills the work at calls of every class in its phase, each time both by itself (kill -9) and with
// the power, and expects no violation. Prints the kills by class; none may be zero where there are
// calls. MANIFOLD_TEST_DROP in the environment adds syncs that lie: then it must fail.
void expect_survival(const std::string& worker, const std::string& work, const std::string& phase,
                     const CrashEffort& effort);

// Lets calls of every class fail with EIO and ENOSPC, once and for good.
void expect_clean_failure(const std::string& worker, const std::string& work,
                          const std::string& phase, const CrashEffort& effort);

}  // namespace manifolddb::test
