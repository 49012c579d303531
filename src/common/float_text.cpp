// Numbers with a point are most of what a backup writes beside text, and std::to_chars of g++ 12
// takes more time for them than all the rest of a line. The digits come from fmt's Dragonbox
// (Junekey Jeon, "Dragonbox: A New Floating-Point Binary-to-Decimal Conversion Algorithm"); it
// finds the same shortest and nearest digits. How they are laid out is std::to_chars' choice,
// repeated here; where that is not plain (whole numbers with more digits than the shortest ones)
// std::to_chars does it. A test compares both over all powers of two and over random bits.
#include "common/float_text.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "common/format.h"

namespace manifolddb {

namespace {

constexpr char kDigitPairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546"
    "4748"
    "4950515253545556575859606162636465666768697071727374757677787980818283848586878889909192939495"
    "9697"
    "9899";

constexpr std::uint64_t kPowersOfTen[] = {1u,
                                          10u,
                                          100u,
                                          1000u,
                                          10000u,
                                          100000u,
                                          1000000u,
                                          10000000u,
                                          100000000u,
                                          1000000000u,
                                          10000000000u,
                                          100000000000u,
                                          1000000000000u,
                                          10000000000000u,
                                          100000000000000u,
                                          1000000000000000u,
                                          10000000000000000u,
                                          100000000000000000u};

// Requires 1 <= value < 10^17.
int count_digits(std::uint64_t value) {
  const int bits = 64 - __builtin_clzll(value);
  const int guess = bits * 1233 >> 12;  // floor(bits * log10(2)): right or one too small
  return guess + (value >= kPowersOfTen[guess] ? 1 : 0);
}

// Exactly `count` digits, with zeros in front.
char* write_digits(char* out, std::uint64_t value, int count) {
  char* at = out + count;
  while (at - out >= 2) {
    at -= 2;
    std::memcpy(at, kDigitPairs + 2 * (value % 100), 2);
    value /= 100;
  }
  if (at != out) *--at = static_cast<char>('0' + value % 10);
  return out + count;
}

char* write_zeros(char* out, int count) {
  for (int i = 0; i < count; ++i) *out++ = '0';
  return out;
}

// d.ddde-07: the exponent has at least two digits.
char* write_scientific(char* out, std::uint64_t digits, int count, int exponent) {
  write_digits(out + 1, digits, count);
  out[0] = out[1];
  if (count == 1) {
    out += 1;
  } else {
    out[1] = '.';
    out += 1 + count;
  }
  *out++ = 'e';
  *out++ = exponent < 0 ? '-' : '+';
  const auto magnitude = static_cast<std::uint64_t>(exponent < 0 ? -exponent : exponent);
  return write_digits(out, magnitude, magnitude >= 100 ? 3 : 2);
}

// `digits` of `count` digits, times ten to the `exponent`, in the notation that std::to_chars
// chooses: the shorter one, fixed when both are as long.
char* write_decimal(char* out, std::uint64_t digits, int count, int exponent) {
  const int one_digit = count == 1 ? 1 : 0;  // then a scientific one has no point
  if (exponent < -(count + 3) + one_digit || exponent > 5 - one_digit) {
    return write_scientific(out, digits, count, exponent + count - 1);
  }
  if (exponent >= 0) {
    out = write_zeros(write_digits(out, digits, count), exponent);
    *out++ = '.';
    *out++ = '0';
    return out;
  }
  const int whole_digits = count + exponent;
  if (whole_digits > 0) {
    write_digits(out + 1, digits, count);
    std::memmove(out, out + 1, static_cast<std::size_t>(whole_digits));
    out[whole_digits] = '.';
    return out + count + 1;
  }
  *out++ = '0';
  *out++ = '.';
  out = write_zeros(out, -whole_digits);
  return write_digits(out, digits, count);
}

template <typename Real>
char* write_by_library(char* out, std::size_t room, Real value) {
  char* end = std::to_chars(out, out + room, value).ptr;
  for (const char* at = out; at != end; ++at) {
    if (*at == '.' || *at == 'e') return end;
  }
  *end++ = '.';
  *end++ = '0';
  return end;
}

template <typename Real>
char* write_finite(char* out, std::size_t room, Real value, Real exact_integers_end) {
  if (std::signbit(value)) {
    *out++ = '-';
    value = -value;
  }
  if (value == 0) {
    std::memcpy(out, "0.0", 3);
    return out + 3;
  }
  // From here on a whole number may have digits that the shortest ones do not tell.
  if (value >= exact_integers_end) return write_by_library(out, room - 1, value);
  const auto decimal = fmt::detail::dragonbox::to_decimal(value);
  return write_decimal(out, decimal.significand, count_digits(decimal.significand),
                       decimal.exponent);
}

}  // namespace

char* write_finite_double(char* out, double value) {
  return write_finite(out, kDoubleTextMax, value, 9007199254740992.0);
}

char* write_finite_float(char* out, float value) {
  return write_finite(out, kFloatTextMax, value, 16777216.0f);
}

}  // namespace manifolddb
