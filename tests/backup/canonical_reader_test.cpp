// The fast reader of canonical lines takes what the general one takes to the same record, and
// nothing else.
#include "backup/canonical_reader.h"

#include <gtest/gtest.h>

#include "common/json_writer.h"
#include "common/value_codec.h"
#include "support/line_parsing.h"
#include "support/random_graph.h"

namespace manifolddb {
namespace {

using namespace test_support;
using backup::LineForm;

constexpr std::uint64_t kCanonicalSeeds = 300;

bool read_fast(std::string_view line, backup::ParsedLine& out, LineForm form = LineForm::backup) {
  // An allocation of exactly line and padding, so that the sanitizer sees a read behind it.
  std::string padded(line);
  padded.append(backup::kLinePadding, '"');
  padded.shrink_to_fit();
  backup::CanonicalReader reader(form);
  return reader.read({padded.data(), line.size()}, out);
}

void expect_same_record(const backup::ParsedLine& fast, std::string_view line) {
  // With a space in front no line is canonical, so that the general reader has to read it.
  const ParseOutcome general = parse_tolerant(" " + std::string(line));
  ASSERT_TRUE(general.accepted) << line << ": " << general.error.what;
  EXPECT_EQ(rewrite(general.line), line) << "what the fast reader takes is canonical";
  EXPECT_EQ(fast.type, general.line.type) << line;
  EXPECT_EQ(fast.kind, general.line.kind) << line;
  EXPECT_EQ(fast.key, general.line.key) << line;
  EXPECT_EQ(fast.body, general.line.body) << line;
  if (fast.type != backup::LineType::edge) return;
  EXPECT_EQ(fast.source, general.line.source) << line;
  EXPECT_EQ(fast.target, general.line.target) << line;
}

std::vector<std::string> random_lines(std::uint64_t seed) {
  const RandomGraph graph =
      make_random_graph(seed, {.entities = 20, .edges = 20, .huge_string_bytes = 500});
  std::vector<std::string> lines;
  const auto add = [&lines](RecordKind kind, std::uint64_t id, const std::string& body) {
    std::string key;
    append_be64(key, id);
    std::string line;
    append_record_line({kind, key, body}, line);
    line.pop_back();
    lines.push_back(std::move(line));
  };
  for (const Entity& entity : graph.entities) {
    std::string body;
    encode_entity_body(entity.labels, entity.properties, body);
    add(RecordKind::entity, entity.id.value, body);
  }
  for (const Edge& edge : graph.edges) {
    std::string body;
    encode_edge_body(edge.source, edge.target, edge.edge_type, edge.properties, body);
    add(RecordKind::edge, edge.id.value, body);
  }
  return lines;
}

TEST(CanonicalReader, TakesTheFormsThatGraphsAreMadeOf) {
  for (const std::string_view value : {"null",
                                       "true",
                                       "false",
                                       "0",
                                       "-1",
                                       "9223372036854775807",
                                       "-9223372036854775808",
                                       "1.5",
                                       "-0.0",
                                       "1e-07",
                                       "1.7976931348623157e+308",
                                       "5e-324",
                                       R"("")",
                                       R"("naïve 東京 🚀")",
                                       R"("a\"b\\c\b\f\n\r\t\u0000\u001f")",
                                       "[]",
                                       R"([1,[2.5,"x"],{}])",
                                       R"({"a":1,"b":{"c":2}})",
                                       R"({"$map":{"$a":1,"b":2}})",
                                       R"({"$vector":[0.1,-3.0,1e+10]})",
                                       R"({"$vector":[]})",
                                       R"({"$date":"0001-01-01"})",
                                       R"({"$datetime":"2026-11-22T21:47:00.5+01:00"})",
                                       R"({"$datetime":"2026-11-22T21:47:00"})",
                                       R"({"$bytes":"AAE="})",
                                       R"({"$point":{"srid":4326,"x":12.5,"y":41.9,"z":7.0}})",
                                       R"({"$point":{"srid":0,"x":-0.0,"y":1e+300}})"}) {
    backup::ParsedLine out;
    const std::string line = entity_line(value);
    ASSERT_TRUE(read_fast(line, out)) << value;
    expect_same_record(out, line);
  }
}

TEST(CanonicalReader, LeavesEveryOtherSpellingToTheGeneralReader) {
  for (const std::string_view value : {"-0",
                                       "01",
                                       "1.0e5",
                                       "1.50",
                                       "1e5",
                                       "1E+05",
                                       "100000.0",
                                       "0.00001",
                                       "+1",
                                       ".5",
                                       "1.",
                                       "-",
                                       "9223372036854775808",
                                       "-9223372036854775809",
                                       "1e400",
                                       " 1",
                                       "[1,]",
                                       "[,1]",
                                       "[1 ]",
                                       R"("\/")",
                                       R"("\u0041")",
                                       R"("\u000a")",
                                       R"("\u001F")",
                                       R"({"b":1,"a":2})",
                                       R"({"a":1,"a":2})",
                                       R"({"$map":{"a":1}})",
                                       R"({"b":1,"$a":2})",
                                       R"({"$x":1})",
                                       R"({"$vector":[1]})",
                                       R"({"$vector":[0.10]})",
                                       R"({"$vector":[1e+39]})",
                                       R"({"$date":"2026-02-30"})",
                                       R"({"$datetime":"2026-11-22T21:47:00.50Z"})",
                                       R"({"$datetime":"2026-11-22T21:47:00+00:00"})",
                                       R"({"$bytes":"AAE"})",
                                       R"({"$point":{"srid":1,"x":1,"y":2.0}})",
                                       R"({"$point":{"srid":01,"x":1.0,"y":2.0}})",
                                       "nul",
                                       "truex",
                                       "\"\x80\"",
                                       "\"a\nb\"",
                                       "\"a",
                                       ""}) {
    backup::ParsedLine out;
    EXPECT_FALSE(read_fast(entity_line(value), out)) << value;
  }
}

TEST(CanonicalReader, ReadsRandomRecordsAsTheGeneralReaderDoes) {
  std::size_t taken = 0, lines = 0;
  for (std::uint64_t seed = 1; seed <= kCanonicalSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    for (const std::string& line : random_lines(seed)) {
      backup::ParsedLine out;
      ++lines;
      if (!read_fast(line, out)) continue;
      ++taken;
      expect_same_record(out, line);
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(taken, lines / 4) << "rare forms are many in these graphs, but not all there is";
}

TEST(CanonicalReader, TakesNoChangedLineThatTheGeneralReaderWouldRefuse) {
  for (std::uint64_t seed = 1; seed <= kCanonicalSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomValues random(seed);
    for (std::string line : random_lines(seed)) {
      const std::size_t at = random.below(line.size());
      static constexpr std::string_view kBytes = "\"\\{}[],:$0123456789.-+eEu/ \n\x7f\x80\xc3";
      switch (random.below(4)) {
        case 0:
          line[at] = kBytes[random.below(kBytes.size())];
          break;
        case 1:
          line.insert(at, 1, kBytes[random.below(kBytes.size())]);
          break;
        case 2:
          line.erase(at, 1);
          break;
        default:
          line.resize(at);
      }
      backup::ParsedLine out;
      if (read_fast(line, out)) expect_same_record(out, line);
    }
    if (HasFailure()) return;
  }
}

TEST(CanonicalReader, ReadsChangesOfALogWithWhatWasBefore) {
  const std::string data = R"({"id":7,"labels":["A"],"properties":{"v":1}})";
  const auto line = [&](std::string_view type, std::string_view rest) {
    return R"({"type":")" + std::string(type) + R"(","data":)" + std::string(rest) + "}";
  };
  backup::ParsedLine out;
  ASSERT_TRUE(read_fast(line("entity", data + ",\"before\":null"), out, LineForm::log));
  EXPECT_FALSE(out.has_before);
  ASSERT_TRUE(read_fast(line("entity", data + ",\"before\":" + data), out, LineForm::log));
  EXPECT_TRUE(out.has_before);
  EXPECT_EQ(out.before, out.body);
  ASSERT_TRUE(
      read_fast(line("entity_deleted", R"({"id":7},"before":)" + data), out, LineForm::log));
  EXPECT_TRUE(out.body.empty());
  EXPECT_FALSE(
      read_fast(line("entity_deleted", R"({"id":8},"before":)" + data), out, LineForm::log))
      << "the state before is another record's";
  EXPECT_FALSE(read_fast(line("entity_deleted", R"({"id":7},"before":null)"), out, LineForm::log));
  EXPECT_FALSE(read_fast(line("entity", data), out, LineForm::log));
  EXPECT_FALSE(read_fast(line("entity", data + ",\"before\":null"), out));
}

}  // namespace
}  // namespace manifolddb
