// The crash tests at every one of the first 200 calls of each class, and at a sample of the others,
// with every kind of power loss. See crash_test.cpp.
#include <gtest/gtest.h>

#include <string>

#include "support/crash_suite.h"

namespace manifolddb::test {
namespace {

constexpr CrashEffort kLong{.all_below = 200, .sampled = 50, .thorough = true};
constexpr CrashEffort kLongFailures{.all_below = 50, .sampled = 25, .thorough = true};

void survive(const std::string& phase) {
  expect_survival(CRASH_WORKER, phase, kLong);
}

void fail_cleanly(const std::string& phase) {
  expect_clean_failure(CRASH_WORKER, phase, kLongFailures);
}

TEST(CrashSoak, OfACreationLeavesADatabaseOrNone) {
  survive("create");
}
TEST(CrashSoak, OfAnOpeningLosesNothing) {
  survive("open");
}
TEST(CrashSoak, OfCommitsKeepsWhatWasReportedDurable) {
  survive("commits");
}
TEST(CrashSoak, OfConcurrentCommitsKeepsWhatWasReportedDurable) {
  survive("threads");
}
TEST(CrashSoak, OfAClosingLosesNothing) {
  survive("close");
}
TEST(CrashSoak, OfABulkTransactionLeavesTheStateBeforeOrAfter) {
  survive("bulk");
}
TEST(CrashSoak, OfABackupLeavesAWholeFileOrNone) {
  survive("backup");
}
TEST(CrashSoak, OfARestoreLeavesAWholeDatabaseOrNone) {
  survive("restore");
}
TEST(CrashSoak, OfAnImportLeavesTheStateBeforeOrAfter) {
  survive("import");
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
