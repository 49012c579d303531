// Disks fail and fill up. Each call that does is reported by an error whose code says what is
// known, reopening settles what is not, and nothing temporary is left. A sample of the calls; the
// long tests (crash_soak_test.cpp) try many more.
#include <gtest/gtest.h>

#include <string>

#include "support/crash_suite.h"

namespace manifolddb::test {
namespace {

constexpr CrashEffort kFewFailures{.all_below = 1, .sampled = 1, .thorough = false};

void fail_cleanly(const std::string& phase) {
  expect_clean_failure(CRASH_WORKER, phase, kFewFailures);
}

TEST(FailedIo, OfACreationIsReportedAndHarmless) {
  fail_cleanly("create");
}
TEST(FailedIo, OfCommitsIsReportedAndHarmless) {
  fail_cleanly("commits");
}
TEST(FailedIo, OfRelaxedCommitsIsReportedAndHarmless) {
  fail_cleanly("relaxed");
}
TEST(FailedIo, OfABulkTransactionIsReportedAndHarmless) {
  fail_cleanly("bulk");
}
TEST(FailedIo, OfABackupIsReportedAndHarmless) {
  fail_cleanly("backup");
}
TEST(FailedIo, OfARestoreIsReportedAndHarmless) {
  fail_cleanly("restore");
}
TEST(FailedIo, OfAnImportIsReportedAndHarmless) {
  fail_cleanly("import");
}

}  // namespace
}  // namespace manifolddb::test
