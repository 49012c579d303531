// Retention has deleted what a restore needed: elsewhere. Here a plan is checked as a table of
// cases, then against random repositories, then on the disk.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include "backup/catalogue.h"
#include "backup/prune_plan.h"
#include "common/text.h"
#include "support/error_of.h"
#include "support/repository_fixture.h"

namespace manifolddb::test {
namespace {

using namespace std::chrono_literals;
using backup::BackupKind;
using backup::Catalogue;
using backup::CatalogueEntry;
using backup::Manifest;
using backup::PrunePlan;
using backup::PrunePolicy;

struct Made {
  const char* at;      // created
  int continues = -1;  // index; -1: a full backup
  bool proved = true;
};

Catalogue catalogue_of(const std::vector<Made>& list) {
  Catalogue catalogue;
  for (std::size_t i = 0; i < list.size(); ++i) {
    Manifest m;
    m.backup_id.bytes[0] = static_cast<std::uint8_t>(i + 1);
    m.sequence_number = {i + 1};
    EXPECT_TRUE(parse_time_us(list[i].at, m.created_at_us));
    m.verified_level = backup::VerifyLevel::records;
    m.digest_matches = list[i].proved;
    m.stored_bytes = 100;
    if (list[i].continues >= 0) {
      const Manifest& parent =
          *catalogue.entries[static_cast<std::size_t>(list[i].continues)].manifest;
      m.kind = BackupKind::incremental;
      m.parent_backup_id = parent.backup_id;
      m.previous_sequence = parent.sequence_number;
      m.previous_content_digest = parent.content_digest;
    }
    CatalogueEntry entry;
    entry.id = m.backup_id.to_string();
    entry.manifest = m;
    catalogue.entries.push_back(entry);
  }
  link_chains(catalogue);
  return catalogue;
}

// 'k' for each that stays and '-' for each that goes, oldest first.
std::string plan_of(const std::vector<Made>& list, const PrunePolicy& policy) {
  std::string text;
  for (const auto& decision : make_prune_plan(catalogue_of(list), policy).decisions) {
    text.push_back(decision.keep ? 'k' : '-');
  }
  return text;
}

// Fulls at noon of every day from the 1st of January 2026, a Thursday.
std::vector<Made> daily(std::size_t days) {
  static std::vector<std::string> texts;
  texts.clear();
  std::vector<Made> list;
  std::int64_t start = 0;
  EXPECT_TRUE(parse_time_us("2026-01-01T12:00:00Z", start));
  for (std::size_t i = 0; i < days; ++i) {
    texts.push_back(format_time_us(start + static_cast<std::int64_t>(i) * 86'400'000'000));
  }
  for (const std::string& text : texts) list.push_back({text.c_str()});
  return list;
}

TEST(PrunePlan, KeepsWhatTheRulesSay) {
  EXPECT_EQ(plan_of(daily(5), {.keep_last = 2}), "---kk");
  EXPECT_EQ(plan_of(daily(3), {.keep_last = 9}), "kkk");
  EXPECT_EQ(plan_of(daily(5), {.keep_daily = 3}), "--kkk");
  // Weeks end on Sunday: the 4th and the 11th, and what there is of the week of the 12th.
  EXPECT_EQ(plan_of(daily(14), {.keep_weekly = 3}), "---k------k--k");
  EXPECT_EQ(plan_of(daily(33), {.keep_monthly = 2}), std::string(30, '-') + "k-k");
  EXPECT_EQ(plan_of(daily(5), {.keep_within = 48h}), "--kkk");
  EXPECT_EQ(plan_of(daily(5), {.keep_within = 1h}), "----k");
  EXPECT_EQ(plan_of(daily(14), {.keep_last = 1, .keep_weekly = 2}), "----------k--k");
  EXPECT_EQ(plan_of(daily(40), {.keep_last = 1, .keep_daily = 2, .keep_monthly = 2}),
            std::string(30, '-') + "k-------kk");
}

TEST(PrunePlan, KeepsTheNewestOfAPeriodAndSkipsPeriodsWithoutOne) {
  const std::vector<Made> list = {{"2026-01-01T08:00:00Z"},
                                  {"2026-01-01T23:59:59.999999Z"},
                                  {"2026-01-02T00:00:00Z"},
                                  {"2026-03-01T00:00:00Z"},
                                  {"2026-03-01T01:00:00Z"}};
  EXPECT_EQ(plan_of(list, {.keep_daily = 3}), "-kk-k");
  EXPECT_EQ(plan_of(list, {.keep_daily = 2}), "--k-k");
  EXPECT_EQ(plan_of(list, {.keep_monthly = 2}), "--k-k");
}

TEST(PrunePlan, KeepsWhatAKeptBackupContinues) {
  const std::vector<Made> list = {{"2026-01-01T00:00:00Z"},    {"2026-01-02T00:00:00Z", 0},
                                  {"2026-01-03T00:00:00Z", 1}, {"2026-01-04T00:00:00Z"},
                                  {"2026-01-05T00:00:00Z", 3}, {"2026-01-06T00:00:00Z", 1}};
  EXPECT_EQ(plan_of(list, {.keep_last = 1}), "kk---k");
  EXPECT_EQ(plan_of(list, {.keep_last = 2}), "kk-kkk");
}

TEST(PrunePlan, CountsOnlyWhatCanBeRestored) {
  // The newest was never proved, and does not take the place of one that is.
  EXPECT_EQ(
      plan_of(
          {{"2026-01-01T00:00:00Z"}, {"2026-01-02T00:00:00Z"}, {"2026-01-03T00:00:00Z", -1, false}},
          {.keep_last = 1}),
      "-kk");
  EXPECT_EQ(
      plan_of({{"2026-01-01T00:00:00Z", -1, false}, {"2026-01-02T00:00:00Z"}}, {.keep_last = 5}),
      "-k");
  EXPECT_EQ(plan_of({{"2026-01-01T00:00:00Z", -1, false}}, {.keep_last = 1}), "k");
}

TEST(PrunePlan, LeavesToAPersonWhatIsDamaged) {
  Catalogue catalogue = catalogue_of({{"2026-01-01T00:00:00Z"},
                                      {"2026-01-02T00:00:00Z", 0},
                                      {"2026-01-03T00:00:00Z"},
                                      {"2026-01-04T00:00:00Z"}});
  catalogue.entries[1].faults.push_back(
      {backup::FaultKind::truncated, catalogue.entries[1].id, "data.jsonl.zst", "is too short"});
  catalogue.entries[2].manifest.reset();
  link_chains(catalogue);
  const PrunePlan plan = make_prune_plan(catalogue, {.keep_last = 1});
  for (const auto& decision : plan.decisions) EXPECT_TRUE(decision.keep) << decision.reason;
}

TEST(PrunePlan, RefusesAPolicyThatKeepsNothing) {
  const Error error = error_of([] { make_prune_plan(catalogue_of(daily(2)), {}); });
  EXPECT_EQ(error.code(), ErrorCode::usage);
}

// Whatever the repository and the policy: no chain is broken, the newest restorable backup stays,
// whatever a rule names stays, and pruning again changes nothing.
TEST(PrunePlan, HoldsItsPromisesForRandomRepositories) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto below = [&random](std::uint64_t n) { return random() % n; };
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> times;
    std::vector<Made> list;
    std::int64_t now = 1'767'225'600'000'000;
    const std::size_t count = 1 + below(25);
    for (std::size_t i = 0; i < count; ++i) {
      now += static_cast<std::int64_t>(below(3) == 0 ? below(40) * 86'400'000'000
                                                     : below(86'400'000'000));
      times.push_back(format_time_us(now));
    }
    for (std::size_t i = 0; i < count; ++i) {
      const int parent = i == 0 || below(3) == 0 ? -1 : static_cast<int>(below(i));
      list.push_back({times[i].c_str(), parent, below(8) != 0});
    }
    Catalogue catalogue = catalogue_of(list);
    PrunePolicy policy;
    policy.keep_last = below(4);
    policy.keep_daily = below(4);
    policy.keep_weekly = below(3);
    policy.keep_monthly = below(3);
    policy.keep_within = std::chrono::hours(below(100));
    if (policy.empty()) policy.keep_last = 1;

    const PrunePlan plan = make_prune_plan(catalogue, policy);
    std::set<std::string> kept;
    for (const auto& decision : plan.decisions) {
      if (decision.keep) kept.insert(decision.id);
    }
    std::size_t restorable_kept = 0;
    for (const CatalogueEntry& entry : catalogue.entries) {
      if (!kept.contains(entry.id)) continue;
      if (entry.restorable) ++restorable_kept;
      for (const CatalogueEntry* const link : catalogue.chain_of(entry)) {
        ASSERT_TRUE(kept.contains(link->id)) << "round " << round;
      }
    }
    if (const CatalogueEntry* const newest = catalogue.newest_restorable()) {
      ASSERT_TRUE(kept.contains(newest->id)) << "round " << round;
      const auto all = static_cast<std::size_t>(
          std::count_if(catalogue.entries.begin(), catalogue.entries.end(),
                        [](const CatalogueEntry& entry) { return entry.restorable; }));
      ASSERT_GE(restorable_kept, std::min(policy.keep_last, all)) << "round " << round;
    }

    Catalogue rest;
    for (const CatalogueEntry& entry : catalogue.entries) {
      if (!kept.contains(entry.id)) continue;
      rest.entries.push_back(entry);
      rest.entries.back().parent.reset();
    }
    link_chains(rest);
    for (const CatalogueEntry& entry : rest.entries) {
      ASSERT_TRUE(entry.faults.empty()) << "round " << round << ": " << entry.faults[0].what;
    }
  }
}

class Prune : public RepositoryTest {
 protected:
  // Two chains of a full and two incrementals.
  void make_chains() {
    make_chain();
    commit_entities(database_, 30, 30);
    back_up(backup::BackupChoice::full);
    for (std::uint64_t i = 31; i < 33; ++i) {
      commit_entities(database_, i, i);
      back_up();
    }
  }
};

TEST_F(Prune, DoesWhatTheDryRunSaidAndNothingBeforeIt) {
  make_chains();
  const auto before = contents_of(repository_->path());
  const PrunePlan dry = repository_->plan_prune({.keep_last = 1});
  EXPECT_FALSE(dry.done);
  EXPECT_EQ(contents_of(repository_->path()), before);
  const PrunePlan real = repository_->prune({.keep_last = 1});
  EXPECT_TRUE(real.done);
  ASSERT_EQ(real.decisions.size(), dry.decisions.size());
  std::set<std::string> stay;
  for (std::size_t i = 0; i < dry.decisions.size(); ++i) {
    EXPECT_EQ(dry.decisions[i].id, real.decisions[i].id);
    EXPECT_EQ(dry.decisions[i].keep, real.decisions[i].keep);
    if (real.decisions[i].keep) stay.insert(real.decisions[i].id);
  }
  EXPECT_EQ(stay.size(), 3u);
  for (const auto& folder : std::filesystem::directory_iterator(repository_->path() / "backups")) {
    EXPECT_TRUE(stay.erase(folder.path().filename().string()) == 1) << folder.path();
  }
  EXPECT_TRUE(stay.empty());
  EXPECT_TRUE(repository_->verify().ok());
  EXPECT_EQ(repository_->verify().restorable.size(), 3u);
}

TEST_F(Prune, IsRefusedWhileSomebodyRestores) {
  make_chains();
  {
    const auto chain = open("seq:1");
    EXPECT_EQ(error_of([this] { repository_->prune({.keep_last = 1}); }).code(), ErrorCode::locked);
    EXPECT_EQ(repository_->catalogue().entries.size(), 6u);
    backup::restore(chain, folder_ / "copy");
  }
  repository_->prune({.keep_last = 1});
  EXPECT_EQ(repository_->catalogue().entries.size(), 3u);
}

// The header of the data says what a backup continues, also when its manifest is damaged.
TEST_F(Prune, KeepsWhatABackupWithADamagedManifestContinues) {
  const auto chain = make_chain();
  write_file(backup_path(*repository_, chain[1], "manifest.json"), "damaged\n");
  std::filesystem::remove_all(data_path(*repository_, chain[2]).parent_path());
  commit_entities(database_, 30, 30);
  back_up(backup::BackupChoice::full);
  const PrunePlan plan = repository_->prune({.keep_last = 1});
  for (const auto& decision : plan.decisions) EXPECT_TRUE(decision.keep) << decision.id;
}

}  // namespace
}  // namespace manifolddb::test
