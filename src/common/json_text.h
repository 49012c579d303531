// JSON tokens into memory that the caller has made large enough: strings, numbers, base64. Kept
// apart from the walk over records so that each can be read, tested and measured alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace manifolddb {

// Upper bounds of what one token takes.
inline constexpr std::size_t kIntegerTextMax = 20;
inline constexpr std::size_t kDoubleTextMax = 32;  // also {"$float":"0x7ff8000000000001"}
inline constexpr std::size_t kFloatTextMax = 24;
inline constexpr std::size_t kEscapedByteMax = 6;  // \u001f

char* write_integer(char* out, std::int64_t value);
char* write_unsigned(char* out, std::uint64_t value);

// Exactly std::to_chars(value), with ".0" where that looks like an integer.
char* write_finite_double(char* out, double value);
char* write_finite_float(char* out, float value);
// Finite, or a tagged object; finite, or a string.
char* write_double(char* out, double value);
char* write_vector_element(char* out, float value);

// Length of the longest beginning of `text` that needs no escape.
std::size_t clean_prefix(std::string_view text);
// One byte that does need one.
char* write_escaped_byte(char* out, char byte);

inline std::size_t base64_text_bytes(std::size_t bytes) {
  return (bytes + 2) / 3 * 4;
}
char* write_base64(char* out, std::string_view bytes);

}  // namespace manifolddb
