// Text forms that all layers share: an error here would be written into every file.
#include "common/text.h"

#include <gtest/gtest.h>

#include <random>

#include "common/temporal_text.h"
#include "manifolddb/error.h"

namespace manifolddb {
namespace {

// RFC 3629's grammar, one byte at a time: the oracle for the fast check.
std::size_t slow_find_invalid_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto byte = [&](std::size_t at) {
      return i + at < text.size() ? static_cast<unsigned char>(text[i + at]) : 0u;
    };
    std::size_t length = 1;
    std::uint32_t code = byte(0);
    if (byte(0) >= 0x80) {
      length = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
      if (byte(0) < 0xc0 || byte(0) >= 0xf8) return i;
      code = byte(0) & (0xffu >> (length + 1));
      for (std::size_t k = 1; k < length; ++k) {
        if ((byte(k) & 0xc0) != 0x80) return i;
        code = code << 6 | (byte(k) & 0x3f);
      }
      const std::uint32_t least = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
      if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return i;
    }
    i += length;
  }
  return kValidUtf8;
}

TEST(Text, Utf8CheckAgreesWithTheGrammarOnRandomBytes) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  static constexpr std::string_view kBytes =
      "aaaaaaaaaaaaaaaa\x7f\x80\xbf\xc0\xc1\xc2\xdf\xe0\xed\xef\xf0\xf4\xf5\xff\x9f\xa0\x8f\x90";
  for (int i = 0; i < 200'000; ++i) {
    std::string text(random() % 24, 'x');
    for (char& c : text) c = kBytes[random() % kBytes.size()];
    ASSERT_EQ(find_invalid_utf8(text), slow_find_invalid_utf8(text)) << quote_text(text);
  }
}

TEST(Text, Utf8CheckTakesEveryCodePointAndNoSurrogate) {
  for (std::uint32_t code = 0x80; code <= 0x10ffff; ++code) {
    std::string text = "12345678";
    if (code < 0x800) {
      text += static_cast<char>(0xc0 | code >> 6);
    } else {
      if (code < 0x10000) {
        text += static_cast<char>(0xe0 | code >> 12);
      } else {
        text += static_cast<char>(0xf0 | code >> 18);
        text += static_cast<char>(0x80 | (code >> 12 & 0x3f));
      }
      text += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    }
    text += static_cast<char>(0x80 | (code & 0x3f));
    const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
    ASSERT_EQ(find_invalid_utf8(text), is_surrogate ? 8 : kValidUtf8) << code;
    ASSERT_EQ(find_invalid_utf8(text.substr(0, text.size() - 1)), 8u) << code;
  }
}

TEST(Text, Base64IsThatOfTheRfc) {
  const std::pair<std::string_view, std::string_view> examples[] = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : examples) {
    std::string out = "<";
    append_base64(plain, out);
    EXPECT_EQ(out, "<" + std::string(encoded));
    out = "<";
    EXPECT_TRUE(append_from_base64(encoded, out));
    EXPECT_EQ(out, "<" + std::string(plain));
  }
}

TEST(Text, Base64OfAllBytesComesBack) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  for (std::size_t size = 0; size <= all.size(); ++size) {
    std::string encoded;
    append_base64(all.substr(0, size), encoded);
    std::string decoded;
    ASSERT_TRUE(append_from_base64(encoded, decoded));
    ASSERT_EQ(decoded, all.substr(0, size));
  }
}

TEST(Text, Base64IsStrict) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm 9", "Zm9v\n", "Zm-_", "=",
                           "====", "Zg==Zg==", "Z===", "Zm9v=", "Z=m9", "\xff\xff\xff\xff"}) {
    std::string out = "kept";
    EXPECT_FALSE(append_from_base64(text, out)) << text;
    EXPECT_EQ(out, "kept");
  }
}

TEST(Text, UuidsArePrintedAndReadInTheUsualForm) {
  Uuid uuid;
  EXPECT_TRUE(parse_uuid("01234567-89ab-CDEF-0123-456789abcdef", uuid));
  EXPECT_EQ(uuid.to_string(), "01234567-89ab-cdef-0123-456789abcdef");
  for (const char* text :
       {"", "01234567-89ab-cdef-0123-456789abcde", "01234567-89ab-cdef-0123-456789abcdef0",
        "0123456789abcdef0123456789abcdef----", "g1234567-89ab-cdef-0123-456789abcdef",
        "{1234567-89ab-cdef-0123-456789abcdef"}) {
    EXPECT_FALSE(parse_uuid(text, uuid)) << text;
  }
  const Uuid made = make_uuid();
  EXPECT_EQ(made.bytes[6] >> 4, 4);
  EXPECT_EQ(made.bytes[8] >> 6, 2);
  EXPECT_NE(made, make_uuid());
}

TEST(Text, EveryDayFromYear1To9999ComesBack) {
  std::int64_t expected = days_from_civil(1, 1, 1);
  EXPECT_EQ(expected, kDateDaysMin);
  constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (std::int64_t year = 1; year <= 9999; ++year) {
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    for (unsigned month = 1; month <= 12; ++month) {
      const unsigned days = kDays[month - 1] + (leap && month == 2 ? 1 : 0);
      for (unsigned day = 1; day <= days; ++day, ++expected) {
        ASSERT_EQ(days_from_civil(year, month, day), expected);
        std::int64_t y = 0;
        unsigned m = 0, d = 0;
        civil_from_days(expected, y, m, d);
        ASSERT_TRUE(y == year && m == month && d == day) << expected;
      }
    }
  }
  EXPECT_EQ(expected - 1, kDateDaysMax);
}

TEST(Text, TimesHaveSixDigitsAndAreReadWithAnyOffset) {
  EXPECT_EQ(format_time_us(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_time_us(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_time_us(1795384020123456), "2026-11-22T21:47:00.123456Z");
  std::int64_t us = 0;
  EXPECT_TRUE(parse_time_us("2026-11-22T21:47:00.123456Z", us));
  EXPECT_EQ(us, 1795384020123456);
  EXPECT_TRUE(parse_time_us("2026-11-22T22:47:00.123456789+01:00", us));
  EXPECT_EQ(us, 1795384020123456);
  EXPECT_TRUE(parse_time_us("2026-11-22T21:47:00Z", us));
  EXPECT_EQ(us, 1795384020000000);
  EXPECT_TRUE(parse_time_us("1969-12-31T23:59:59.9999999Z", us));
  EXPECT_EQ(us, -1);
  us = 5;
  for (const char* text :
       {"", "2026-11-22", "2026-11-22T21:47:00", "2026-11-22 21:47:00Z", "2026-11-22T21:47Z",
        "2026-11-22T21:47:00.Z", "2026-11-22T24:00:00Z", "2026-02-29T00:00:00Z",
        "2026-11-22T21:47:00Z[UTC]", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"}) {
    EXPECT_FALSE(parse_time_us(text, us)) << text;
  }
  EXPECT_EQ(us, 5);
  EXPECT_EQ(format_time_us(kDateDaysMin * 86'400'000'000), "0001-01-01T00:00:00.000000Z");
  EXPECT_THROW(format_time_us(kDateDaysMin * 86'400'000'000 - 1), Error);
  EXPECT_THROW(format_time_us((kDateDaysMax + 1) * 86'400'000'000), Error);
}

TEST(Text, DurationsOfRandomPartsComeBack) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto part = [&] { return static_cast<std::int64_t>(random()) >> (random() % 64); };
  for (int i = 0; i < 100'000; ++i) {
    const Duration duration{part(), part(), part(),
                            static_cast<std::int32_t>(random() % 1'000'000'000)};
    char buffer[kDurationTextMax];
    const std::string_view text(
        buffer, static_cast<std::size_t>(write_duration(buffer, duration) - buffer));
    Duration back;
    ASSERT_TRUE(parse_duration(text, back)) << text;
    ASSERT_EQ(back, duration) << text;
  }
}

TEST(Text, QuotingForMessagesShowsWhatCannotBePrinted) {
  EXPECT_EQ(quote_text("plain é 東"), "\"plain é 東\"");
  EXPECT_EQ(quote_text(std::string_view("a\0\n\x1b\x7f", 5)), "\"a\\x00\\x0a\\x1b\\x7f\"");
  EXPECT_EQ(quote_text("\xff\xc2\x9b"), "\"\\xff\\xc2\\x9b\"");
  EXPECT_EQ(quote_text(std::string(65, 'x')), "\"" + std::string(64, 'x') + "\"...");
}

TEST(Text, DigitsAreGroupedByThree) {
  EXPECT_EQ(group_digits(0), "0");
  EXPECT_EQ(group_digits(999), "999");
  EXPECT_EQ(group_digits(1000), "1 000");
  EXPECT_EQ(group_digits(12345678), "12 345 678");
}

}  // namespace
}  // namespace manifolddb
