// CRC-32C (Castagnoli, RFC 3720): what the engine's log files are checked with.
#pragma once

#include <cstdint>
#include <string_view>

namespace manifolddb {

// Of `bytes` that come behind others whose CRC-32C is `before` (0: none).
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

}  // namespace manifolddb
