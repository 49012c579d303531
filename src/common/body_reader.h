// Reads canonical bodies (common/record.h) field by field. Every read checks its bounds and its
// range, and throws Error{damaged} naming the byte, so that no caller can pass on what is not
// canonical.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "common/record.h"
#include "common/temporal_text.h"
#include "common/varint.h"

namespace manifolddb {

class BodyReader {
 public:
  explicit BodyReader(std::string_view body)
      : begin_(body.data()), at_(begin_), end_(begin_ + body.size()) {}

  bool at_end() const { return at_ == end_; }
  const char* end() const { return end_; }
  std::size_t bytes_left() const { return static_cast<std::size_t>(end_ - at_); }
  void expect_end() const {
    if (at_ != end_) fail("bytes behind the last field");
  }
  [[noreturn]] void fail(const char* why) const;

  std::uint64_t varint() {
    if (at_ == end_) fail("it ends too early");
    if (const auto byte = static_cast<std::uint8_t>(*at_); byte < 0x80) {
      ++at_;
      return byte;
    }
    return long_varint();
  }
  std::int64_t signed_varint() { return unzigzag(varint()); }

  // How many items follow; each takes at least `item_bytes_min` bytes, so that a damaged count
  // cannot make a caller reserve more than the body's size.
  std::size_t count(std::size_t item_bytes_min) {
    const std::uint64_t items = varint();
    if (items > bytes_left() / item_bytes_min) fail("a count is larger than what follows");
    return static_cast<std::size_t>(items);
  }
  std::string_view bytes() {
    const std::uint64_t size = varint();
    if (size > bytes_left()) fail("a length is larger than what follows");
    const std::string_view result(at_, static_cast<std::size_t>(size));
    at_ += size;
    return result;
  }
  std::string_view name() {
    const std::string_view result = bytes();
    if (result.size() > kNameBytesMax) fail("a name is longer than 64 KiB");
    return result;
  }
  std::uint64_t id() {
    const std::uint64_t result = varint();
    if (result == 0 || result >> 63 != 0) fail("an id is outside 1 to 2^63-1");
    return result;
  }

  ValueTag tag() {
    if (at_ == end_) fail("it ends too early");
    return static_cast<ValueTag>(*at_++);
  }
  double real() { return fixed<double>(); }
  float real32() { return fixed<float>(); }
  std::int64_t date_days() {
    const std::int64_t days = signed_varint();
    if (days < kDateDaysMin || days > kDateDaysMax)
      fail("a date is outside the years 0001 to 9999");
    return days;
  }
  std::int64_t nanoseconds_of_day() {
    const std::uint64_t nanoseconds = varint();
    if (nanoseconds >= std::uint64_t{kNanosecondsPerDay}) fail("a time is outside the day");
    return static_cast<std::int64_t>(nanoseconds);
  }
  int offset_minutes() {
    const std::int64_t minutes = signed_varint();
    if (minutes < -kOffsetMinutesMax || minutes > kOffsetMinutesMax) {
      fail("a time offset is outside -23:59 to +23:59");
    }
    return static_cast<int>(minutes);
  }
  std::string_view zone() {
    const std::string_view result = bytes();
    if (!is_zone_name(result)) fail("a time zone name is not one");
    return result;
  }
  Duration duration() {
    Duration result;
    result.months = signed_varint();
    result.days = signed_varint();
    result.seconds = signed_varint();
    const std::uint64_t nanoseconds = varint();
    if (nanoseconds >= std::uint64_t{kNanosecondsPerSecond})
      fail("a duration's nanoseconds exceed 1 s");
    result.nanoseconds = static_cast<std::int32_t>(nanoseconds);
    return result;
  }
  std::uint32_t uint32() {
    const std::uint64_t value = varint();
    if (value > 0xffffffffu) fail("a number exceeds 32 bits");
    return static_cast<std::uint32_t>(value);
  }

 private:
  template <typename T>
  T fixed() {
    if (bytes_left() < sizeof(T)) fail("it ends too early");
    T value;
    std::memcpy(&value, at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }
  std::uint64_t long_varint() {
    std::size_t pos = 0;
    std::uint64_t value = 0;
    if (!read_varint({at_, bytes_left()}, pos, value)) fail("a number is cut short or too long");
    at_ += pos;
    return value;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
};

// Checks that keys come strictly ascending by their bytes, which also makes them unique.
class AscendingKeys {
 public:
  bool next(std::string_view key) {
    const bool ascending = first_ || is_less(previous_, key);
    first_ = false;
    previous_ = key;
    return ascending;
  }

 private:
  // Mostly the first bytes differ, which is cheaper to see than to call memcmp.
  static bool is_less(std::string_view a, std::string_view b) {
    if (!a.empty() && !b.empty() && a.front() != b.front()) {
      return static_cast<unsigned char>(a.front()) < static_cast<unsigned char>(b.front());
    }
    return a < b;
  }

  std::string_view previous_;
  bool first_ = true;
};

}  // namespace manifolddb
