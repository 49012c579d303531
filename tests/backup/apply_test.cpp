// apply is how scripts write: each rule of what it takes and refuses, in memory, with the line and
// byte that a person has to find.
#include "backup/apply.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "backup/taken_along.h"
#include "manifolddb/backup.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb::backup {
namespace {

using test::error_of;

std::string entity(std::uint64_t id, const std::string& properties = "{}") {
  return R"({"type":"entity","data":{"id":)" + std::to_string(id) +
         R"(,"labels":["L"],"properties":)" + properties + "}}\n";
}

std::string edge(std::uint64_t id, std::uint64_t source, std::uint64_t target) {
  return R"({"type":"edge","data":{"id":)" + std::to_string(id) + R"(,"source":)" +
         std::to_string(source) + R"(,"target":)" + std::to_string(target) +
         R"(,"edge_type":"T","properties":{}}})" + "\n";
}

std::string deleted(const std::string& kind, std::uint64_t id) {
  return R"({"type":")" + kind + R"(_deleted","data":{"id":)" + std::to_string(id) + "}}\n";
}

const std::string kEntry = R"({"type":"key_value","data":{"key":"az==","value":"AAE="}})"
                           "\n";
const std::string kGoodEntry = R"({"type":"key_value","data":{"key":"aw==","value":"AAE="}})"
                               "\n";
const std::string kEntryDeleted = R"({"type":"key_value_deleted","data":{"key":"aw=="}})"
                                  "\n";

class Apply : public ::testing::Test {
 protected:
  ApplySummary apply_text(const std::string& text, const ApplyOptions& options = {}) {
    std::istringstream in(text);
    return apply(database_, in, "in", options);
  }
  Error refused(const std::string& text, const ApplyOptions& options = {}) {
    const SequenceNumber before = database_.sequence_number();
    const Error error = error_of([&] { apply_text(text, options); });
    EXPECT_EQ(database_.sequence_number(), before);
    return error;
  }
  static ApplyOptions batches_of(std::uint64_t lines) {
    ApplyOptions options;
    options.batch_lines = lines;
    return options;
  }
  GraphCounts counts() const { return database_.begin_read().counts(); }

  Database database_ = Database::in_memory();
};

TEST_F(Apply, PutsAllKindsOfRecordsInOneTransaction) {
  const ApplySummary summary = apply_text(kGoodEntry + entity(5) + entity(9) + edge(3, 5, 9));
  EXPECT_EQ(summary.put_count, 4u);
  EXPECT_EQ(summary.line_count, 4u);
  EXPECT_EQ(summary.transaction_count, 1u);
  EXPECT_EQ(summary.sequence_number, SequenceNumber{1});
  EXPECT_EQ(summary.content_digest, database_.digest());
  EXPECT_EQ(counts(), (GraphCounts{2, 1, 1}));
  EXPECT_EQ(database_.begin_read().get_metadata("k"), std::string("\0\1", 2));
}

TEST_F(Apply, MovesTheIdCountersPastGivenIds) {
  apply_text(entity(41) + edge(77, 41, 41));
  WriteTransaction transaction = database_.begin();
  const EntityId next = transaction.create_entity({});
  EXPECT_EQ(next, EntityId{42});
  EXPECT_EQ(transaction.create_edge(next, next, "T"), EdgeId{78});
}

TEST_F(Apply, ReplacesWholeRecordsTheEndsOfEdgesIncluded) {
  apply_text(entity(1, R"({"a":1,"b":2})") + entity(2) + edge(1, 1, 2));
  apply_text(entity(1, R"({"c":3})") + edge(1, 2, 2));
  const ReadTransaction read = database_.begin_read();
  EXPECT_EQ(read.get_entity({1})->properties, (Properties{{"c", 3}}));
  EXPECT_EQ(read.get_edge({1})->source, EntityId{2});
}

TEST_F(Apply, DeletesEveryKindOfRecord) {
  apply_text(kGoodEntry + entity(1) + entity(2) + edge(1, 1, 2));
  const ApplySummary summary =
      apply_text(kEntryDeleted + deleted("edge", 1) + deleted("entity", 1) + deleted("entity", 2));
  EXPECT_EQ(summary.deleted_count, 4u);
  EXPECT_EQ(counts(), GraphCounts{});
}

TEST_F(Apply, ReadsJsonTolerantlyAndStoresItCanonically) {
  apply_text(
      " {\"data\" : {\"properties\":{\"z\":1.50,\"a\":\"\\/\"}, \"labels\":[\"B\",\"A\",\"B\"],"
      "\"id\":1}, \"type\":\"entity\"}\r\n");
  Database other = Database::in_memory();
  std::istringstream canonical(
      R"({"type":"entity","data":{"id":1,"labels":["A","B"],"properties":{"a":"/","z":1.5}}})");
  const ApplySummary summary = apply(other, canonical, "in");
  EXPECT_EQ(database_.digest(), summary.content_digest);
}

TEST_F(Apply, SkipsTheOtherLinesOfABackupSoThatItCanBeApplied) {
  apply_text(kGoodEntry + entity(1) + entity(2) + edge(1, 1, 2));
  for (const Compression compression : {Compression::none, Compression::zstd}) {
    ExportOptions options;
    options.compression = compression;
    std::ostringstream backup;
    export_full(database_, backup, options);
    Database other = Database::in_memory();
    std::istringstream in(backup.str());
    const ApplySummary summary = apply(other, in, "in");
    EXPECT_EQ(summary.put_count, 4u);
    EXPECT_EQ(summary.skipped_count, 3u);  // header, checkpoint, trailer
    EXPECT_EQ(summary.content_digest, database_.digest());
  }
}

TEST_F(Apply, RefusesABadLineWithItsLineAndByteAndAppliesNothing) {
  const std::string good = entity(1) + entity(2);
  const Error error = refused(good + R"({"type":"entity","data":{"id":3,"labels":[],)" + "\n");
  EXPECT_EQ(error.code(), ErrorCode::damaged);
  const std::string what = error.what();
  EXPECT_EQ(what.find("in: line 3 (byte "), 0u) << what;
  EXPECT_GE(std::stoul(what.substr(17)), good.size()) << what;
  EXPECT_EQ(error.safe(), "nothing was changed");
}

TEST_F(Apply, RefusesBlankLines) {
  EXPECT_EQ(refused(entity(1) + "\n" + entity(2)).code(), ErrorCode::damaged);
}

TEST_F(Apply, RefusesDuplicateKeysUnknownMembersAndBadBase64) {
  refused(R"({"type":"entity","type":"entity","data":{"id":1,"labels":[],"properties":{}}})");
  refused(R"({"type":"entity","data":{"id":1,"labels":[],"properties":{},"x":1}})");
  refused(R"({"type":"entity","data":{"id":1,"labels":[],"properties":{"a":1,"a":1}}})");
  refused(kEntry);
}

TEST_F(Apply, RefusesSchemaRecordsAndUnknownTypesByName) {
  refused(R"({"type":"schema","data":{"kind":"index","name":"i","definition":{}}})");
  const Error error = refused(R"({"type":"index","data":{}})");
  EXPECT_NE(std::string(error.what()).find("\"index\""), std::string::npos) << error.what();
}

TEST_F(Apply, RefusesIdsOutsideTheirRange) {
  EXPECT_EQ(refused(entity(0)).code(), ErrorCode::damaged);
  EXPECT_EQ(refused(entity(std::uint64_t{1} << 63)).code(), ErrorCode::damaged);
}

TEST_F(Apply, RefusesALineOverTheLimitWithoutReadingItAll) {
  ApplyOptions options;
  options.line_bytes_max = 1000;
  const Error error = refused(entity(1) + std::string(5'000'000, ' '), options);
  EXPECT_EQ(std::string(error.what()).find("in: line 2 (byte "), 0u) << error.what();
}

TEST_F(Apply, RefusesARecordWhoseBackupLineWouldBeOverTheLimit) {
  const std::string text(8u << 20, 'x');
  const Error error = refused(entity(1) + entity(2, "{\"t\":\"" + text + "\"}"));
  EXPECT_EQ(std::string(error.what()).find("in: line 2 (byte "), 0u) << error.what();
  EXPECT_EQ(error.code(), ErrorCode::damaged);
}

TEST_F(Apply, RefusesToDeleteWhatIsNotThere) {
  apply_text(entity(1));
  EXPECT_NE(std::string(refused(deleted("entity", 2)).what()).find("entity 2"), std::string::npos);
  refused(deleted("edge", 2));
  refused(kEntryDeleted);
  refused(deleted("entity", 1) + deleted("entity", 1));
}

TEST_F(Apply, AcceptsTheDeletionOfAnEdgeThatAnEntityTookAlong) {
  apply_text(entity(1) + entity(2) + edge(1, 1, 2));
  apply_text(deleted("entity", 1) + deleted("edge", 1));
  EXPECT_EQ(counts(), (GraphCounts{1, 0, 0}));
}

TEST_F(Apply, AppliesOperationsInTheirOrder) {
  apply_text(entity(1) + entity(2) + edge(1, 1, 2) + deleted("entity", 1) + entity(1) +
             edge(1, 1, 1) + deleted("entity", 2));
  EXPECT_EQ(counts(), (GraphCounts{1, 1, 0}));
}

TEST_F(Apply, LetsEdgesComeBeforeTheirEnds) {
  apply_text(edge(1, 1, 2) + entity(1) + entity(2));
  EXPECT_EQ(counts(), (GraphCounts{2, 1, 0}));
}

TEST_F(Apply, NamesTheEdgeWhoseEndIsMissing) {
  const Error error = refused(entity(1) + edge(77, 1, 912) + entity(3));
  EXPECT_EQ(error.code(), ErrorCode::damaged);
  EXPECT_NE(std::string(error.what()).find("edge 77"), std::string::npos) << error.what();
  EXPECT_NE(std::string(error.what()).find("912"), std::string::npos) << error.what();
}

TEST_F(Apply, NamesTheLineOfSuchAnEdgeWhenTheInputCanBeReadAgain) {
  const test::TempDir directory;
  // The first put of the edge is replaced, so the second one is to blame.
  const std::string before = entity(1) + edge(77, 1, 1) + entity(2);
  test::write_file(directory / "in.jsonl", before + edge(77, 1, 912) + entity(3));
  const Error error = error_of([&] { apply(database_, directory / "in.jsonl"); });
  const std::string place = (directory / "in.jsonl").string() + ": line 4 (byte " +
                            std::to_string(before.size()) + "): edge 77";
  EXPECT_EQ(std::string(error.what()).find(place), 0u) << error.what();
}

TEST_F(Apply, CommitsOncePerBatchOfLines) {
  const ApplySummary summary =
      apply_text(entity(1) + entity(2) + entity(3) + entity(4) + entity(5), batches_of(2));
  EXPECT_EQ(summary.transaction_count, 3u);
  EXPECT_EQ(summary.line_count, 5u);
  EXPECT_EQ(summary.put_count, 5u);
  EXPECT_EQ(summary.sequence_number, SequenceNumber{3});
}

TEST_F(Apply, KeepsTheBatchesBeforeABadLineAndNamesTheLastCommittedLine) {
  const ApplySummary summary =
      apply_text(entity(1) + entity(2) + entity(3) + entity(4) + entity(5) + "{}\n" + entity(7),
                 batches_of(2));
  ASSERT_TRUE(summary.stopped_by);
  EXPECT_EQ(summary.line_count, 4u);
  EXPECT_EQ(summary.put_count, 4u);
  EXPECT_EQ(std::string(summary.stopped_by->what()).find("in: line 6 (byte "), 0u);
  EXPECT_NE(summary.stopped_by->safe().find("lines 1 to 4 are committed"), std::string::npos);
  EXPECT_EQ(counts(), (GraphCounts{4, 0, 0}));
}

TEST_F(Apply, IsRefusedLikeAnyOtherWhenTheFirstBatchIsBad) {
  EXPECT_EQ(refused(entity(1) + "{}\n" + entity(3), batches_of(10)).code(), ErrorCode::damaged);
}

TEST_F(Apply, StopsABatchedRunAtAnEdgeWithoutItsEnd) {
  const ApplySummary summary = apply_text(entity(1) + edge(1, 1, 2) + entity(2), batches_of(1));
  ASSERT_TRUE(summary.stopped_by);
  EXPECT_EQ(summary.line_count, 1u);
}

TEST_F(Apply, RemembersOverBatchesWhichEdgesWereTakenAlong) {
  apply_text(entity(1) + entity(2) + edge(1, 1, 2) + edge(2, 2, 1) + edge(3, 2, 2));
  const ApplySummary summary = apply_text(
      deleted("entity", 1) + deleted("edge", 1) + deleted("edge", 2) + deleted("edge", 3),
      batches_of(1));
  EXPECT_FALSE(summary.stopped_by);
  EXPECT_EQ(counts(), (GraphCounts{1, 0, 0}));
}

TEST_F(Apply, RemembersEdgesThatLivedWithinOneBatchOnly) {
  const ApplySummary summary = apply_text(
      entity(1) + edge(1, 1, 1) + deleted("entity", 1) + deleted("edge", 1), batches_of(3));
  EXPECT_FALSE(summary.stopped_by);
}

TEST_F(Apply, TellsASecondDeletionApartFromOneThatWasTakenAlong) {
  apply_text(entity(1) + edge(1, 1, 1));
  const ApplySummary summary = apply_text(deleted("edge", 1) + deleted("edge", 1), batches_of(1));
  EXPECT_TRUE(summary.stopped_by);
}

TEST_F(Apply, RecognisesEdgesTakenAlongBeyondWhatItRemembers) {
  apply_text(entity(1) + entity(2) + edge(1, 1, 2) + edge(2, 1, 2) + edge(3, 2, 2));
  EdgesTakenAlong taken_along(database_, 1);
  WriteTransaction transaction = database_.begin();
  taken_along.add_edges_of(1, transaction);
  transaction.delete_entity({1});
  transaction.commit();
  EXPECT_TRUE(taken_along.contains(std::string("\0\0\0\0\0\0\0\1", 8)));
  EXPECT_TRUE(taken_along.contains(std::string("\0\0\0\0\0\0\0\2", 8)));
  EXPECT_FALSE(taken_along.contains(std::string("\0\0\0\0\0\0\0\3", 8)));
}

TEST_F(Apply, TakesAnInputOfManyPiecesInOrder) {
  std::string text;
  for (std::uint64_t round = 0; round < 3; ++round) {
    for (std::uint64_t id = 1; id <= 20'000; ++id) {
      text += entity(id, "{\"round\":" + std::to_string(round) + "}");
    }
  }
  ASSERT_GT(text.size(), std::size_t{4} << 20);
  text.pop_back();  // the last line needs no end
  EXPECT_EQ(apply_text(text).put_count, 60'000u);
  const auto last = database_.begin_read().get_entity({20'000});
  EXPECT_EQ(last->properties, (Properties{{"round", 2}}));
}

TEST_F(Apply, NamesLineAndByteFarIntoTheInput) {
  std::string text;
  while (text.size() < std::size_t{3} << 20) text += entity(text.size() + 1);
  const auto lines = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  const Error error = refused(text + "}\n" + entity(1));
  const std::string place =
      "in: line " + std::to_string(lines + 1) + " (byte " + std::to_string(text.size()) + "): ";
  EXPECT_EQ(std::string(error.what()).find(place), 0u) << error.what();
}

TEST_F(Apply, StopsWhenProgressSaysSoAndLeavesNothing) {
  ApplyOptions options;
  std::uint64_t lines_done = 0;
  options.progress = [&lines_done](std::uint64_t done, std::uint64_t) {
    lines_done = done;
    return false;
  };
  EXPECT_EQ(refused(entity(1) + entity(2), options).code(), ErrorCode::interrupted);
  EXPECT_EQ(lines_done, 2u);
}

TEST_F(Apply, AnEmptyInputChangesNothing) {
  const ApplySummary summary = apply_text("");
  EXPECT_EQ(summary.line_count, 0u);
  EXPECT_EQ(database_.sequence_number(), SequenceNumber{0});
}

TEST_F(Apply, WhatItAppliesTwiceTakesNoSecondSequenceNumber) {
  apply_text(entity(1));
  EXPECT_EQ(apply_text(entity(1)).sequence_number, SequenceNumber{1});
}

}  // namespace
}  // namespace manifolddb::backup
