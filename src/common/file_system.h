// The calls that make files and names durable, and the errors of the file system as Error.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

namespace manifolddb {

// Owns a file descriptor; -1 is none.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  ~FileDescriptor() { close_quietly(); }
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void close_quietly();

 private:
  int fd_;
};

// "cannot <doing> '<path>': <text of the number>" as an Error: no_space for ENOSPC and EDQUOT,
// not_found for ENOENT, would_overwrite for EEXIST, failed for all others.
[[noreturn]] void throw_file_error(int error_number, const std::string& doing,
                                   const std::filesystem::path& path);

// Turns what std::filesystem throws during `work` into Error.
template <typename Work>
auto with_file_errors(const char* doing, Work work) {
  try {
    return work();
  } catch (const std::filesystem::filesystem_error& error) {
    throw_file_error(error.code().value(), doing, error.path1());
  }
}

// open(2) with O_CLOEXEC, repeated on EINTR; throws as above.
FileDescriptor open_file(const std::filesystem::path& path, int flags, unsigned mode = 0666);

// Whether anything has this name, a dangling symbolic link included.
bool name_exists(const std::filesystem::path& path);

// The folder that holds the name `path`: "." for a plain name; a trailing slash does not count.
std::filesystem::path parent_directory(const std::filesystem::path& path);

// An unused hidden name beside `path`, ".<name>.<16 hex digits>.tmp", for what is renamed to `path`
// when it is finished: same file system. Random, so that two processes never meet.
std::filesystem::path temporary_sibling(const std::filesystem::path& path);

// fsync of a file's content; never tried twice, since the kernel reports a lost page only once.
void sync_file(int fd, const std::filesystem::path& path);

// Makes the names in a directory durable.
void sync_directory(const std::filesystem::path& directory);

// Makes everything below `directory` durable, itself included, but not its own name in its parent.
// Symbolic links are not followed.
void sync_tree(const std::filesystem::path& directory);

// Atomic, and never replaces anything, not even an empty directory: Error{would_overwrite}. Where
// the file system has no such rename, files go by link(2) and directories by claiming the name with
// mkdir(2) first.
void rename_no_replace(const std::filesystem::path& from, const std::filesystem::path& to);

// The second way of rename_no_replace; returns the error number, 0 when it worked. For tests.
int rename_no_replace_by_parts(const std::filesystem::path& from, const std::filesystem::path& to);

// rename(2): a file at `to` is replaced at once.
void rename_over(const std::filesystem::path& from, const std::filesystem::path& to);

// rename_no_replace and both parents synced. The content must have been synced before. When the
// sync fails, the rename is taken back as far as that is possible, and Error is thrown.
void rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace manifolddb
