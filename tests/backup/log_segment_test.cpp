// Archived transactions must come back as they were committed, and their form is kept for ever:
// golden bytes of a segment, round trips of random ones, and what is no segment.
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "backup/contents.h"
#include "backup/header_codec.h"
#include "common/hash.h"
#include "common/json_writer.h"
#include "database/key_codec.h"
#include "support/backup_files.h"
#include "support/error_of.h"
#include "support/log_segments.h"
#include "support/temp_dir.h"

namespace manifolddb::test_support {
namespace {

using backup::VerifyLevel;
using backup::VerifyReport;
using test::error_of;
using test::TempDir;

// Every kind of change once.
TransactionScript every_change() {
  TransactionScript script(41);
  script.put(RecordKind::key_value, "colour", std::string("\0blue", 5));
  script.put_entity(7, entity_body({"Person"}, {{"name", "Ada"}}));
  script.put_entity(8, entity_body({}));
  script.put_edge(1, edge_body(7, 8, "KNOWS", {{"since", 1840}}));
  script.commit();
  script.put(RecordKind::key_value, "colour", "red");
  script.put_entity(7, entity_body({"Countess", "Person"}, {{"name", "Ada"}, {"x", -0.5}}));
  script.put_edge(1, edge_body(8, 8, "IS"));
  script.commit();
  script.remove_edge(1);
  script.remove_entity(8);
  script.remove(RecordKind::key_value, "colour");
  script.commit();
  return script;
}

constexpr const char* kEveryChangeLines =
    R"({"type":"key_value","data":{"key":"Y29sb3Vy","value":"AGJsdWU="},"before":null}
{"type":"entity","data":{"id":7,"labels":["Person"],"properties":{"name":"Ada"}},"before":null}
{"type":"entity","data":{"id":8,"labels":[],"properties":{}},"before":null}
{"type":"edge","data":{"id":1,"source":7,"target":8,"edge_type":"KNOWS","properties":{"since":1840}},"before":null}
{"type":"commit","data":{"sequence_number":42,"committed_at":"2026-11-22T21:47:00.001000Z","records":4,"content_digest":"DIGEST"}}
{"type":"key_value","data":{"key":"Y29sb3Vy","value":"cmVk"},"before":{"key":"Y29sb3Vy","value":"AGJsdWU="}}
{"type":"entity","data":{"id":7,"labels":["Countess","Person"],"properties":{"name":"Ada","x":-0.5}},"before":{"id":7,"labels":["Person"],"properties":{"name":"Ada"}}}
{"type":"edge","data":{"id":1,"source":8,"target":8,"edge_type":"IS","properties":{}},"before":{"id":1,"source":7,"target":8,"edge_type":"KNOWS","properties":{"since":1840}}}
{"type":"commit","data":{"sequence_number":43,"committed_at":"2026-11-22T21:47:00.002000Z","records":3,"content_digest":"DIGEST"}}
{"type":"key_value_deleted","data":{"key":"Y29sb3Vy"},"before":{"key":"Y29sb3Vy","value":"cmVk"}}
{"type":"entity_deleted","data":{"id":8},"before":{"id":8,"labels":[],"properties":{}}}
{"type":"edge_deleted","data":{"id":1},"before":{"id":1,"source":8,"target":8,"edge_type":"IS","properties":{}}}
{"type":"commit","data":{"sequence_number":44,"committed_at":"2026-11-22T21:47:00.003000Z","records":3,"content_digest":"DIGEST"}}
)";

constexpr const char* kEveryChangeHeader =
    R"({"type":"metadata","data":{"format":"manifolddb-backup","version":2,"kind":"log","backup_id":"BACKUP","database_id":"11111111-1111-4111-8111-111111111111","history_id":"22222222-2222-4222-8222-222222222222","parent_backup_id":null,"created_at":"CREATED","committed_at":"2026-11-22T21:47:00.003000Z","sequence_number":44,"is_incremental":false,"previous_sequence":41,"content_digest":"LAST","previous_content_digest":"0000000000000029ffffffffffffffd6","statistics":{"entity_count":3,"edge_count":2,"metadata_count":2,"schema_count":0,"deleted_count":3,"total_records":10},"next_entity_id":9,"next_edge_id":2,"generator":"GENERATOR","description":null,"must_understand":[],"may_ignore":[],"extra":{}}}
)";

void replace_first(std::string& text, std::string_view from, const std::string& to) {
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

TEST(LogSegment, IsWrittenAsTheFormatSays) {
  TransactionScript script = every_change();
  std::string expected = kEveryChangeLines;
  for (const LoggedTransaction* transaction : script.transactions()) {
    replace_first(expected, "DIGEST", transaction->commit.content_digest.to_hex());
  }
  const std::string lines = script.lines();
  const backup::Header header = read_segment(lines).header;
  std::string first = kEveryChangeHeader;
  replace_first(first, "BACKUP", header.backup_id.to_string());
  replace_first(first, "CREATED", lines.substr(lines.find("\"created_at\":\"") + 14, 27));
  replace_first(first, "LAST", header.content_digest.to_hex());
  replace_first(first, "GENERATOR", header.generator);
  EXPECT_EQ(lines.substr(0, lines.find('\n') + 1), first);

  std::string checkpoint;
  backup::append_checkpoint_line(
      {.records = 13, .bytes = expected.size(), .xxh3_128 = xxh3_128(expected)}, checkpoint);
  EXPECT_EQ(data_lines(lines), expected + checkpoint);
  EXPECT_TRUE(lines.substr(0, lines.size() - 1).find("\n{\"type\":\"end_of_backup\"") !=
              std::string::npos);
}

TEST(LogSegment, OfBulkTransactionsHoldsTheirCommitsAndNothingElse) {
  TransactionScript script(9);
  script.commit_bulk({1, 2});
  script.commit_bulk({3, 4});
  const std::string lines = script.lines();
  EXPECT_NE(lines.find("\n{\"type\":\"commit\",\"data\":{\"sequence_number\":10,\"committed_at\":"
                       "\"2026-11-22T21:47:00.001000Z\",\"records\":0,\"content_digest\":"
                       "\"00000000000000010000000000000002\",\"bulk\":true}}\n"),
            std::string::npos)
      << lines;
  const ReadSegment read = read_segment(lines);
  ASSERT_EQ(read.transactions.size(), 2u);
  EXPECT_TRUE(read.transactions[1].commit.bulk);
  EXPECT_EQ(read.transactions[1].commit.content_digest, (ContentDigest{3, 4}));
  EXPECT_EQ(read.header.statistics.total_records, 0u);
  EXPECT_EQ(read.header.content_digest, (ContentDigest{3, 4}));
}

std::string line_of(const LoggedRecordChange& change) {
  std::string line;
  append_change_line(change.kind, change.key,
                     change.has_before ? std::optional(change.before) : std::nullopt,
                     change.has_after ? std::optional(change.after) : std::nullopt, line);
  return line;
}

void expect_read_back(const TransactionScript& script, const std::string& bytes, unsigned threads) {
  const ReadSegment read = read_segment(bytes, threads);
  const std::vector<const LoggedTransaction*> written = script.transactions();
  ASSERT_EQ(read.transactions.size(), written.size());
  EXPECT_EQ(read.header.previous_sequence, script.begin().sequence);
  EXPECT_EQ(read.header.next_entity_id, written.back()->state.next_entity_id);
  std::string scratch;
  for (std::size_t i = 0; i < written.size(); ++i) {
    const CommitRecord& commit = written[i]->commit;
    const ReadTransactionLines& transaction = read.transactions[i];
    EXPECT_EQ(transaction.commit.sequence_number, commit.sequence_number.value);
    EXPECT_EQ(transaction.commit.committed_at_us, commit.committed_at_us);
    EXPECT_EQ(transaction.commit.content_digest, commit.content_digest);
    EXPECT_EQ(transaction.commit.records, written[i]->changes.size());
    ASSERT_EQ(transaction.changes.size(), written[i]->changes.size());
    for (std::size_t j = 0; j < transaction.changes.size(); ++j) {
      const LoggedRecordChange& change = written[i]->changes[j];
      ASSERT_EQ(transaction.changes[j], line_of(change));
      if (!change.has_after) continue;
      ASSERT_EQ(transaction.after_hashes[j],
                record_hash({change.kind, change.key, change.after}, scratch));
    }
  }
}

TEST(LogSegment, GivesBackRandomTransactions) {
  std::random_device entropy;
  const std::uint64_t seed = entropy();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomValues random(seed, {.depth_max = 6});
  for (int round = 0; round < 10; ++round) {
    TransactionScript script(random.below(1000));
    const std::uint64_t count = 1 + random.below(60);
    for (std::uint64_t i = 0; i < count; ++i) script.random_transaction(random, 12);
    expect_read_back(script, script.segment(), 1);
    expect_read_back(script, script.lines(), 2);
    const VerifyReport report = verify_bytes(script.segment());
    EXPECT_TRUE(report.ok()) << (report.ok() ? "" : report.damages[0].what);
    if (HasFailure()) return;
  }
}

// Transactions that begin in one block and end in another, small ones between them.
TEST(LogSegment, OfManyBlocksGivesBackTransactionsThatSpanThem) {
  RandomValues random(5, {.string_bytes_max = 12});
  TransactionScript script;
  for (int round = 0; round < 3; ++round) {
    for (std::uint64_t i = 1; i <= 6000; ++i) {
      script.put_entity(i, entity_body({"Long"}, {{"name", std::string(200, 'x')}, {"n", round}}));
    }
    script.commit();
    for (int i = 0; i < 2000; ++i) script.random_transaction(random, 4, 5000);
  }
  const std::string lines = script.lines();
  ASSERT_GT(lines.size(), 4u << 20);
  for (const unsigned threads : {1u, 3u}) expect_read_back(script, lines, threads);
  EXPECT_TRUE(verify_bytes(script.segment()).ok());
}

TEST(LogSegment, IsReadAsFarAsTheCallerWants) {
  RandomValues random(6);
  TransactionScript script;
  for (int i = 0; i < 20; ++i) script.random_transaction(random, 5);
  EXPECT_EQ(read_segment(script.segment(), 1, 7).transactions.size(), 7u);
}

TEST(LogSegment, HoldsTheLongestRecordsBeforeAndAfter) {
  TransactionScript script;
  const auto body = [](char c) {
    return entity_body({}, {{"v", std::string(kLineBytesMaxLimit - 100, c)}});
  };
  script.put_entity(1, body('a'));
  script.commit();
  script.put_entity(1, body('b'));
  script.commit();
  const ReadSegment read = read_segment(script.segment());
  ASSERT_EQ(read.transactions.size(), 2u);
  EXPECT_GT(read.transactions[1].changes.at(0).size(), 63u << 20);
  EXPECT_EQ(read.transactions[1].changes.at(0), line_of(script.transaction(1).changes[0]));
}

// What a reader would refuse must not be archived.
TEST(LogSegment, IsNotWrittenOfTransactionsThatDoNotFollowEachOther) {
  const auto code = [](const auto& spoil) {
    TransactionScript script = every_change();
    spoil(script);
    return error_of([&] { script.segment(); }).code();
  };
  EXPECT_EQ(error_of([] { TransactionScript().segment(); }).code(), ErrorCode::invariant);
  EXPECT_EQ(code([](TransactionScript& s) { s.transaction(1).commit.sequence_number = {44}; }),
            ErrorCode::invariant);
  EXPECT_EQ(code([](TransactionScript& s) { s.transaction(0).commit.sequence_number = {41}; }),
            ErrorCode::invariant);
  EXPECT_EQ(code([](TransactionScript& s) { s.transaction(1).commit.committed_at_us -= 1000; }),
            ErrorCode::invariant);
  EXPECT_EQ(code([](TransactionScript& s) { s.transaction(2).commit.content_digest.low += 1; }),
            ErrorCode::invariant);
  EXPECT_EQ(code([](TransactionScript& s) { s.transaction(2).changes.pop_back(); }),
            ErrorCode::invariant);
  EXPECT_EQ(code([](TransactionScript& s) {
              std::swap(s.transaction(2).changes[0], s.transaction(2).changes[1]);
            }),
            ErrorCode::invariant);
  EXPECT_EQ(code([](TransactionScript& s) { s.transaction(2).commit.bulk = true; }),
            ErrorCode::invariant);
  EXPECT_EQ(code([](TransactionScript& s) { s.commit_bulk({}); }), ErrorCode::invariant);
}

TEST(LogSegment, IsVerifiedByItselfAndSaysWhatThatLeavesOut) {
  const std::string lines = every_change().lines();
  VerifyReport report = verify_bytes(lines, {{}, VerifyLevel::structure});
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.level_reached, VerifyLevel::structure);
  EXPECT_EQ(report.summary.previous_sequence->value, 41u);
  report = verify_bytes(lines);
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.level_reached, VerifyLevel::chain);
  EXPECT_EQ(report.summary.statistics.total_records, 10u);
  ASSERT_EQ(report.not_checked.size(), 1u);
  EXPECT_NE(report.not_checked[0].find("a backup before it"), std::string::npos);
  EXPECT_EQ(error_of([&] {
              verify_bytes(lines, {{}, VerifyLevel::restore});
            }).code(),
            ErrorCode::not_restorable);
}

TEST(LogSegment, IsRefusedWhereABackupBelongs) {
  const TempDir folder;
  const std::filesystem::path file = folder / "log.jsonl.zst";
  std::ofstream(file) << every_change().segment();
  EXPECT_EQ(backup::read_header(file).sequence_number, 44u);
  EXPECT_EQ(error_of([&] { backup::restore(file, folder / "copy"); }).code(),
            ErrorCode::not_restorable);
  EXPECT_EQ(error_of([&] { backup::restore({file}, folder / "copy", {}); }).code(),
            ErrorCode::not_restorable);
  Database database = Database::in_memory();
  EXPECT_EQ(error_of([&] { backup::import(database, file); }).code(), ErrorCode::not_restorable);
  EXPECT_EQ(error_of([&] { backup::read_parent(file); }).code(), ErrorCode::not_restorable);
  const Error error = error_of([&] {
    backup::for_each_record(
        file, {}, [](const RecordView&) { return true; }, [](const backup::Damage&) {});
  });
  EXPECT_EQ(error.code(), ErrorCode::usage);
  EXPECT_FALSE(std::filesystem::exists(folder / "copy"));
}

TEST(LogSegment, IsToldFromABackupThatStandsInItsPlace) {
  Database database = Database::in_memory();
  store_graph(database, make_random_graph(3));
  const Error error = error_of([&] { read_segment(backup_bytes(database)); });
  EXPECT_EQ(error.code(), ErrorCode::damaged);
  EXPECT_NE(std::string(error.what()).find("not a log segment"), std::string::npos);
}

}  // namespace
}  // namespace manifolddb::test_support
