// Which of the watched calls is to fail, to be forgotten, or to be the last thing the process does.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace manifolddb::test {

enum class CallClass { write, sync, rename, create, remove };
inline constexpr std::size_t kCallClasses = 5;
const char* name_of(CallClass call_class);

struct Call {
  CallClass call_class;
  const char* function;  // the libc name
  std::string path;      // relative to the root; "." is the root itself
};

// What the shim does instead of the call, if anything.
struct Verdict {
  int error = 0;                // fail with this errno
  bool drop = false;            // report success, do nothing (syncs only)
  bool tear_then_kill = false;  // perform half of the write, then call FaultPlan::die
};

// Not thread-safe: the shim asks it under its own lock.
class FaultPlan {
 public:
  // From the environment, see fault_shim.cpp. A setting that makes no sense ends the process with
  // exit code 99: a harness with a typing error must not look like a passed test.
  FaultPlan();

  // Counts the call. Does not return when the process is to die just before this call.
  Verdict before(const Call& call, bool is_directory_sync);
  [[noreturn]] void die(const Call& call);

  void enter_phase(const std::string& name) { phase_ = name; }
  void report_counts() const;

 private:
  enum class Action { none, kill, tear, fail };
  using Counts = std::array<std::uint64_t, kCallClasses>;

  struct Drop {
    bool of_directories;
    std::string phase;  // empty: in all
    std::string pattern;
  };

  void parse_action(const std::string& text);
  void parse_drops(const std::string& text);
  bool is_dropped(const Call& call, bool is_directory_sync) const;
  void report(const std::string& line) const;

  Action action_ = Action::none;
  bool any_class_ = false;
  CallClass class_ = CallClass::write;
  std::uint64_t target_ = 0;  // 1 is the first call
  int error_ = 0;
  bool keep_failing_ = false;
  std::string only_phase_;
  std::string only_path_;
  std::vector<Drop> drops_;
  std::string report_file_;

  std::string phase_ = "start";
  std::uint64_t seen_ = 0;  // calls that match the action's class
  std::map<std::string, Counts> counts_;
};

[[noreturn]] void stop_on_bad_setting(const std::string& what);

}  // namespace manifolddb::test
