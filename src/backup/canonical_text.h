// How text stands in a string of a canonical line.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "common/json_text.h"

namespace manifolddb::backup {

// The first byte that ends a run of text in a string, or `end`. kLinePadding bytes are readable
// behind `end`.
inline const char* clean_text_end(const char* at, const char* end) {
#if defined(__SSE2__)
  for (; at < end; at += 16) {
    __m128i block;
    std::memcpy(&block, at, 16);
    const __m128i is_control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1f)), block);
    const __m128i is_special = _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')),
                                            _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
    const auto found =
        static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(is_control, is_special)));
    if (found != 0) return std::min(at + __builtin_ctz(found), end);
  }
  return end;
#else
  return std::find_if(at, end, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
  });
#endif
}

// What stands escaped at `at`, in the one way in which it is written; nullptr for any other.
inline const char* read_escape(const char* at, const char* end, char& byte) {
  if (end - at < std::ptrdiff_t{kEscapedByteMax}) return nullptr;  // a string's end follows too
  static constexpr std::string_view kLetters = "\"\\bfnrt";
  static constexpr std::string_view kMeanings = "\"\\\b\f\n\r\t";
  if (const std::size_t letter = kLetters.find(at[1]); letter != std::string_view::npos) {
    byte = kMeanings[letter];
    return at + 2;
  }
  unsigned number = 0;
  if (std::from_chars(at + 2, at + kEscapedByteMax, number, 16).ptr != at + kEscapedByteMax) {
    return nullptr;
  }
  byte = static_cast<char>(number);
  char written[kEscapedByteMax];
  const bool is_same = number < 0x20 && write_escaped_byte(written, byte) - written == 6 &&
                       std::memcmp(written, at, kEscapedByteMax) == 0;
  return is_same ? at + kEscapedByteMax : nullptr;
}

}  // namespace manifolddb::backup
