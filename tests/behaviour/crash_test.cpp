// A process dies at any instant, and with it sometimes the machine. Afterwards the database is in
// the state before or after each transaction, nothing that was reported durable is lost, and no
// half backup or database stands under its final name. This tries a sample of the instants; the
// long tests (crash_soak_test.cpp) try the first 200 of each kind. docs/testing.md tells how these
// tests were seen to fail.
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "support/crash_suite.h"

namespace manifolddb::test {
namespace {

constexpr CrashEffort kFast{.all_below = 1, .sampled = 3, .thorough = false};

void survive(const std::string& phase) {
  expect_survival(CRASH_WORKER, phase, kFast);
}

TEST(Crash, OfACreationLeavesADatabaseOrNone) {
  survive("create");
}
TEST(Crash, OfAnOpeningLosesNothing) {
  survive("open");
}
TEST(Crash, OfCommitsKeepsWhatWasReportedDurable) {
  survive("commits");
}
TEST(Crash, OfConcurrentCommitsKeepsWhatWasReportedDurable) {
  survive("threads");
}
TEST(Crash, OfRelaxedCommitsLosesTheLastOnesOnly) {
  survive("relaxed");
}
TEST(Crash, OfAClosingLosesNothing) {
  survive("close");
}
TEST(Crash, OfABulkTransactionLeavesTheStateBeforeOrAfter) {
  survive("bulk");
}
TEST(Crash, OfABackupLeavesAWholeFileOrNone) {
  survive("backup");
}
TEST(Crash, OfARestoreLeavesAWholeDatabaseOrNone) {
  survive("restore");
}
TEST(Crash, OfAnImportLeavesTheStateBeforeOrAfter) {
  survive("import");
}

// What the tests above are worth: with one sync taken out, the loss is seen.
Violations violations_without(const std::string& work, const std::string& drop,
                              const PowerLoss& loss = {}) {
  CrashScenario scenario(CRASH_WORKER, work, work);
  const FaultOutcome outcome = scenario.crash("any", 0, drop);
  EXPECT_NE(outcome.command.out.find("done"), std::string::npos) << outcome.describe();
  return scenario.after_power_loss(outcome, loss);
}

TEST(CrashSabotage, ACommitThatDoesNotSyncTheLogIsNoticed) {
  EXPECT_FALSE(violations_without("commits", "sync@commits:*.log").empty());
}

TEST(CrashSabotage, ALogThatIsNotSyncedBeforeTheNextIsNoticed) {
  EXPECT_FALSE(
      violations_without("relaxed", "sync@relaxed:*.log",
                         {.names = UnsyncedNames::kept, .bytes = UnsyncedBytes::newest_kept})
          .empty());
}

TEST(CrashSabotage, ABackupThatDoesNotSyncTheFolderAfterTheRenameIsNoticed) {
  EXPECT_FALSE(violations_without("backup", "dirsync@backup:.").empty());
}

TEST(CrashSabotage, ARestoreThatDoesNotSyncTheFolderAfterTheRenameIsNoticed) {
  EXPECT_FALSE(violations_without("restore", "dirsync@restore:.").empty());
}

TEST(CrashSabotage, ABulkTransactionThatDoesNotSyncTheLogBeforeItIsNoticed) {
  EXPECT_FALSE(violations_without("bulk", "sync@bulk:*.log").empty());
}

}  // namespace
}  // namespace manifolddb::test
