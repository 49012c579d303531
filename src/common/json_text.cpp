#include "common/json_text.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "common/float_text.h"

namespace manifolddb {

namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr std::uint64_t kQuietNan = 0x7ff8000000000000u;
constexpr std::uint32_t kQuietNan32 = 0x7fc00000u;

bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

std::size_t copy_bytewise(char* out, std::string_view text) {
  std::size_t i = 0;
  for (; i < text.size() && !needs_escape(text[i]); ++i) out[i] = text[i];
  return i;
}

#if defined(__SSE2__)

// Copies 16 bytes and returns a bit for each that needs an escape.
unsigned copy_block(char* out, const char* from) {
  __m128i block;
  std::memcpy(&block, from, 16);
  std::memcpy(out, &block, 16);
  const __m128i is_control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1f)), block);
  const __m128i is_special = _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')),
                                          _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(is_control, is_special)));
}

std::size_t first_bit(unsigned bits) {
  return static_cast<std::size_t>(__builtin_ctz(bits));
}

#endif

char* write_text(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* write_hex(char* out, std::uint64_t bits, int digits) {
  out = write_text(out, "\"0x");
  for (int shift = digits * 4 - 4; shift >= 0; shift -= 4) *out++ = kHexDigits[bits >> shift & 15];
  *out++ = '"';
  return out;
}

}  // namespace

char* write_integer(char* out, std::int64_t value) {
  return std::to_chars(out, out + kIntegerTextMax, value).ptr;
}

char* write_unsigned(char* out, std::uint64_t value) {
  return std::to_chars(out, out + kIntegerTextMax, value).ptr;
}

char* write_double(char* out, double value) {
  if (std::isfinite(value)) return write_finite_double(out, value);
  out = write_text(out, "{\"$float\":");
  const auto bits = std::bit_cast<std::uint64_t>(value);
  if (std::isinf(value)) {
    out = write_text(out, value < 0 ? "\"-Infinity\"" : "\"Infinity\"");
  } else if (bits == kQuietNan) {
    out = write_text(out, "\"NaN\"");
  } else {
    out = write_hex(out, bits, 16);
  }
  *out++ = '}';
  return out;
}

char* write_vector_element(char* out, float value) {
  if (std::isfinite(value)) return write_finite_float(out, value);
  if (std::isinf(value)) return write_text(out, value < 0 ? "\"-Infinity\"" : "\"Infinity\"");
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return bits == kQuietNan32 ? write_text(out, "\"NaN\"") : write_hex(out, bits, 8);
}

#if defined(__SSE2__)

std::size_t copy_clean_prefix(char* out, std::string_view text, bool may_read_slack) {
  const char* from = text.data();
  const std::size_t size = text.size();
  if (size < 16 && !may_read_slack) return copy_bytewise(out, text);
  std::size_t i = 0;
  for (; i + 16 <= size; i += 16) {
    if (const unsigned found = copy_block(out + i, from + i)) return i + first_bit(found);
  }
  if (i == size) return size;
  if (size >= 16) {
    // The last block overlaps the one before, which is clean.
    i = size - 16;
    const unsigned found = copy_block(out + i, from + i);
    return found == 0 ? size : i + first_bit(found);
  }
  const unsigned found = copy_block(out, from) & ((1u << size) - 1);
  return found == 0 ? size : first_bit(found);
}

#else

std::size_t copy_clean_prefix(char* out, std::string_view text, bool) {
  return copy_bytewise(out, text);
}

#endif

char* write_escaped_byte(char* out, char byte) {
  *out++ = '\\';
  switch (byte) {
    case '"':
      *out++ = '"';
      return out;
    case '\\':
      *out++ = '\\';
      return out;
    case '\b':
      *out++ = 'b';
      return out;
    case '\f':
      *out++ = 'f';
      return out;
    case '\n':
      *out++ = 'n';
      return out;
    case '\r':
      *out++ = 'r';
      return out;
    case '\t':
      *out++ = 't';
      return out;
    default:
      break;
  }
  out = write_text(out, "u00");
  *out++ = kHexDigits[static_cast<unsigned char>(byte) >> 4];
  *out++ = kHexDigits[byte & 15];
  return out;
}

char* write_base64(char* out, std::string_view bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  for (; left >= 3; left -= 3, from += 3, out += 4) {
    const std::uint32_t bits = static_cast<std::uint32_t>(from[0]) << 16 |
                               static_cast<std::uint32_t>(from[1]) << 8 | from[2];
    out[0] = kDigits[bits >> 18];
    out[1] = kDigits[bits >> 12 & 63];
    out[2] = kDigits[bits >> 6 & 63];
    out[3] = kDigits[bits & 63];
  }
  if (left == 0) return out;
  const std::uint32_t bits = static_cast<std::uint32_t>(from[0]) << 16 |
                             (left == 2 ? static_cast<std::uint32_t>(from[1]) << 8 : 0);
  out[0] = kDigits[bits >> 18];
  out[1] = kDigits[bits >> 12 & 63];
  out[2] = left == 2 ? kDigits[bits >> 6 & 63] : '=';
  out[3] = '=';
  return out + 4;
}

}  // namespace manifolddb
