// Who may do what with a repository at the same time.
//
//                       writer.lock   archiver.lock   manifold-repository.json
//   backup              exclusive     –               –
//   copy into           exclusive     while it puts   exclusive while it removes covered segments
//                                     a note
//   archive             –             exclusive       exclusive while it removes small segments
//   prune --confirm     exclusive     –               exclusive while it removes
//   list, restore …     –             –               shared, as every call that reads
//
// Locks are the kernel's (flock(2)): they end with the process that holds them, whatever becomes of
// it, so there is no lease to wait for and nothing to break by hand. A reader needs no right to
// write, and no lock file that might be missing.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "common/file_system.h"

namespace manifolddb::repository {

// One writer at a time. Error{locked} names the process that holds it, by what it wrote into the
// file. Released by the destructor.
class WriterLock {
 public:
  WriterLock(const std::filesystem::path& root, const std::string& doing);
  ~WriterLock();
  WriterLock(WriterLock&&) noexcept = default;

 private:
  FileDescriptor fd_;
};

// One archiver at a time, beside whoever takes backups: its own file, `archiver.lock`. The rest as
// WriterLock.
class ArchiverLock {
 public:
  explicit ArchiverLock(const std::filesystem::path& root, const std::string& doing = "archive");
  ~ArchiverLock();
  ArchiverLock(ArchiverLock&&) noexcept = default;

 private:
  FileDescriptor fd_;
};

// While it lives, nothing that is there is removed. Waits at most `wait` for a removal to end,
// which is short, then throws Error{locked}.
class ReaderLock {
 public:
  static constexpr std::chrono::seconds kWait{30};
  explicit ReaderLock(const std::filesystem::path& root, std::chrono::milliseconds wait = kWait);

 private:
  FileDescriptor fd_;
};

// While it lives, nobody reads. Waits at most `wait` for readers to end, then throws Error{locked}.
class RemovalLock {
 public:
  explicit RemovalLock(const std::filesystem::path& root,
                       std::chrono::milliseconds wait = std::chrono::milliseconds(0));

 private:
  FileDescriptor fd_;
};

}  // namespace manifolddb::repository
