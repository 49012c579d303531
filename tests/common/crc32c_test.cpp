// The engine's log is believed or refused by this sum: it must be the one of RFC 3720, whatever the
// length, the alignment and the pieces.
#include "common/crc32c.h"

#include <gtest/gtest.h>

#include <string>

namespace manifolddb {
namespace {

std::uint32_t bit_by_bit(std::string_view bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
  }
  return ~crc;
}

TEST(Crc32c, GivesTheValuesOfTheStandard) {
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
}

TEST(Crc32c, IsTheSameInPiecesAndAtAnyAlignment) {
  std::string text;
  for (int i = 0; i < 300; ++i) text.push_back(static_cast<char>(i * 37 + i / 7));
  for (std::size_t from = 0; from < 9; ++from) {
    for (std::size_t size = 0; size < 40; ++size) {
      const std::string_view part = std::string_view(text).substr(from, size);
      EXPECT_EQ(crc32c(part), bit_by_bit(part)) << from << " " << size;
    }
  }
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::string_view whole = text;
    EXPECT_EQ(crc32c(whole.substr(cut), crc32c(whole.substr(0, cut))), bit_by_bit(whole)) << cut;
  }
}

}  // namespace
}  // namespace manifolddb
