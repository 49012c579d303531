// A new file that appears under its name complete and durable, or not at all.
#pragma once

#include <filesystem>
#include <optional>

#include "io/file_stream.h"

namespace manifolddb {

// What happens to a file that has the name already.
enum class Existing { refuse, replace };

// Written under a temporary name in the same folder; only a commit() that returned means stored.
// Replaces something only when that is asked for, and then at once: whoever opens the name finds
// the old bytes or the new ones, whole. A process that is killed can leave the temporary name
// (".<name>.<hex>.tmp"), never half a file under the real one. Not thread-safe.
class DurableFile {
 public:
  // Error{would_overwrite} when something is there already that is not to be replaced,
  // Error{not_found} without a folder.
  explicit DurableFile(std::filesystem::path path, Existing existing = Existing::refuse);
  ~DurableFile();  // without commit(): removes the temporary file
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;

  FileSink& sink() { return *sink_; }

  // Sync, rename, sync of the folder. Error{would_overwrite} when the name was taken meanwhile. On
  // any error nothing of ours is at the path; what was to be replaced may be, or the new one.
  void commit();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_path_;
  Existing existing_;
  std::optional<FileSink> sink_;
  bool temporary_exists_ = false;
};

}  // namespace manifolddb
