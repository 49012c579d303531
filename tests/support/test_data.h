// The collection of hostile and real files that tests read when MANIFOLD_TEST_DATA names its
// folder.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace manifolddb::test_support {

// Empty when the variable is unset: then the test is skipped, saying so.
inline std::filesystem::path test_data_folder() {
  const char* folder = std::getenv("MANIFOLD_TEST_DATA");
  return folder == nullptr ? std::filesystem::path() : std::filesystem::path(folder);
}

inline std::string read_whole_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace manifolddb::test_support
