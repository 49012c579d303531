// The folder in which a restore happens before it gets its name.
#pragma once

#include <filesystem>

#include "common/process_directory.h"

namespace manifolddb::backup {

// A hidden sibling of the target, ".<name>.restoring-<pid>-<n>", on its file system. Not
// thread-safe.
class RestoreDirectory {
 public:
  // Error{would_overwrite} when anything has the target's name, Error{not_found} when the folder
  // for it does not exist. What restores to this target left behind when their process died is
  // removed.
  explicit RestoreDirectory(const std::filesystem::path& target);
  ~RestoreDirectory();  // without commit(): removes it with everything in it
  RestoreDirectory(const RestoreDirectory&) = delete;
  RestoreDirectory& operator=(const RestoreDirectory&) = delete;

  const std::filesystem::path& path() const { return directory_.path; }

  // Syncs everything in it, gives it the target's name and syncs that. Never replaces anything:
  // Error {would_overwrite} when the name was taken meanwhile.
  void commit();

 private:
  std::filesystem::path target_;
  ProcessDirectory directory_;
  bool committed_ = false;
};

}  // namespace manifolddb::backup
