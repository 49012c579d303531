#include "io/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "manifolddb/error.h"

namespace manifolddb {

DurableFile::DurableFile(std::filesystem::path path, Existing existing)
    : path_(std::move(path)), temporary_path_(temporary_sibling(path_)), existing_(existing) {
  // The rename at the end refuses too; this saves the work of a whole backup.
  if (existing_ == Existing::refuse && name_exists(path_)) {
    throw Error(ErrorCode::would_overwrite, "'" + path_.string() + "' exists", "it was not touched",
                "choose another name, or remove it");
  }
  // Errors name the path that the caller knows.
  FileDescriptor fd(::open(temporary_path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (fd.get() < 0) throw_file_error(errno, "create", path_);
  sink_.emplace(std::move(fd), path_.string());
  temporary_exists_ = true;
}

DurableFile::~DurableFile() {
  sink_.reset();
  if (temporary_exists_) ::unlink(temporary_path_.c_str());
}

void DurableFile::commit() {
  sink_->finish();
  sink_->sync();
  sink_->close();
  if (existing_ == Existing::replace) {
    rename_over(temporary_path_, path_);
    temporary_exists_ = false;
    return sync_directory(parent_directory(path_));
  }
  // A failed sync of the folder renames it back, and the destructor removes it.
  rename_durably(temporary_path_, path_);
  temporary_exists_ = false;
}

}  // namespace manifolddb
