#include "common/text.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "common/json_text.h"
#include "common/temporal_text.h"
#include "manifolddb/error.h"

namespace manifolddb {

namespace {

constexpr std::int64_t kMicrosecondsPerDay = kSecondsPerDay * 1'000'000;
constexpr std::size_t kQuotedBytesMax = 64;

// Length of the well-formed sequence that begins with a byte over 0x7f, or 0 (RFC 3629 section 4).
std::size_t utf8_sequence_bytes(const unsigned char* at, std::size_t available) {
  const auto is_tail = [&](std::size_t i) { return i < available && (at[i] & 0xc0) == 0x80; };
  const unsigned lead = at[0];
  if (lead >= 0xc2 && lead <= 0xdf) return is_tail(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (!is_tail(1) || !is_tail(2)) return 0;
    if (lead == 0xe0 && at[1] < 0xa0) return 0;   // overlong
    if (lead == 0xed && at[1] >= 0xa0) return 0;  // surrogate
    return 3;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (!is_tail(1) || !is_tail(2) || !is_tail(3)) return 0;
    if (lead == 0xf0 && at[1] < 0x90) return 0;   // overlong
    if (lead == 0xf4 && at[1] >= 0x90) return 0;  // over U+10FFFF
    return 4;
  }
  return 0;
}

constexpr char kBase64Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNotBase64 = 0xff;

constexpr std::array<std::uint8_t, 256> make_base64_values() {
  std::array<std::uint8_t, 256> values{};
  for (auto& value : values) value = kNotBase64;
  for (std::uint8_t i = 0; i < 64; ++i) {
    values[static_cast<unsigned char>(kBase64Digits[i])] = i;
  }
  return values;
}
constexpr std::array<std::uint8_t, 256> kBase64Values = make_base64_values();

std::uint32_t base64_value(char c) {
  return kBase64Values[static_cast<unsigned char>(c)];
}

constexpr bool is_uuid_hyphen(std::size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr char kLowerHex[] = "0123456789abcdef";

}  // namespace

std::size_t find_invalid_utf8(std::string_view bytes) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  const std::size_t size = bytes.size();
  std::size_t i = 0;
  while (i < size) {
    while (i + 8 <= size) {
      std::uint64_t word;
      std::memcpy(&word, data + i, 8);
      word &= 0x8080808080808080u;
      if (word != 0) {
        i += static_cast<std::size_t>(__builtin_ctzll(word)) / 8;
        break;
      }
      i += 8;
    }
    if (i == size) break;
    if (data[i] < 0x80) {
      ++i;
      continue;
    }
    const std::size_t sequence = utf8_sequence_bytes(data + i, size - i);
    if (sequence == 0) return i;
    i += sequence;
  }
  return kValidUtf8;
}

void append_base64(std::string_view bytes, std::string& out) {
  const std::size_t old_size = out.size();
  out.resize(old_size + base64_text_bytes(bytes.size()));
  write_base64(out.data() + old_size, bytes);
}

bool append_from_base64(std::string_view text, std::string& out) {
  if (text.size() % 4 != 0) return false;
  if (text.empty()) return true;
  std::size_t padding = 0;
  if (text.back() == '=') padding = text[text.size() - 2] == '=' ? 2 : 1;
  const std::size_t old_size = out.size();
  out.resize(old_size + text.size() / 4 * 3 - padding);
  char* to = out.data() + old_size;
  const std::size_t whole_groups = text.size() / 4 - (padding != 0 ? 1 : 0);
  std::uint32_t bad = 0;
  const char* from = text.data();
  for (std::size_t i = 0; i < whole_groups; ++i, from += 4, to += 3) {
    const std::uint32_t a = base64_value(from[0]);
    const std::uint32_t b = base64_value(from[1]);
    const std::uint32_t c = base64_value(from[2]);
    const std::uint32_t d = base64_value(from[3]);
    bad |= a | b | c | d;
    const std::uint32_t bits = a << 18 | b << 12 | c << 6 | d;
    to[0] = static_cast<char>(bits >> 16);
    to[1] = static_cast<char>(bits >> 8);
    to[2] = static_cast<char>(bits);
  }
  if (padding != 0) {
    const std::uint32_t a = base64_value(from[0]);
    const std::uint32_t b = base64_value(from[1]);
    const std::uint32_t c = padding == 1 ? base64_value(from[2]) : 0;
    bad |= a | b | c;
    const std::uint32_t bits = a << 18 | b << 12 | c << 6;
    if ((bits & (padding == 1 ? 0xffu : 0xffffu)) != 0) bad = kNotBase64;
    to[0] = static_cast<char>(bits >> 16);
    if (padding == 1) to[1] = static_cast<char>(bits >> 8);
  }
  if (bad <= 63) return true;
  out.resize(old_size);
  return false;
}

Uuid make_uuid() {
  Uuid uuid;
  std::size_t filled = 0;
  while (filled < uuid.bytes.size()) {
    const ssize_t got = getrandom(uuid.bytes.data() + filled, uuid.bytes.size() - filled, 0);
    if (got < 0 && errno != EINTR) {
      throw Error(ErrorCode::failed,
                  std::string("the system gives no random bytes: ") + std::strerror(errno));
    }
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0f) | 0x40);  // version 4
  uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3f) | 0x80);  // RFC 9562 variant
  return uuid;
}

std::string Uuid::to_string() const {
  std::string text;
  text.reserve(36);
  for (const std::uint8_t byte : bytes) {
    if (is_uuid_hyphen(text.size())) text.push_back('-');
    text.push_back(kLowerHex[byte >> 4]);
    text.push_back(kLowerHex[byte & 15]);
  }
  return text;
}

bool parse_uuid(std::string_view text, Uuid& out) {
  if (text.size() != 36) return false;
  Uuid uuid;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_uuid_hyphen(i)) {
      if (text[i] != '-') return false;
      continue;
    }
    const int value = hex_value(text[i]);
    if (value < 0) return false;
    std::uint8_t& byte = uuid.bytes[digits++ / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | value);
  }
  out = uuid;
  return true;
}

std::string format_time_us(std::int64_t us_since_1970) {
  std::int64_t days = us_since_1970 / kMicrosecondsPerDay;
  std::int64_t of_day = us_since_1970 % kMicrosecondsPerDay;
  if (of_day < 0) {
    of_day += kMicrosecondsPerDay;
    --days;
  }
  if (days < kDateDaysMin || days > kDateDaysMax) {
    throw Error(ErrorCode::invalid_argument,
                "time " + std::to_string(us_since_1970) + " us is outside the years 0001 to 9999");
  }
  char buffer[kDateTextMax + 1 + kTimeOfDayTextMax + 8];
  char* end = write_date(buffer, days);
  *end++ = 'T';
  end = write_time_of_day(end, of_day / 1'000'000 * kNanosecondsPerSecond);
  *end++ = '.';
  std::int64_t fraction = of_day % 1'000'000;
  for (int i = 5; i >= 0; --i, fraction /= 10) end[i] = static_cast<char>('0' + fraction % 10);
  end += 6;
  *end++ = 'Z';
  return {buffer, end};
}

bool parse_time_us(std::string_view text, std::int64_t& us_since_1970) {
  DateTimeText parsed;
  if (!parse_datetime(text, parsed) || !parsed.offset_minutes || !parsed.zone.empty()) {
    return false;
  }
  const std::int64_t us = parsed.days * kMicrosecondsPerDay + parsed.nanoseconds / 1000 -
                          std::int64_t{*parsed.offset_minutes} * 60 * 1'000'000;
  // An offset can move the first and last day out of the years that can be written.
  if (us < kDateDaysMin * kMicrosecondsPerDay || us >= (kDateDaysMax + 1) * kMicrosecondsPerDay) {
    return false;
  }
  us_since_1970 = us;
  return true;
}

std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t shifted_month = month > 2 ? month - 3 : month + 9;
  const std::int64_t day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

void civil_from_days(std::int64_t days, std::int64_t& year, unsigned& month, unsigned& day) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;
  day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  year = static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0);
}

bool parse_unsigned(std::string_view text, std::uint64_t& out) {
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && rest == end && !text.empty();
}

std::string quote_text(std::string_view bytes) {
  const bool cut = bytes.size() > kQuotedBytesMax;
  std::string text = "\"";
  std::size_t i = 0;
  while (i < bytes.size() && i < kQuotedBytesMax) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    std::size_t sequence = byte >= 0x20 && byte < 0x7f ? 1 : 0;
    if (byte >= 0x80) {
      sequence = utf8_sequence_bytes(reinterpret_cast<const unsigned char*>(bytes.data()) + i,
                                     bytes.size() - i);
      // U+0080 to U+009F are control characters.
      if (byte == 0xc2 && sequence == 2 && static_cast<unsigned char>(bytes[i + 1]) < 0xa0) {
        sequence = 0;
      }
    }
    if (sequence == 0) {
      text += {'\\', 'x', kLowerHex[byte >> 4], kLowerHex[byte & 15]};
      ++i;
    } else {
      text.append(bytes.substr(i, sequence));
      i += sequence;
    }
  }
  text += cut ? "\"..." : "\"";
  return text;
}

std::string group_digits(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ' ');
  return text;
}

}  // namespace manifolddb
