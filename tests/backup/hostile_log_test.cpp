// Segments whose envelope is right whatever their lines say: what only a check of the transactions
// can find, and what a single line of a log may not be.
#include <gtest/gtest.h>

#include <algorithm>

#include "backup/log_tail.h"
#include "support/backup_files.h"
#include "support/error_of.h"
#include "support/log_segments.h"
#include "support/temp_dir.h"

namespace manifolddb::test_support {
namespace {

using backup::LineType;
using backup::VerifyReport;
using test::error_of;

struct LogLine {
  bool accepted = false;
  backup::ParsedLine line;
  backup::LineError error;
};

LogLine parse_log(std::string_view line,
                  backup::Strictness strictness = backup::Strictness::strict) {
  std::string padded(line);
  padded.append(backup::kLinePadding, '\0');
  backup::LineParser parser(strictness, backup::kReadLogLineBytesMax, backup::LineForm::log);
  LogLine outcome;
  outcome.accepted = parser.parse({padded.data(), line.size()}, outcome.line, outcome.error);
  return outcome;
}

void expect_refused(std::string_view line, std::string_view why) {
  const LogLine parsed = parse_log(line);
  EXPECT_FALSE(parsed.accepted) << line;
  EXPECT_NE(parsed.error.what.find(why), std::string::npos) << parsed.error.what;
}

TEST(LogLines, HoldTheStateBefore) {
  LogLine parsed = parse_log(
      R"({"type":"edge","data":{"id":3,"source":1,"target":2,"edge_type":"A","properties":{}},"before":{"id":3,"source":4,"target":5,"edge_type":"B","properties":{"x":1}}})");
  ASSERT_TRUE(parsed.accepted) << parsed.error.what;
  EXPECT_EQ(parsed.line.type, LineType::edge);
  EXPECT_EQ(parsed.line.source, 1u);
  EXPECT_EQ(parsed.line.body, edge_body(1, 2, "A"));
  EXPECT_TRUE(parsed.line.has_before);
  EXPECT_EQ(parsed.line.before, edge_body(4, 5, "B", {{"x", 1}}));

  parsed =
      parse_log(R"({"type":"entity","data":{"id":3,"labels":[],"properties":{}},"before":null})");
  ASSERT_TRUE(parsed.accepted) << parsed.error.what;
  EXPECT_FALSE(parsed.line.has_before);

  parsed = parse_log(
      R"({"type":"key_value_deleted","data":{"key":"AA=="},"before":{"key":"AA==","value":""}})");
  ASSERT_TRUE(parsed.accepted) << parsed.error.what;
  EXPECT_TRUE(parsed.line.has_before);
  EXPECT_EQ(parsed.line.key, std::string(1, '\0'));
}

TEST(LogLines, RefuseAStateBeforeThatIsNotOfTheSameRecord) {
  expect_refused(
      R"({"type":"entity","data":{"id":3,"labels":[],"properties":{}},"before":{"id":4,"labels":[],"properties":{}}})",
      R"("before" is of entity 4, "data" of entity 3)");
  expect_refused(
      R"({"type":"edge_deleted","data":{"id":3},"before":{"id":2,"source":4,"target":5,"edge_type":"B","properties":{}}})",
      R"("before" is of edge 2, "data" of edge 3)");
  expect_refused(
      R"({"type":"key_value","data":{"key":"AA==","value":""},"before":{"key":"AQ==","value":""}})",
      R"("before" is of)");
  expect_refused(
      R"({"type":"entity","data":{"id":3,"labels":[],"properties":{}},"before":{"id":3,"source":4,"target":5,"edge_type":"B","properties":{}}})",
      R"(unknown member "source")");
  expect_refused(
      R"({"type":"key_value","data":{"key":"AA==","value":""},"before":{"id":3,"labels":[],"properties":{}}})",
      R"(unknown member "id")");
}

TEST(LogLines, AreAsStrictInTheStateBeforeAsInTheOneAfter) {
  const auto entity = [](const std::string& before) {
    return R"({"type":"entity","data":{"id":1,"labels":[],"properties":{}},"before":)" + before +
           "}";
  };
  expect_refused(entity(R"({"id":1,"labels":["b","a"],"properties":{}})"),
                 "not the canonical form");
  expect_refused(entity(R"({"id":1,"labels":[],"properties":{"x":1.50}})"),
                 "not the canonical form");
  expect_refused(entity(R"({"id":1,"labels":[],"properties":{"x":1,"x":1}})"), "twice");
  expect_refused(entity(R"({"id":1,"labels":[],"properties":{"x":{"$date":"soon"}}})"), "date");
  expect_refused(entity(R"({"id":0,"labels":[],"properties":{}})"), "from 1 to 2^63-1");
  expect_refused(entity(R"({"id":1,"labels":[]})"), "is missing");
  expect_refused(entity(R"({"id":1,"labels":[],"properties":{},"y":1})"), "unknown member");
  expect_refused(entity("false"), "an object belongs here");
  expect_refused(entity(R"([])"), "an object belongs here");
}

TEST(LogLines, MustHaveTheStateBeforeAndOthersMustNot) {
  expect_refused(R"({"type":"entity","data":{"id":1,"labels":[],"properties":{}}})",
                 R"(member "before" is missing)");
  expect_refused(R"({"type":"entity_deleted","data":{"id":1}})", R"(member "before" is missing)");
  expect_refused(R"({"type":"entity_deleted","data":{"id":1},"before":null})",
                 "must have been there");
  const std::string line =
      R"({"type":"entity","data":{"id":1,"labels":[],"properties":{}},"before":null})";
  const std::string commit =
      R"({"type":"commit","data":{"sequence_number":1,"committed_at":"2026-11-22T21:47:00.000000Z","records":1,"content_digest":"00000000000000010000000000000002"}})";
  EXPECT_TRUE(parse_log(line).accepted);
  EXPECT_TRUE(parse_log(commit).accepted);
  expect_refused(commit.substr(0, commit.size() - 1) + R"(,"before":null})",
                 R"(unknown member "before")");
  for (const backup::Strictness strictness :
       {backup::Strictness::strict, backup::Strictness::tolerant}) {
    backup::LineParser parser(strictness);
    for (const std::string& text : {line, commit}) {
      std::string padded = text + std::string(backup::kLinePadding, '\0');
      backup::ParsedLine parsed;
      backup::LineError error;
      EXPECT_FALSE(parser.parse({padded.data(), text.size()}, parsed, error));
    }
  }
}

TEST(LogLines, OfCommitsAreStrict) {
  const std::string start =
      R"({"type":"commit","data":{"sequence_number":7,"committed_at":"2026-11-22T21:47:00.000000Z",)";
  const std::string end = R"("content_digest":"0000000000000001000000000000000a")";
  const LogLine parsed = parse_log(start + R"("records":2,)" + end + R"(,"bulk":true}})");
  ASSERT_TRUE(parsed.accepted) << parsed.error.what;
  EXPECT_EQ(parsed.line.commit.sequence_number, 7u);
  EXPECT_EQ(parsed.line.commit.records, 2u);
  EXPECT_EQ(parsed.line.commit.content_digest, (ContentDigest{1, 10}));
  EXPECT_TRUE(parsed.line.commit.bulk);
  EXPECT_FALSE(parse_log(start + R"("records":2,)" + end + "}}").line.commit.bulk);
  expect_refused(start + R"("records":2,)" + end + R"(,"bulk":false}})", "must be true");
  expect_refused(start + R"("records":-1,)" + end + "}}", "from 0 to 2^64-1");
  expect_refused(start + end + "}}", R"(member "records" is missing)");
  expect_refused(start + R"("records":2,)" + end + R"(,"time":1}})", "unknown member");
  expect_refused(start + end + R"(,"records":2}})", "not the canonical form");
}

// --- whole segments ------------------------------------------------------------------------------

class HostileLog : public ::testing::Test {
 protected:
  HostileLog() : script_(6) {
    for (std::uint64_t id = 1; id <= 5; id += 2) {
      script_.put_entity(id, entity_body({"A"}));
      script_.put_entity(id + 1, entity_body({"B"}));
      script_.commit();
    }
    const std::string text = script_.lines();
    header_ = read_segment(text).header;
    lines_ = split_lines(data_lines(text));
    lines_.pop_back();  // the checkpoint; crafted again
  }

  // Found at level records or above, each time with this reason, and refused by the reader.
  VerifyReport expect_found(const std::string& why) {
    const std::string bytes = craft_segment(lines_, header_);
    const VerifyReport report = verify_bytes(bytes);
    EXPECT_FALSE(report.ok());
    bool is_told = false;
    std::string all;
    for (const backup::Damage& damage : report.damages) {
      all += std::to_string(damage.first_line) + "-" + std::to_string(damage.last_line) + ": " +
             damage.what + "\n";
      is_told |= damage.what.find(why) != std::string::npos;
    }
    EXPECT_TRUE(is_told) << all;
    EXPECT_EQ(error_of([&] { read_segment(bytes); }).code(), ErrorCode::damaged);
    return report;
  }

  void change(std::size_t line, const std::string& from, const std::string& to) {
    const std::size_t at = lines_.at(line).find(from);
    ASSERT_NE(at, std::string::npos) << lines_[line];
    lines_[line].replace(at, from.size(), to);
  }
  void erase(std::size_t line) { lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(line)); }

  TransactionScript script_;
  backup::Header header_;
  std::vector<std::string> lines_;  // two entities and a commit; three times
};

TEST_F(HostileLog, IsCraftedRightToBeginWith) {
  EXPECT_TRUE(verify_bytes(craft_segment(lines_, header_)).ok());
}

TEST_F(HostileLog, WithoutACommitIsFound) {
  erase(5);
  const VerifyReport report = expect_found("records 2, found 4");
  EXPECT_EQ(report.damages[0].first_line, 5u);  // the header is line 1
  EXPECT_EQ(report.damages[0].last_line, 9u);
}

TEST_F(HostileLog, WithoutTheLastCommitIsFound) {
  erase(8);
  const VerifyReport report = expect_found("these lines are not closed by a commit");
  EXPECT_EQ(report.damages[0].first_line, 8u);
  EXPECT_EQ(report.damages[0].last_line, 9u);
}

TEST_F(HostileLog, WithoutAWholeTransactionIsFound) {
  for (int i = 0; i < 3; ++i) erase(3);
  const VerifyReport report = expect_found("transaction 9: it stands behind transaction 7");
  // Also by counting alone.
  EXPECT_EQ(verify_bytes(craft_segment(lines_, header_), {{}, backup::VerifyLevel::structure})
                .damage_count,
            1u);
}

TEST_F(HostileLog, WhoseNumbersSkipIsFoundOnce) {
  change(5, "\"sequence_number\":8", "\"sequence_number\":18");
  EXPECT_EQ(expect_found("transaction 18: it stands behind transaction 7").damage_count, 1u);
}

TEST_F(HostileLog, WhoseTimesGoBackOrStandStillIsFound) {
  change(5, "21:47:00.002", "21:47:00.001");
  EXPECT_EQ(expect_found("is not behind 2026-11-22T21:47:00.001000Z").damage_count, 1u);
  change(5, "21:47:00.001", "21:46:00.001");
  EXPECT_EQ(expect_found("is not behind 2026-11-22T21:47:00.001000Z").damage_count, 1u);
}

TEST_F(HostileLog, WithAWrongCountIsFound) {
  change(2, "\"records\":2", "\"records\":3");
  EXPECT_EQ(expect_found("transaction 7: records 3, found 2").damage_count, 1u);
}

TEST_F(HostileLog, WithAWrongDigestIsFoundOnce) {
  const std::size_t at = lines_[5].find("\"content_digest\":\"") + 18;
  lines_[5][at] = lines_[5][at] == '7' ? '8' : '7';
  const VerifyReport report = expect_found("but its records lead to");
  EXPECT_EQ(report.damage_count, 1u);
  EXPECT_EQ(report.damages[0].first_line, 5u);
  EXPECT_EQ(report.damages[0].last_line, 7u);
}

TEST_F(HostileLog, WithAnotherRecordIsFoundOnceByItsTransaction) {
  change(3, "\"A\"", "\"C\"");
  EXPECT_EQ(expect_found("transaction 8: content_digest").damage_count, 1u);
}

TEST_F(HostileLog, WithRecordsOutOfOrderIsFoundAndOrderBeginsAnewBehindACommit) {
  std::swap(lines_[3], lines_[4]);
  EXPECT_EQ(expect_found("entity 3 is misplaced: it stands behind entity 4").damage_count, 1u);
}

TEST_F(HostileLog, ThatMixesBulkTransactionsWithOthersIsFound) {
  change(8, "\"}}", "\",\"bulk\":true}}");
  expect_found("bulk transactions and others");
  erase(6);
  erase(6);
  change(6, "\"records\":2", "\"records\":0");
  EXPECT_EQ(expect_found("bulk transactions and others").damage_count, 1u);
}

TEST_F(HostileLog, OfABulkTransactionWithRecordsIsFound) {
  lines_.resize(3);
  change(2, "\"}}", "\",\"bulk\":true}}");
  EXPECT_EQ(expect_found("a bulk transaction has no records").damage_count, 1u);
}

TEST_F(HostileLog, WhoseHeaderStatesIdsThatWereGivenIsFound) {
  backup::Header header = header_;
  header.next_entity_id = 2;
  const VerifyReport report = verify_bytes(craft_segment(lines_, header));
  ASSERT_EQ(report.damage_count, 1u);
  EXPECT_NE(report.damages[0].what.find("next_entity_id 2, found 7"), std::string::npos);
}

// Restored to a point before its end, a segment's header is not compared with its records.
TEST_F(HostileLog, GivesNoIdAgainThatItsChangesUseWhateverItsHeaderStates) {
  backup::Header header = header_;
  header.next_entity_id = 2;
  const test::TempDir folder;
  test::write_file(folder / "segment", craft_segment(lines_, header));
  const backup::LogTail tail{{folder / "segment"}, script_.begin().sequence + 2};
  const backup::Options options;
  const std::string safe;
  std::uint64_t changes = 0;
  const backup::LogTailEnd end =
      backup::LogTailReader(tail, script_.begin(), options, safe)
          .read([&](std::uint64_t, const backup::SegmentChange&) { ++changes; });
  EXPECT_EQ(changes, 4u);
  EXPECT_EQ(end.next_entity_id, 5u);
}

TEST_F(HostileLog, WhoseHeaderContradictsItselfIsRefused) {
  const auto code = [&](const auto& spoil) {
    backup::Header header = header_;
    spoil(header);
    return error_of([&] { read_segment(craft_segment(lines_, header)); }).code();
  };
  EXPECT_EQ(code([](backup::Header& h) { h.previous_sequence.reset(); }), ErrorCode::damaged);
  EXPECT_EQ(code([](backup::Header& h) { h.previous_content_digest.reset(); }), ErrorCode::damaged);
  EXPECT_EQ(code([](backup::Header& h) { h.is_incremental = true; }), ErrorCode::damaged);
  EXPECT_EQ(code([](backup::Header& h) { h.parent_backup_id = h.backup_id; }), ErrorCode::damaged);
  EXPECT_EQ(code([](backup::Header& h) { h.previous_sequence = 9; }), ErrorCode::damaged);
  EXPECT_EQ(code([](backup::Header& h) { h.previous_sequence = 5; }), ErrorCode::damaged);
  EXPECT_EQ(code([](backup::Header& h) {
              h.previous_content_digest = ContentDigest{1, 1};
            }),
            ErrorCode::damaged);
}

TEST_F(HostileLog, WithoutAnyTransactionIsRefused) {
  lines_.clear();
  header_.sequence_number = 7;
  EXPECT_FALSE(verify_bytes(craft_segment(lines_, header_)).ok());
  EXPECT_EQ(error_of([&] { read_segment(craft_segment(lines_, header_)); }).code(),
            ErrorCode::damaged);
}

TEST_F(HostileLog, OfAnotherKindInTheHeaderIsNoLog) {
  header_.kind = "incremental";
  header_.is_incremental = true;
  const VerifyReport report =
      verify_bytes(craft_segment(lines_, header_), {{}, backup::VerifyLevel::records});
  ASSERT_FALSE(report.ok());
  EXPECT_NE(report.damages[0].what.find("unknown member \"before\""), std::string::npos);
}

}  // namespace
}  // namespace manifolddb::test_support
