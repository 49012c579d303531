// Folders that a process makes for its own use and removes, and that others remove when it died.
#pragma once

#include <filesystem>
#include <string>

#include "common/file_system.h"

namespace manifolddb {

// "<prefix><pid>-<n>". Its lock tells that it is in use, also across process namespaces, where the
// pid means nothing, and when a pid was used again; it goes with the process.
struct ProcessDirectory {
  std::filesystem::path path;
  FileDescriptor lock;  // holds nothing where the file system has no locks
};

// Makes one in `parent`. Returns the error number, 0 when it worked.
int make_process_directory(const std::filesystem::path& parent, const std::string& prefix,
                           unsigned mode, ProcessDirectory& made);

// Removes those whose process is gone and whose lock nobody holds. What cannot be removed stays.
void remove_left_behind(const std::filesystem::path& parent, const std::string& prefix);

}  // namespace manifolddb
