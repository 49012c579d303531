#include "backup/restore_directory.h"

#include <string>

#include "manifolddb/error.h"

namespace manifolddb::backup {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = ".restoring-";

std::string name_start(const fs::path& target) {
  return "." + target.filename().string() + std::string(kMark);
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
  remove_left_behind(parent, name_start(target_));
  const int error = make_process_directory(parent, name_start(target_), 0777, directory_);
  if (error != 0) throw_file_error(error, "create", directory_.path);
}

RestoreDirectory::~RestoreDirectory() {
  if (committed_) return;
  std::error_code ignored;
  fs::remove_all(directory_.path, ignored);
}

void RestoreDirectory::commit() {
  sync_tree(directory_.path);
  rename_durably(directory_.path, target_);
  committed_ = true;
}

}  // namespace manifolddb::backup
