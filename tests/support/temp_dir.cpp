#include "support/temp_dir.h"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <span>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace manifolddb::test {
namespace fs = std::filesystem;

TempDir::TempDir() : TempDir(fs::temp_directory_path()) {}

TempDir::TempDir(const fs::path& parent) {
  std::string name = (parent / "manifold-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
  }
  path_ = fs::canonical(name);
}

TempDir::~TempDir() {
  const char* keep = std::getenv("MANIFOLD_KEEP_TEMP");
  if (keep != nullptr && *keep == '1') {
    return;
  }
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  if (!fs::exists(path_, ignored)) {
    return;
  }
  // A test of read-only sources may have left folders that cannot be written.
  for (fs::recursive_directory_iterator it(path_, ignored), end; it != end; it.increment(ignored)) {
    if (it->is_directory(ignored)) {
      fs::permissions(it->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
    }
  }
  fs::remove_all(path_, ignored);
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream content;
  if (!in || !(content << in.rdbuf() || fs::file_size(file) == 0)) {
    throw std::runtime_error("cannot read " + file.string());
  }
  return content.str();
}

void write_file(const fs::path& file, std::string_view content) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  if (!out.flush()) {
    throw std::runtime_error("cannot write " + file.string());
  }
}

void damage_middle(const fs::path& file) {
  std::string bytes = read_file(file);
  for (char& byte : std::span(bytes).subspan(bytes.size() / 2).first(8)) {
    byte = static_cast<char>(byte ^ 0xFF);
  }
  write_file(file, bytes);
}

}  // namespace manifolddb::test
