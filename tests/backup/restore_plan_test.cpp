// A restore that takes another point than the one that was meant, or says that a point cannot be
// had that can, is worse than none. Plans are checked as a table of cases;
// restore_plan_model_test.cpp compares them with those of a planner that tries every way.
#include "backup/restore_plan.h"

#include <gtest/gtest.h>

#include <string>

#include "backup/catalogue.h"
#include "common/text.h"
#include "support/error_of.h"
#include "support/planned_repository.h"

namespace manifolddb::test_support {
namespace {

using backup::Catalogue;
using backup::RecoveryTarget;
using backup::Repository;
using backup::RestorePlan;
using test::error_of;

RecoveryTarget planned_target(const std::string& point, std::uint8_t history = 0) {
  RecoveryTarget target;
  if (point.starts_with("second:")) {
    target.kind = RecoveryTarget::Kind::time;
    target.time_us = static_cast<std::int64_t>(std::stod(point.substr(7)) * kSecondUs);
  } else {
    target = Repository::parse_target(point);
  }
  if (history != 0) target.history_id = planned_history(history);
  return target;
}

RestorePlan plan(const PlannedRepository& repository, const RecoveryTarget& target) {
  return make_restore_plan(catalogue_of(repository), target, planned_times());
}

// "1:25 = 10 20 21-25": the history and the point, where the backups end, the segments.
std::string text_of_plan(const RestorePlan& plan) {
  std::string text = std::to_string(plan.history_id.bytes[0]) + ":" +
                     std::to_string(plan.sequence_number.value) + " =";
  for (const auto& manifest : plan.backups) {
    text += " " + std::to_string(manifest.sequence_number.value);
  }
  for (const auto& segment : plan.segments) {
    text += " " + std::to_string(segment.first.value) + "-" + std::to_string(segment.last.value);
  }
  return text;
}

std::string planned(const PlannedRepository& repository, const std::string& point,
                    std::uint8_t history = 0) {
  return text_of_plan(plan(repository, planned_target(point, history)));
}

Error plan_refusal(const PlannedRepository& repository, const std::string& point,
                   std::uint8_t history = 0) {
  return error_of([&] { plan(repository, planned_target(point, history)); });
}

// A full at 10, a link to 20, log from 11 on with a gap and a bulk transaction.
PlannedRepository usual() {
  return {
      .backups = {{.sequence = 10, .bytes = 1000},
                  {.sequence = 20, .continues = 0, .bytes = 50},
                  {.sequence = 45, .continues = 1, .bytes = 60}},
      .segments =
          {{11, 15, 20}, {16, 20, 20}, {21, 30, 20}, {36, 40, 20}, {41, 41, 1, true}, {42, 50, 20}},
      .complete_until_us = 55 * kSecondUs,
      .noted = 50,
      .noted_gaps = {{{31}, {35}}}};
}

TEST(RestorePlan, TakesTheCheapestWayInStoredBytes) {
  EXPECT_EQ(planned(usual(), "seq:10"), "1:10 = 10");
  EXPECT_EQ(planned(usual(), "seq:12"), "1:12 = 10 11-15");
  EXPECT_EQ(planned(usual(), "seq:20"), "1:20 = 10 11-15 16-20");  // 40 bytes, the link has 50
  EXPECT_EQ(planned(usual(), "seq:25"), "1:25 = 10 11-15 16-20 21-30");
  EXPECT_EQ(planned(usual(), "seq:45"), "1:45 = 10 20 45");
  EXPECT_EQ(planned(usual(), "latest"), "1:50 = 10 20 45 42-50");
  const RestorePlan found = plan(usual(), planned_target("seq:47"));
  EXPECT_EQ(found.stored_bytes, 1000u + 50 + 60 + 20);
  EXPECT_EQ(found.highest_known, SequenceNumber{50});
}

TEST(RestorePlan, TakesFewerFilesOfWaysThatCostTheSame) {
  EXPECT_EQ(planned({.backups = {{.sequence = 1}, {.sequence = 9, .continues = 0, .bytes = 20}},
                     .segments = {{2, 5}, {6, 9}}},
                    "seq:9"),
            "1:9 = 1 9");
  EXPECT_EQ(
      planned({.backups = {{.sequence = 1}}, .segments = {{2, 5, 10}, {6, 9, 10}, {3, 9, 10}}},
              "seq:9"),
      "1:9 = 1 2-5 3-9");
}

TEST(RestorePlan, TakesSegmentsThatOverlapAndLeavesOutThoseThatAreCovered) {
  const PlannedRepository repository{
      .backups = {{.sequence = 5}},
      .segments = {{3, 8}, {6, 8, 1}, {7, 12}, {13, 20}, {13, 14, 1}}};
  EXPECT_EQ(planned(repository, "seq:14"), "1:14 = 5 3-8 7-12 13-20");
  EXPECT_EQ(planned(repository, "latest"), "1:20 = 5 3-8 7-12 13-20");
  EXPECT_EQ(catalogue_of(repository).logs[0].covered.size(), 2u);
}

TEST(RestorePlan, RefusesATargetInsideAGapOfTheLogStatingTheWindow) {
  const Error error = plan_refusal(usual(), "seq:33");
  EXPECT_EQ(error.code(), ErrorCode::not_restorable);
  EXPECT_NE(std::string(error.what()).find("a gap: the log lacks transactions 31 to 35"),
            std::string::npos)
      << error.what();
  EXPECT_EQ(
      error.next(),
      "it can be restored to seq:10 to seq:30 (1970-01-01T00:00:10.000000Z), seq:45 to seq:50 "
      "(1970-01-01T00:00:45.000000Z to 1970-01-01T00:00:50.000000Z, complete until "
      "1970-01-01T00:00:55.000000Z)");
}

TEST(RestorePlan, RefusesWhatLiesBehindAGapOrABulkTransactionUntilABackupCoversIt) {
  EXPECT_EQ(plan_refusal(usual(), "seq:38").code(), ErrorCode::not_restorable);
  EXPECT_NE(std::string(plan_refusal(usual(), "seq:38").what()).find("a gap or a bulk transaction"),
            std::string::npos);
  EXPECT_NE(std::string(plan_refusal(usual(), "seq:41").what()).find("is a bulk transaction"),
            std::string::npos);
  EXPECT_EQ(plan_refusal(usual(), "seq:43").code(), ErrorCode::not_restorable);
  EXPECT_EQ(plan_refusal(usual(), "seq:9").code(), ErrorCode::not_restorable);
  EXPECT_NE(std::string(plan_refusal(usual(), "seq:51").what()).find("nothing behind seq 50"),
            std::string::npos);
}

TEST(RestorePlan, SelectsTheLastTransactionAtOrBeforeATime) {
  EXPECT_EQ(planned(usual(), "second:10"), "1:10 = 10");
  EXPECT_EQ(planned(usual(), "second:12.9"), "1:12 = 10 11-15");
  EXPECT_EQ(planned(usual(), "second:15.5"), "1:15 = 10 11-15");  // between two segments
  EXPECT_EQ(planned(usual(), "second:50"), "1:50 = 10 20 45 42-50");
  EXPECT_EQ(planned(usual(), "second:54.9"), "1:50 = 10 20 45 42-50");  // nothing came after it
  for (const char* time :
       {"second:9.9", "second:55.1", "second:30.5", "second:33", "second:38", "second:41.5"}) {
    const Error error = plan_refusal(usual(), time);
    EXPECT_EQ(error.code(), ErrorCode::not_restorable) << time;
    EXPECT_EQ(error.next().find("it can be restored to seq:10"), 0u) << time;
  }
}

TEST(RestorePlan, KnowsNothingOfTimesBetweenBackupsWithoutALog) {
  const PlannedRepository repository{
      .backups = {{.sequence = 3}, {.sequence = 5}, {.sequence = 6}}};
  EXPECT_EQ(planned(repository, "second:3"), "1:3 = 3");
  EXPECT_EQ(planned(repository, "second:5.7"), "1:5 = 5");  // 6 is the very next
  EXPECT_EQ(plan_refusal(repository, "second:4").code(), ErrorCode::not_restorable);
  EXPECT_EQ(plan_refusal(repository, "second:7").code(), ErrorCode::not_restorable);
  EXPECT_EQ(plan_refusal(repository, "second:7").next(),
            "it can be restored to seq:3, seq:5, seq:6");
}

// History 2 was restored from number 20 of history 1 at second 100; both went on.
PlannedRepository two_histories() {
  return {.backups = {{.sequence = 10},
                      {.sequence = 30, .continues = 0},
                      {.sequence = 101, .history = 2},
                      {.sequence = 140, .continues = 0}},
          .segments = {{11, 30, 10}, {31, 140, 10}, {102, 120, 10, false, 2}},
          .parents = {{2, 1, 20}},
          .complete_until_us = 141 * kSecondUs,
          .noted = 140};
}

TEST(RestorePlan, TellsHistoriesApart) {
  EXPECT_EQ(planned(two_histories(), "seq:50"), "1:50 = 10 11-30 31-140");
  const Error error = plan_refusal(two_histories(), "seq:110");
  EXPECT_EQ(error.code(), ErrorCode::usage);
  for (const std::uint8_t history : {std::uint8_t{1}, std::uint8_t{2}}) {
    EXPECT_NE(std::string(error.what()).find(planned_history(history).to_string()),
              std::string::npos);
  }
  EXPECT_NE(error.next().find(":seq:"), std::string::npos);
  EXPECT_EQ(planned(two_histories(), "seq:110", 2), "2:110 = 101 102-120");
  EXPECT_EQ(planned(two_histories(), "seq:110", 1), "1:110 = 10 11-30 31-140");
  EXPECT_EQ(plan_refusal(two_histories(), "seq:50", 2).code(), ErrorCode::not_restorable);
}

TEST(RestorePlan, TakesOfATimeTheNewestHistoryThatHadBegun) {
  EXPECT_EQ(planned(two_histories(), "second:50"), "1:50 = 10 11-30 31-140");
  EXPECT_EQ(planned(two_histories(), "second:100.9"), "1:100 = 10 11-30 31-140");
  EXPECT_EQ(planned(two_histories(), "second:110"), "2:110 = 101 102-120");
  EXPECT_EQ(planned(two_histories(), "second:110", 1), "1:110 = 10 11-30 31-140");
  EXPECT_EQ(plan_refusal(two_histories(), "second:5").code(), ErrorCode::not_restorable);
}

TEST(RestorePlan, TakesAsLatestTheEndOfTheHistoryThatIsKnownLast) {
  EXPECT_EQ(planned(two_histories(), "latest"), "1:140 = 10 11-30 31-140");
  EXPECT_EQ(planned(two_histories(), "latest", 2), "2:120 = 101 102-120");
  PlannedRepository repository = two_histories();
  repository.backups.pop_back();
  repository.complete_until_us = 99 * kSecondUs;
  repository.noted = 98;
  EXPECT_EQ(planned(repository, "latest"), "2:120 = 101 102-120");
}

TEST(RestorePlan, NeverTakesAnOlderPointForTheLatestWhenTheNewestBackupIsDamaged) {
  PlannedRepository repository{.backups = {{.sequence = 10}, {.sequence = 20, .proved = false}}};
  EXPECT_EQ(plan_refusal(repository, "latest").code(), ErrorCode::damaged);
  repository.segments = {{11, 20}};  // the same point by another way
  EXPECT_EQ(planned(repository, "latest"), "1:20 = 10 11-20");
}

TEST(RestorePlan, RefusesAHistoryOfWhichThereIsNoBackup) {
  const PlannedRepository repository{.backups = {}, .segments = {{1, 5}}};
  EXPECT_EQ(plan_refusal(repository, "latest").code(), ErrorCode::not_found);
  EXPECT_EQ(plan_refusal(repository, "seq:3").code(), ErrorCode::not_restorable);
  EXPECT_EQ(plan_refusal({}, "seq:3").code(), ErrorCode::not_found);
}

TEST(RestorePlan, FindsABackupByItsIdAndTakesThatOne) {
  const RestorePlan found = plan(usual(), planned_target("02000000"));
  EXPECT_EQ(text_of_plan(found), "1:20 = 10 20");
  EXPECT_EQ(plan_refusal(usual(), "ffff").code(), ErrorCode::not_found);
}

TEST(RestorePlan, RefusesPointsThatAreNone) {
  for (const char* text : {"", "seq:", "seq:x", "seq:-1", "time:2026-11-22T21:47:00", "time:now",
                           "abc", "seq:18446744073709551616"}) {
    EXPECT_EQ(error_of([&] { Repository::parse_target(text); }).code(), ErrorCode::usage) << text;
  }
}

// --- gaps and histories
// ---------------------------------------------------------------------------

TEST(ArchivedLog, NamesGapsBetweenSegmentsAndBeforeTheFirst) {
  const Catalogue catalogue = catalogue_of(usual());
  ASSERT_EQ(catalogue.logs.size(), 1u);
  EXPECT_EQ(catalogue.logs[0].gaps, (std::vector<backup::LogGap>{{{31}, {35}}}));
  EXPECT_TRUE(catalogue.faults.empty());
  const Catalogue late = catalogue_of({.backups = {{.sequence = 3}}, .segments = {{7, 9}}});
  EXPECT_EQ(late.logs[0].gaps, (std::vector<backup::LogGap>{{{4}, {6}}}));
}

TEST(ArchivedLog, TellsWhatWasArchivedAndIsNotThereFromAGap) {
  PlannedRepository repository = usual();
  repository.segments.erase(repository.segments.begin() + 1);  // 16 to 20
  Catalogue catalogue = catalogue_of(repository);
  ASSERT_EQ(catalogue.faults.size(), 1u);
  EXPECT_EQ(catalogue.faults[0].kind, backup::FaultKind::missing_log);
  EXPECT_NE(catalogue.faults[0].what.find("transactions 16 to 20 of the archived log"),
            std::string::npos);
  repository = usual();
  repository.segments.pop_back();  // the newest
  catalogue = catalogue_of(repository);
  ASSERT_EQ(catalogue.faults.size(), 1u);
  EXPECT_NE(catalogue.faults[0].what.find("transactions 42 to 50"), std::string::npos);
}

TEST(Histories, StandParentsFirst) {
  PlannedRepository repository = two_histories();
  repository.backups.push_back(
      {.sequence = 200, .history = 3, .created_at_us = 1});  // the clock was wrong
  repository.parents.push_back({3, 2, 120});
  std::string order;
  for (const auto& node : catalogue_of(repository).histories) {
    order += std::to_string(node.history_id.bytes[0]);
  }
  EXPECT_EQ(order, "123");
}

TEST(Histories, AreFoundByTheBeginningOfTheirIds) {
  const Catalogue catalogue = catalogue_of(two_histories());
  EXPECT_EQ(catalogue.resolve_history("0200"), planned_history(2));
  EXPECT_EQ(error_of([&] { catalogue.resolve_history("0"); }).code(), ErrorCode::usage);
  EXPECT_EQ(error_of([&] { catalogue.resolve_history("0300"); }).code(), ErrorCode::not_found);
}

}  // namespace
}  // namespace manifolddb::test_support
