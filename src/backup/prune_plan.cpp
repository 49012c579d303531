#include "backup/prune_plan.h"

#include "backup/recovery_target.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "common/text.h"

namespace manifolddb::backup {

namespace {

constexpr std::int64_t kMicroseconds = 1'000'000;
constexpr std::int64_t kDaySeconds = 86'400;

std::int64_t day_of(std::int64_t us) {
  const std::int64_t us_a_day = kDaySeconds * kMicroseconds;
  return us >= 0 ? us / us_a_day : -((us_a_day - 1 - us) / us_a_day);
}

// Weeks begin on Monday; 1970-01-01 was a Thursday.
std::int64_t week_of(std::int64_t us) {
  const std::int64_t day = day_of(us) + 3;
  return day >= 0 ? day / 7 : -((6 - day) / 7);
}

std::int64_t month_of(std::int64_t us) {
  std::int64_t year = 0;
  unsigned month = 0, day = 0;
  civil_from_days(day_of(us), year, month, day);
  return year * 12 + month;
}

class Planner {
 public:
  Planner(const Catalogue& catalogue, const PrunePolicy& policy)
      : catalogue_(catalogue), policy_(policy), reasons_(catalogue.entries.size()) {}

  PrunePlan run(const UnreadableBackups& unreadable) {
    apply_rules();
    keep_newest();
    keep_what_does_not_count(unreadable.continued);
    keep_ancestors();
    PrunePlan plan = collect();
    for (const ArchivedLog& log : catalogue_.logs) choose_segments(log, unreadable, plan);
    find_windows(plan);
    return plan;
  }

 private:
  using Period = std::int64_t (*)(std::int64_t us);

  void keep(std::size_t index, const std::string& reason) {
    std::string& reasons = reasons_[index];
    reasons.append(reasons.empty() ? "" : ", ").append(reason);
  }

  // Of each of the `count` latest periods that have a backup, the newest backup.
  void keep_newest_of(std::size_t count, Period period, const std::string& rule) {
    std::optional<std::int64_t> last;
    for (std::size_t i = catalogue_.entries.size(); i-- > 0 && count > 0;) {
      const CatalogueEntry& entry = catalogue_.entries[i];
      if (!entry.restorable) continue;
      const std::int64_t of =
          period == nullptr ? static_cast<std::int64_t>(i) : period(entry.manifest->created_at_us);
      if (last == of) continue;
      last = of;
      --count;
      keep(i, rule);
    }
  }

  void apply_rules() {
    keep_newest_of(policy_.keep_last, nullptr, "last");
    keep_newest_of(policy_.keep_daily, day_of, "daily");
    keep_newest_of(policy_.keep_weekly, week_of, "weekly");
    keep_newest_of(policy_.keep_monthly, month_of, "monthly");
    const CatalogueEntry* const newest = catalogue_.newest_restorable();
    if (newest == nullptr || policy_.keep_within.count() == 0) return;
    for (std::size_t i = 0; i < catalogue_.entries.size(); ++i) {
      const CatalogueEntry& entry = catalogue_.entries[i];
      if (!entry.restorable) continue;
      const std::int64_t age = newest->manifest->created_at_us - entry.manifest->created_at_us;
      if (age / kMicroseconds <= policy_.keep_within.count()) keep(i, "within");
    }
  }

  // No policy leaves a database without the last backup that is known to be good.
  void keep_newest() {
    const CatalogueEntry* const newest = catalogue_.newest_restorable();
    if (newest == nullptr) return;
    const auto index = static_cast<std::size_t>(newest - catalogue_.entries.data());
    if (reasons_[index].empty()) keep(index, "the newest that can be restored");
    keep_base_of_the_archive();
  }

  // What is archived at this moment needs a backup to begin with, also when another history (a copy
  // that was restored) has a newer one.
  void keep_base_of_the_archive() {
    if (catalogue_.histories.empty()) return;
    const Uuid& history = newest_history(catalogue_);
    const ArchivedLog* const log = catalogue_.log_of(history);
    if (log == nullptr || log->segments.empty()) return;
    for (std::size_t i = catalogue_.entries.size(); i-- > 0;) {
      const CatalogueEntry& entry = catalogue_.entries[i];
      if (!entry.restorable || entry.manifest->history_id != history) continue;
      if (reasons_[i].empty()) keep(i, "the archived log begins with it");
      return;
    }
  }

  // Rules count what can be restored. The rest is decided on by a person, except what is whole but
  // was never right, once something newer is.
  void keep_what_does_not_count(const std::set<std::string>& needed_by_unreadable) {
    const CatalogueEntry* const newest = catalogue_.newest_restorable();
    for (std::size_t i = 0; i < catalogue_.entries.size(); ++i) {
      const CatalogueEntry& entry = catalogue_.entries[i];
      const bool outdated = newest != nullptr && &entry < newest;
      if (needed_by_unreadable.contains(entry.id)) {
        keep(i, "a backup with a damaged manifest continues it");
      } else if (!entry.manifest) {
        keep(i, "its manifest cannot be read");
      } else if (!entry.restorable && entry.manifest->digest_matches) {
        keep(i, "it, or what it continues, is damaged or missing, and may be wanted for a rescue");
      } else if (!entry.restorable && !outdated) {
        keep(i, "nothing newer is proved");
      }
    }
  }

  void keep_ancestors() {
    for (std::size_t i = 0; i < reasons_.size(); ++i) {
      if (reasons_[i].empty()) continue;
      std::size_t steps = 0;
      for (auto parent = catalogue_.entries[i].parent; parent && steps++ < reasons_.size();
           parent = catalogue_.entries[*parent].parent) {
        if (reasons_[*parent].empty()) keep(*parent, "a backup that stays continues it");
      }
    }
  }

  PrunePlan collect() const {
    PrunePlan plan;
    for (std::size_t i = 0; i < reasons_.size(); ++i) {
      const CatalogueEntry& entry = catalogue_.entries[i];
      PruneDecision decision;
      decision.id = entry.id;
      decision.manifest = entry.manifest;
      decision.keep = !reasons_[i].empty();
      decision.restorable = entry.restorable;
      decision.reason = decision.keep      ? reasons_[i]
                        : entry.restorable ? "no rule keeps it"
                                           : "it was never proved, and a newer backup is";
      if (!decision.keep) plan.bytes_freed += entry.manifest->stored_bytes;
      plan.decisions.push_back(std::move(decision));
    }
    return plan;
  }

  // The log is needed behind the oldest backup of its history that stays, also behind one that is
  // damaged and may be wanted for a rescue. A log without any backup yet is left alone.
  void choose_segments(const ArchivedLog& log, const UnreadableBackups& unreadable,
                       PrunePlan& plan) const {
    std::optional<SequenceNumber> oldest;
    const auto stays = [&oldest](SequenceNumber at) { oldest = std::min(oldest.value_or(at), at); };
    bool any = false;
    for (std::size_t i = 0; i < reasons_.size(); ++i) {
      const auto& manifest = catalogue_.entries[i].manifest;
      if (!manifest || manifest->history_id != log.history_id) continue;
      any = true;
      if (!reasons_[i].empty()) stays(manifest->sequence_number);
    }
    for (const auto& [history, sequence] : unreadable.points) {
      if (history == log.history_id) stays(sequence);
    }
    if (!any && !oldest) return;
    for (const auto* const list : {&log.covered, &log.segments}) {
      for (const LogSegment& segment : *list) {
        if (oldest && segment.last > *oldest) continue;
        plan.segments.push_back(segment);
        plan.bytes_freed += segment.stored_bytes;
      }
    }
    if (!oldest) plan.histories.push_back(log.history_id);
  }

  void find_windows(PrunePlan& plan) const {
    plan.window_before = catalogue_.window();
    Catalogue after = catalogue_;
    for (std::size_t i = 0; i < reasons_.size(); ++i) {
      if (reasons_[i].empty()) after.entries[i].restorable = false;
    }
    std::set<std::string> gone;
    for (const LogSegment& segment : plan.segments) gone.insert(segment.object);
    for (ArchivedLog& log : after.logs) {
      std::erase_if(log.segments, [&gone](const auto& s) { return gone.contains(s.object); });
    }
    plan.window_after = after.window();
  }

  const Catalogue& catalogue_;
  const PrunePolicy& policy_;
  std::vector<std::string> reasons_;  // of keeping; empty: goes
};

}  // namespace

PrunePlan make_prune_plan(const Catalogue& catalogue, const PrunePolicy& policy,
                          const UnreadableBackups& unreadable) {
  if (policy.empty()) {
    throw Error(ErrorCode::usage, "no rule says which backups to keep", "nothing was removed",
                "manifold prune REPO --keep-last 3 --keep-daily 7");
  }
  return Planner(catalogue, policy).run(unreadable);
}

}  // namespace manifolddb::backup
