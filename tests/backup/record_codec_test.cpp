// What a line may be and what it may not, and which byte an error points at.
#include "backup/record_codec.h"

#include <gtest/gtest.h>

#include "support/line_parsing.h"

namespace manifolddb {
namespace {

using namespace test_support;
using backup::LineType;

// Reads `json` as a value of an entity when tolerant, and gives the line as it would be written.
std::string canonical_value(std::string_view json) {
  const ParseOutcome parsed = parse_tolerant(entity_line(json));
  EXPECT_TRUE(parsed.accepted) << json << ": " << parsed.error.what;
  if (!parsed.accepted) return {};
  const std::string line = rewrite(parsed.line);
  EXPECT_TRUE(parse_strict(line).accepted) << line;
  return line.substr(kEntityValueByte, line.size() - kEntityValueByte - 3);
}

struct Refused {
  std::string_view text;
  std::size_t byte;  // within the text
  std::string_view reason;
};

// Both modes refuse `frame` with % replaced by each text, at the byte.
void expect_refused(std::string_view frame, const std::vector<Refused>& cases) {
  const std::size_t place = frame.find('%');
  for (const Refused& each : cases) {
    std::string line(frame);
    line.replace(place, 1, each.text);
    const ParseOutcome tolerant = parse_tolerant(line);
    EXPECT_FALSE(tolerant.accepted) << line;
    EXPECT_EQ(tolerant.error.byte, place + each.byte) << line << "\n" << tolerant.error.what;
    EXPECT_NE(tolerant.error.what.find(each.reason), std::string::npos) << line << "\n"
                                                                        << tolerant.error.what;
    EXPECT_FALSE(parse_strict(line).accepted) << line;
  }
}

constexpr std::string_view kValueFrame =
    R"({"type":"entity","data":{"id":1,"labels":[],"properties":{"v":%}}})";

TEST(RecordCodec, TolerantModeReadsWhatJsonAllowsAndStoresTheCanonicalForm) {
  EXPECT_EQ(canonical_value(" 1.50 "), "1.5");
  EXPECT_EQ(canonical_value("1e5"), "1e+05");
  EXPECT_EQ(canonical_value("1E+2"), "100.0");
  EXPECT_EQ(canonical_value("-0"), "0");
  EXPECT_EQ(canonical_value("-0.0e3"), "-0.0");
  EXPECT_EQ(canonical_value("1e-400"), "0.0");
  EXPECT_EQ(canonical_value("0e999999999999"), "0.0");
  EXPECT_EQ(canonical_value(R"("\/\u0041\ud83d\ude80\u0000")"), R"("/A🚀\u0000")");
  EXPECT_EQ(canonical_value("\t[ 1 ,\r2 ]"), "[1,2]");
  EXPECT_EQ(canonical_value(R"({"b":1,"a":2,"c":{"z":1,"y":2}})"),
            R"({"a":2,"b":1,"c":{"y":2,"z":1}})");
  EXPECT_EQ(canonical_value(R"({"$map":{"b":1,"a":2}})"), R"({"a":2,"b":1})");
  EXPECT_EQ(canonical_value(R"({"\u0024date":"2026-11-22"})"), R"({"$date":"2026-11-22"})");
  EXPECT_EQ(canonical_value(R"({"$vector":[1,2.50,1e1]})"), R"({"$vector":[1.0,2.5,10.0]})");
  EXPECT_EQ(canonical_value(R"({"$point":{"y":1,"x":2,"srid":0}})"),
            R"({"$point":{"srid":0,"x":2.0,"y":1.0}})");
  EXPECT_EQ(canonical_value(R"({"$sparse_vector":{"values":[1],"indices":[3]}})"),
            R"({"$sparse_vector":{"indices":[3],"values":[1.0]}})");
}

TEST(RecordCodec, TolerantModeReadsOtherSpellingsOfTimes) {
  EXPECT_EQ(canonical_value(R"({"$duration":"P1Y2M"})"), R"({"$duration":"P14M"})");
  EXPECT_EQ(canonical_value(R"({"$duration":"P1Y2M3DT1H1M1.50S"})"),
            R"({"$duration":"P14M3DT3661.5S"})");
  EXPECT_EQ(canonical_value(R"({"$duration":"P0D"})"), R"({"$duration":"PT0S"})");
  EXPECT_EQ(canonical_value(R"({"$duration":"PT-0.25S"})"), R"({"$duration":"PT-0.25S"})");
  EXPECT_EQ(canonical_value(R"({"$duration":"PT1M-1S"})"), R"({"$duration":"PT59S"})");
  EXPECT_EQ(canonical_value(R"({"$time":"01:02:03.500"})"), R"({"$time":"01:02:03.5"})");
  EXPECT_EQ(canonical_value(R"({"$time":"01:02:03+00:00"})"), R"({"$time":"01:02:03Z"})");
  EXPECT_EQ(canonical_value(R"({"$datetime":"2024-02-29T01:02:03.0Z[UTC]"})"),
            R"({"$datetime":"2024-02-29T01:02:03Z[UTC]"})");
}

TEST(RecordCodec, TolerantModeTakesMembersAndLabelsInAnyOrder) {
  const ParseOutcome parsed = parse_tolerant(
      R"( { "data" : {"properties":{"b":1,"a":2},"labels":["b","a","b"],"id":5} , "type":"entity" } )");
  ASSERT_TRUE(parsed.accepted) << parsed.error.what;
  EXPECT_EQ(rewrite(parsed.line),
            R"({"type":"entity","data":{"id":5,"labels":["a","b"],"properties":{"a":2,"b":1}}})");
  const ParseOutcome edge = parse_tolerant(
      R"({"data":{"properties":{},"edge_type":"T","target":2,"source":1,"id":3},"type":"edge"})");
  ASSERT_TRUE(edge.accepted) << edge.error.what;
  EXPECT_EQ(edge.line.source, 1u);
  EXPECT_EQ(edge.line.target, 2u);
}

TEST(RecordCodec, StrictModeRefusesEveryOtherSpellingAtTheFirstByteThatDiffers) {
  const auto refused = [](std::string_view json, std::size_t byte, std::string_view expected) {
    const ParseOutcome parsed = parse_strict(entity_line(json));
    EXPECT_FALSE(parsed.accepted) << json;
    EXPECT_EQ(parsed.error.byte, kEntityValueByte + byte) << json << " " << parsed.error.what;
    EXPECT_NE(parsed.error.what.find(expected), std::string::npos) << parsed.error.what;
  };
  refused(" 1", 0, "\" 1}}}\" stands where \"1}}}\" belongs");
  refused("1.50", 3, "\"0}}}\" stands where \"}}}\" belongs");
  refused("1e5", 2, "\"5}}}\" stands where \"+05}}}\" belongs");
  refused("-0", 0, "\"0}}}\" belongs");
  refused(R"("\/")", 1, "canonical");
  refused(R"("\u0041")", 1, "canonical");
  refused(R"("\u000A")", 2, "canonical");
  refused(R"("\u001F")", 6, "canonical");
  refused(R"({"b":1,"a":2})", 2, "canonical");
  refused(R"({"$map":{}})", 1, "canonical");
  refused(R"({"$vector":[1]})", 13, "canonical");
  refused(R"({"$duration":"P1Y2M"})", 16, "canonical");
  refused(R"({"$time":"01:02:03+00:00"})", 18, "canonical");
  refused("1 ", 1, "canonical");
  const std::string line = entity_line("1");
  EXPECT_EQ(parse_strict(line + " ").error.byte, line.size());
  EXPECT_NE(parse_strict(line + "\r").error.what.find("where the end of the line belongs"),
            std::string::npos);
  EXPECT_EQ(parse_strict(R"({"type":"entity","data":{"id":1,"labels":["b","a"],"properties":{}}})")
                .error.byte,
            43u);
  EXPECT_EQ(parse_strict(R"({"data":{"id":1},"type":"entity_deleted"})").error.byte, 2u);
}

TEST(RecordCodec, RefusesWhatIsNotJsonAtItsByte) {
  expect_refused(kValueFrame, {{"", 0, "where a value belongs"},
                               {"tru", 3, "where true belongs"},
                               {"nul", 3, "where null belongs"},
                               {"truex", 4, "where the end of the value belongs"},
                               {"01", 1, "leading zero"},
                               {"-", 1, "where a digit belongs"},
                               {"1.", 2, "where a digit belongs"},
                               {"1.e3", 2, "where a digit belongs"},
                               {"1e", 2, "where a digit belongs"},
                               {"+1", 0, "where a value belongs"},
                               {".5", 0, "where a value belongs"},
                               {"NaN", 0, "where a value belongs"},
                               {"Infinity", 0, "where a value belongs"},
                               {"0x10", 1, "where the end of the value belongs"},
                               {"'x'", 0, "where a value belongs"},
                               {"[1,]", 3, "where a value belongs"},
                               {"[1 2]", 3, "where ',' or ']' belongs"},
                               {"[1}", 2, "where ',' or ']' belongs"},
                               {R"({"a" 1})", 5, "where ':' belongs"},
                               {R"({"a":1,})", 7, "where a key belongs"},
                               {R"({a:1})", 1, "where a key belongs"},
                               {"\"a\nb\"", 2, "control character"},
                               {std::string_view("\"a\0b\"", 5), 2, "control character"},
                               {R"("\x41")", 1, "unknown escape"},
                               {R"("\u12g4")", 1, "four hex digits"},
                               {R"("a\ud800")", 2, "lone surrogate"},
                               {R"("a\ud800\u0041")", 2, "lone surrogate"},
                               {R"("a\ud800\ud800")", 2, "lone surrogate"},
                               {R"("a\udc00")", 2, "lone surrogate"},
                               {R"({"\udead":1})", 2, "lone surrogate"},
                               {"\"a\xff\"", 2, "invalid UTF-8"},
                               {"\"a\xc0\xaf\"", 2, "invalid UTF-8"},
                               {"\"\xed\xa0\x80\"", 1, "invalid UTF-8"},
                               {"\"\xf4\x90\x80\x80\"", 1, "invalid UTF-8"},
                               {"9223372036854775808", 0, "outside -2^63 to 2^63-1"},
                               {"-9223372036854775809", 0, "outside the range of 64 bits"},
                               {"18446744073709551616", 0, "outside the range of 64 bits"},
                               {"1e309", 0, "range of 64-bit floats"},
                               {"[1,-1.8e308]", 3, "range of 64-bit floats"}});
}

TEST(RecordCodec, RefusesWhatIsBesideTheObject) {
  const std::string line = entity_line("1");
  const auto both = [](const std::string& text) {
    const ParseOutcome tolerant = parse_tolerant(text);
    EXPECT_FALSE(tolerant.accepted) << text;
    EXPECT_FALSE(parse_strict(text).accepted) << text;
    return tolerant.error;
  };
  EXPECT_EQ(both(line + line).byte, line.size());
  EXPECT_NE(both(line + "1").what.find("text behind"), std::string::npos);
  EXPECT_EQ(both(line + std::string(1, '\0')).byte, line.size());
  EXPECT_EQ(both("").what, "the line is empty");
  EXPECT_EQ(both("  ").byte, 2u);
  EXPECT_NE(both("\xef\xbb\xbf" + line).what.find("byte order mark"), std::string::npos);
  EXPECT_EQ(both("[1]").what, "a line must be an object");
  EXPECT_EQ(both("\"x\"").what, "a line must be an object");
  EXPECT_EQ(both("1").what, "a line must be an object");
  for (std::size_t size = 0; size < line.size(); ++size) {
    EXPECT_LE(both(line.substr(0, size)).byte, size);
  }
}

TEST(RecordCodec, RefusesDuplicateKeysAtAnyDepth) {
  expect_refused(kValueFrame, {{R"({"a":1,"a":2})", 7, "\"a\" comes twice"},
                               {R"({"b":1,"a":1,"b":1})", 13, "\"b\" comes twice"},
                               {R"([{"a":{"\u0061":1,"a":2}}])", 18, "comes twice"},
                               {R"({"$map":{"$a":1,"$a":2}})", 16, "comes twice"},
                               {R"({"$point":{"srid":1,"x":1,"x":1,"y":1}})", 26, "comes twice"},
                               {R"(1,"v":2)", 2, "\"v\" comes twice"}});
  expect_refused(R"({"type":"entity"%,"data":{"id":1,"labels":[],"properties":{}}})",
                 {{R"(,"type":"entity")", 1, "comes twice"}});
  expect_refused(R"({"type":"entity","data":{"id":1%,"labels":[],"properties":{}}})",
                 {{R"(,"id":1)", 1, "comes twice"}});
  expect_refused(R"({"type":"future","data":{"a":[{%}]}})", {{R"("x":1,"x":2)", 6, "comes twice"}});
}

TEST(RecordCodec, RefusesMissingAndUnknownMembers) {
  expect_refused(
      "%", {{R"({"type":"entity"})", 0, "\"data\" is missing"},
            {R"({"data":{}})", 0, "\"type\" is missing"},
            {R"({"type":1,"data":{}})", 8, "\"type\" must be a string"},
            {R"({"type":"entity","data":[]})", 24, "an object belongs here"},
            {R"({"type":"entity","data":{"id":1,"labels":[]}})", 24, "\"properties\" is missing"},
            {R"({"type":"entity","data":{},"table":"x"})", 27, "unknown member"},
            {R"({"type":"entity_deleted","data":{"id":1,"x":1}})", 40, "unknown member \"x\""},
            {R"({"type":"key_value","data":{"key":""}})", 27, "\"value\" is missing"}});
}

TEST(RecordCodec, RefusesIdsOutsideTheirRange) {
  const std::vector<Refused> ids = {{"0", 0, "1 to 2^63-1"},
                                    {"-1", 0, "1 to 2^63-1"},
                                    {"9223372036854775808", 0, "1 to 2^63-1"},
                                    {"1.0", 0, "1 to 2^63-1"},
                                    {"\"1\"", 0, "1 to 2^63-1"},
                                    {"null", 0, "1 to 2^63-1"}};
  expect_refused(R"({"type":"entity","data":{"id":%,"labels":[],"properties":{}}})", ids);
  expect_refused(R"({"type":"edge_deleted","data":{"id":%}})", ids);
  for (
      const char* frame :
      {R"({"type":"edge","data":{"id":%,"source":1,"target":1,"edge_type":"T","properties":{}}})",
       R"({"type":"edge","data":{"id":1,"source":%,"target":1,"edge_type":"T","properties":{}}})",
       R"({"type":"edge","data":{"id":1,"source":1,"target":%,"edge_type":"T","properties":{}}})"}) {
    expect_refused(frame, ids);
  }
  EXPECT_TRUE(
      parse_strict(R"({"type":"edge_deleted","data":{"id":9223372036854775807}})").accepted);
}

TEST(RecordCodec, RefusesTaggedObjectsThatAreNotExactlyOneOfTheForms) {
  expect_refused(
      kValueFrame,
      {{R"({"$unknown":1})", 1, "unknown tag"},
       {R"({"$":1})", 1, "unknown tag"},
       {R"({"$date":"2026-11-22","x":1})", 1, "beside other keys"},
       {R"({"a":1,"$b":1})", 7, "beside other keys"},
       {R"({"$map":1})", 8, "object"},
       {R"({"$map":{},"$map":{}})", 1, "beside other keys"},
       {R"({"$float":1.5})", 10, "must be a string"},
       {R"({"$float":"1.5"})", 10, "is not"},
       {R"({"$float":"nan"})", 10, "is not"},
       {R"({"$float":"0x3ff0000000000000"})", 10, "is not"},
       {R"({"$float":"0x7ff0000000000000"})", 10, "is not"},
       {R"({"$float":"0x7fc00001"})", 10, "is not"},
       {R"({"$bytes":"AA"})", 10, "base64"},
       {R"({"$bytes":"AB=="})", 10, "base64"},
       {R"({"$bytes":"A A="})", 10, "base64"},
       {R"({"$bytes":"AA-_"})", 10, "base64"},
       {R"({"$bytes":5})", 10, "must be a string"},
       {R"({"$vector":1})", 11, "array"},
       {R"({"$vector":[null]})", 12, "number"},
       {R"({"$vector":[1,[2]]})", 14, "number"},
       {R"({"$vector":["nan"]})", 12, "is not"},
       {R"({"$vector":[3.5e38]})", 12, "32-bit"},
       {R"({"$vector":["0x3f800000"]})", 12, "is not"},
       {R"({"$sparse_vector":{"indices":[2,1],"values":[0.5,0.5]}})", 32, "ascend"},
       {R"({"$sparse_vector":{"indices":[1,1],"values":[0.5,0.5]}})", 32, "ascend"},
       {R"({"$sparse_vector":{"indices":[-1],"values":[0.5]}})", 30, "2^32-1"},
       {R"({"$sparse_vector":{"indices":[4294967296],"values":[0.5]}})", 30, "2^32-1"},
       {R"({"$sparse_vector":{"indices":[1.0],"values":[0.5]}})", 30, "2^32-1"},
       {R"({"$sparse_vector":{"indices":[1],"values":[]}})", 42, "1 indices and 0 values"},
       {R"({"$multi_vector":[1]})", 18, "row"},
       {R"({"$point":{"srid":1,"x":1}})", 10, "\"y\" is missing"},
       {R"({"$point":{"srid":4294967296,"x":1,"y":1}})", 18, "32 bits"},
       {R"({"$point":{"srid":-1,"x":1,"y":1}})", 18, "0 to 2^64-1"},
       {R"({"$point":{"srid":1,"x":"1","y":1}})", 24, "number"},
       {R"({"$point":{"srid":1,"x":{"$date":"1"},"y":1}})", 25, "unknown member"}});
}

TEST(RecordCodec, RefusesTimesThatAreNone) {
  std::vector<Refused> cases;
  for (const char* text : {R"({"$date":"2026-1-22"})",      R"({"$date":"2025-02-29"})",
                           R"({"$date":"1900-02-29"})",     R"({"$date":"0000-12-31"})",
                           R"({"$date":"10000-01-01"})",    R"({"$date":"2026-13-01"})",
                           R"({"$date":"2026-04-31"})",     R"({"$date":"2026-01-00"})",
                           R"({"$date":"2026-01-01 "})",    R"({"$time":"24:00:00"})",
                           R"({"$time":"23:60:00"})",       R"({"$time":"23:59:60"})",
                           R"({"$time":"23:59"})",          R"({"$time":"1:00:00"})",
                           R"({"$time":"01:00:00."})",      R"({"$time":"01:00:00.1234567890"})",
                           R"({"$time":"01:00:00+24:00"})", R"({"$time":"01:00:00-00:00"})",
                           R"({"$time":"01:00:00+1:00"})",  R"({"$time":"01:00:00z"})",
                           R"({"$time":"01:00:00Z[UTC]"})"}) {
    cases.push_back({text, 9, "is not a"});
  }
  for (const char* text : {R"({"$datetime":"2026-11-22"})",
                           R"({"$datetime":"2026-11-22 01:00:00"})",
                           R"({"$datetime":"2026-11-22T01:00:00[UTC]"})",
                           R"({"$datetime":"2026-11-22T01:00:00Z[]"})",
                           R"({"$datetime":"2026-11-22T01:00:00Z[a b]"})",
                           R"({"$datetime":"2026-11-22T01:00:00Z[a]b"})",
                           R"({"$datetime":"2026-11-22T01:00:00Z[u-ca=x]"})",
                           R"({"$duration":""})",
                           R"({"$duration":"P"})",
                           R"({"$duration":"PT"})",
                           R"({"$duration":"P1"})",
                           R"({"$duration":"P1DT"})",
                           R"({"$duration":"P1M1Y"})",
                           R"({"$duration":"P1W"})",
                           R"({"$duration":"1D"})",
                           R"({"$duration":"P1.5D"})",
                           R"({"$duration":"P1D1D"})",
                           R"({"$duration":"PT1.S"})",
                           R"({"$duration":"PT1.1234567890S"})",
                           R"({"$duration":"PT+1S"})",
                           R"({"$duration":"P9223372036854775808M"})",
                           R"({"$duration":"P768614336404564651Y"})",
                           R"({"$duration":"PT-9223372036854775808.5S"})",
                           R"({"$duration":"PT153722867280912931M"})"}) {
    cases.push_back({text, 13, "is not a d"});
  }
  expect_refused(kValueFrame, cases);
}

TEST(RecordCodec, UnknownTypesAreLeftToTheCaller) {
  const ParseOutcome parsed =
      parse_strict(R"({"type":"vector_index","data":{"$x":[1]},"later":true})");
  ASSERT_TRUE(parsed.accepted) << parsed.error.what;
  EXPECT_EQ(parsed.line.type, LineType::unknown);
  EXPECT_EQ(parsed.line.type_name, "vector_index");
}

TEST(RecordCodec, SchemaAndCommitLinesAreRefusedByName) {
  const ParseOutcome schema =
      parse_strict(R"({"type":"schema","data":{"kind":"unique","name":"n","definition":{}}})");
  EXPECT_FALSE(schema.accepted);
  EXPECT_EQ(schema.error.byte, 32u);
  EXPECT_NE(schema.error.what.find("\"unique\""), std::string::npos) << schema.error.what;
  EXPECT_FALSE(
      parse_tolerant(R"({"type":"schema_deleted","data":{"kind":"k","name":"n"}})").accepted);
  EXPECT_FALSE(parse_tolerant(R"({"type":"commit","data":{}})").accepted);
}

}  // namespace
}  // namespace manifolddb
