#include "common/temporal_text.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "common/text.h"

namespace manifolddb {

namespace {

char* write_two_digits(char* out, std::int64_t value) {
  out[0] = static_cast<char>('0' + value / 10);
  out[1] = static_cast<char>('0' + value % 10);
  return out + 2;
}

// ".5" for 500,000,000: up to nine digits without trailing zeros; nothing for zero.
char* write_fraction(char* out, std::int64_t nanoseconds) {
  if (nanoseconds == 0) return out;
  *out++ = '.';
  for (int i = 8; i >= 0; --i) {
    out[i] = static_cast<char>('0' + nanoseconds % 10);
    nanoseconds /= 10;
  }
  char* end = out + 9;
  while (end[-1] == '0') --end;
  return end;
}

// Exactly `count` digits at the front of `text`, which are cut off.
bool take_digits(std::string_view& text, std::size_t count, std::int64_t& value) {
  if (text.size() < count) return false;
  value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_digit(text[i])) return false;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return true;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// Behind the point: one to nine digits.
bool take_fraction(std::string_view& text, std::int64_t& nanoseconds) {
  std::size_t digits = 0;
  nanoseconds = 0;
  while (digits < text.size() && is_digit(text[digits])) {
    if (digits == 9) return false;
    nanoseconds = nanoseconds * 10 + (text[digits++] - '0');
  }
  if (digits == 0) return false;
  text.remove_prefix(digits);
  for (; digits < 9; ++digits) nanoseconds *= 10;
  return true;
}

bool take_date(std::string_view& text, std::int32_t& days) {
  std::int64_t year = 0;
  std::int64_t month = 0;
  std::int64_t day = 0;
  if (!take_digits(text, 4, year) || !take(text, '-') || !take_digits(text, 2, month) ||
      !take(text, '-') || !take_digits(text, 2, day)) {
    return false;
  }
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31) return false;
  const std::int64_t count =
      days_from_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
  // A day that the month does not have lands in the next one.
  unsigned month_back = 0;
  unsigned day_back = 0;
  std::int64_t year_back = 0;
  civil_from_days(count, year_back, month_back, day_back);
  if (day_back != static_cast<unsigned>(day)) return false;
  days = static_cast<std::int32_t>(count);
  return true;
}

bool take_time_of_day(std::string_view& text, std::int64_t& nanoseconds) {
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  if (!take_digits(text, 2, hour) || !take(text, ':') || !take_digits(text, 2, minute) ||
      !take(text, ':') || !take_digits(text, 2, second)) {
    return false;
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  std::int64_t fraction = 0;
  if (take(text, '.') && !take_fraction(text, fraction)) return false;
  nanoseconds = ((hour * 60 + minute) * 60 + second) * kNanosecondsPerSecond + fraction;
  return true;
}

// Nothing at all leaves `offset` empty.
bool take_offset(std::string_view& text, std::optional<std::int16_t>& offset) {
  offset.reset();
  if (text.empty() || text.front() == '[') return true;
  if (take(text, 'Z')) {
    offset = std::int16_t{0};
    return true;
  }
  const bool negative = text.front() == '-';
  if (!negative && text.front() != '+') return false;
  text.remove_prefix(1);
  std::int64_t hours = 0;
  std::int64_t minutes = 0;
  if (!take_digits(text, 2, hours) || !take(text, ':') || !take_digits(text, 2, minutes)) {
    return false;
  }
  if (hours > 23 || minutes > 59) return false;
  const std::int64_t total = hours * 60 + minutes;
  if (negative && total == 0) return false;  // ISO 8601 has no -00:00
  offset = static_cast<std::int16_t>(negative ? -total : total);
  return true;
}

char* write_int64(char* out, std::int64_t value) {
  return std::to_chars(out, out + std::numeric_limits<std::int64_t>::digits10 + 2, value).ptr;
}

// One number of a duration: sign, digits and, where `nanoseconds` is given, a fraction.
struct DurationPart {
  bool negative = false;
  std::uint64_t whole = 0;
  std::int64_t nanoseconds = 0;
  bool has_fraction = false;
};

bool take_duration_part(std::string_view& text, DurationPart& part) {
  part = {};
  part.negative = take(text, '-');
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part.whole);
  if (error != std::errc{} || end == text.data()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (take(text, '.')) {
    part.has_fraction = true;
    if (!take_fraction(text, part.nanoseconds)) return false;
  }
  return true;
}

// total += part * factor, in signed 64-bit.
bool add_part(std::int64_t& total, const DurationPart& part, std::int64_t factor) {
  constexpr std::uint64_t kMagnitudeMax = std::uint64_t{1} << 63;
  if (part.whole > kMagnitudeMax - (part.negative ? 0 : 1)) return false;
  const auto value = static_cast<std::int64_t>(part.negative ? 0 - part.whole : part.whole);
  std::int64_t product = 0;
  return !__builtin_mul_overflow(value, factor, &product) &&
         !__builtin_add_overflow(total, product, &total);
}

bool add_seconds(const DurationPart& part, Duration& out) {
  if (!add_part(out.seconds, part, 1)) return false;
  if (part.nanoseconds == 0) return true;
  if (!part.negative) {
    out.nanoseconds = static_cast<std::int32_t>(part.nanoseconds);
    return true;
  }
  out.nanoseconds = static_cast<std::int32_t>(kNanosecondsPerSecond - part.nanoseconds);
  return !__builtin_sub_overflow(out.seconds, std::int64_t{1}, &out.seconds);
}

struct DurationUnit {
  char letter;
  std::int64_t Duration::*total;
  std::int64_t factor;
};

constexpr DurationUnit kDateUnits[] = {
    {'Y', &Duration::months, 12}, {'M', &Duration::months, 1}, {'D', &Duration::days, 1}};
constexpr DurationUnit kTimeUnits[] = {
    {'H', &Duration::seconds, 3600}, {'M', &Duration::seconds, 60}, {'S', &Duration::seconds, 1}};

// Numbers with their letters, letters in the order of `units`. Ends before a T or at the end.
bool take_duration_units(std::string_view& text, const DurationUnit (&units)[3], Duration& out) {
  std::size_t next = 0;
  while (!text.empty() && text.front() != 'T') {
    DurationPart part;
    if (!take_duration_part(text, part) || text.empty()) return false;
    while (next < 3 && units[next].letter != text.front()) ++next;
    if (next == 3) return false;
    text.remove_prefix(1);
    const DurationUnit& unit = units[next++];
    if (unit.letter == 'S') {
      if (!add_seconds(part, out)) return false;
    } else if (part.has_fraction || !add_part(out.*unit.total, part, unit.factor)) {
      return false;
    }
  }
  return next != 0;
}

}  // namespace

bool is_zone_name(std::string_view zone) {
  if (zone.empty() || zone.size() > kZoneBytesMax) return false;
  return std::all_of(zone.begin(), zone.end(), [](char c) {
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '+' || c == '-' || c == '/' || c == '.' || c == ':';
  });
}

char* write_date(char* out, std::int64_t days) {
  std::int64_t year = 0;
  unsigned month = 0;
  unsigned day = 0;
  civil_from_days(days, year, month, day);
  out = write_two_digits(out, year / 100);
  out = write_two_digits(out, year % 100);
  *out++ = '-';
  out = write_two_digits(out, month);
  *out++ = '-';
  return write_two_digits(out, day);
}

char* write_time_of_day(char* out, std::int64_t nanoseconds) {
  const std::int64_t seconds = nanoseconds / kNanosecondsPerSecond;
  out = write_two_digits(out, seconds / 3600);
  *out++ = ':';
  out = write_two_digits(out, seconds / 60 % 60);
  *out++ = ':';
  out = write_two_digits(out, seconds % 60);
  return write_fraction(out, nanoseconds % kNanosecondsPerSecond);
}

char* write_offset(char* out, int minutes) {
  if (minutes == 0) {
    *out++ = 'Z';
    return out;
  }
  *out++ = minutes < 0 ? '-' : '+';
  if (minutes < 0) minutes = -minutes;
  out = write_two_digits(out, minutes / 60);
  *out++ = ':';
  return write_two_digits(out, minutes % 60);
}

char* write_duration(char* out, const Duration& duration) {
  *out++ = 'P';
  if (duration.months != 0) {
    out = write_int64(out, duration.months);
    *out++ = 'M';
  }
  if (duration.days != 0) {
    out = write_int64(out, duration.days);
    *out++ = 'D';
  }
  const bool has_time = duration.seconds != 0 || duration.nanoseconds != 0;
  const bool is_zero = duration.months == 0 && duration.days == 0 && !has_time;
  if (!has_time && !is_zero) return out;
  *out++ = 'T';
  if (duration.seconds < 0 && duration.nanoseconds != 0) {
    // The stored fraction counts upwards from the second below: -1 s and 500,000,000 ns is -0.5 s.
    *out++ = '-';
    out = write_int64(out, -(duration.seconds + 1));
    out = write_fraction(out, kNanosecondsPerSecond - duration.nanoseconds);
  } else {
    out = write_int64(out, duration.seconds);
    out = write_fraction(out, duration.nanoseconds);
  }
  *out++ = 'S';
  return out;
}

bool parse_date(std::string_view text, std::int32_t& days) {
  return take_date(text, days) && text.empty();
}

bool parse_time(std::string_view text, Time& out) {
  return take_time_of_day(text, out.nanoseconds) && take_offset(text, out.offset_minutes) &&
         text.empty();
}

bool parse_datetime(std::string_view text, DateTimeText& out) {
  out.zone = {};
  if (!take_date(text, out.days) || !take(text, 'T') || !take_time_of_day(text, out.nanoseconds) ||
      !take_offset(text, out.offset_minutes)) {
    return false;
  }
  if (text.empty()) return true;
  if (!out.offset_minutes || text.size() < 2 || text.front() != '[' || text.back() != ']') {
    return false;
  }
  out.zone = text.substr(1, text.size() - 2);
  return is_zone_name(out.zone);
}

bool parse_duration(std::string_view text, Duration& out) {
  out = {};
  if (!take(text, 'P')) return false;
  const bool has_date = !text.empty() && text.front() != 'T';
  if (has_date && !take_duration_units(text, kDateUnits, out)) return false;
  if (text.empty()) return has_date;
  return take(text, 'T') && take_duration_units(text, kTimeUnits, out) && text.empty();
}

}  // namespace manifolddb
