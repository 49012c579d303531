// What lies below a folder, to see that nothing of it was touched.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <tuple>

namespace manifolddb::test {

// Paths to size, time of the last change and inode.
using Listing = std::map<std::string, std::tuple<std::uintmax_t, std::int64_t, std::uint64_t>>;
Listing list_files(const std::filesystem::path& directory);

}  // namespace manifolddb::test
