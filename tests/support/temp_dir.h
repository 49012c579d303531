// A folder of its own for one test, removed with everything in it at the end.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace manifolddb::test {

// MANIFOLD_KEEP_TEMP=1 in the environment leaves the folders behind, to look at after a failure.
class TempDir {
 public:
  TempDir();  // in the system's temporary folder
  explicit TempDir(const std::filesystem::path& parent);
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& file);  // throws when it cannot be read
void write_file(const std::filesystem::path& file, std::string_view content);
// Eight bytes in the middle, which a second call puts right; of one bit it may be that zstd ignores
// it, which is no damage.
void damage_middle(const std::filesystem::path& path);

}  // namespace manifolddb::test
