// What every fuzz target is: a function over bytes that never throws, and stops the program when
// its invariant does not hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace manifolddb::fuzz {

inline void require(bool holds, std::string_view invariant) {
  if (holds) return;
  std::fprintf(stderr, "the invariant does not hold: %.*s\n", static_cast<int>(invariant.size()),
               invariant.data());
  std::abort();
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace manifolddb::fuzz
