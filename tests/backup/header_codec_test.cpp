// The lines about the backup itself: their golden forms, and what a reader of this version makes of
// headers that it does not know.
#include <gtest/gtest.h>

#include "common/hash.h"
#include "common/text.h"
#include "support/line_parsing.h"

namespace manifolddb::backup {
namespace {

using namespace test_support;

constexpr std::string_view kFullHeader =
    R"({"type":"metadata","data":{"format":"manifolddb-backup","version":2,"kind":"full",)"
    R"("backup_id":"00010203-0405-0607-0809-0a0b0c0d0e0f",)"
    R"("database_id":"ffffffff-ffff-ffff-ffff-ffffffffffff",)"
    R"("history_id":"00000000-0000-0000-0000-000000000000","parent_backup_id":null,)"
    R"("created_at":"2026-11-22T21:47:00.000001Z","committed_at":null,"sequence_number":20483,)"
    R"("is_incremental":false,"previous_sequence":null,)"
    R"("content_digest":"0123456789abcdef00000000000000ff","previous_content_digest":null,)"
    R"("statistics":{"entity_count":1,"edge_count":2,"metadata_count":3,"schema_count":0,)"
    R"("deleted_count":0,"total_records":6},"next_entity_id":18446744073709551615,)"
    R"("next_edge_id":1,"generator":"manifold \"0.1\"","description":null,)"
    R"("must_understand":[],"may_ignore":[],"extra":{}}})";

constexpr std::string_view kIncrementalHeader =
    R"({"type":"metadata","data":{"format":"manifolddb-backup","version":2,"kind":"incremental",)"
    R"("backup_id":"00010203-0405-0607-0809-0a0b0c0d0e0f",)"
    R"("database_id":"ffffffff-ffff-ffff-ffff-ffffffffffff",)"
    R"("history_id":"00000000-0000-0000-0000-000000000000",)"
    R"("parent_backup_id":"00000000-0000-0000-0000-000000000001",)"
    R"("created_at":"0001-01-01T00:00:00.000000Z","committed_at":"9999-12-31T23:59:59.999999Z",)"
    R"("sequence_number":7,"is_incremental":true,"previous_sequence":3,)"
    R"("content_digest":"0123456789abcdef00000000000000ff",)"
    R"("previous_content_digest":"00000000000000000000000000000001",)"
    R"("statistics":{"entity_count":0,"edge_count":0,"metadata_count":0,"schema_count":0,)"
    R"("deleted_count":4,"total_records":4},"next_entity_id":1,"next_edge_id":1,"generator":"",)"
    R"("description":"täglich","must_understand":["a"],"may_ignore":["b","a"],)"
    R"("extra":{"$a":"1","b":"2"}}})";

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result(text);
  const std::size_t place = result.find(from);
  EXPECT_NE(place, std::string::npos) << from;
  return result.replace(place, from.size(), to);
}

TEST(HeaderCodec, AFullBackupsHeaderIsWrittenSoAndReadBack) {
  const ParseOutcome parsed = parse_strict(kFullHeader);
  ASSERT_TRUE(parsed.accepted) << parsed.error.byte << parsed.error.what;
  EXPECT_EQ(parsed.line.type, LineType::metadata);
  const Header& header = parsed.line.header;
  EXPECT_EQ(header.kind, "full");
  EXPECT_EQ(header.backup_id.bytes[15], 15);
  EXPECT_EQ(header.database_id.bytes[0], 255);
  EXPECT_FALSE(header.parent_backup_id);
  EXPECT_EQ(format_time_us(header.created_at_us), "2026-11-22T21:47:00.000001Z");
  EXPECT_FALSE(header.committed_at_us);
  EXPECT_EQ(header.sequence_number, 20483u);
  EXPECT_FALSE(header.is_incremental);
  EXPECT_EQ(header.content_digest, (ContentDigest{0x0123456789abcdefu, 0xff}));
  EXPECT_EQ(header.statistics.total_records, 6u);
  EXPECT_EQ(header.next_entity_id, 18446744073709551615u);
  EXPECT_EQ(header.generator, "manifold \"0.1\"");
  EXPECT_FALSE(header.description);
}

TEST(HeaderCodec, AnIncrementalsHeaderIsWrittenSoAndReadBack) {
  const ParseOutcome parsed = parse_strict(kIncrementalHeader);
  ASSERT_TRUE(parsed.accepted) << parsed.error.byte << parsed.error.what;
  const Header& header = parsed.line.header;
  EXPECT_EQ(header.parent_backup_id->bytes[15], 1);
  EXPECT_EQ(format_time_us(*header.committed_at_us), "9999-12-31T23:59:59.999999Z");
  EXPECT_TRUE(header.is_incremental);
  EXPECT_EQ(header.previous_sequence, 3u);
  EXPECT_EQ(header.previous_content_digest, (ContentDigest{0, 1}));
  EXPECT_EQ(header.description, "täglich");
  EXPECT_EQ(header.must_understand, std::vector<std::string>{"a"});
  EXPECT_EQ(header.may_ignore, (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(header.extra,
            (std::vector<std::pair<std::string, std::string>>{{"$a", "1"}, {"b", "2"}}));
  std::string line;
  append_header_line(header, line);
  EXPECT_EQ(line, std::string(kIncrementalHeader) + "\n");
}

TEST(HeaderCodec, CheckpointAndTrailerAreWrittenSoAndReadBack) {
  constexpr std::string_view kCheckpoint =
      R"({"type":"checkpoint","data":{"records":2,"bytes":300,)"
      R"("xxh3_128":"0123456789abcdef0123456789abcdef"}})";
  ParseOutcome parsed = parse_strict(kCheckpoint);
  ASSERT_TRUE(parsed.accepted) << parsed.error.what;
  EXPECT_EQ(parsed.line.type, LineType::checkpoint);
  EXPECT_EQ(parsed.line.checkpoint.records, 2u);
  EXPECT_EQ(parsed.line.checkpoint.bytes, 300u);
  EXPECT_EQ(parsed.line.checkpoint.xxh3_128.low, 0x0123456789abcdefu);

  constexpr std::string_view kTrailer =
      R"({"type":"end_of_backup","data":{"statistics":{"entity_count":1,"edge_count":2,)"
      R"("metadata_count":3,"schema_count":4,"deleted_count":5,"total_records":6},)"
      R"("content_digest":"00000000000000000000000000000000","blocks":1,"bytes":1000,)"
      R"("xxh3_128":"ffffffffffffffffffffffffffffffff"}})";
  parsed = parse_strict(kTrailer);
  ASSERT_TRUE(parsed.accepted) << parsed.error.what;
  EXPECT_EQ(parsed.line.type, LineType::end_of_backup);
  EXPECT_EQ(parsed.line.trailer.statistics.schema_count, 4u);
  EXPECT_EQ(parsed.line.trailer.blocks, 1u);
  EXPECT_EQ(parsed.line.trailer.bytes, 1000u);

  EXPECT_FALSE(
      parse_strict(replaced(kCheckpoint, "0123456789abcdef", "0123456789ABCDEF")).accepted);
  EXPECT_TRUE(
      parse_tolerant(replaced(kCheckpoint, "0123456789abcdef", "0123456789ABCDEF")).accepted);
  EXPECT_FALSE(parse_tolerant(replaced(kCheckpoint, "cdef\"", "cde\"")).accepted);
  EXPECT_FALSE(parse_tolerant(replaced(kCheckpoint, "300", "-1")).accepted);
}

TEST(HeaderCodec, ANewerVersionIsReadAsFarAsItsNumber) {
  const ParseOutcome parsed = parse_strict(
      R"({"type":"metadata","data":{"later":[1],"format":"manifolddb-backup", "version":3}})");
  ASSERT_TRUE(parsed.accepted) << parsed.error.what;
  EXPECT_EQ(parsed.line.header.version, 3u);
  EXPECT_EQ(parsed.line.header.format, "manifolddb-backup");
  EXPECT_TRUE(
      parse_strict(R"({"type":"metadata","data":{"format":"manifolddb-backup","version":1}})")
          .accepted);
}

TEST(HeaderCodec, AForeignFormatIsNamed) {
  const ParseOutcome parsed = parse_strict(
      R"({"type":"metadata","data":{"version":1,"format":"json_lines","created_at":1795386243}})");
  EXPECT_FALSE(parsed.accepted);
  EXPECT_NE(parsed.error.what.find("\"json_lines\""), std::string::npos) << parsed.error.what;
}

TEST(HeaderCodec, EveryMemberIsNeededAndChecked) {
  for (const auto& [from, to] : std::vector<std::pair<const char*, const char*>>{
           {R"("kind":"full",)", ""},
           {R"("kind":"full")", R"("kind":"half")"},
           {R"("version":2)", R"("version":"2")"},
           {R"("version":2)", R"("version":2.0)"},
           {R"("version":2,)", ""},
           {"0a0b0c0d0e0f", "0a0b0c0d0e0"},
           {"0a0b0c0d0e0f", "0a0b0c0d0e0g"},
           {R"("parent_backup_id":null)", R"("parent_backup_id":"")"},
           {R"("parent_backup_id":null)", R"("parent_backup_id":false)"},
           {"2026-11-22T21:47:00.000001Z", "2026-11-22T21:47:00.000001"},
           {"2026-11-22T21:47:00.000001Z", "2026-11-31T21:47:00.000001Z"},
           {R"("sequence_number":20483)", R"("sequence_number":-1)"},
           {R"("is_incremental":false)", R"("is_incremental":0)"},
           {R"("content_digest":"0123)", R"("content_digest":"x123)"},
           {R"("edge_count":2,)", ""},
           {R"("edge_count":2)", R"("edge_count":2,"edge_count":2)"},
           {R"("must_understand":[])", R"("must_understand":[1])"},
           {R"("may_ignore":[])", R"("may_ignore":{})"},
           {R"("extra":{})", R"("extra":{"a":1})"},
           {R"("extra":{})", R"("extra":{"a":"1","a":"2"})"},
           {R"("extra":{})", R"("extra":{},"more":1)"},
           {R"("description":null)", R"("description":1)"}}) {
    const std::string line = replaced(kFullHeader, from, to);
    EXPECT_FALSE(parse_tolerant(line).accepted) << line;
    EXPECT_FALSE(parse_strict(line).accepted) << line;
  }
}

TEST(HeaderCodec, StrictModeTakesTheCanonicalFormOnly) {
  for (const auto& [from, to] : std::vector<std::pair<const char*, const char*>>{
           {"000001Z", "0000010Z"},
           {"21:47:00.000001Z", "22:47:00.000001+01:00"},
           {"0a0b0c0d0e0f", "0A0B0C0D0E0F"},
           {R"("version":2,"kind":"full")", R"("kind":"full","version":2)"},
           {R"("extra":{})", R"("extra":{"b":"1","a":"2"})"}}) {
    const std::string line = replaced(kFullHeader, from, to);
    EXPECT_TRUE(parse_tolerant(line).accepted) << line;
    EXPECT_FALSE(parse_strict(line).accepted) << line;
  }
}

}  // namespace
}  // namespace manifolddb::backup
