// An image: a scratch copy of a database's files, made of hard links to its immutable tables and
// archived log files and copies of its log and manifest, through which another process reads a live
// database. It never writes into the database's files, works on a read-only medium, and ends as a
// folder that Engine::open takes in read-only mode.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "common/process_directory.h"

namespace manifolddb {

// Removes its folder when destroyed; those left by dead processes go when the next one is made
// there.
class Image {
 public:
  // left_out: only what is in tables; what is in the log alone is not there, and opening the image
  // costs no more for a long log.
  enum class Log { copied, left_out };

  // `directory`: where the image's folder is made; empty: beside the database, or where that cannot
  // be written, in the system's temporary folder. On another file system tables are copied, and
  // archived log files left out.
  // The copied log is synced at its source, so that nothing is read that power loss could take.
  // Throws Error: not_found; failed when the database changed during every one of kAttemptsMax
  // tries.
  static Image make(const std::filesystem::path& database, const std::filesystem::path& directory,
                    Log log = Log::copied);

  Image(Image&& other) noexcept : directory_(std::move(other.directory_)) {
    other.directory_.path.clear();
  }
  Image& operator=(Image&&) = delete;
  ~Image();

  const std::filesystem::path& folder() const { return directory_.path; }

  static constexpr int kAttemptsMax = 2000;

 private:
  explicit Image(ProcessDirectory directory) : directory_(std::move(directory)) {}
  ProcessDirectory directory_;
};

// Text about files with the name of the database in the place of an image's folder: whoever reads
// it finds that one, and no image any more.
std::string without_images(std::string text);

}  // namespace manifolddb
