// The crash tests at every one of the first 200 calls of each class, and at a sample of the others,
// with every kind of power loss. See crash_test.cpp.
#include <gtest/gtest.h>

#include <string>

#include "support/crash_suite.h"

namespace manifolddb::test {
namespace {

constexpr CrashEffort kLong{.all_below = 200, .sampled = 50, .every_power_loss = true};
constexpr CrashEffort kLongFailures{.all_below = 100, .sampled = 25, .every_power_loss = false};

void survive(const std::string& work, const std::string& phase) {
  expect_survival(CRASH_WORKER, work, phase, kLong);
}

void fail_cleanly(const std::string& work) {
  expect_clean_failure(CRASH_WORKER, work, work, kLongFailures);
}

TEST(CrashSoak, OfACreationLeavesADatabaseOrNone) {
  survive("create", "create");
}
TEST(CrashSoak, OfAnOpeningLosesNothing) {
  survive("commits", "open");
}
TEST(CrashSoak, OfCommitsKeepsWhatWasReportedDurable) {
  survive("commits", "commits");
}
TEST(CrashSoak, OfConcurrentCommitsKeepsWhatWasReportedDurable) {
  survive("threads", "threads");
}
TEST(CrashSoak, OfAClosingLosesNothing) {
  survive("commits", "close");
}
TEST(CrashSoak, OfABulkTransactionLeavesTheStateBeforeOrAfter) {
  survive("bulk", "bulk");
}
TEST(CrashSoak, OfABackupLeavesAWholeFileOrNone) {
  survive("backup", "backup");
}
TEST(CrashSoak, OfARestoreLeavesAWholeDatabaseOrNone) {
  survive("restore", "restore");
}
TEST(CrashSoak, OfAnImportLeavesTheStateBeforeOrAfter) {
  survive("import", "import");
}

TEST(FailedIoSoak, OfACreationIsReportedAndHarmless) {
  fail_cleanly("create");
}
TEST(FailedIoSoak, OfCommitsIsReportedAndHarmless) {
  fail_cleanly("commits");
}
TEST(FailedIoSoak, OfABulkTransactionIsReportedAndHarmless) {
  fail_cleanly("bulk");
}
TEST(FailedIoSoak, OfABackupIsReportedAndHarmless) {
  fail_cleanly("backup");
}
TEST(FailedIoSoak, OfARestoreIsReportedAndHarmless) {
  fail_cleanly("restore");
}
TEST(FailedIoSoak, OfAnImportIsReportedAndHarmless) {
  fail_cleanly("import");
}

}  // namespace
}  // namespace manifolddb::test
