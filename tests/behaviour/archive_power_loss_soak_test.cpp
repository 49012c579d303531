// A writer with its archiver killed at more than 200 moments: in each phase of its life, at calls
// of every class, relaxed, synced and archived commits mixed; each time with every unsynced byte
// and name lost, with a part of them kept, and with the machine alive. See
// archive_power_loss_test.cpp.
#include <gtest/gtest.h>

#include <iostream>
#include <string>
#include <vector>

#include "support/archive_crash.h"
#include "support/crash_scenario.h"

namespace manifolddb::test {
namespace {

constexpr std::size_t kAllBelow = 10;
constexpr std::size_t kSampled = 20;

std::uint64_t kill_in(ArchiveCrash& archive, const FaultOutcome& whole, const std::string& phase) {
  std::uint64_t total = 0;
  std::string line = "kills in phase " + phase + ":";
  for (const char* call_class : {"write", "sync", "rename", "create", "remove"}) {
    std::uint64_t kills = 0;
    for (const std::uint64_t number : sample(whole.count(call_class, phase), kAllBelow, kSampled)) {
      const PowerLoss another = kPowerLosses[1 + number % (kPowerLosses.size() - 1)];
      kills += archive.crash(phase, call_class, number, {PowerLoss{}, another}) ? 1u : 0u;
      if (::testing::Test::HasFailure()) return total;  // one is enough to look into
    }
    line += "  " + std::string(call_class) + " " + std::to_string(kills);
    total += kills;
  }
  std::cout << line << std::endl;
  EXPECT_GT(total, 0u) << "nothing was killed in phase " << phase;
  return total;
}

TEST(ArchivePowerLossSoak, LosesNothingThatWasPromisedAt200Moments) {
  ArchiveCrash archive(ARCHIVE_WORKER);
  const FaultOutcome whole = archive.run_whole();
  std::uint64_t kills = 0;
  for (const char* phase : {"opening", "basing", "archiving", "closing"}) {
    kills += kill_in(archive, whole, phase);
    if (HasFailure()) return;
  }
  std::cout << kills << " kills" << std::endl;
  EXPECT_GE(kills, 200u);
}

}  // namespace
}  // namespace manifolddb::test
