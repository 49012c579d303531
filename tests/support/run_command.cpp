#include "support/run_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace manifolddb::test {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void throw_errno(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw_errno(errno, "pipe2");
  }
  return {ends[0], ends[1]};
}

void close_if_open(int& fd) {
  if (fd >= 0) {
    ::close(fd);
    fd = -1;
  }
}

// The inherited environment with the additions replacing variables of the same name.
std::vector<std::string> merged_environment(
    const std::vector<std::pair<std::string, std::string>>& additions) {
  std::vector<std::string> merged;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view entry(*variable);
    const std::string_view name = entry.substr(0, entry.find('='));
    bool replaced = false;
    for (const auto& addition : additions) {
      replaced = replaced || addition.first == name;
    }
    if (!replaced) {
      merged.emplace_back(entry);
    }
  }
  for (const auto& [name, value] : additions) {
    merged.push_back(name + "=" + value);
  }
  return merged;
}

std::vector<char*> null_terminated(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& text : strings) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

// False at the end of the stream.
bool read_some(int fd, std::string& text) {
  std::array<char, 65536> buffer;
  const ssize_t count = ::read(fd, buffer.data(), buffer.size());
  if (count > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN));
}

int milliseconds_until(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

}  // namespace

RunningCommand::RunningCommand(const std::vector<std::string>& arguments,
                               const CommandOptions& options)
    : options_(options) {
  // A child that does not read its input must not end the test.
  ::signal(SIGPIPE, SIG_IGN);

  Pipe in = options.stdin_file ? Pipe{} : make_pipe();
  Pipe out = options.stdout_file ? Pipe{} : make_pipe();
  Pipe err = make_pipe();

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (options.stdin_file) {
    posix_spawn_file_actions_addopen(&actions, 0, options.stdin_file->c_str(), O_RDONLY, 0);
  } else {
    posix_spawn_file_actions_adddup2(&actions, in.read_end, 0);
  }
  if (options.stdout_file) {
    posix_spawn_file_actions_addopen(&actions, 1, options.stdout_file->c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0666);
  } else {
    posix_spawn_file_actions_adddup2(&actions, out.write_end, 1);
  }
  posix_spawn_file_actions_adddup2(&actions, err.write_end, 2);
  if (options.working_directory) {
    posix_spawn_file_actions_addchdir_np(&actions, options.working_directory->c_str());
  }

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t default_signals;
  sigemptyset(&default_signals);
  sigaddset(&default_signals, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &default_signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);

  std::vector<std::string> words = arguments;
  std::vector<std::string> environment = merged_environment(options.environment);
  const int error =
      ::posix_spawnp(&pid_, words.at(0).c_str(), &actions, &attributes,
                     null_terminated(words).data(), null_terminated(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close_if_open(in.read_end);
  close_if_open(out.write_end);
  close_if_open(err.write_end);
  in_fd_ = in.write_end;
  out_fd_ = out.read_end;
  err_fd_ = err.read_end;
  if (error != 0) {
    close_if_open(in_fd_);
    close_if_open(out_fd_);
    close_if_open(err_fd_);
    throw_errno(error, "starting " + words.at(0));
  }
  collector_ = std::thread([this] { feed_and_collect(); });
}

RunningCommand::~RunningCommand() {
  if (!waited_) {
    ::kill(pid_, SIGKILL);
    wait();
  }
}

void RunningCommand::send_signal(int signal) {
  if (::kill(pid_, signal) != 0) {
    throw_errno(errno, "kill " + std::to_string(pid_));
  }
}

void RunningCommand::feed_and_collect() {
  const auto deadline = Clock::now() + options_.timeout;
  std::size_t fed = 0;
  if (in_fd_ >= 0) {
    ::fcntl(in_fd_, F_SETFL, O_NONBLOCK);
  }
  while (out_fd_ >= 0 || err_fd_ >= 0 || in_fd_ >= 0) {
    if (in_fd_ >= 0 && fed == options_.input.size()) {
      close_if_open(in_fd_);
    }
    std::array<pollfd, 3> polled{pollfd{out_fd_, POLLIN, 0}, pollfd{err_fd_, POLLIN, 0},
                                 pollfd{in_fd_, POLLOUT, 0}};
    const int left_ms = milliseconds_until(deadline);
    if (left_ms == 0) {
      result_.timed_out = true;
      ::kill(pid_, SIGKILL);
      break;
    }
    if (::poll(polled.data(), polled.size(), left_ms) < 0) {
      continue;
    }
    if (polled[0].revents != 0 && !read_some(out_fd_, result_.out)) {
      close_if_open(out_fd_);
    }
    if (polled[1].revents != 0 && !read_some(err_fd_, result_.err)) {
      close_if_open(err_fd_);
    }
    if (polled[2].revents != 0) {
      const ssize_t count =
          ::write(in_fd_, options_.input.data() + fed, options_.input.size() - fed);
      if (count >= 0) {
        fed += static_cast<std::size_t>(count);
      } else if (errno != EINTR && errno != EAGAIN) {
        close_if_open(in_fd_);
      }
    }
  }
  close_if_open(in_fd_);
  close_if_open(out_fd_);
  close_if_open(err_fd_);
  // It may go on after closing its streams.
  int process_fd = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  pollfd ended{process_fd, POLLIN, 0};
  if (!result_.timed_out && ::poll(&ended, 1, milliseconds_until(deadline)) == 0) {
    result_.timed_out = true;
    ::kill(pid_, SIGKILL);
  }
  close_if_open(process_fd);
}

CommandResult RunningCommand::wait() {
  collector_.join();
  waited_ = true;
  int status = 0;
  rusage usage{};
  pid_t ended = -1;
  do {
    ended = ::wait4(pid_, &status, 0, &usage);
  } while (ended < 0 && errno == EINTR);
  if (ended < 0) {
    throw_errno(errno, "wait4");
  }
  if (WIFEXITED(status)) {
    result_.exit_code = WEXITSTATUS(status);
  } else {
    result_.signal = WTERMSIG(status);
  }
  constexpr std::size_t kBytesOfRusageUnit = 1024;
  result_.peak_memory_bytes = static_cast<std::size_t>(usage.ru_maxrss) * kBytesOfRusageUnit;
  return std::move(result_);
}

CommandResult run_command(const std::vector<std::string>& arguments,
                          const CommandOptions& options) {
  return RunningCommand(arguments, options).wait();
}

}  // namespace manifolddb::test
