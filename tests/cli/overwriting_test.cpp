// Nothing is ever overwritten: not a file, not a database, not the source by its own backup.
#include "cli/command_line.h"

namespace manifolddb::test {
namespace {

class Overwriting : public ::testing::Test {
 protected:
  void SetUp() override {
    make_small_database(directory_ / "db");
    make_backup(directory_ / "db", directory_ / "b.jsonl");
  }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  void expect_refused(const std::vector<std::string>& arguments) {
    const Listing before = list_files(directory_.path());
    const CommandResult result = manifold(arguments);
    EXPECT_EQ(result.exit_code, 7) << result.err;
    expect_three_lines(result);
    EXPECT_EQ(list_files(directory_.path()), before);
  }
  TempDir directory_;
};

TEST_F(Overwriting, AnExistingFileByABackupIsRefused) {
  write_file(directory_ / "note", "mine");
  expect_refused({"backup", path("db"), "--full", "-o", path("note")});
  EXPECT_EQ(read_file(directory_ / "note"), "mine");
}

TEST_F(Overwriting, TheSourceByItsBackupIsRefused) {
  expect_refused({"backup", path("db"), "--full", "-o", path("db")});
  expect_refused({"backup", path("db"), "--full", "-o", path("db/engine/b.jsonl")});
  expect_refused({"backup", path("db"), "--full", "-o", path("db/../db/b.jsonl")});
}

TEST_F(Overwriting, AnythingAtTheTargetOfARestoreIsRefused) {
  write_file(directory_ / "file", "mine");
  std::filesystem::create_directory(directory_ / "empty");
  for (const char* target : {"db", "file", "empty", "b.jsonl"}) {
    expect_refused({"restore", path("b.jsonl"), path(target)});
    expect_refused({"restore", path("b.jsonl"), path(target), "--dry-run"});
  }
}

TEST_F(Overwriting, AFileInPlaceOfTheDatabaseIsRefusedByApply) {
  write_file(directory_ / "file", "mine");
  expect_refused({"apply", path("file"), path("b.jsonl")});
}

}  // namespace
}  // namespace manifolddb::test
