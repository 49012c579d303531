// The form of every record and value type, byte by byte, as format.md gives it. These lines stand
// in files that people keep: they may be added to, never changed.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "common/json_writer.h"
#include "common/value_codec.h"
#include "common/varint.h"
#include "support/line_parsing.h"

namespace manifolddb {
namespace {

using namespace test_support;

struct Golden {
  const char* json;
  Value value;
};
void PrintTo(const Golden& golden, std::ostream* out) {
  *out << golden.json;
}

double double_of(std::uint64_t bits) {
  return std::bit_cast<double>(bits);
}
float float_of(std::uint32_t bits) {
  return std::bit_cast<float>(bits);
}

std::vector<Golden> golden_scalars() {
  const double infinity = std::numeric_limits<double>::infinity();
  return {
      {"null", {}},
      {"true", true},
      {"false", false},
      {"0", 0},
      {"42", 42},
      {"-1", -1},
      {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
      {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()},
      {"42.0", 42.0},
      {"0.0", 0.0},
      {"-0.0", -0.0},
      {"0.1", 0.1},
      {"1e+300", 1e300},
      {"1e+23", 1e23},
      {"1e-07", 1e-7},
      {"5e-324", 5e-324},
      {"1.7976931348623157e+308", std::numeric_limits<double>::max()},
      {"9007199254740992.0", 9007199254740993.0},
      {R"({"$float":"NaN"})", double_of(0x7ff8000000000000u)},
      {R"({"$float":"0x7ff8000000000001"})", double_of(0x7ff8000000000001u)},
      {R"({"$float":"0xfff8000000000000"})", double_of(0xfff8000000000000u)},
      {R"({"$float":"0x7ff0000000000001"})", double_of(0x7ff0000000000001u)},
      {R"({"$float":"Infinity"})", infinity},
      {R"({"$float":"-Infinity"})", -infinity},
      {R"("")", ""},
      {R"("plain")", "plain"},
      {R"("\"\\/\b\f\n\r\t\u0000\u001f)"
       "\x7f\"",
       std::string("\"\\/\b\f\n\r\t\0\x1f\x7f", 11)},
      {"\"Şahin 東京 🚀\"", "Şahin 東京 🚀"},
      {R"({"$bytes":""})", Bytes{}},
      {R"({"$bytes":"AA=="})", Bytes{std::string(1, '\0')}},
      {R"({"$bytes":"/+8="})", Bytes{"\xff\xef"}},
      {R"({"$bytes":"AQID"})", Bytes{"\1\2\3"}},
  };
}

std::vector<Golden> golden_times() {
  const std::int16_t paris = 60;
  return {
      {R"({"$date":"2026-11-22"})", Date{20779}},
      {R"({"$date":"0001-01-01"})", Date{-719162}},
      {R"({"$date":"9999-12-31"})", Date{2932896}},
      {R"({"$date":"2024-02-29"})", Date{19782}},
      {R"({"$date":"1970-01-01"})", Date{0}},
      {R"({"$time":"00:00:00"})", Time{0, {}}},
      {R"({"$time":"21:47:00.5"})", Time{78420500000000, {}}},
      {R"({"$time":"23:59:59.999999999"})", Time{86399999999999, {}}},
      {R"({"$time":"21:47:00.5+01:00"})", Time{78420500000000, paris}},
      {R"({"$time":"21:47:00Z"})", Time{78420000000000, std::int16_t{0}}},
      {R"({"$time":"00:00:00-23:59"})", Time{0, std::int16_t{-1439}}},
      {R"({"$datetime":"2026-11-22T21:47:00.5"})", DateTime{20779, 78420500000000, {}, {}}},
      {R"({"$datetime":"2026-11-22T21:47:00.5Z"})",
       DateTime{20779, 78420500000000, std::int16_t{0}, {}}},
      {R"({"$datetime":"2026-11-22T21:47:00.5+01:00[Europe/Paris]"})",
       DateTime{20779, 78420500000000, paris, "Europe/Paris"}},
      {R"({"$duration":"PT0S"})", Duration{}},
      {R"({"$duration":"P14M3DT3661.5S"})", Duration{14, 3, 3661, 500000000}},
      {R"({"$duration":"P-1M"})", Duration{-1, 0, 0, 0}},
      {R"({"$duration":"PT-0.5S"})", Duration{0, 0, -1, 500000000}},
      {R"({"$duration":"PT-1S"})", Duration{0, 0, -1, 0}},
      {R"({"$duration":"PT0.000000001S"})", Duration{0, 0, 0, 1}},
      {R"({"$duration":"P-9223372036854775808M9223372036854775807DT-9223372036854775807.999999999S"})",
       Duration{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(),
                std::numeric_limits<std::int64_t>::min(), 1}},
  };
}

std::vector<Golden> golden_structures() {
  return {
      {R"({"$point":{"srid":4326,"x":12.5,"y":41.9,"z":7.0}})", Point{4326, 12.5, 41.9, 7.0}},
      {R"({"$point":{"srid":4294967295,"x":-0.0,"y":{"$float":"NaN"}}})",
       Point{4294967295u, -0.0, double_of(0x7ff8000000000000u), {}}},
      {"[]", List{}},
      {R"([1,2.0,"three",null,[true]])", List{1, 2.0, "three", nullptr, List{true}}},
      {"{}", Map{}},
      {R"({"":1,"a":{"b":[]}})", Map{{"", 1}, {"a", Map{{"b", List{}}}}}},
      {R"({"$map":{"$date":"x"}})", Map{{"$date", "x"}}},
      {R"({"$map":{"!":0,"$":1,"a":{"$map":{"$map":{}}}}})",
       Map{{"!", 0}, {"$", 1}, {"a", Map{{"$map", Map{}}}}}},
      {R"({"$vector":[]})", Vector{}},
      {R"({"$vector":[0.1,-3.0,1e+10,3.4028235e+38,1e-45,-0.0]})",
       Vector{{0.1f, -3.0f, 1e10f, 3.4028235e38f, 1e-45f, -0.0f}}},
      {R"({"$vector":["NaN","Infinity","-Infinity","0x7fc00001","0xffc00000"]})",
       Vector{{float_of(0x7fc00000u), std::numeric_limits<float>::infinity(),
               -std::numeric_limits<float>::infinity(), float_of(0x7fc00001u),
               float_of(0xffc00000u)}}},
      {R"({"$sparse_vector":{"indices":[],"values":[]}})", SparseVector{}},
      {R"({"$sparse_vector":{"indices":[1,4294967295],"values":[0.5,"NaN"]}})",
       SparseVector{{1, 4294967295u}, {0.5f, float_of(0x7fc00000u)}}},
      {R"({"$multi_vector":[]})", MultiVector{}},
      {R"({"$multi_vector":[[],[0.5],[1.0,2.0]]})", MultiVector{{{}, {0.5f}, {1.0f, 2.0f}}}},
  };
}

class GoldenValue : public testing::TestWithParam<Golden> {};

TEST_P(GoldenValue, IsWrittenSoAndReadBackWithTheSameBits) {
  const Golden& golden = GetParam();
  const Properties properties{{"v", golden.value}};
  std::string key;
  append_be64(key, 1);
  std::string body;
  encode_entity_body({}, properties, body);
  check_body(RecordKind::entity, body);

  std::string line;
  append_record_line({RecordKind::entity, key, body}, line);
  EXPECT_EQ(line, entity_line(golden.json) + "\n");
  EXPECT_EQ(line_bytes({RecordKind::entity, key, body}), line.size() - 1);

  const ParseOutcome parsed = parse_strict(entity_line(golden.json));
  ASSERT_TRUE(parsed.accepted) << parsed.error.byte << ": " << parsed.error.what;
  EXPECT_EQ(parsed.line.type, backup::LineType::entity);
  EXPECT_EQ(parsed.line.key, key);
  EXPECT_EQ(parsed.line.body, body);

  Entity entity;
  decode_entity({1}, parsed.line.body, entity);
  EXPECT_EQ(entity.properties, properties);
}

INSTANTIATE_TEST_SUITE_P(Scalars, GoldenValue, testing::ValuesIn(golden_scalars()));
INSTANTIATE_TEST_SUITE_P(Times, GoldenValue, testing::ValuesIn(golden_times()));
INSTANTIATE_TEST_SUITE_P(Structures, GoldenValue, testing::ValuesIn(golden_structures()));

TEST(GoldenLines, AnEntityHasItsLabelsInByteOrderAndOnce) {
  std::string body;
  encode_entity_body({"b", "ä", "a", "b"}, {{"name", "x"}, {"$date", 1}}, body);
  std::string key;
  append_be64(key, kIdMax);
  std::string line;
  append_record_line({RecordKind::entity, key, body}, line);
  EXPECT_EQ(line,
            "{\"type\":\"entity\",\"data\":{\"id\":9223372036854775807,\"labels\":[\"a\",\"b\","
            "\"ä\"],\"properties\":{\"$date\":1,\"name\":\"x\"}}}\n");
  line.pop_back();
  const ParseOutcome parsed = parse_strict(line);
  ASSERT_TRUE(parsed.accepted) << parsed.error.what;
  EXPECT_EQ(parsed.line.body, body);
}

TEST(GoldenLines, AnEdge) {
  std::string body;
  encode_edge_body({2}, {3}, "KNOWS", {{"since", 2024}}, body);
  std::string key;
  append_be64(key, 7);
  std::string line;
  append_record_line({RecordKind::edge, key, body}, line);
  EXPECT_EQ(line, R"({"type":"edge","data":{"id":7,"source":2,"target":3,"edge_type":"KNOWS",)"
                  R"("properties":{"since":2024}}})"
                  "\n");
  line.pop_back();
  const ParseOutcome parsed = parse_strict(line);
  ASSERT_TRUE(parsed.accepted) << parsed.error.what;
  EXPECT_EQ(parsed.line.type, backup::LineType::edge);
  EXPECT_EQ(parsed.line.kind, RecordKind::edge);
  EXPECT_EQ(parsed.line.source, 2u);
  EXPECT_EQ(parsed.line.target, 3u);
  EXPECT_EQ(parsed.line.body, body);
}

TEST(GoldenLines, AKeyValue) {
  std::string line;
  append_record_line({RecordKind::key_value, std::string_view("\0k", 2), "value"}, line);
  EXPECT_EQ(line, "{\"type\":\"key_value\",\"data\":{\"key\":\"AGs=\",\"value\":\"dmFsdWU=\"}}\n");
  line.pop_back();
  const ParseOutcome parsed = parse_strict(line);
  ASSERT_TRUE(parsed.accepted) << parsed.error.what;
  EXPECT_EQ(parsed.line.kind, RecordKind::key_value);
  EXPECT_EQ(parsed.line.key, std::string_view("\0k", 2));
  EXPECT_EQ(parsed.line.body, "value");
}

TEST(GoldenLines, Deletions) {
  std::string id;
  append_be64(id, 7);
  std::string lines;
  append_deletion_line(RecordKind::key_value, "k", lines);
  append_deletion_line(RecordKind::entity, id, lines);
  append_deletion_line(RecordKind::edge, id, lines);
  const std::string expected[] = {R"({"type":"key_value_deleted","data":{"key":"aw=="}})",
                                  R"({"type":"entity_deleted","data":{"id":7}})",
                                  R"({"type":"edge_deleted","data":{"id":7}})"};
  EXPECT_EQ(lines, expected[0] + "\n" + expected[1] + "\n" + expected[2] + "\n");
  const backup::LineType types[] = {backup::LineType::key_value_deleted,
                                    backup::LineType::entity_deleted,
                                    backup::LineType::edge_deleted};
  for (int i = 0; i < 3; ++i) {
    const ParseOutcome parsed = parse_strict(expected[i]);
    ASSERT_TRUE(parsed.accepted) << expected[i] << parsed.error.what;
    EXPECT_EQ(parsed.line.type, types[i]);
    EXPECT_EQ(parsed.line.key, i == 0 ? "k" : id);
  }
}

}  // namespace
}  // namespace manifolddb
