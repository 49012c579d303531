// The exit codes that scripts rely on, each reached once. 8 (outcome of a commit unknown) needs a
// failing disk: tests/behaviour has it. 12 and 14 belong to encryption and chains, which are not
// there yet.
#include <memory>

#include "cli/command_line.h"
#include "cli/held_pipe.h"

namespace manifolddb::test {
namespace {

class ExitCode : public ::testing::Test {
 protected:
  void SetUp() override {
    make_small_database(directory_ / "db");
    make_backup(directory_ / "db", directory_ / "b.jsonl");
  }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  static void expect(int code, const CommandResult& result) {
    EXPECT_EQ(result.exit_code, code) << result.err;
    expect_three_lines(result);
  }
  TempDir directory_;
};

TEST_F(ExitCode, Is0WhenDone) {
  const CommandResult result = manifold({"stats", path("db")});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
}

TEST_F(ExitCode, Is1WhenItFailedAndNothingChanged) {
  expect(1, manifold({"backup", path("db"), "--full", "-o", path("b.jsonl") + "/x"}));
}

TEST_F(ExitCode, Is2ForUsage) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{},
        std::vector<std::string>{"bogus"},
        std::vector<std::string>{"stats"},
        std::vector<std::string>{"stats", "a", "b"},
        std::vector<std::string>{"stats", path("db"), "--bogus"},
        std::vector<std::string>{"stats", path("db"), "--progress", "loud"},
        std::vector<std::string>{"backup", path("db"), "-o", path("x")},
        std::vector<std::string>{"backup", path("db"), "--full"},
        std::vector<std::string>{"backup", path("db"), "--full", "-o", path("x"), "--compress",
                                 "lz4"},
        std::vector<std::string>{"backup", path("db"), "--full", "-o", path("x"), "--compress",
                                 "zstd:20"},
        std::vector<std::string>{"backup", path("db"), "--full", "-o", path("x"), "--memory-limit",
                                 "much"},
        std::vector<std::string>{"verify", path("b.jsonl"), "--level", "best"},
        std::vector<std::string>{"log", path("db"), "--from", "3", "--to", "2"},
        std::vector<std::string>{"apply", path("db"), "--batch", "0"},
        std::vector<std::string>{"log", path("db"), "--entity", "1", "--edge", "7"},
        std::vector<std::string>{"log", path("db"), "--entity", "-3"},
        std::vector<std::string>{"cat", path("db"), "--limit", "18446744073709551616"},
        std::vector<std::string>{"prune", path("x"), "--keep-last", "-1"},
        std::vector<std::string>{"backup", path("db"), "--full", "-o", path("x"), "-r", path("x")},
        std::vector<std::string>{"archive", path("db"), "-r", path("x"), "--once", "--metrics",
                                 "-"},
        std::vector<std::string>{"export", path("db"), "--to", "csv", "-o", "-"},
        std::vector<std::string>{"import", path("x"), path("b.jsonl"), "--report", "-"},
        std::vector<std::string>{"apply", path("db"), path("b.jsonl"), "--line-limit", "64M"}}) {
    expect(2, manifold(arguments));
  }
  EXPECT_FALSE(std::filesystem::exists(path("x")));
}

TEST_F(ExitCode, Is3WhenDoneWithListedExceptions) {
  expect(3, manifold({"apply", path("db"), "--batch", "1"}, std::string(kSmallGraph) + "{}\n"));
}

TEST_F(ExitCode, Is4ForATargetThatIsNotRestorable) {
  expect(4, manifold({"restore", path("b.jsonl"), path("copy"), "--to", "seq:9"}));
}

TEST_F(ExitCode, Is5ForDamage) {
  write_file(directory_ / "text", "this is no backup\n");
  expect(5, manifold({"verify", path("text")}));
  expect(5, manifold({"restore", path("text"), path("copy")}));
  expect(5, manifold({"verify", path("db")}));
  write_file(directory_ / "empty", "");
  expect(5, manifold({"show", path("empty")}));
}

TEST_F(ExitCode, Is6ForConflictingRecords) {
  const std::string other = R"({"type":"entity","data":{"id":1,"labels":[],"properties":{}}})"
                            "\n";
  ASSERT_EQ(manifold({"apply", path("db")}, other).exit_code, 0);
  expect(6, manifold({"restore", path("b.jsonl"), path("db"), "--into-existing"}));
}

TEST_F(ExitCode, Is7WhenSomethingWouldBeOverwritten) {
  expect(7, manifold({"restore", path("b.jsonl"), path("db")}));
}

TEST_F(ExitCode, Is10WhenSomethingIsNotThere) {
  expect(10, manifold({"stats", path("no")}));
}

TEST_F(ExitCode, Is11WhileAnotherProcessOwnsTheDatabase) {
  auto pipe = std::make_unique<HeldPipe>(directory_ / "pipe");
  pipe->write(kSmallGraph);
  CommandOptions options;
  options.stdin_file = pipe->path();
  RunningCommand owner({MANIFOLD_COMMAND, "apply", path("new")}, options);
  pipe->wait_until_read();  // so the database is open
  const CommandResult second = manifold({"apply", path("new")});
  expect(11, second);
  EXPECT_TRUE(contains(second.err, std::to_string(owner.pid()))) << second.err;
  // Readers are not kept out.
  EXPECT_EQ(manifold({"stats", path("new")}).exit_code, 0);
  pipe.reset();
  EXPECT_EQ(owner.wait().exit_code, 0);
}

TEST_F(ExitCode, Is13ForANewerFormat) {
  std::string backup = read_file(directory_ / "b.jsonl");
  const std::string version = "\"version\":2";
  backup.replace(backup.find(version), version.size(), "\"version\":3");
  write_file(directory_ / "new.jsonl", backup);
  for (const char* command : {"verify", "show", "cat"}) {
    expect(13, manifold({command, path("new.jsonl")}));
  }
  expect(13, manifold({"restore", path("new.jsonl"), path("copy")}));
}

TEST_F(ExitCode, Is20WhenThereIsNoSpace) {
  CommandOptions full;
  full.stdout_file = "/dev/full";
  expect(20, run_command({MANIFOLD_COMMAND, "cat", path("db")}, full));
  expect(20, run_command({MANIFOLD_COMMAND, "backup", path("db"), "--full", "-o", "-"}, full));
}

TEST_F(ExitCode, Is1WhenTheReaderOfABackupGoesAway) {
  // More than a pipe holds.
  const std::string text(1u << 20, 'x');
  ASSERT_EQ(manifold({"apply", path("db")}, R"({"type":"entity","data":{"id":5,"labels":[],)"
                                            R"("properties":{"t":")" +
                                                text + "\"}}}\n")
                .exit_code,
            0);
  expect(1, shell("$M backup " + path("db") + " --full -o - | true"));
}

}  // namespace
}  // namespace manifolddb::test
