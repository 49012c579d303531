// A parsed JSON text as a flat tape, and the one place that knows simdjson. The tape is simdjson's
// documented one (its doc/tape.md): entries in the order of the text's tokens, so that an index in
// it can be turned back into a byte of the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace manifolddb::backup {

enum class JsonKind : char {
  object = '{',
  object_end = '}',
  array = '[',
  array_end = ']',
  string = '"',
  integer = 'l',           // fits a signed 64-bit number
  unsigned_integer = 'u',  // fits an unsigned one only
  real = 'd',
  true_value = 't',
  false_value = 'f',
  null = 'n',
};

// A view; it lives as long as the JsonDocument and until its next parse. Indices are those of
// values; the text's outermost value is at kRoot. The keys of an object are strings before their
// values.
class JsonTape {
 public:
  static constexpr std::size_t kRoot = 1;

  JsonTape(const std::uint64_t* words, const char* strings) : words_(words), strings_(strings) {}

  JsonKind kind(std::size_t at) const { return static_cast<JsonKind>(words_[at] >> 56); }

  // Requires kind string. Decoded UTF-8, which may hold U+0000.
  std::string_view string(std::size_t at) const {
    const char* start = strings_ + (words_[at] & kPayloadMask);
    std::uint32_t size;
    std::memcpy(&size, start, sizeof(size));
    return {start + sizeof(size), size};
  }
  std::int64_t integer(std::size_t at) const { return static_cast<std::int64_t>(words_[at + 1]); }
  std::uint64_t unsigned_integer(std::size_t at) const { return words_[at + 1]; }
  double real(std::size_t at) const {
    double value;
    std::memcpy(&value, &words_[at + 1], sizeof(value));
    return value;
  }

  // Of an object or array: its first key or item, and the index of its closing bracket.
  static std::size_t first(std::size_t at) { return at + 1; }
  std::size_t end(std::size_t at) const { return (words_[at] & 0xffffffffu) - 1; }
  // Members or items.
  std::size_t count(std::size_t at) const {
    const std::uint64_t count = words_[at] >> 32 & kCountMax;
    return count < kCountMax ? count : slow_count(at);
  }
  // The value's text ends where that of the value at the result begins.
  std::size_t after(std::size_t at) const {
    switch (kind(at)) {
      case JsonKind::object:
      case JsonKind::array:
        return words_[at] & 0xffffffffu;
      default:
        return next_token(at);
    }
  }
  // One token further: into an object or array.
  std::size_t next_token(std::size_t at) const {
    switch (kind(at)) {
      case JsonKind::integer:
      case JsonKind::unsigned_integer:
      case JsonKind::real:
        return at + 2;
      default:
        return at + 1;
    }
  }

 private:
  static constexpr std::uint64_t kPayloadMask = (std::uint64_t{1} << 56) - 1;
  static constexpr std::uint64_t kCountMax = 0xffffff;  // where simdjson's counts stop

  std::size_t slow_count(std::size_t at) const;

  const std::uint64_t* words_;
  const char* strings_;
};

// Parses one text after the other in memory that it keeps: about 14 times the longest text, given
// back after one over kKeptBytesMax.
class JsonDocument {
 public:
  static constexpr std::size_t kKeptBytesMax = 8u << 20;

  explicit JsonDocument(int depth_max);
  ~JsonDocument();
  JsonDocument(JsonDocument&&) noexcept;

  // 64 bytes behind `text` must be readable. False when it is not JSON; reason() then has
  // simdjson's words. Throws std::bad_alloc.
  bool parse(std::string_view text);
  JsonTape tape() const;
  std::string_view reason() const { return reason_; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  int depth_max_;
  std::string_view reason_;
};

}  // namespace manifolddb::backup
