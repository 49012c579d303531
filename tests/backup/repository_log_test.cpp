// The log in daily use: verified whole, pruned only where nothing needs it, copied as it is. Laws:
// a gap is a named, visible thing; retention never removes what a restore needs.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "backup/archive_note.h"
#include "backup/catalogue.h"
#include "backup/prune_plan.h"
#include "common/hash.h"
#include "database/key_codec.h"
#include "support/log_fixture.h"
#include "support/log_segments.h"
#include "support/planned_repository.h"

namespace manifolddb::test {
namespace {

using backup::FaultKind;
using backup::Repository;
using backup::RepositoryReport;
using backup::RestorableRange;

using RepositoryLog = RepositoryLogTest;

std::string text_of_window(const std::vector<RestorableRange>& window) {
  std::string text;
  for (const RestorableRange& range : window) {
    text += (text.empty() ? "" : " ") + std::to_string(range.first.value) + "-" +
            std::to_string(range.last.value);
  }
  return text;
}

void expect_fault(const RepositoryReport& report, FaultKind kind) {
  ASSERT_FALSE(report.faults.empty());
  EXPECT_TRUE(std::any_of(report.faults.begin(), report.faults.end(), [kind](const auto& fault) {
    return fault.kind == kind;
  })) << report.faults[0].what;
}

TEST_F(RepositoryLog, IsVerifiedWithItsGapsNamedAndNoFault) {
  for (std::uint64_t i = 0; i < 5; ++i) commit(i * 10 + 4, i * 10 + 5);  // 2 to 6
  recorder_.store(*repository_, 2, 3);
  recorder_.store(*repository_, 5, 6);
  backup::ArchiveNote note = recorder_.note(6);
  note.gaps = {{{4}, {4}}};
  recorder_.store_note(*repository_, note);
  const RepositoryReport report = repository_->verify();
  EXPECT_TRUE(report.ok()) << report.faults[0].what;
  EXPECT_EQ(report.segments_checked, 2u);
  ASSERT_EQ(report.gaps.size(), 1u);
  EXPECT_EQ(report.gaps[0].second, (backup::LogGap{{4}, {4}}));
  EXPECT_EQ(text_of_window(report.window), "1-3");
  back_up();  // heals it
  EXPECT_EQ(text_of_window(repository_->verify().window), "1-3 6-6");
  // What is missing without being a gap was there.
  recorder_.store_note(*repository_, recorder_.note(6));
  expect_fault(repository_->verify(), FaultKind::missing_log);
}

// Healed by a backup that ends with it, or at the very end: between no two segments.
TEST_F(RepositoryLog, NamesTheGapsThatOnlyTheNoteKnowsOf) {
  using Gaps = std::vector<backup::LogGap>;
  const auto gaps = [this] { return repository_->catalogue().logs[0].gaps; };
  commit(10, 11);
  commit(12, 13);
  back_up(backup::BackupChoice::full);  // at 3
  commit(14, 15);
  commit(16, 17);
  recorder_.store(*repository_, 4, 4);
  backup::ArchiveNote note = recorder_.note(5);
  note.gaps = {{{2}, {3}}, {{5}, {5}}};
  recorder_.store_note(*repository_, note);
  EXPECT_EQ(gaps(), (Gaps{{{2}, {3}}, {{5}, {5}}}));
  const RepositoryReport report = repository_->verify();
  EXPECT_TRUE(report.ok()) << report.faults[0].what;
  EXPECT_EQ(report.gaps.size(), 2u);
  const Error refused = restoring(2);
  EXPECT_NE(std::string(refused.what()).find("lies in a gap"), std::string::npos) << refused.what();
  // Before everything that can be restored nothing is missed.
  repository_->prune({.keep_last = 1});
  EXPECT_EQ(gaps(), (Gaps{{{5}, {5}}}));
  recorder_.store(*repository_, 5, 5);  // as a copy brings it
  EXPECT_EQ(gaps(), Gaps{});
}

TEST_F(RepositoryLog, NamesADamagedSegmentAndWhatIsStillRestorable) {
  for (std::uint64_t i = 0; i < 4; ++i) commit(i * 10 + 4, i * 10 + 5);
  recorder_.store(*repository_, 2, 3);
  const auto file = recorder_.store(*repository_, 4, 4);
  recorder_.store(*repository_, 5, 5);
  damage_middle(file);
  RepositoryReport report = repository_->verify();
  EXPECT_EQ(report.fault_count, 1u);
  expect_fault(report, FaultKind::damaged_data);
  EXPECT_NE(report.faults[0].file.find("log/" + base_.history_id.to_string()), std::string::npos);
  EXPECT_EQ(text_of_window(report.window), "1-3");
  write_file(file, "");
  report = repository_->verify();
  expect_fault(report, FaultKind::truncated);
  EXPECT_EQ(text_of_window(report.window), "1-3");
  EXPECT_EQ(restoring(4).code(), ErrorCode::not_restorable);
}

TEST_F(RepositoryLog, NamesASegmentUnderAWrongNameAndAStrayFile) {
  commit(10, 11);
  const auto file = recorder_.store(*repository_, 2, 2);
  std::filesystem::copy(file, sibling(file, 3));
  write_file(file.parent_path() / "notes.txt", "x");
  const RepositoryReport report = repository_->verify();
  EXPECT_EQ(report.fault_count, 2u);
  expect_fault(report, FaultKind::foreign);
  expect_fault(report, FaultKind::extra_file);
  EXPECT_EQ(text_of_window(report.window), "1-2");
}

TEST_F(RepositoryLog, NamesASegmentThatContradictsABackup) {
  commit(10, 11);
  back_up();
  LoggedTransaction forged = second_transaction();
  const std::string body = test_support::entity_body({"Other"});
  const std::string key = id_key(77);
  forged.changes.push_back({RecordKind::entity, key, false, true, {}, body});
  std::string scratch;
  forged.commit.content_digest = base_.content_digest;
  forged.commit.content_digest += record_hash({RecordKind::entity, key, body}, scratch);
  store_forged(forged);
  const RepositoryReport report = repository_->verify();
  expect_fault(report, FaultKind::broken_chain);
  EXPECT_EQ(text_of_window(report.window), "1-2");  // by the backups
}

TEST_F(RepositoryLog, NamesALogWhoseBeforeImagesAreNotWhatTheBackupHolds) {
  const std::string key = id_key(1);
  const std::string before = test_support::entity_body({"Never"});
  LoggedTransaction forged = second_transaction();
  forged.changes.push_back({RecordKind::entity, key, true, false, before, {}});
  std::string scratch;
  forged.commit.content_digest = base_.content_digest;
  forged.commit.content_digest -= record_hash({RecordKind::entity, key, before}, scratch);
  store_forged(forged);
  backup::VerifyOptions records;
  records.level = backup::VerifyLevel::records;
  EXPECT_TRUE(repository_->verify(records).ok());
  const RepositoryReport report = repository_->verify();
  expect_fault(report, FaultKind::broken_chain);
  EXPECT_EQ(text_of_window(report.window), "1-1");
}

TEST_F(RepositoryLog, NamesADamagedNote) {
  commit(10, 11);
  recorder_.store(*repository_, 2, 2);
  recorder_.store_note(*repository_, recorder_.note(2));
  const auto note =
      repository_->path() / "log" / base_.history_id.to_string() / repository::kLogNote;
  damage_middle(note);
  expect_fault(repository_->verify(), FaultKind::damaged_manifest);
  EXPECT_EQ(text_of_window(repository_->verify().window), "1-2");
}

// --- pruning
// --------------------------------------------------------------------------------------

TEST_F(RepositoryLog, GoesWhereNoBackupThatStaysIsOlder) {
  for (std::uint64_t i = 0; i < 6; ++i) {
    commit(i * 10 + 4, i * 10 + 5);
    if (i == 2) back_up(backup::BackupChoice::full);  // at 4
  }
  recorder_.store(*repository_, 2, 3);
  recorder_.store(*repository_, 4, 5);
  const auto last = recorder_.store(*repository_, 6, 7);
  EXPECT_EQ(text_of_window(repository_->window()), "1-7");
  const auto before = contents_of(repository_->path());
  const backup::PrunePlan dry = repository_->plan_prune({.keep_last = 1});
  EXPECT_EQ(contents_of(repository_->path()), before);
  ASSERT_EQ(dry.segments.size(), 1u);
  EXPECT_EQ(dry.segments[0].last.value, 3u);
  EXPECT_EQ(text_of_window(dry.window_before), "1-7");
  EXPECT_EQ(text_of_window(dry.window_after), "4-7");
  repository_->prune({.keep_last = 1});
  EXPECT_EQ(text_of_window(repository_->window()), "4-7");
  EXPECT_TRUE(repository_->verify().ok());
  EXPECT_EQ(backup::restore(chain_to(7), folder_ / "copy").content_digest,
            recorder_.commit(7).content_digest);
  EXPECT_TRUE(repository_->prune({.keep_last = 1}).segments.empty());
  EXPECT_TRUE(std::filesystem::exists(last));
}

TEST_F(RepositoryLog, GoesWholeWithTheLastBackupOfItsHistory) {
  commit(10, 11);
  recorder_.store(*repository_, 2, 2);
  recorder_.store_note(*repository_, recorder_.note(2));
  backup::restore(chain_to(2), folder_ / "copy");
  Database copy = Database::open(folder_ / "copy");
  repository_->back_up(copy);
  repository_->prune({.keep_last = 1});
  EXPECT_FALSE(std::filesystem::exists(repository_->path() / "log" / base_.history_id.to_string()));
  EXPECT_EQ(repository_->catalogue().histories.size(), 1u);
  EXPECT_TRUE(repository_->verify().ok());
}

TEST_F(RepositoryLog, IsPrunedOfOneHistoryWithoutHarmToAnother) {
  for (std::uint64_t i = 0; i < 6; ++i) commit(i * 10 + 4, i * 10 + 5);  // 2 to 7
  recorder_.store_all(*repository_, 2);
  recorder_.store_note(*repository_, recorder_.note(7));
  backup::restore(chain_to(3), folder_ / "copy");
  Database copy = Database::open(folder_ / "copy");
  repository_->back_up(copy);  // of the new history, at 3
  test_support::LogRecorder other(copy);
  for (std::uint64_t i = 0; i < 4; ++i) {
    commit_entities(copy, 100 + i, 100 + i);
    ASSERT_TRUE(other.record());
  }
  other.store_all(*repository_, 2);  // 4 to 7 there
  other.store_note(*repository_, other.note(7));
  const backup::StoredBackup later = back_up(backup::BackupChoice::full);  // of the old one, at 7
  ASSERT_EQ(later.manifest.sequence_number.value, 7u);
  ASSERT_EQ(text_of_window(repository_->window()), "1-7 3-7");

  const backup::PrunePlan plan = repository_->prune({.keep_last = 2});
  EXPECT_EQ(plan.segments.size(), 3u);  // all of the old history, nothing of the new one
  for (const auto& segment : plan.segments) EXPECT_EQ(segment.history_id, base_.history_id);
  EXPECT_EQ(text_of_window(repository_->window()), "7-7 3-7");
  EXPECT_TRUE(repository_->verify().ok());
  backup::RecoveryTarget target = Repository::parse_target("seq:6");
  target.history_id = copy.statistics().history_id;
  Database restored = Database::in_memory();
  backup::import(restored, repository_->open_chain(target));
  EXPECT_EQ(restored.digest(), other.commit(6).content_digest);
}

TEST_F(RepositoryLog, StaysWhereItNeverHadABackup) {
  Database copy = Database::in_memory();
  backup::import(copy, chain_to(1));
  test_support::LogRecorder other(copy);
  commit_entities(copy, 70, 70);
  ASSERT_TRUE(other.record());
  const auto file = other.store(*repository_, 2, 2);
  backup::RecoveryTarget target;
  target.history_id = copy.statistics().history_id;
  const Error refused = error_of([&] { repository_->plan(target); });
  EXPECT_EQ(refused.code(), ErrorCode::not_restorable);
  EXPECT_NE(std::string(refused.what()).find("of history " + target.history_id->to_string()),
            std::string::npos)
      << refused.what();
  repository_->prune({.keep_last = 1});
  EXPECT_TRUE(std::filesystem::exists(file));
}

// Whatever goes, every point that a backup that stays could reach is still reached.
TEST(RepositoryLogPrune, NeverTakesWhatABackupThatStaysNeedsInRandomRepositories) {
  using namespace test_support;
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto below = [&random](std::uint64_t n) { return random() % n; };
  for (int round = 0; round < 1000; ++round) {
    PlannedRepository planned;
    std::uint64_t sequence = 1;
    for (std::uint64_t i = 0, count = 1 + below(6); i < count; ++i) {
      const bool full = i == 0 || below(3) == 0;
      planned.backups.push_back({.sequence = sequence,
                                 .continues = full ? -1 : static_cast<int>(below(i)),
                                 .proved = below(8) != 0});
      sequence += below(8);
    }
    for (std::uint64_t first = 1 + below(4); first < sequence + 5;) {
      const std::uint64_t last = first + below(5);
      planned.segments.push_back({first, last, 10, below(9) == 0});
      first = last + 1 + (below(8) == 0 ? 1 : 0);
    }
    backup::Catalogue catalogue = catalogue_of(planned);
    const backup::PrunePlan plan = make_prune_plan(catalogue, {.keep_last = 1 + below(3)});
    for (std::size_t i = 0; i < plan.decisions.size(); ++i) {
      if (!plan.decisions[i].keep) catalogue.entries[i].restorable = false;
    }
    ASSERT_EQ(text_of_window(plan.window_after), text_of_window(catalogue.window()))
        << "round " << round;
    // And what stays is needed by one of them.
    std::optional<std::uint64_t> oldest;
    for (const auto& decision : plan.decisions) {
      const std::uint64_t at = decision.manifest->sequence_number.value;
      if (decision.keep && at <= oldest.value_or(at)) oldest = at;
    }
    for (const auto& segment : catalogue.logs[0].segments) {
      const bool goes = std::any_of(plan.segments.begin(), plan.segments.end(),
                                    [&](const auto& s) { return s.object == segment.object; });
      ASSERT_EQ(goes, segment.last.value <= *oldest) << "round " << round;
    }
  }
}

// --- copying
// --------------------------------------------------------------------------------------

TEST_F(RepositoryLog, IsCopiedAndRestoresTheSameFromThere) {
  for (std::uint64_t i = 0; i < 4; ++i) commit(i * 10 + 4, i * 10 + 5);
  recorder_.store_all(*repository_, 2);
  recorder_.store_note(*repository_, recorder_.note(5));
  const backup::CopySummary first = repository_->copy_to(folder_ / "second");
  EXPECT_EQ(first.segments_copied, 2u);
  const Repository second = Repository::open(folder_ / "second");
  EXPECT_TRUE(second.verify().ok());
  EXPECT_EQ(text_of_window(second.window()), "1-5");
  EXPECT_EQ(second.catalogue().logs[0].note, recorder_.note(5));
  const auto target = Repository::parse_target("seq:4");
  EXPECT_EQ(backup::restore(second.open_chain(target), folder_ / "copy").content_digest,
            recorder_.commit(4).content_digest);
  const backup::CopySummary again = repository_->copy_to(folder_ / "second");
  EXPECT_EQ(again.segments_copied, 0u);
  EXPECT_EQ(again.segments_present_before, 2u);
}

TEST_F(RepositoryLog, IsCopiedWithoutWhatIsDamagedAndWithoutTheNoteThen) {
  for (std::uint64_t i = 0; i < 3; ++i) commit(i * 10 + 4, i * 10 + 5);
  recorder_.store(*repository_, 2, 2);
  damage_middle(recorder_.store(*repository_, 3, 3));
  recorder_.store(*repository_, 4, 4);
  recorder_.store_note(*repository_, recorder_.note(4));
  const backup::CopySummary summary = repository_->copy_to(folder_ / "second");
  EXPECT_EQ(summary.segments_copied, 2u);
  ASSERT_EQ(summary.not_copied.size(), 1u);
  EXPECT_NE(summary.not_copied[0].file.find("log/"), std::string::npos);
  const Repository second = Repository::open(folder_ / "second");
  EXPECT_FALSE(second.catalogue().logs[0].note);
  EXPECT_TRUE(second.verify().ok());
}

// An archiver may be writing at this moment, without the writer's lock.
TEST_F(RepositoryLog, KeepsTemporaryFilesThatMayBeInUseAndNoOlderOnes) {
  commit(10, 11);
  const auto folder = recorder_.store(*repository_, 2, 2).parent_path();
  const auto young = folder / ".a.jsonl.zst.0123456789abcdef.tmp";
  const auto old = folder / ".b.jsonl.zst.0123456789abcdef.tmp";
  write_file(young, "half");
  write_file(old, "half");
  std::filesystem::last_write_time(old,
                                   std::filesystem::last_write_time(old) -
                                       std::chrono::seconds(backup::kLogLeftoverAgeSeconds + 60));
  EXPECT_TRUE(repository_->verify().ok());
  back_up();
  EXPECT_TRUE(std::filesystem::exists(young));
  EXPECT_FALSE(std::filesystem::exists(old));
}

}  // namespace
}  // namespace manifolddb::test
