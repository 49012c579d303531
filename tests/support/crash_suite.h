// The loops over kill points that the fast and the long crash tests share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/crash_scenario.h"

namespace manifolddb::test {

struct CrashEffort {
  // How many of the calls of a class are tried, see sample().
  std::uint64_t all_below;
  std::uint64_t sampled;
  // Also at creations and removals of files, with every kind of power loss, and with every error
  // once and for good. Else: writes, syncs and renames, the worst power loss and one more in turn,
  // EIO once and ENOSPC for good.
  bool thorough;
};

// What is killed: a work of crash_worker.cpp, the phase of it, and the classes of calls in which
// that phase must have been killed at least once. Others depend on what the engine does in the
// background.
struct CrashTarget {
  std::string work;
  std::string phase;
  std::vector<std::string> classes_required;
};

// A creation; an opening and a closing; commits, also concurrent and relaxed ones; a bulk
// transaction; a backup; a restore; an import.
const CrashTarget& crash_target(const std::string& phase);

// Kills the work at calls of every class in its phase, each time both by itself (kill -9) and with
// the power, and expects no violation. Prints the kills by class. MANIFOLD_TEST_DROP in the
// environment adds syncs that lie: then it must fail.
void expect_survival(const std::string& worker, const std::string& phase,
                     const CrashEffort& effort);

// Lets calls of every class fail with EIO and ENOSPC, once and for good.
void expect_clean_failure(const std::string& worker, const std::string& phase,
                          const CrashEffort& effort);

}  // namespace manifolddb::test
