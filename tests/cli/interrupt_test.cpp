// Ctrl-C at any time: exit 130, and nothing half done remains.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "cli/command_line.h"
#include "cli/held_pipe.h"

namespace manifolddb::test {
namespace {

// About 30 MB that compress badly, so that a backup at the highest level takes a while.
std::string large_input() {
  std::mt19937_64 random(7);
  std::string lines;
  for (int id = 1; id <= 3000; ++id) {
    std::string text;
    while (text.size() < 10'000) text += std::to_string(random());
    lines += R"({"type":"entity","data":{"id":)" + std::to_string(id) +
             R"(,"labels":[],"properties":{"t":")" + text + "\"}}}\n";
  }
  return lines;
}

class Interrupt : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  void make_large_database() {
    const CommandResult result = manifold({"apply", path("db")}, large_input());
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  static void expect_interrupted(RunningCommand& command) {
    command.send_signal(SIGINT);
    const CommandResult result = command.wait();
    EXPECT_EQ(result.exit_code, 130) << result.err;
    expect_three_lines(result);
  }
  TempDir directory_;
};

TEST_F(Interrupt, OfABackupLeavesNoFileBehind) {
  make_large_database();
  RunningCommand backup({MANIFOLD_COMMAND, "backup", path("db"), "--full", "-o", path("b.zst"),
                         "--compress", "zstd:19", "--threads", "1"});
  // The temporary file says that it has begun; compressing takes seconds from there.
  const auto is_temporary = [](const std::string& name) { return name.ends_with(".tmp"); };
  const auto has_begun = [&] {
    const std::vector<std::string> present = names();
    return std::any_of(present.begin(), present.end(), is_temporary);
  };
  while (!has_begun()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  expect_interrupted(backup);
  EXPECT_EQ(names(), std::vector<std::string>{"db"});
}

TEST_F(Interrupt, OfABackupIntoAPipeThatNobodyReadsEndsIt) {
  make_large_database();
  const HeldPipe pipe(directory_ / "pipe");
  CommandOptions options;
  options.stdout_file = pipe.path();
  RunningCommand backup({MANIFOLD_COMMAND, "backup", path("db"), "--full", "-o", "-"}, options);
  pipe.wait_for_bytes(4096);
  expect_interrupted(backup);
  EXPECT_EQ(names(), (std::vector<std::string>{"db", "pipe"}));
}

TEST_F(Interrupt, OfARestoreThatWaitsForItsInputLeavesNothing) {
  make_small_database(directory_ / "db");
  make_backup(directory_ / "db", directory_ / "b.jsonl");
  const HeldPipe pipe(directory_ / "pipe");
  const std::string backup = read_file(directory_ / "b.jsonl");
  pipe.write(backup.substr(0, backup.size() / 2));
  CommandOptions options;
  options.stdin_file = pipe.path();
  RunningCommand restore({MANIFOLD_COMMAND, "restore", "-", path("copy")}, options);
  pipe.wait_until_read();
  expect_interrupted(restore);
  EXPECT_EQ(names(), (std::vector<std::string>{"b.jsonl", "db", "pipe"}));
}

TEST_F(Interrupt, OfAnApplyThatWaitsForItsInputAppliesNothing) {
  const HeldPipe pipe(directory_ / "pipe");
  pipe.write(kSmallGraph);
  CommandOptions options;
  options.stdin_file = pipe.path();
  RunningCommand apply({MANIFOLD_COMMAND, "apply", path("db")}, options);
  pipe.wait_until_read();
  expect_interrupted(apply);
  EXPECT_EQ(names(), std::vector<std::string>{"pipe"});
}

// The same pipe as FILE, which the command opens itself.
TEST_F(Interrupt, OfAnApplyOfANamedPipeAppliesNothing) {
  const HeldPipe pipe(directory_ / "pipe");
  pipe.write(kSmallGraph);
  RunningCommand apply({MANIFOLD_COMMAND, "apply", path("db"), path("pipe")});
  pipe.wait_until_read();
  expect_interrupted(apply);
  EXPECT_EQ(names(), std::vector<std::string>{"pipe"});
}

TEST_F(Interrupt, OfAnApplyOfANamedPipeThatNobodyOpensToWriteEndsIt) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  RunningCommand apply({MANIFOLD_COMMAND, "apply", path("db"), path("pipe")});
  // The database is made before the pipe is opened, and by then signals are handled.
  while (names().size() < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  expect_interrupted(apply);
  EXPECT_EQ(names(), std::vector<std::string>{"pipe"});
}

TEST_F(Interrupt, OfAVerificationAndARestoreOfANamedPipeEndsThem) {
  for (const bool restores : {false, true}) {
    const HeldPipe pipe(directory_ / (restores ? "restored" : "verified"));
    pipe.write("{");
    std::vector<std::string> arguments = {MANIFOLD_COMMAND, restores ? "restore" : "verify",
                                          pipe.path().string()};
    if (restores) arguments.push_back(path("copy"));
    RunningCommand command(arguments);
    pipe.wait_until_read();
    expect_interrupted(command);
  }
  EXPECT_EQ(names(), (std::vector<std::string>{"restored", "verified"}));
}

TEST_F(Interrupt, ByTerminationIsTheSame) {
  const HeldPipe pipe(directory_ / "pipe");
  pipe.write("x");
  CommandOptions options;
  options.stdin_file = pipe.path();
  RunningCommand verify({MANIFOLD_COMMAND, "verify", "-"}, options);
  pipe.wait_until_read();
  verify.send_signal(SIGTERM);
  EXPECT_EQ(verify.wait().exit_code, 130);
}

// What a program that is started here finds set for SIGHUP.
class HangupSetting {
 public:
  explicit HangupSetting(void (*setting)(int)) : before_(::signal(SIGHUP, setting)) {}
  ~HangupSetting() { ::signal(SIGHUP, before_); }

 private:
  void (*before_)(int);
};

TEST_F(Interrupt, ByTheEndOfTheTerminalIsTheSameButNotForWhatIgnoresIt) {
  for (const bool ignored : {false, true}) {
    const HangupSetting setting(ignored ? SIG_IGN : SIG_DFL);
    auto pipe = std::make_unique<HeldPipe>(directory_ / (ignored ? "ignored" : "heard"));
    pipe->write("x");
    CommandOptions options;
    options.stdin_file = pipe->path();
    RunningCommand verify({MANIFOLD_COMMAND, "verify", "-"}, options);
    pipe->wait_until_read();
    verify.send_signal(SIGHUP);
    verify.send_signal(SIGHUP);  // the shell and the kernel both send it
    if (ignored) pipe.reset();   // the end of the input
    EXPECT_EQ(verify.wait().exit_code, ignored ? 5 : 130);
  }
}

}  // namespace
}  // namespace manifolddb::test
