// Text forms shared by the layers: UTF-8, base64, UUIDs, times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "manifolddb/graph.h"

namespace manifolddb {

inline constexpr std::size_t kValidUtf8 = static_cast<std::size_t>(-1);

// Offset of the first byte that is not part of a well-formed UTF-8 sequence (RFC 3629: no overlong
// forms, no surrogates, nothing over U+10FFFF), or kValidUtf8.
std::size_t find_invalid_utf8(std::string_view bytes);

// RFC 4648 section 4, padded. from_base64 is strict: false for any other character, wrong padding
// or bits left over that are not zero; `out` is appended to.
void append_base64(std::string_view bytes, std::string& out);
bool append_from_base64(std::string_view text, std::string& out);

Uuid make_uuid();                                   // random (version 4), from the system's entropy
bool parse_uuid(std::string_view text, Uuid& out);  // 36 characters, lower or upper case

// "2026-11-22T21:47:00.123456Z": always six digits. Years 0001 to 9999.
std::string format_time_us(std::int64_t us_since_1970);
// RFC 3339 with an offset or Z, any number of fraction digits up to 9 (cut to microseconds).
bool parse_time_us(std::string_view text, std::int64_t& us_since_1970);

// Days from 1970-01-01 of a proleptic Gregorian date and back (Howard Hinnant, "chrono-Compatible
// Low-Level Date Algorithms").
std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day);
void civil_from_days(std::int64_t days, std::int64_t& year, unsigned& month, unsigned& day);

inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Decimal digits of a number up to 2^64-1, and nothing else.
bool parse_unsigned(std::string_view text, std::uint64_t& out);

// For messages: in double quotes, at most 64 bytes of it, anything but printable UTF-8 as \xNN.
std::string quote_text(std::string_view bytes);

// "12 345 678" for talk to people.
std::string group_digits(std::uint64_t value);

}  // namespace manifolddb
