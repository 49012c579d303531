// A writer with its archiver whose power goes, or that is killed, at any file call: afterwards the
// repository is never ahead of the database, what was promised as archived can be restored from the
// repository alone, and archiving goes on. This tries a sample of the calls while it archives; the
// long test (archive_power_loss_soak_test.cpp) tries 200 and more, in every phase.
#include <gtest/gtest.h>

#include <iostream>

#include "support/archive_crash.h"
#include "support/crash_scenario.h"

namespace manifolddb::test {
namespace {

TEST(ArchivePowerLoss, LosesNothingThatWasPromised) {
  ArchiveCrash archive(ARCHIVE_WORKER);
  const FaultOutcome whole = archive.run_whole();
  std::uint64_t kills = 0;
  for (const char* call_class : {"write", "sync", "rename"}) {
    for (const std::uint64_t number : sample(whole.count(call_class, "archiving"), 1, 6)) {
      kills += archive.crash("archiving", call_class, number, {PowerLoss{}}) ? 1u : 0u;
    }
  }
  std::cout << kills << " kills\n";
  EXPECT_GE(kills, 9u);
}

}  // namespace
}  // namespace manifolddb::test
