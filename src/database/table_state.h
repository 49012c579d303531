// What the tables of a database tell that another process may have open, without its log.
#pragma once

#include <cstdint>
#include <filesystem>

namespace manifolddb {

// The number of the last transaction whose state is in a table; 0: none is. Not less than that of
// the last bulk transaction. Through an image without the log: what is in it is not read, so the
// cost does not follow it. Throws what Image::make() and Engine::open() throw.
std::uint64_t sequence_in_tables(const std::filesystem::path& database);

}  // namespace manifolddb
