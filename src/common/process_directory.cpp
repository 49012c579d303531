#include "common/process_directory.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <system_error>
#include <vector>

namespace manifolddb {

namespace {

namespace fs = std::filesystem;

// A name may be taken, by a process of another namespace.
constexpr int kNamesTriedMax = 100;

FileDescriptor open_directory(const fs::path& directory) {
  return FileDescriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// Locks it, if it is still there and nobody removes it.
bool claim(const fs::path& path, FileDescriptor& lock) {
  lock = open_directory(path);
  if (lock.get() < 0) return errno != ENOENT;
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;
  struct stat opened, named;
  return ::fstat(lock.get(), &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

bool is_process_gone(std::string_view pid_text) {
  pid_t pid = 0;
  const char* const text_end = pid_text.data() + pid_text.size();
  const auto [end, error] = std::from_chars(pid_text.data(), text_end, pid);
  if (error != std::errc() || pid <= 0 || end == text_end || *end != '-') return false;
  return ::kill(pid, 0) != 0 && errno == ESRCH;
}

}  // namespace

int make_process_directory(const fs::path& parent, const std::string& prefix, unsigned mode,
                           ProcessDirectory& made) {
  static std::atomic<unsigned> counter{0};
  for (int i = 0; i < kNamesTriedMax; ++i) {
    made.path = parent / (prefix + std::to_string(::getpid()) + "-" + std::to_string(++counter));
    if (::mkdir(made.path.c_str(), static_cast<mode_t>(mode)) != 0) {
      if (errno == EEXIST) continue;
      return errno;
    }
    // Who removes what was left behind may have come before the lock.
    if (claim(made.path, made.lock)) return 0;
  }
  return EEXIST;
}

void remove_left_behind(const fs::path& parent, const std::string& prefix) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && is_process_gone(std::string_view(name).substr(prefix.size()))) {
      found.push_back(entry.path());
    }
  }
  for (const fs::path& directory : found) {
    const FileDescriptor lock = open_directory(directory);
    if (lock.get() < 0) continue;
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
      // A file system without such locks tells nothing: then the process that is gone decides.
      if (errno != ENOSYS && errno != EOPNOTSUPP && errno != EINVAL) continue;
    }
    fs::remove_all(directory, ignored);
  }
}

}  // namespace manifolddb
