// Dates, times and durations as text, byte for byte as format.md section 4 says, and their ranges.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "manifolddb/value.h"

namespace manifolddb {

inline constexpr std::int64_t kDateDaysMin = -719162;  // 0001-01-01
inline constexpr std::int64_t kDateDaysMax = 2932896;  // 9999-12-31
inline constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
inline constexpr std::int64_t kSecondsPerDay = 86400;
inline constexpr std::int64_t kNanosecondsPerDay = kSecondsPerDay * kNanosecondsPerSecond;
inline constexpr int kOffsetMinutesMax = 23 * 60 + 59;
inline constexpr std::size_t kZoneBytesMax = 255;

// A zone name that can be stored: 1 to kZoneBytesMax bytes of A-Z a-z 0-9 _ + - / . :
bool is_zone_name(std::string_view zone);

// Writers: values must lie in their ranges. Each returns the end of what it wrote; the constants
// say how much that can be.
inline constexpr std::size_t kDateTextMax = 10;
inline constexpr std::size_t kTimeOfDayTextMax = 18;
inline constexpr std::size_t kOffsetTextMax = 6;
inline constexpr std::size_t kDurationTextMax = 80;
char* write_date(char* out, std::int64_t days);
char* write_time_of_day(char* out, std::int64_t nanoseconds);
char* write_offset(char* out, int minutes);  // Z for zero
char* write_duration(char* out, const Duration& duration);

// A datetime whose zone is a view into the parsed text (empty: none).
struct DateTimeText {
  std::int32_t days = 0;
  std::int64_t nanoseconds = 0;
  std::optional<std::int16_t> offset_minutes;
  std::string_view zone;
};

// Parsers accept the written form, and beside it trailing zeros of a fraction, +00:00 for Z, and
// durations with years, hours and minutes (each unit at most once, in the order Y M D T H M S).
// False for anything else, values out of range included.
bool parse_date(std::string_view text, std::int32_t& days);
bool parse_time(std::string_view text, Time& out);
bool parse_datetime(std::string_view text, DateTimeText& out);
bool parse_duration(std::string_view text, Duration& out);

}  // namespace manifolddb
