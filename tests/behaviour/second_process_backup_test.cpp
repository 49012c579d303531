// A second process backs up a database that an application has open and writes to: what it gets is
// one committed state, as for a backup in the same process (concurrent_backup_test.cpp).
#include <gtest/gtest.h>

#include "behaviour/moving_value.h"
#include "support/run_command.h"

namespace manifolddb::test {
namespace {

using SecondProcessBackup = MovingValue;

TEST_F(SecondProcessBackup, IsOneCommittedState) {
  for (int i = 0; i < kBackups; ++i) {
    const auto result =
        run_command({MANIFOLD_COMMAND, "backup", temp_ / "db", "--full", "-o", file(i)});
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  restore_all();
}

}  // namespace
}  // namespace manifolddb::test
