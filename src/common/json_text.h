// JSON tokens into memory that the caller has made large enough: strings, numbers, base64. Kept
// apart from the walk over records so that each can be read, tested and measured alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace manifolddb {

// Upper bounds of what one token takes.
inline constexpr std::size_t kIntegerTextMax = 20;
inline constexpr std::size_t kTaggedDoubleTextMax = 32;  // {"$float":"0x7ff8000000000001"}
inline constexpr std::size_t kEscapedByteMax = 6;        // \u001f

char* write_integer(char* out, std::int64_t value);
char* write_unsigned(char* out, std::uint64_t value);

// Finite, or a tagged object; finite, or a string.
char* write_double(char* out, double value);
char* write_vector_element(char* out, float value);

// Copies the longest beginning of `text` that needs no escape and returns its length. Up to
// kCopySlack bytes behind text.size() are written too, to anything; and read, when `may_read_slack`
// says that they are there.
inline constexpr std::size_t kCopySlack = 16;
std::size_t copy_clean_prefix(char* out, std::string_view text, bool may_read_slack);
// One byte that does need one.
char* write_escaped_byte(char* out, char byte);

inline std::size_t base64_text_bytes(std::size_t bytes) {
  return (bytes + 2) / 3 * 4;
}
char* write_base64(char* out, std::string_view bytes);

}  // namespace manifolddb
