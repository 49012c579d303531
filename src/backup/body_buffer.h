// Memory that a canonical body is built in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "common/record.h"
#include "common/varint.h"
#include "manifolddb/error.h"

namespace manifolddb::backup {

// A body is never longer than kExpansionMax times its line: the worst are floats, "0.0," in four
// bytes against a tag and eight, and elements of vectors, "0," against four. So the memory is made
// once for a line and writing is by pointer; room is checked all the same.
class BodyBuffer {
 public:
  static constexpr std::size_t kExpansionMax = 3;
  static constexpr std::size_t kKeptBytesMax = kExpansionMax * kLineBytesMaxDefault;

  // Empties the buffer for the body of a line of so many bytes.
  void start(std::size_t line_bytes) {
    const std::size_t needed = line_bytes * kExpansionMax + 64;
    if (needed > capacity_ || (capacity_ > kKeptBytesMax && needed <= kKeptBytesMax)) {
      memory_.reset();
      memory_ = std::make_unique_for_overwrite<char[]>(needed);
      capacity_ = needed;
    }
    size_ = 0;
  }

  std::size_t size() const { return size_; }
  std::string_view view() const { return {memory_.get(), size_}; }
  char* at(std::size_t offset) { return memory_.get() + offset; }

  void tag(ValueTag value) {
    *room(1) = static_cast<char>(value);
    ++size_;
  }
  void varint(std::uint64_t value) {
    char* start = room(kVarintBytesMax);
    size_ += static_cast<std::size_t>(write_varint(start, value) - start);
  }
  void signed_varint(std::int64_t value) { varint(zigzag(value)); }
  template <typename T>
  void fixed(T value) {
    std::memcpy(room(sizeof(T)), &value, sizeof(T));
    size_ += sizeof(T);
  }
  void bytes(std::string_view value) {
    varint(value.size());
    if (value.empty()) return;
    std::memcpy(room(value.size()), value.data(), value.size());
    size_ += value.size();
  }

  // One byte for what is known later; its offset.
  std::size_t leave_byte() {
    room(1);
    return size_++;
  }
  // Puts `bytes`, at least one, where the byte at `offset` is, in front of what follows it.
  void replace_byte(std::size_t offset, std::string_view bytes) {
    if (bytes.size() > 1) {
      room(bytes.size() - 1);
      std::memmove(at(offset) + bytes.size(), at(offset) + 1, size_ - offset - 1);
      size_ += bytes.size() - 1;
    }
    std::memcpy(at(offset), bytes.data(), bytes.size());
  }

 private:
  char* room(std::size_t bytes) {
    if (capacity_ - size_ < bytes) [[unlikely]] {
      throw Error(ErrorCode::invariant, "a record's body is longer than its line allows for");
    }
    return memory_.get() + size_;
  }

  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
};

}  // namespace manifolddb::backup
