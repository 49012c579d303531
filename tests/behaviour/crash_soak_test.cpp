// The crash tests at every one of the first 200 calls of each class, and at a sample of the others,
// with every kind of power loss. See crash_test.cpp.
#include <gtest/gtest.h>

#include <string>

#include "support/crash_suite.h"

namespace manifolddb::test {
namespace {

constexpr CrashEffort kLong{.all_below = 200, .sampled = 50, .thorough = true};
constexpr CrashEffort kLongFailures{.all_below = 50, .sampled = 25, .thorough = true};

void survive_long(const std::string& phase) {
  expect_survival(CRASH_WORKER, phase, kLong);
}

void fail_cleanly_long(const std::string& phase) {
  expect_clean_failure(CRASH_WORKER, phase, kLongFailures);
}

TEST(CrashSoak, OfACreationLeavesADatabaseOrNone) {
  survive_long("create");
}
TEST(CrashSoak, OfAnOpeningLosesNothing) {
  survive_long("open");
}
TEST(CrashSoak, OfCommitsKeepsWhatWasReportedDurable) {
  survive_long("commits");
}
TEST(CrashSoak, OfConcurrentCommitsKeepsWhatWasReportedDurable) {
  survive_long("threads");
}
TEST(CrashSoak, OfRelaxedCommitsLosesTheLastOnesOnly) {
  survive_long("relaxed");
}
TEST(CrashSoak, OfAClosingLosesNothing) {
  survive_long("close");
}
TEST(CrashSoak, OfABulkTransactionLeavesTheStateBeforeOrAfter) {
  survive_long("bulk");
}
TEST(CrashSoak, OfABackupLeavesAWholeFileOrNone) {
  survive_long("backup");
}
TEST(CrashSoak, OfARestoreLeavesAWholeDatabaseOrNone) {
  survive_long("restore");
}
TEST(CrashSoak, OfAnImportLeavesTheStateBeforeOrAfter) {
  survive_long("import");
}

TEST(FailedIoSoak, OfACreationIsReportedAndHarmless) {
  fail_cleanly_long("create");
}
TEST(FailedIoSoak, OfCommitsIsReportedAndHarmless) {
  fail_cleanly_long("commits");
}
TEST(FailedIoSoak, OfRelaxedCommitsIsReportedAndHarmless) {
  fail_cleanly_long("relaxed");
}
TEST(FailedIoSoak, OfABulkTransactionIsReportedAndHarmless) {
  fail_cleanly_long("bulk");
}
TEST(FailedIoSoak, OfABackupIsReportedAndHarmless) {
  fail_cleanly_long("backup");
}
TEST(FailedIoSoak, OfARestoreIsReportedAndHarmless) {
  fail_cleanly_long("restore");
}
TEST(FailedIoSoak, OfAnImportIsReportedAndHarmless) {
  fail_cleanly_long("import");
}

}  // namespace
}  // namespace manifolddb::test
