#include "database/database_files.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>

#include "common/text.h"
#include "manifolddb/error.h"

namespace manifolddb {

namespace fs = std::filesystem;

namespace {

constexpr const char* kOwnerName = "OWNER";
constexpr std::size_t kOwnerBytesMax = 512;

// The first file in it that a creation cannot have left: CURRENT is on the disk before anything is
// written to a log, and there is a log before there are tables.
fs::path find_content(const fs::path& folder) {
  if (!fs::is_directory(folder)) return {};
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path extension = entry.path().extension();
    if (extension == ".sst" || (extension == ".log" && entry.file_size() != 0)) return entry.path();
  }
  return {};
}

// It is replaced by renaming a file that is on the disk: nothing leaves it empty or torn but
// damage. One that cannot be opened is for the engine to name.
bool names_a_manifest(const fs::path& current) {
  std::ifstream in(current);
  if (!in) return true;
  std::string line;
  std::getline(in, line);
  return line.starts_with("MANIFEST-") && !in.eof();
}

}  // namespace

bool has_database(const fs::path& path) {
  const fs::path engine = path / "engine";
  if (fs::exists(engine / "CURRENT")) {
    if (names_a_manifest(engine / "CURRENT")) return true;
    throw Error(ErrorCode::damaged,
                path.string() +
                    " is damaged: engine/CURRENT, which names the files that belong to it, is "
                    "empty or torn",
                "nothing was changed", "restore from a backup");
  }
  fs::path found = find_content(engine);
  if (found.empty()) found = find_content(engine / "archive");
  if (found.empty()) return false;
  throw Error(ErrorCode::damaged,
              path.string() + " holds " + found.lexically_relative(path).string() +
                  ", but engine/CURRENT is missing, which names the files that belong to it",
              "nothing was changed",
              "restore from a backup; if the file was moved away, put it back");
}

FolderState inspect_folder(const fs::path& path) {
  const fs::file_status status = fs::status(path);
  if (!fs::exists(status)) {
    if (fs::is_symlink(fs::symlink_status(path))) {
      throw Error(ErrorCode::would_overwrite, path.string() + " is a symbolic link to nothing",
                  "nothing was changed", "remove the link or choose another path");
    }
    return FolderState::missing;
  }
  if (!fs::is_directory(status)) {
    throw Error(ErrorCode::would_overwrite, path.string() + " is not a database but a file",
                "nothing was changed", "choose another path");
  }
  if (has_database(path)) return FolderState::database;
  bool any = false;
  for (const auto& entry : fs::directory_iterator(path)) {
    const std::string name = entry.path().filename();
    any = true;
    if (name != "engine" && name != "scratch" && name != kOwnerName) {
      throw Error(ErrorCode::would_overwrite,
                  path.string() + " is not a database and holds other files (" + name + ")",
                  "nothing was changed", "choose another path");
    }
  }
  return any ? FolderState::incomplete : FolderState::missing;
}

void write_owner(const fs::path& path) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  std::ofstream out(path / kOwnerName, std::ios::trunc);
  out << "process " << ::getpid() << " on host " << host.data() << ", since "
      << format_time_us(now.count()) << '\n';
}

void remove_owner(const fs::path& path) {
  std::error_code ignored;
  fs::remove(path / kOwnerName, ignored);
}

std::string describe_owner(const fs::path& path) {
  std::ifstream in(path / kOwnerName);
  std::string line;
  if (!in || !std::getline(in, line) || line.empty() || line.size() > kOwnerBytesMax) {
    return "another process";
  }
  return line;
}

}  // namespace manifolddb
