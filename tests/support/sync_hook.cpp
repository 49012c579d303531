#include "support/sync_hook.h"

#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <mutex>
#include <utility>

namespace manifolddb::test {
namespace {

std::mutex hook_mutex;
std::shared_ptr<const SyncHook> present_hook;

std::shared_ptr<const SyncHook> get_hook() {
  const std::lock_guard lock(hook_mutex);
  return present_hook;
}

void set_hook(std::shared_ptr<const SyncHook> hook) {
  const std::lock_guard lock(hook_mutex);
  present_hook = std::move(hook);
}

int sync_or_fail(int fd, const char* name) {
  if (const auto hook = get_hook()) {
    std::array<char, 4096> path{};
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t size = ::readlink(link.c_str(), path.data(), path.size());
    const int error = (*hook)(std::string(path.data(), size < 0 ? 0u : static_cast<size_t>(size)));
    if (error != 0) {
      errno = error;
      return -1;
    }
  }
  return reinterpret_cast<int (*)(int)>(::dlsym(RTLD_NEXT, name))(fd);
}

}  // namespace

HookedSyncs::HookedSyncs(SyncHook hook) {
  set_hook(std::make_shared<const SyncHook>(std::move(hook)));
}
HookedSyncs::~HookedSyncs() {
  set_hook(nullptr);
}

}  // namespace manifolddb::test

// Found before the C library's, also by the engine's library.
extern "C" {
int fsync(int fd) {
  return manifolddb::test::sync_or_fail(fd, "fsync");
}
int fdatasync(int fd) {
  return manifolddb::test::sync_or_fail(fd, "fdatasync");
}
}
