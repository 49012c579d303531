// A new file that appears under its name complete and durable, or not at all.
#pragma once

#include <filesystem>
#include <optional>

#include "io/file_stream.h"

namespace manifolddb {

// Written under a temporary name in the same folder; only a commit() that returned means stored.
// Never replaces anything. A process that is killed can leave the temporary name
// (".<name>.<hex>.tmp"), never half a file under the real one. Not thread-safe.
class DurableFile {
 public:
  // Error{would_overwrite} when something is there already, Error{not_found} without a folder.
  explicit DurableFile(std::filesystem::path path);
  ~DurableFile();  // without commit(): removes the temporary file
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;

  FileSink& sink() { return *sink_; }

  // Sync, rename, sync of the folder. Error{would_overwrite} when the name was taken meanwhile. On
  // any error nothing of ours is at the path.
  void commit();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_path_;
  std::optional<FileSink> sink_;
  bool temporary_exists_ = false;
};

}  // namespace manifolddb
