// Runs a program and says how it ended and what it printed.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace manifolddb::test {

struct CommandOptions {
  // Set in the child's environment besides what it inherits.
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::string input = {};                                 // given on its stdin; then end of file
  std::optional<std::filesystem::path> stdin_file = {};   // instead of `input`
  std::optional<std::filesystem::path> stdout_file = {};  // instead of CommandResult::out
  std::optional<std::filesystem::path> working_directory = {};
  std::chrono::seconds timeout{300};  // then it is killed and CommandResult::timed_out is set
};

struct CommandResult {
  int exit_code = -1;  // -1 when a signal ended it
  int signal = 0;      // 0 when it exited
  bool timed_out = false;
  std::string out;
  std::string err;
  std::size_t peak_memory_bytes = 0;  // resident, of the program itself
};

// arguments[0] is the program: a path, or a name looked up in PATH. Throws std::system_error when
// it cannot be started at all.
CommandResult run_command(const std::vector<std::string>& arguments,
                          const CommandOptions& options = {});

// A program that goes on running beside the test: to send it a signal, or work at the same time.
class RunningCommand {
 public:
  explicit RunningCommand(const std::vector<std::string>& arguments,
                          const CommandOptions& options = {});
  ~RunningCommand();  // kills it if wait() was not called
  RunningCommand(const RunningCommand&) = delete;
  RunningCommand& operator=(const RunningCommand&) = delete;

  pid_t pid() const { return pid_; }
  void send_signal(int signal);
  CommandResult wait();  // once

 private:
  void feed_and_collect();  // runs in collector_

  pid_t pid_ = -1;
  int in_fd_ = -1;
  int out_fd_ = -1;
  int err_fd_ = -1;
  bool waited_ = false;
  CommandOptions options_;
  CommandResult result_;
  std::thread collector_;
};

}  // namespace manifolddb::test
