// The fast paths of the line writer against slow ones that are plainly right.
#include "common/json_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <memory>
#include <random>
#include <string>

#include "common/float_text.h"
#include "common/json_writer.h"

namespace manifolddb {
namespace {

template <typename Real>
std::string library_text(Real value) {
  char buffer[400];
  std::string text(buffer, std::to_chars(buffer, buffer + sizeof(buffer), value).ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string own_text(double value) {
  char buffer[kDoubleTextMax];
  return {buffer, write_finite_double(buffer, value)};
}
std::string own_text(float value) {
  char buffer[kFloatTextMax];
  return {buffer, write_finite_float(buffer, value)};
}

template <typename Real, typename Bits>
void expect_like_library(Bits bits) {
  const Real value = std::bit_cast<Real>(bits);
  if (!std::isfinite(value)) return;
  const std::string text = own_text(value);
  ASSERT_EQ(text, library_text(value));
}

TEST(JsonText, FloatsAreWrittenLikeToCharsAtEveryPowerOfTwoAndBesideIt) {
  for (std::uint64_t exponent = 0; exponent < 2047; ++exponent) {
    for (const std::uint64_t mantissa :
         {0x0ull, 0x1ull, 0x2ull, 0x8000000000000ull, 0xffffffffffffeull, 0xfffffffffffffull}) {
      expect_like_library<double>(exponent << 52 | mantissa);
      expect_like_library<double>(std::uint64_t{1} << 63 | exponent << 52 | mantissa);
    }
  }
  for (std::uint32_t exponent = 0; exponent < 255; ++exponent) {
    for (const std::uint32_t mantissa : {0x0u, 0x1u, 0x2u, 0x400000u, 0x7ffffeu, 0x7fffffu}) {
      expect_like_library<float>(exponent << 23 | mantissa);
    }
  }
}

TEST(JsonText, FloatsAreWrittenLikeToCharsAtEveryPowerOfTenAndShortDecimal) {
  for (int exponent = -330; exponent <= 308; ++exponent) {
    for (int digits = 1; digits <= 1050; digits += digits < 130 ? 1 : 97) {
      const std::string text = std::to_string(digits) + "e" + std::to_string(exponent);
      const double value = std::strtod(text.c_str(), nullptr);
      expect_like_library<double>(std::bit_cast<std::uint64_t>(value));
      expect_like_library<float>(std::bit_cast<std::uint32_t>(static_cast<float>(value)));
    }
  }
  for (int i = 0; i < 20'000; ++i) {
    expect_like_library<double>(std::bit_cast<std::uint64_t>(i / 100.0));
    expect_like_library<double>(std::bit_cast<std::uint64_t>(9007199254740992.0 - 10'000 + i));
    expect_like_library<float>(
        std::bit_cast<std::uint32_t>(16777216.0f - 10'000 + static_cast<float>(i)));
  }
}

TEST(JsonText, FloatsAreWrittenLikeToCharsForRandomBits) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 300'000; ++i) {
    const std::uint64_t bits = random();
    expect_like_library<double>(bits);
    expect_like_library<float>(static_cast<std::uint32_t>(bits));
    const double in_unit = static_cast<double>(bits >> 11) * 0x1p-53;
    expect_like_library<double>(std::bit_cast<std::uint64_t>(in_unit));
    expect_like_library<double>(std::bit_cast<std::uint64_t>(in_unit * 1e6));
  }
}

std::string slow_json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    static constexpr std::string_view kShort = "\b\f\n\r\t\"\\";
    static constexpr std::string_view kLetters = "bfnrt\"\\";
    const std::size_t found = kShort.find(c);
    if (found != std::string_view::npos) {
      out += '\\';
      out += kLetters[found];
    } else if (byte < 0x20) {
      char buffer[8];
      std::snprintf(buffer, sizeof(buffer), "\\u%04x", byte);
      out += buffer;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

TEST(JsonText, StringsAreEscapedMinimallyWhereverTheSpecialByteStands) {
  for (std::size_t size = 0; size <= 34;
       ++size) {  // over two of the blocks that are looked at at once
    const std::string plain(size, 'x');
    std::string out;
    append_json_string(plain, out);
    EXPECT_EQ(out, "\"" + plain + "\"");
    for (std::size_t place = 0; place < size; ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        // Memory that ends with the text, so that the sanitizer sees a read behind it.
        auto text = std::make_unique<char[]>(size);
        std::fill(text.get(), text.get() + size, 'x');
        text[place] = static_cast<char>(byte);
        out = "before";
        append_json_string({text.get(), size}, out);
        ASSERT_EQ(out, "before" + slow_json_string({text.get(), size}));
      }
    }
  }
}

TEST(JsonText, StringsOfNothingButEscapesHaveRoom) {
  std::string controls(100'000, '\x01');
  std::string out;
  append_json_string(controls, out);
  EXPECT_EQ(out, slow_json_string(controls));
}

}  // namespace
}  // namespace manifolddb
