#include "fault_shim/fault_state.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>

#include "fault_shim/fault_phase.h"

namespace manifolddb::test {
namespace {

// Where a descriptor points to. /proc follows renames, which a table of our own would have to.
std::string target_of(int fd) {
  std::array<char, PATH_MAX> target;
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
  return length < 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(length));
}

std::string canonical(const std::string& path) {
  std::array<char, PATH_MAX> resolved;
  return ::realpath(path.c_str(), resolved.data()) == nullptr ? std::string() : resolved.data();
}

}  // namespace

FaultState& FaultState::get() {
  static FaultState* const state = new FaultState;
  return *state;
}

FaultState::FaultState() {
  const char* root = std::getenv("MANIFOLD_FAULT_ROOT");
  if (root == nullptr || *root == '\0') {
    return;
  }
  root_ = canonical(root);
  if (root_.empty()) {
    stop_on_bad_setting(std::string("MANIFOLD_FAULT_ROOT is no folder: ") + root);
  }
  const char* shadow_folder = std::getenv("MANIFOLD_FAULT_SHADOW");
  if (shadow_folder != nullptr && *shadow_folder != '\0') {
    const std::string folder = canonical(shadow_folder);
    if (folder.empty() || below_root(folder)) {
      stop_on_bad_setting(std::string("MANIFOLD_FAULT_SHADOW is no folder outside the root: ") +
                          shadow_folder);
    }
    shadow = std::make_unique<SyncShadow>(root_, folder);
  }
  const char* real_sync = std::getenv("MANIFOLD_FAULT_REAL_SYNC");
  real_sync_ = real_sync != nullptr && *real_sync == '1';
}

std::optional<std::string> FaultState::below_root(const std::string& canonical) const {
  if (root_.empty() || canonical.compare(0, root_.size(), root_) != 0) {
    return std::nullopt;
  }
  if (canonical.size() == root_.size()) {
    return ".";
  }
  if (canonical[root_.size()] != '/') {
    return std::nullopt;
  }
  return canonical.substr(root_.size() + 1);
}

std::optional<std::string> FaultState::watched(int fd) const {
  const KeepErrno keep;
  return root_.empty() ? std::nullopt : below_root(target_of(fd));
}

std::optional<std::string> FaultState::watched(int directory_fd, const char* path) const {
  const KeepErrno keep;
  if (root_.empty() || path == nullptr) {
    return std::nullopt;
  }
  std::string full = path;
  if (full.empty() || full[0] != '/') {
    full = (directory_fd == AT_FDCWD ? std::string(".") : target_of(directory_fd)) + "/" + full;
  }
  while (full.size() > 1 && full.back() == '/') {
    full.pop_back();
  }
  // The last part need not exist, and is the link itself where it is one.
  const std::size_t slash = full.rfind('/');
  const std::string folder = canonical(slash == 0 ? "/" : full.substr(0, slash));
  return folder.empty() ? std::nullopt : below_root(folder + full.substr(slash));
}

}  // namespace manifolddb::test

using manifolddb::test::FaultState;

void fault_phase(const char* name) {
  FaultState& state = FaultState::get();
  const std::lock_guard<std::mutex> lock(state.mutex);
  state.plan.enter_phase(name);
}

namespace {

// The snapshot of what is durable from before must be taken before the program does anything.
__attribute__((constructor)) void start_shim() {
  FaultState::get();
}

__attribute__((destructor)) void report_counts() {
  FaultState& state = FaultState::get();
  const std::lock_guard<std::mutex> lock(state.mutex);
  state.plan.report_counts();
}

}  // namespace
