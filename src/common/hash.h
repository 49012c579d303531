// XXH3 behind plain types, and the content digest's arithmetic.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/record.h"
#include "manifolddb/graph.h"

namespace manifolddb {

// XXH3-128, seed 0. As a number modulo 2^128 in a ContentDigest; to_hex() is the big-endian
// canonical form of the xxHash documentation.
ContentDigest xxh3_128(std::string_view bytes);
std::uint64_t xxh3_64(std::string_view bytes);

// XXH3-128 of bytes that come in pieces.
class Xxh3Stream {
 public:
  Xxh3Stream();
  ~Xxh3Stream();
  Xxh3Stream(const Xxh3Stream&) = delete;
  Xxh3Stream& operator=(const Xxh3Stream&) = delete;
  void update(std::string_view bytes);
  ContentDigest digest() const;

 private:
  void* state_;
};

// What one live record adds to the content digest: XXH3-128 over
//   kind (1 byte), varint length of key, key, varint length of body, body.
// `scratch` is reused memory.
ContentDigest record_hash(const RecordView& record, std::string& scratch);

inline ContentDigest operator+(ContentDigest a, ContentDigest b) {
  const std::uint64_t low = a.low + b.low;
  return {a.high + b.high + (low < a.low ? 1 : 0), low};
}
inline ContentDigest operator-(ContentDigest a, ContentDigest b) {
  return {a.high - b.high - (a.low < b.low ? 1 : 0), a.low - b.low};
}
inline ContentDigest& operator+=(ContentDigest& a, ContentDigest b) {
  return a = a + b;
}
inline ContentDigest& operator-=(ContentDigest& a, ContentDigest b) {
  return a = a - b;
}

// 32 hex digits, either case; false otherwise.
bool parse_hex(std::string_view text, ContentDigest& out);

}  // namespace manifolddb
