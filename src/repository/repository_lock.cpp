#include "repository/repository_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <thread>

#include "common/text.h"
#include "manifolddb/error.h"
#include "repository/object_names.h"

namespace manifolddb::repository {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kOwnerBytesMax = 1024;
constexpr std::chrono::milliseconds kRetry{50};

// False when another holds it.
bool try_lock(int fd, int how, const fs::path& path) {
  for (;;) {
    if (::flock(fd, how | LOCK_NB) == 0) return true;
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) throw_file_error(errno, "lock", path);
  }
}

std::string describe_this_process(const std::string& doing) {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  return doing + " by process " + std::to_string(::getpid()) + " on host " + host + ", since " +
         format_time_us(now) + "\n";
}

// What the owner wrote; it may be writing just now.
std::string read_owner(int fd) {
  char buffer[kOwnerBytesMax];
  const ssize_t size = ::pread(fd, buffer, sizeof buffer, 0);
  std::string_view text(buffer, size > 0 ? static_cast<std::size_t>(size) : 0);
  text = text.substr(0, text.find('\n'));
  if (text.empty() || find_invalid_utf8(text) != kValidUtf8) return "another process";
  return std::string(text);
}

// False when others held it all the time.
bool lock_within(std::chrono::milliseconds wait, int fd, int how, const fs::path& path) {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  while (!try_lock(fd, how, path)) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kRetry);
  }
  return true;
}

FileDescriptor lock_and_sign(const fs::path& root, std::string_view name, const std::string& what,
                             const std::string& doing) {
  const fs::path path = root / name;
  FileDescriptor fd = open_file(path, O_RDWR | O_CREAT);
  if (!try_lock(fd.get(), LOCK_EX, path)) {
    throw Error(ErrorCode::locked, "'" + root.string() + "' " + what + ": " + read_owner(fd.get()),
                "nothing was changed", "run it again when that has ended");
  }
  // For the message above only; the kernel decides. So a write that fails does no harm.
  const std::string owner = describe_this_process(doing);
  if (::ftruncate(fd.get(), 0) == 0) {
    static_cast<void>(!::pwrite(fd.get(), owner.data(), owner.size(), 0));
  }
  return fd;
}

void take_signature_back(const FileDescriptor& fd) {
  if (fd.get() >= 0) static_cast<void>(!::ftruncate(fd.get(), 0));
}

}  // namespace

WriterLock::WriterLock(const fs::path& root, const std::string& doing)
    : fd_(lock_and_sign(root, kWriterLock, "is being written to", doing)) {}

WriterLock::~WriterLock() {
  take_signature_back(fd_);
}

ArchiverLock::ArchiverLock(const fs::path& root, const std::string& doing)
    : fd_(lock_and_sign(root, kArchiverLock, "has another archiver", doing)) {}

ArchiverLock::~ArchiverLock() {
  take_signature_back(fd_);
}

ReaderLock::ReaderLock(const fs::path& root, std::chrono::milliseconds wait) {
  const fs::path path = root / kRepositoryFile;
  fd_ = open_file(path, O_RDONLY);
  if (lock_within(wait, fd_.get(), LOCK_SH, path)) return;
  throw Error(ErrorCode::locked, "backups are being removed from '" + root.string() + "'",
              "nothing was changed", "run it again when that has ended");
}

RemovalLock::RemovalLock(const fs::path& root, std::chrono::milliseconds wait) {
  const fs::path path = root / kRepositoryFile;
  fd_ = open_file(path, O_RDWR);
  if (lock_within(wait, fd_.get(), LOCK_EX, path)) return;
  throw Error(ErrorCode::locked,
              "'" + root.string() + "' is being read (restore, verify, cat or copy)",
              "nothing was removed", "run it again when that has ended");
}

}  // namespace manifolddb::repository
