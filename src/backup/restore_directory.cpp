#include "backup/restore_directory.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <string>
#include <vector>

#include "manifolddb/error.h"

namespace manifolddb::backup {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = ".restoring-";

std::string name_start(const fs::path& target) {
  return "." + target.filename().string() + std::string(kMark);
}

// Its process is gone, and nobody holds its lock (which tells across process namespaces, and when a
// number was used again).
bool is_left_behind(const fs::path& directory, std::string_view pid_text) {
  pid_t pid = 0;
  const auto [end, error] =
      std::from_chars(pid_text.data(), pid_text.data() + pid_text.size(), pid);
  if (error != std::errc() || pid <= 0 || end == pid_text.data() + pid_text.size() || *end != '-') {
    return false;
  }
  if (::kill(pid, 0) == 0 || errno != ESRCH) return false;
  const FileDescriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.get() >= 0 && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0;
}

void remove_left_behind(const fs::path& target) {
  const std::string start = name_start(target);
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(parent_directory(target), ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(start) &&
        is_left_behind(entry.path(), std::string_view(name).substr(start.size()))) {
      found.push_back(entry.path());
    }
  }
  for (const fs::path& directory : found) fs::remove_all(directory, ignored);
}

}  // namespace

RestoreDirectory::RestoreDirectory(const fs::path& target)
    : target_(target.has_filename() ? target : target.parent_path()) {
  if (name_exists(target_)) {
    throw Error(ErrorCode::would_overwrite, "'" + target_.string() + "' exists",
                "it was not touched", "restore to another path, or remove it first");
  }
  const fs::path parent = parent_directory(target_);
  std::error_code ignored;
  if (!fs::is_directory(parent, ignored)) {
    throw Error(ErrorCode::not_found, "there is no folder '" + parent.string() + "'",
                "nothing was created", "create it first");
  }
  remove_left_behind(target_);
  static std::atomic<unsigned> counter{0};
  path_ =
      parent / (name_start(target_) + std::to_string(::getpid()) + "-" + std::to_string(++counter));
  if (::mkdir(path_.c_str(), 0777) != 0) throw_file_error(errno, "create", path_);
  alive_ = FileDescriptor(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (alive_.get() >= 0) ::flock(alive_.get(), LOCK_EX | LOCK_NB);
}

RestoreDirectory::~RestoreDirectory() {
  if (committed_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void RestoreDirectory::commit() {
  sync_tree(path_);
  rename_durably(path_, target_);
  committed_ = true;
}

}  // namespace manifolddb::backup
