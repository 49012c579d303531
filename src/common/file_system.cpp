#include "common/file_system.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <system_error>
#include <vector>

#include "manifolddb/error.h"

namespace manifolddb {

namespace fs = std::filesystem;

void FileDescriptor::close_quietly() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void throw_file_error(int error_number, const std::string& doing, const fs::path& path) {
  const std::string what = "cannot " + doing + " '" + path.string() +
                           "': " + std::generic_category().message(error_number);
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      throw Error(ErrorCode::no_space, what, {}, "free some space, then try again");
    case ENOENT:
      throw Error(ErrorCode::not_found, what, {}, "check the name, and that its folder is there");
    case EEXIST:
      throw Error(ErrorCode::would_overwrite, what, {}, "choose another name, or remove it first");
    case EACCES:
    case EPERM:
    case EROFS:
      throw Error(ErrorCode::failed, what, {}, "look at who may do that: ls -ld " + path.string());
    default:
      throw Error(ErrorCode::failed, what, {}, "when the cause is gone, try again");
  }
}

FileDescriptor open_file(const fs::path& path, int flags, unsigned mode) {
  int fd;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) throw_file_error(errno, (flags & O_CREAT) != 0 ? "create" : "open", path);
  return FileDescriptor(fd);
}

bool name_exists(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  throw_file_error(errno, "look up", path);
}

namespace {

// "a/b/" names the same directory entry as "a/b".
fs::path without_trailing_slash(const fs::path& path) {
  std::string text = path.string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

}  // namespace

fs::path parent_directory(const fs::path& path) {
  const fs::path parent = without_trailing_slash(path).parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

fs::path temporary_sibling(const fs::path& path) {
  // File systems allow 255 bytes; 22 are ours.
  static constexpr std::size_t kNamePartMax = 200;
  std::uint64_t random = 0;
  while (::getrandom(&random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) {
    if (errno != EINTR) throw_file_error(errno, "draw a temporary name for", path);
  }
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(random));
  const fs::path target = without_trailing_slash(path);
  const std::string name = target.filename().string().substr(0, kNamePartMax);
  return target.parent_path() / ("." + name + "." + digits + ".tmp");
}

void sync_file(int fd, const fs::path& path) {
  int result;
  do {
    result = ::fsync(fd);
  } while (result != 0 && errno == EINTR);
  if (result != 0) throw_file_error(errno, "sync", path);
}

void sync_directory(const fs::path& directory) {
  const FileDescriptor fd = open_file(directory, O_RDONLY | O_DIRECTORY);
  int result;
  do {
    result = ::fsync(fd.get());
  } while (result != 0 && errno == EINTR);
  // EINVAL: a file system that keeps names durable by itself and knows no sync of directories.
  if (result != 0 && errno != EINVAL) throw_file_error(errno, "sync the directory", directory);
}

void sync_tree(const fs::path& directory) {
  std::vector<fs::path> directories{directory};
  try {
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
      const fs::file_status status = entry.symlink_status();
      if (fs::is_directory(status)) {
        directories.push_back(entry.path());
      } else if (fs::is_regular_file(status)) {
        const FileDescriptor fd = open_file(entry.path(), O_RDONLY);
        sync_file(fd.get(), entry.path());
      }
    }
  } catch (const fs::filesystem_error& error) {
    throw_file_error(error.code().value(), "list", directory);
  }
  for (auto it = directories.rbegin(); it != directories.rend(); ++it) sync_directory(*it);
}

int rename_no_replace_by_parts(const fs::path& from, const fs::path& to) {
  struct stat status {};
  if (::lstat(from.c_str(), &status) != 0) return errno;
  if (!S_ISDIR(status.st_mode)) {
    if (::link(from.c_str(), to.c_str()) != 0) return errno;
    return ::unlink(from.c_str()) == 0 ? 0 : errno;
  }
  // The name is ours once mkdir made it, and rename(2) replaces a directory only while it is empty.
  if (::mkdir(to.c_str(), 0777) != 0) return errno;
  if (::rename(from.c_str(), to.c_str()) == 0) return 0;
  const int error_number = errno;
  ::rmdir(to.c_str());
  return error_number;
}

namespace {

// The error number of a rename that replaces nothing, 0 when it worked.
int try_rename_no_replace(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  // EINVAL is what NFS and others say that know no flags.
  if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) return errno;
  return rename_no_replace_by_parts(from, to);
}

}  // namespace

void rename_no_replace(const fs::path& from, const fs::path& to) {
  const fs::path target = without_trailing_slash(to);
  const int error_number = try_rename_no_replace(without_trailing_slash(from), target);
  if (error_number == EEXIST || error_number == ENOTEMPTY) {
    throw Error(ErrorCode::would_overwrite, "'" + target.string() + "' exists",
                "it was not touched");
  }
  if (error_number != 0) {
    throw_file_error(error_number, "rename '" + from.string() + "' to", target);
  }
}

void rename_over(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    throw_file_error(errno, "rename '" + from.string() + "' to", to);
  }
}

void rename_durably(const fs::path& from, const fs::path& to) {
  rename_no_replace(from, to);
  const fs::path from_parent = parent_directory(from);
  const fs::path to_parent = parent_directory(to);
  try {
    sync_directory(to_parent);
    if (from_parent != to_parent) sync_directory(from_parent);
  } catch (...) {
    try_rename_no_replace(without_trailing_slash(to), without_trailing_slash(from));
    throw;
  }
}

}  // namespace manifolddb
