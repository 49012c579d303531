// What the person at the command line sees when the disk fails or is full: the exit code and the
// three lines of cli.md, and nothing half done. The library's side is in failed_io_test.cpp.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/crash_runner.h"
#include "support/temp_dir.h"

namespace manifolddb::test {
namespace {
namespace fs = std::filesystem;

class FailedCommand : public ::testing::Test {
 protected:
  FailedCommand() {
    fs::create_directory(root());
    std::string lines;
    for (int id = 1; id <= 200; ++id) {
      lines += R"({"type":"entity","data":{"id":)" + std::to_string(id) +
               R"(,"labels":["Part"],"properties":{"n":)" + std::to_string(id) + "}}}\n";
    }
    write_file(temp_ / "lines", lines);
    write_file(temp_ / "more",
               R"({"type":"entity","data":{"id":1000,"labels":["Part"],"properties":{}}})"
               "\n");
    run({"apply", "db", "../lines"});
    run({"backup", "db", "--full", "-o", "../source"});
  }

  fs::path root() const { return temp_ / "root"; }

  FaultOutcome run(std::vector<std::string> arguments, const std::string& fault = "count",
                   const std::string& only = {}) {
    arguments.insert(arguments.begin(), MANIFOLD_FAULTY);
    FaultSettings settings;
    settings.root = root();
    settings.fault = fault;
    settings.only = only;
    CommandOptions options;
    options.working_directory = root();
    const FaultOutcome outcome = run_with_faults(arguments, settings, options);
    if (fault == "count") {
      EXPECT_EQ(outcome.command.exit_code, 0) << outcome.describe();
    }
    return outcome;
  }

  // The number after "sequence_number" in what stats prints as JSON.
  std::string sequence_number() {
    const std::string out = run({"stats", "db", "--json"}).command.out;
    const std::string name = R"("sequence_number":)";
    const std::size_t begin = out.find(name) + name.size();
    return out.substr(begin, out.find_first_not_of("0123456789", begin) - begin);
  }

  static void expect_three_lines(const FaultOutcome& outcome) {
    const std::string& text = outcome.command.err;
    EXPECT_FALSE(outcome.failed.empty()) << outcome.describe();
    EXPECT_NE(text.find("error: "), std::string::npos) << outcome.describe();
    EXPECT_NE(text.find("\nsafe:  "), std::string::npos) << outcome.describe();
    EXPECT_NE(text.find("\nnext:  "), std::string::npos) << outcome.describe();
  }

  TempDir temp_;
};

TEST_F(FailedCommand, ABackupToAFullDiskExitsWith20AndLeavesNothing) {
  const FaultOutcome outcome =
      run({"backup", "db", "--full", "-o", "backup"}, "fail:write:1:ENOSPC+", "*backup*");
  EXPECT_EQ(outcome.command.exit_code, 20) << outcome.describe();
  expect_three_lines(outcome);
  EXPECT_FALSE(fs::exists(root() / "backup"));
  run({"backup", "db", "--full", "-o", "backup"});
}

TEST_F(FailedCommand, ABackupWhoseSyncFailsExitsWith1AndLeavesNothing) {
  const FaultOutcome outcome =
      run({"backup", "db", "--full", "-o", "backup"}, "fail:sync:1:EIO", "*backup*");
  EXPECT_EQ(outcome.command.exit_code, 1) << outcome.describe();
  expect_three_lines(outcome);
  EXPECT_FALSE(fs::exists(root() / "backup"));
}

TEST_F(FailedCommand, ARestoreToAFullDiskExitsWith20AndLeavesNothing) {
  const FaultOutcome outcome =
      run({"restore", "../source", "restored"}, "fail:write:5:ENOSPC+", "*restored*");
  EXPECT_EQ(outcome.command.exit_code, 20) << outcome.describe();
  expect_three_lines(outcome);
  EXPECT_FALSE(fs::exists(root() / "restored"));
  run({"restore", "../source", "restored"});
}

TEST_F(FailedCommand, ACommitWhoseLogFailsExitsWith8AndReopeningSettlesIt) {
  const std::string before = sequence_number();
  const FaultOutcome outcome =
      run({"apply", "db", "../more"}, "fail:sync:1:EIO", "db/engine/*.log");
  EXPECT_EQ(outcome.command.exit_code, 8) << outcome.describe();
  expect_three_lines(outcome);
  const std::string after = sequence_number();
  EXPECT_TRUE(after == before || after == std::to_string(std::stoi(before) + 1)) << after;
  run({"check", "db"});
}

TEST_F(FailedCommand, AnImportOntoAFullDiskChangesNothing) {
  const std::string before = sequence_number();
  const FaultOutcome outcome =
      run({"restore", "../source", "db", "--into-existing", "--on-conflict", "overwrite"},
          "fail:create:1:ENOSPC+", "db/scratch/*");
  EXPECT_EQ(outcome.command.exit_code, 20) << outcome.describe();
  expect_three_lines(outcome);
  EXPECT_EQ(sequence_number(), before);
  run({"check", "db"});
}

}  // namespace
}  // namespace manifolddb::test
