// Progress is talk: on stderr, a bar on terminals only, and never in the way of data.
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "cli/command_line.h"

namespace manifolddb::test {
namespace {

// Runs the command with a terminal as its stderr and stdout; returns what the terminal got.
std::string run_on_terminal(std::vector<std::string> arguments, const char* no_color) {
  int master = -1;
  const pid_t child = ::forkpty(&master, nullptr, nullptr, nullptr);
  if (child == 0) {
    ::setenv("TERM", "xterm", 1);
    if (no_color != nullptr) {
      ::setenv("NO_COLOR", no_color, 1);
    } else {
      ::unsetenv("NO_COLOR");
    }
    arguments.insert(arguments.begin(), MANIFOLD_COMMAND);
    std::vector<char*> words;
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    ::execv(MANIFOLD_COMMAND, words.data());
    ::_exit(127);
  }
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t n = 0; (n = ::read(master, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(master);
  return text;
}

class ProgressOfCommands : public ::testing::Test {
 protected:
  void SetUp() override {
    make_small_database(directory_ / "db");
    make_backup(directory_ / "db", directory_ / "b.jsonl");
  }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  TempDir directory_;
};

TEST_F(ProgressOfCommands, IsABarOnATerminalThatIsGoneAtTheEnd) {
  const std::string text = run_on_terminal({"verify", path("b.jsonl")}, nullptr);
  const std::size_t bar = text.find("verifying: ");
  ASSERT_NE(bar, std::string::npos) << text;
  EXPECT_NE(text.find("\r\033[K", bar), std::string::npos) << text;
  EXPECT_GT(text.find("verified "), bar) << text;
}

TEST_F(ProgressOfCommands, IsSilentWithoutATerminal) {
  EXPECT_EQ(manifold({"verify", path("b.jsonl")}).err, "");
  EXPECT_EQ(manifold({"verify", path("b.jsonl"), "--progress", "none"}).err, "");
}

TEST_F(ProgressOfCommands, IsLinesWhenPlain) {
  const CommandResult result = manifold({"verify", path("b.jsonl"), "--progress", "plain"});
  EXPECT_TRUE(contains(result.err, "verifying: 7 of 7 records\n")) << result.err;
  EXPECT_FALSE(contains(result.err, "\033")) << result.err;
}

TEST_F(ProgressOfCommands, CanBeTurnedOffOnATerminal) {
  const std::string text =
      run_on_terminal({"verify", path("b.jsonl"), "--progress", "none"}, nullptr);
  EXPECT_FALSE(contains(text, "verifying")) << text;
}

TEST_F(ProgressOfCommands, ErrorsAreColouredOnTerminalsUnlessNoColorIsSet) {
  EXPECT_TRUE(contains(run_on_terminal({"stats", path("no")}, nullptr), "\033[1;31merror:"));
  EXPECT_FALSE(contains(run_on_terminal({"stats", path("no")}, "1"), "\033["));
}

}  // namespace
}  // namespace manifolddb::test
