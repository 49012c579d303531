#include <sys/stat.h>

#include "support/list_files.h"

namespace manifolddb::test {

Listing list_files(const std::filesystem::path& directory) {
  Listing listing;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    struct stat status {};
    if (::lstat(entry.path().c_str(), &status) != 0) continue;
    const std::uintmax_t size = entry.is_regular_file() ? entry.file_size() : 0;
    const std::int64_t changed_ns =
        status.st_mtim.tv_sec * std::int64_t{1'000'000'000} + status.st_mtim.tv_nsec;
    listing[entry.path().string()] = {size, changed_ns, status.st_ino};
  }
  return listing;
}

}  // namespace manifolddb::test
