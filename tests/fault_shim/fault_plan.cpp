#include "fault_shim/fault_plan.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <sstream>

namespace manifolddb::test {
namespace {

constexpr int kBadSettingExit = 99;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) {
    parts.push_back(part);
  }
  return parts;
}

int errno_of(const std::string& name) {
  if (name == "EIO") {
    return EIO;
  }
  if (name == "ENOSPC") {
    return ENOSPC;
  }
  if (name == "EDQUOT") {
    return EDQUOT;
  }
  if (name == "EROFS") {
    return EROFS;
  }
  if (name == "EACCES") {
    return EACCES;
  }
  stop_on_bad_setting("MANIFOLD_FAULT: no such error: " + name);
}

bool matches(const std::string& pattern, const std::string& path) {
  return ::fnmatch(pattern.c_str(), path.c_str(), 0) == 0;
}

}  // namespace

void stop_on_bad_setting(const std::string& what) {
  const std::string line = "fault shim: " + what + "\n";
  ::syscall(SYS_write, STDERR_FILENO, line.data(), line.size());
  ::_exit(kBadSettingExit);
}

const char* name_of(CallClass call_class) {
  static constexpr std::array<const char*, kCallClasses> kNames = {"write", "sync", "rename",
                                                                   "create", "remove"};
  return kNames[static_cast<std::size_t>(call_class)];
}

FaultPlan::FaultPlan()
    : only_phase_(environment("MANIFOLD_FAULT_PHASE")),
      only_path_(environment("MANIFOLD_FAULT_ONLY")),
      report_file_(environment("MANIFOLD_FAULT_REPORT")) {
  parse_action(environment("MANIFOLD_FAULT"));
  parse_drops(environment("MANIFOLD_FAULT_DROP"));
}

void FaultPlan::parse_action(const std::string& text) {
  if (text.empty() || text == "count") {
    return;
  }
  const std::vector<std::string> parts = split(text, ':');
  const bool is_fail = parts[0] == "fail";
  if ((!is_fail && parts[0] != "kill" && parts[0] != "torn") || parts.size() != (is_fail ? 4 : 3)) {
    stop_on_bad_setting("MANIFOLD_FAULT makes no sense: " + text);
  }
  action_ = is_fail ? Action::fail : parts[0] == "torn" ? Action::tear : Action::kill;
  any_class_ = parts[1] == "any";
  bool known = any_class_;
  for (std::size_t i = 0; i < kCallClasses && !known; ++i) {
    class_ = static_cast<CallClass>(i);
    known = parts[1] == name_of(class_);
  }
  target_ = std::strtoull(parts[2].c_str(), nullptr, 10);
  if (!known || target_ == 0) {
    stop_on_bad_setting("MANIFOLD_FAULT makes no sense: " + text);
  }
  if (is_fail) {
    std::string error = parts[3];
    keep_failing_ = error.back() == '+';
    if (keep_failing_) {
      error.pop_back();
    }
    error_ = errno_of(error);
  }
}

void FaultPlan::parse_drops(const std::string& text) {
  for (const std::string& part : split(text, ',')) {
    const std::size_t colon = part.find(':');
    const std::string head = part.substr(0, colon);
    const std::size_t at = head.find('@');
    const std::string kind = head.substr(0, at);
    if (colon == std::string::npos || (kind != "sync" && kind != "dirsync")) {
      stop_on_bad_setting("MANIFOLD_FAULT_DROP makes no sense: " + part);
    }
    drops_.push_back({kind == "dirsync", at == std::string::npos ? "" : head.substr(at + 1),
                      part.substr(colon + 1)});
  }
}

Verdict FaultPlan::before(const Call& call, bool is_directory_sync) {
  Verdict verdict;
  if (call.call_class == CallClass::sync && is_dropped(call, is_directory_sync)) {
    verdict.drop = true;
    return verdict;
  }
  if ((!only_phase_.empty() && only_phase_ != phase_) ||
      (!only_path_.empty() && !matches(only_path_, call.path))) {
    return verdict;
  }
  ++counts_[phase_][static_cast<std::size_t>(call.call_class)];
  if (action_ == Action::none || (!any_class_ && call.call_class != class_)) {
    return verdict;
  }
  ++seen_;
  if (seen_ != target_ && !(keep_failing_ && seen_ > target_)) {
    return verdict;
  }
  if (action_ == Action::kill) {
    die(call);
  }
  if (action_ == Action::tear) {
    verdict.tear_then_kill = true;
    return verdict;
  }
  verdict.error = error_;
  report("failed\t" + phase_ + "\t" + name_of(call.call_class) + "\t" + std::to_string(seen_) +
         "\t" + call.function + "\t" + call.path + "\n");
  return verdict;
}

bool FaultPlan::is_dropped(const Call& call, bool is_directory_sync) const {
  for (const Drop& drop : drops_) {
    if (drop.of_directories == is_directory_sync && (drop.phase.empty() || drop.phase == phase_) &&
        matches(drop.pattern, call.path)) {
      return true;
    }
  }
  return false;
}

void FaultPlan::die(const Call& call) {
  report("killed\t" + phase_ + "\t" + name_of(call.call_class) + "\t" + std::to_string(seen_) +
         "\t" + call.function + "\t" + call.path + "\n");
  ::syscall(SYS_kill, ::getpid(), SIGKILL);
  for (;;) {
    ::pause();
  }
}

void FaultPlan::report_counts() const {
  std::string lines;
  for (const auto& [phase, counts] : counts_) {
    for (std::size_t i = 0; i < kCallClasses; ++i) {
      lines += "count\t" + phase + "\t" + name_of(static_cast<CallClass>(i)) + "\t" +
               std::to_string(counts[i]) + "\n";
    }
  }
  report(lines);
}

// Raw calls: the libc ones would come back into the shim.
void FaultPlan::report(const std::string& line) const {
  if (report_file_.empty()) {
    return;
  }
  const long fd = ::syscall(SYS_openat, AT_FDCWD, report_file_.c_str(),
                            O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0 || ::syscall(SYS_write, fd, line.data(), line.size()) < 0) {
    stop_on_bad_setting("cannot write MANIFOLD_FAULT_REPORT " + report_file_);
  }
  ::syscall(SYS_close, fd);
}

}  // namespace manifolddb::test
