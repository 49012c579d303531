// What a line may hold is read back exactly: at the limits, in great numbers, and for random
// records whatever spelling JSON allows them.
#include <gtest/gtest.h>

#include <random>

#include "backup/record_codec.h"
#include "common/json_writer.h"
#include "common/value_codec.h"
#include "common/varint.h"
#include "support/line_parsing.h"
#include "support/random_graph.h"

namespace manifolddb {
namespace {

using namespace test_support;

std::string nested_lists(int levels) {
  return std::string(static_cast<std::size_t>(levels), '[') +
         std::string(static_cast<std::size_t>(levels), ']');
}

TEST(RecordCodec, ValuesMayBeNested48DeepAndNoMore) {
  EXPECT_TRUE(parse_strict(entity_line(nested_lists(48))).accepted);
  const ParseOutcome parsed = parse_strict(entity_line(nested_lists(49)));
  EXPECT_FALSE(parsed.accepted);
  EXPECT_EQ(parsed.error.byte, kEntityValueByte + 48);
  EXPECT_NE(parsed.error.what.find("48"), std::string::npos) << parsed.error.what;

  std::string maps = "1";
  for (int i = 1; i < kValueDepthMax; ++i) maps = R"({"$map":{"$":)" + maps + "}}";
  EXPECT_TRUE(parse_strict(entity_line(maps)).accepted) << "tags do not count as depth";
  EXPECT_FALSE(parse_strict(entity_line("[" + maps + "]")).accepted);
}

TEST(RecordCodec, JsonNestedOver128IsRefusedWhateverTheType) {
  const auto line = [](int levels) {
    return R"({"type":"future","data":)" + nested_lists(levels - 1) + "}";
  };
  EXPECT_TRUE(parse_tolerant(line(128)).accepted);
  const ParseOutcome parsed = parse_tolerant(line(129));
  EXPECT_FALSE(parsed.accepted);
  EXPECT_EQ(parsed.error.byte, 24u + 127);
  EXPECT_EQ(parsed.error.what, "nested deeper than 128");
  EXPECT_FALSE(parse_tolerant(line(100'000)).accepted);
  EXPECT_FALSE(parse_tolerant(std::string(100'000, '[')).accepted);
}

TEST(RecordCodec, NamesMayHave64KiBAndNoMore) {
  const std::string longest(kNameBytesMax, 'n');
  const std::string too_long(kNameBytesMax + 1, 'n');
  const auto entity = [](const std::string& label, const std::string& name) {
    return parse_strict(R"({"type":"entity","data":{"id":1,"labels":[")" + label +
                        R"("],"properties":{")" + name + R"(":1}}})");
  };
  const auto edge = [](const std::string& type) {
    return parse_strict(R"({"type":"edge","data":{"id":1,"source":1,"target":1,"edge_type":")" +
                        type + R"(","properties":{}}})");
  };
  EXPECT_TRUE(entity(longest, longest).accepted);
  EXPECT_TRUE(edge(longest).accepted);
  EXPECT_NE(entity(too_long, "n").error.what.find("64 KiB"), std::string::npos);
  EXPECT_NE(entity("n", too_long).error.what.find("64 KiB"), std::string::npos);
  EXPECT_NE(edge(too_long).error.what.find("64 KiB"), std::string::npos);
  EXPECT_TRUE(parse_strict(entity_line("{\"" + too_long + "\":1}")).accepted);
}

TEST(RecordCodec, LinesOverTheirLimitAreRefused) {
  const std::string line = entity_line("\"" + std::string(1000, 'x') + "\"");
  const std::string padded = line + std::string(backup::kLinePadding, '"');
  backup::ParsedLine out;
  backup::LineError error;
  backup::LineParser exact(backup::Strictness::strict, line.size());
  EXPECT_TRUE(exact.parse({padded.data(), line.size()}, out, error)) << error.what;
  backup::LineParser shorter(backup::Strictness::strict, line.size() - 1);
  EXPECT_FALSE(shorter.parse({padded.data(), line.size()}, out, error));
  EXPECT_EQ(error.byte, line.size() - 1);
}

TEST(RecordCodec, FloatsOfVectorsAreRoundedOnceFromTheText) {
  const auto bits_of = [](std::string_view number) {
    const ParseOutcome parsed =
        parse_tolerant(entity_line(R"({"$vector":[)" + std::string(number) + "]}"));
    EXPECT_TRUE(parsed.accepted) << number << parsed.error.what;
    Entity entity;
    decode_entity({1}, parsed.line.body, entity);
    return entity.properties.at("v").get_if<Vector>()->elements.at(0);
  };
  // Each is a hair over the middle of two floats; as a double it is the middle, which rounds to
  // even.
  EXPECT_EQ(bits_of("1.0000000596046447753906251"), 1.00000012f);
  EXPECT_EQ(bits_of("1.000000059604644775390625"), 1.0f);
  EXPECT_EQ(bits_of("1.0000001788139343261718749"), 1.00000012f);
  EXPECT_EQ(bits_of("340282356779733661637539395458142568447.9"), 3.40282347e38f);
  EXPECT_EQ(bits_of("7.006492321624085e-46"), 0.0f);
  EXPECT_EQ(bits_of("7.0064923216240854e-46"), 1e-45f);
  EXPECT_FALSE(
      parse_tolerant(entity_line(R"({"$vector":[340282356779733661637539395458142568448.0]})"))
          .accepted);
}

TEST(RecordCodec, ManyNumbersBetweenFloatsTakeLinearTime) {
  std::string numbers = "1.0000000596046447753906251";
  for (int i = 0; i < 16; ++i) numbers += "," + numbers;
  EXPECT_TRUE(parse_tolerant(entity_line(R"({"$vector":[)" + numbers + "]}")).accepted);
}

TEST(RecordCodec, ManyKeysOutOfOrderAreSorted) {
  std::string json = "{";
  for (int i = 9999; i >= 0; --i) json += "\"" + std::to_string(i) + "\":{\"b\":1,\"a\":2},";
  json.back() = '}';
  const ParseOutcome parsed = parse_tolerant(entity_line(json));
  ASSERT_TRUE(parsed.accepted) << parsed.error.what;
  check_body(RecordKind::entity, parsed.line.body);
}

// A record as other JSON that says the same: white space, members in any order.
std::string scramble(const std::string& line, RandomValues& random) {
  std::string text;
  bool in_string = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (in_string && c == '\\') {
      text += line.substr(i++, 2);
      continue;
    }
    if (c == '"') in_string = !in_string;
    const bool is_separator = !in_string && std::string_view("{}[],:").find(c) != std::string::npos;
    if (is_separator && random.one_in(4)) text += " \t\r\n"[random.below(4)];
    if (in_string && c == '/' && random.one_in(2)) text += '\\';
    text += c;
    if (is_separator && random.one_in(4)) text += ' ';
  }
  return text;
}

TEST(RecordCodec, RandomRecordsAreReadBackFromTheirLines) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomValues random(seed);
  backup::LineParser strict(backup::Strictness::strict);
  backup::LineParser tolerant(backup::Strictness::tolerant);
  backup::ParsedLine parsed;
  backup::LineError error;
  for (int i = 0; i < 4000; ++i) {
    std::string key;
    append_be64(key, random.id(static_cast<std::uint64_t>(i) + 1));
    std::string body;
    const RecordKind kind = i % 2 == 0 ? RecordKind::entity : RecordKind::edge;
    if (kind == RecordKind::entity) {
      encode_entity_body(random.labels(), random.properties(), body);
    } else {
      encode_edge_body({random.id(1)}, {random.id(2)}, random.key(), random.properties(), body);
    }
    std::string line;
    append_record_line({kind, key, body}, line);
    ASSERT_EQ(line_bytes({kind, key, body}), line.size() - 1);
    ASSERT_TRUE(line_fits({kind, key, body}, line.size() - 1));
    ASSERT_FALSE(line_fits({kind, key, body}, line.size() - 2));
    line.pop_back();
    ASSERT_EQ(line.find('\n'), std::string::npos);

    std::string padded = line + std::string(backup::kLinePadding, ' ');
    ASSERT_TRUE(strict.parse({padded.data(), line.size()}, parsed, error))
        << line << "\n"
        << error.byte << ": " << error.what;
    EXPECT_EQ(parsed.kind, kind);
    EXPECT_EQ(parsed.key, key);
    ASSERT_EQ(parsed.body, body) << line;

    const std::string scrambled = scramble(line, random);
    padded = scrambled + std::string(backup::kLinePadding, ' ');
    ASSERT_TRUE(tolerant.parse({padded.data(), scrambled.size()}, parsed, error))
        << scrambled << "\n"
        << error.byte << ": " << error.what;
    ASSERT_EQ(parsed.body, body) << scrambled;
  }
}

}  // namespace
}  // namespace manifolddb
