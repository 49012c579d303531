#include "common/hash.h"

#include <xxhash.h>

#include <new>

#include "common/varint.h"

namespace manifolddb {

namespace {

ContentDigest to_digest(XXH128_hash_t hash) {
  return {hash.high64, hash.low64};
}

XXH3_state_t* as_state(void* state) {
  return static_cast<XXH3_state_t*>(state);
}

}  // namespace

ContentDigest xxh3_128(std::string_view bytes) {
  return to_digest(XXH3_128bits(bytes.data(), bytes.size()));
}

std::uint64_t xxh3_64(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

Xxh3Stream::Xxh3Stream() : state_(XXH3_createState()) {
  if (state_ == nullptr) throw std::bad_alloc();
  XXH3_128bits_reset(as_state(state_));
}

Xxh3Stream::~Xxh3Stream() {
  XXH3_freeState(as_state(state_));
}

void Xxh3Stream::update(std::string_view bytes) {
  XXH3_128bits_update(as_state(state_), bytes.data(), bytes.size());
}

ContentDigest Xxh3Stream::digest() const {
  return to_digest(XXH3_128bits_digest(as_state(state_)));
}

ContentDigest record_hash(const RecordView& record, std::string& scratch) {
  scratch.clear();
  scratch.push_back(static_cast<char>(record.kind));
  append_bytes(scratch, record.key);
  append_bytes(scratch, record.body);
  return xxh3_128(scratch);
}

std::string ContentDigest::to_hex() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(32, '0');
  for (unsigned i = 0; i < 16; ++i) {
    text[i] = kDigits[(high >> (60 - 4 * i)) & 15];
    text[16 + i] = kDigits[(low >> (60 - 4 * i)) & 15];
  }
  return text;
}

bool parse_hex(std::string_view text, ContentDigest& out) {
  if (text.size() != 32) return false;
  std::uint64_t halves[2] = {0, 0};
  for (std::size_t i = 0; i < 32; ++i) {
    const char c = text[i];
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<unsigned>(c - 'A' + 10);
    } else {
      return false;
    }
    halves[i / 16] = halves[i / 16] << 4 | digit;
  }
  out = {halves[0], halves[1]};
  return true;
}

}  // namespace manifolddb
