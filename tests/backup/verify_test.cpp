// What each level of verification finds and says, on files whose checkpoints and trailer are right:
// "verified" must never mean that only the envelope was looked at.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "support/backup_files.h"
#include "support/crafted_backup.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb::test_support {
namespace {

using backup::VerifyLevel;
using backup::VerifyOptions;
using backup::VerifyReport;
using test::error_of;
using test::TempDir;

VerifyOptions at_level(VerifyLevel level) {
  VerifyOptions options;
  options.level = level;
  return options;
}

// Found by reading the lines, and only then.
void expect_one_finding(const std::string& bytes, std::uint64_t line, std::string_view what) {
  EXPECT_TRUE(verify_bytes(bytes, at_level(VerifyLevel::structure)).ok());
  const VerifyReport report = verify_bytes(bytes);
  ASSERT_EQ(report.damage_count, 1u);
  EXPECT_EQ(report.damages[0].first_line, line);
  EXPECT_EQ(report.damages[0].last_line, line);
  EXPECT_NE(report.damages[0].what.find(what), std::string::npos) << report.damages[0].what;
  EXPECT_TRUE(report.any_level_reached);
  EXPECT_EQ(report.level_reached, VerifyLevel::structure);

  const TempDir folder;
  std::istringstream in(bytes);
  const Error error = error_of([&] { backup::restore(in, folder / "copy"); });
  EXPECT_EQ(error.code(), ErrorCode::damaged);
  EXPECT_NE(std::string(error.what()).find("line " + std::to_string(line) + " "), std::string::npos)
      << error.what();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Verify, AcceptsCraftedLinesThatAreRight) {
  const std::string bytes =
      craft_backup({entity_with_id(1), entity_with_id(5), edge_with_ends(3, 5, 1)});
  EXPECT_TRUE(verify_bytes(bytes).ok());
}

TEST(Verify, FindsAnEdgeWhoseEntityIsNotThere) {
  expect_one_finding(
      craft_backup({entity_with_id(1), edge_with_ends(3, 1, 1), edge_with_ends(77, 1, 912)}), 4,
      "edge 77 names entity 912, which is not in the backup");
}

TEST(Verify, FindsARecordThatStandsTwiceOrInTheWrongPlace) {
  expect_one_finding(craft_backup({entity_with_id(1), entity_with_id(1)}), 3,
                     "entity 1 stands here for the second time");
  expect_one_finding(craft_backup({entity_with_id(1), entity_with_id(9), entity_with_id(5),
                                   entity_with_id(6), entity_with_id(10)}),
                     4, "entity 5 is misplaced: it stands behind entity 9");
  expect_one_finding(craft_backup({entity_with_id(1), edge_with_ends(1, 1, 1), entity_with_id(2)}),
                     4, "entity 2 is misplaced: it stands behind edge 1");
}

TEST(Verify, FindsALineThatIsNotCanonical) {
  std::string spaced = entity_with_id(2);
  spaced.insert(spaced.find("labels") - 1, " ");
  const backup::Header header = header_for({entity_with_id(1), entity_with_id(2)});
  expect_one_finding(craft_backup(header, {entity_with_id(1), spaced}), 3, "");
}

TEST(Verify, FindsADeletionInAFullBackup) {
  const std::string bytes =
      craft_backup({entity_with_id(1), "{\"type\":\"entity_deleted\",\"data\":{\"id\":2}}\n"});
  const VerifyReport report = verify_bytes(bytes);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.damages[0].first_line, 3u);
}

TEST(Verify, FindsADigestThatIsNotThatOfTheLines) {
  const std::vector<std::string> lines = {entity_with_id(1)};
  backup::Header header = header_for(lines);
  header.content_digest.low ^= 1;
  expect_one_finding(craft_backup(header, lines), 4, "content_digest");
}

TEST(Verify, FindsAnIdCounterThatDoesNotPassEveryId) {
  const std::vector<std::string> lines = {entity_with_id(7)};
  backup::Header header = header_for(lines);
  header.next_entity_id = 7;
  expect_one_finding(craft_backup(header, lines), 4, "next_entity_id 7, found 8");
}

TEST(Verify, FindsCountsThatAreNotThoseOfTheLines) {
  const std::vector<std::string> lines = {entity_with_id(7)};
  backup::Header header = header_for(lines);
  header.statistics.entity_count = 2;
  header.statistics.total_records = 2;
  for (const VerifyLevel level : {VerifyLevel::structure, VerifyLevel::records}) {
    const VerifyReport report = verify_bytes(craft_backup(header, lines), at_level(level));
    ASSERT_EQ(report.damage_count, 1u);
    EXPECT_NE(report.damages[0].what.find("entity_count 2, found 1"), std::string::npos);
    EXPECT_FALSE(report.any_level_reached);
  }
}

TEST(Verify, RefusesAnUnknownRecordTypeUnlessTheHeaderLetsItBeIgnored) {
  const std::vector<std::string> lines = {entity_with_id(1),
                                          "{\"type\":\"vector_index\",\"data\":{}}\n"};
  const VerifyReport refused = verify_bytes(craft_backup(lines));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.damages[0].first_line, 3u);
  EXPECT_NE(refused.damages[0].what.find("vector_index"), std::string::npos);

  backup::Header header = header_for(lines);
  header.may_ignore = {"vector_index"};
  EXPECT_TRUE(verify_bytes(craft_backup(header, lines)).ok());
  Database copy = Database::in_memory();
  std::istringstream in(craft_backup(header, lines));
  backup::import(copy, in);
  EXPECT_EQ(copy.statistics().counts.entity_count, 1u);
}

TEST(Verify, RefusesWhatANewerVersionWrote) {
  const std::vector<std::string> lines = {entity_with_id(1)};
  backup::Header header = header_for(lines);
  header.must_understand = {"compressed_values"};
  Error error = error_of([&] { verify_bytes(craft_backup(header, lines)); });
  EXPECT_EQ(error.code(), ErrorCode::newer_format);
  EXPECT_NE(std::string(error.what()).find("compressed_values"), std::string::npos);

  std::string version_3 = craft_backup(lines);
  version_3.replace(version_3.find("\"version\":2"), 11, "\"version\":3");
  error = error_of([&] { verify_bytes(version_3); });
  EXPECT_EQ(error.code(), ErrorCode::newer_format);
}

TEST(Verify, SaysThatItDoesNotReadThePredecessorsFilesYet) {
  const Error error = error_of([] {
    verify_bytes(
        "{\"type\":\"metadata\",\"data\":{\"version\":1,\"format\":\"json_lines\","
        "\"created_at\":1795386243,\"sequence_number\":0}}\n");
  });
  EXPECT_EQ(error.code(), ErrorCode::failed);
  EXPECT_NE(std::string(error.what()).find("version 1"), std::string::npos);
}

backup::Header incremental_header(const std::vector<std::string>& lines) {
  backup::Header header = header_for(lines);
  header.kind = "incremental";
  header.is_incremental = true;
  header.sequence_number = 9;
  header.previous_sequence = 5;
  header.previous_content_digest = ContentDigest{1, 2};
  return header;
}

TEST(Verify, JudgesALoneIncrementalByItselfAtLevelRecordsAndNotAsAChain) {
  const std::vector<std::string> lines = {"{\"type\":\"entity_deleted\",\"data\":{\"id\":2}}\n",
                                          edge_with_ends(1, 70, 71)};
  const std::string bytes = craft_backup(incremental_header(lines), lines);
  const VerifyReport report = verify_bytes(bytes, at_level(VerifyLevel::records));
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.level_reached, VerifyLevel::records);
  EXPECT_FALSE(report.not_checked.empty());
  Error error = error_of([&] { verify_bytes(bytes, at_level(VerifyLevel::chain)); });
  EXPECT_EQ(error.code(), ErrorCode::not_restorable);
  const TempDir folder;
  std::istringstream in(bytes);
  error = error_of([&] { backup::restore(in, folder / "copy"); });
  EXPECT_EQ(error.code(), ErrorCode::not_restorable);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Verify, RefusesBlocksThatEndInTheWrongPlace) {
  const std::vector<std::string> lines = {entity_with_id(1), entity_with_id(2)};
  // Two blocks of one line each, every hash right.
  const auto checkpoint_of = [](const std::string& line) {
    std::string text;
    backup::append_checkpoint_line({1, line.size(), xxh3_128(line)}, text);
    return text;
  };
  std::string bytes;
  const backup::Header header = header_for(lines);
  backup::append_header_line(header, bytes);
  Xxh3Stream hash;
  hash.update(bytes);
  for (const std::string& line : lines) {
    bytes += line + checkpoint_of(line);
    hash.update(checkpoint_of(line));
  }
  backup::Trailer trailer{header.statistics, header.content_digest, 2, bytes.size(), hash.digest()};
  backup::append_trailer_line(trailer, bytes);
  const VerifyReport report = verify_bytes(bytes, at_level(VerifyLevel::structure));
  ASSERT_EQ(report.damage_count, 1u);
  EXPECT_EQ(report.damages[0].first_line, 2u);
  EXPECT_EQ(report.damages[0].last_line, 3u);
}

TEST(Verify, AtLevelRestoreRestoresToScratchAndLeavesNothing) {
  Database source = Database::in_memory();
  store_graph(source, make_random_graph(41));
  const std::string bytes = backup_bytes(source, {{}, backup::Compression::zstd});
  const TempDir folder;
  test::write_file(folder / "b", bytes);
  std::filesystem::create_directory(folder / "scratch");
  VerifyOptions options = at_level(VerifyLevel::restore);
  options.scratch_directory = folder / "scratch";

  VerifyReport report = backup::verify(folder / "b", options);
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.level_reached, VerifyLevel::restore);
  EXPECT_TRUE(report.not_checked.empty());
  report = verify_bytes(bytes, options);
  EXPECT_EQ(report.level_reached, VerifyLevel::restore);
  EXPECT_TRUE(std::filesystem::is_empty(folder / "scratch"));
  EXPECT_EQ(test::read_file(folder / "b"), bytes) << "verify only reads";
}

TEST(Verify, SaysWhatEachLevelDoesNotCheck) {
  const std::string bytes = craft_backup({entity_with_id(1)});
  EXPECT_EQ(verify_bytes(bytes, at_level(VerifyLevel::structure)).not_checked.size(), 3u);
  EXPECT_EQ(verify_bytes(bytes, at_level(VerifyLevel::records)).not_checked.size(), 2u);
  EXPECT_EQ(verify_bytes(bytes, at_level(VerifyLevel::chain)).not_checked.size(), 1u);
}

TEST(Verify, ReportsWhatTheHeaderSays) {
  Database source = Database::in_memory();
  store_graph(source, make_random_graph(43));
  const TempDir folder;
  const auto exported = backup::export_full(source, folder / "b");
  const VerifyReport report = backup::verify(folder / "b");
  EXPECT_EQ(report.summary.statistics, exported.statistics);
  EXPECT_EQ(report.summary.stored_bytes, std::filesystem::file_size(folder / "b"));
  EXPECT_EQ(report.summary.backup_id, exported.backup_id);
  EXPECT_EQ(report.summary.content_digest, exported.content_digest);
}

}  // namespace
}  // namespace manifolddb::test_support
