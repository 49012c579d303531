// Little helpers for the encodings of docs/storage_format.md: LEB128 varints, zigzag, big-endian
// ids.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace manifolddb {

inline constexpr std::size_t kVarintBytesMax = 10;

inline char* write_varint(char* out, std::uint64_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<char>(value);
  return out;
}

inline void append_varint(std::string& out, std::uint64_t value) {
  char buffer[kVarintBytesMax];
  out.append(buffer, static_cast<std::size_t>(write_varint(buffer, value) - buffer));
}

// Reads one varint at `pos` and moves it behind; false when it is cut short, longer than 64 bits or
// not in its shortest form (so that equal values have equal bytes).
inline bool read_varint(std::string_view in, std::size_t& pos, std::uint64_t& value) {
  std::uint64_t result = 0;
  for (unsigned shift = 0; shift < 70 && pos < in.size(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(in[pos++]);
    if (shift == 63 && byte > 1) return false;
    result |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      if (byte == 0 && shift != 0) return false;
      value = result;
      return true;
    }
  }
  return false;
}

constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

inline void write_be64(char* out, std::uint64_t value) {
  value = __builtin_bswap64(value);
  std::memcpy(out, &value, 8);
}

inline void append_be64(std::string& out, std::uint64_t value) {
  char buffer[8];
  write_be64(buffer, value);
  out.append(buffer, 8);
}

// Requires 8 readable bytes.
inline std::uint64_t read_be64(const char* in) {
  std::uint64_t value;
  std::memcpy(&value, in, 8);
  return __builtin_bswap64(value);
}

inline void append_bytes(std::string& out, std::string_view bytes) {
  append_varint(out, bytes.size());
  out.append(bytes);
}

// A length-prefixed field at `pos`; false when it is cut short.
inline bool read_bytes(std::string_view in, std::size_t& pos, std::string_view& bytes) {
  std::uint64_t size = 0;
  if (!read_varint(in, pos, size) || size > in.size() - pos) return false;
  bytes = in.substr(pos, static_cast<std::size_t>(size));
  pos += static_cast<std::size_t>(size);
  return true;
}

}  // namespace manifolddb
