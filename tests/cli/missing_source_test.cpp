// A mistyped name must not do anything: the predecessor created an empty database and called it a
// success.
#include "cli/command_line.h"

namespace manifolddb::test {
namespace {

class MissingSource : public ::testing::TestWithParam<std::vector<std::string>> {};

TEST_P(MissingSource, IsExit10AndCreatesNothing) {
  const TempDir directory;
  std::vector<std::string> arguments = GetParam();
  for (std::string& argument : arguments) {
    if (argument == "MISSING" || argument == "NEW") argument = (directory / argument).string();
  }
  const CommandResult result = manifold(arguments);
  EXPECT_EQ(result.exit_code, 10) << result.err;
  expect_three_lines(result);
  EXPECT_TRUE(contains(result.err, "MISSING")) << result.err;
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

INSTANTIATE_TEST_SUITE_P(
    EveryCommand, MissingSource,
    ::testing::Values(
        std::vector<std::string>{"stats", "MISSING"}, std::vector<std::string>{"digest", "MISSING"},
        std::vector<std::string>{"check", "MISSING"}, std::vector<std::string>{"log", "MISSING"},
        std::vector<std::string>{"cat", "MISSING"}, std::vector<std::string>{"show", "MISSING"},
        std::vector<std::string>{"verify", "MISSING"},
        std::vector<std::string>{"apply", "NEW", "MISSING"},
        std::vector<std::string>{"backup", "MISSING", "--full", "-o", "NEW"},
        std::vector<std::string>{"restore", "MISSING", "NEW"},
        std::vector<std::string>{"restore", "MISSING", "NEW", "--dry-run"},
        std::vector<std::string>{"restore", "MISSING", "NEW", "--into-existing"}),
    [](const ::testing::TestParamInfo<std::vector<std::string>>& each) {
      return each.param[0] + std::to_string(each.index);
    });

TEST(MissingTarget, OfARestoreIntoAnExistingDatabaseIsExit10AndCreatesNothing) {
  const TempDir directory;
  make_small_database(directory / "db");
  make_backup(directory / "db", directory / "b.jsonl");
  for (const char* dry_run : {"--dry-run", "--progress=none"}) {
    const CommandResult result =
        manifold({"restore", (directory / "b.jsonl").string(), (directory / "MISSING").string(),
                  "--into-existing", dry_run});
    EXPECT_EQ(result.exit_code, 10) << result.err;
    EXPECT_FALSE(std::filesystem::exists(directory / "MISSING"));
  }
}

TEST(MissingTarget, FolderOfABackupIsExit10) {
  const TempDir directory;
  make_small_database(directory / "db");
  const CommandResult result = manifold({"backup", (directory / "db").string(), "--full", "-o",
                                         (directory / "no" / "b.jsonl").string()});
  EXPECT_EQ(result.exit_code, 10) << result.err;
  EXPECT_FALSE(std::filesystem::exists(directory / "no"));
}

}  // namespace
}  // namespace manifolddb::test
