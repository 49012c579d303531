#include "backup/recovery_target.h"

#include <algorithm>
#include <limits>

#include "backup/catalogue.h"
#include "backup/target_time.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::backup {

namespace {

constexpr const char* kTargetSafe = "nothing was changed";
constexpr std::int64_t kNoMoment = std::numeric_limits<std::int64_t>::min();

// The last moment that anything tells of a history.
std::int64_t last_known_moment(const Catalogue& catalogue, const Uuid& history) {
  std::int64_t moment = kNoMoment;
  for (const CatalogueEntry& entry : catalogue.entries) {
    if (!entry.manifest || entry.manifest->history_id != history) continue;
    moment = std::max(moment, entry.manifest->created_at_us);
  }
  const ArchivedLog* const log = catalogue.log_of(history);
  if (log != nullptr && log->note) moment = std::max(moment, log->note->complete_until_us);
  return moment;
}

std::optional<std::uint64_t> highest_restorable(const std::vector<RestorableRange>& window,
                                                const Uuid& history) {
  std::optional<std::uint64_t> highest;
  for (const RestorableRange& range : window) {
    if (range.history_id == history) highest = range.last.value;
  }
  return highest;
}

bool window_contains(const std::vector<RestorableRange>& window, const Uuid& history,
                     SequenceNumber at) {
  return std::any_of(window.begin(), window.end(), [&](const RestorableRange& range) {
    return range.history_id == history && range.first <= at && at <= range.last;
  });
}

// The highest point of the newest history. Where the newest backup of it is damaged, and its point
// cannot be reached by another way, an older state would not be what was meant.
RecoveryPoint target_latest(const Catalogue& catalogue, const RecoveryTarget& target) {
  require_readable(catalogue, newest_sure_point);
  const Uuid history = target.history_id.value_or(newest_history(catalogue));
  const std::vector<RestorableRange> window = catalogue.window();
  const auto newest = std::find_if(catalogue.entries.rbegin(), catalogue.entries.rend(),
                                   [&](const CatalogueEntry& entry) {
                                     return entry.manifest && entry.manifest->history_id == history;
                                   });
  if (newest != catalogue.entries.rend() && !newest->restorable &&
      !window_contains(window, history, newest->manifest->sequence_number)) {
    refuse_newest(catalogue, *newest, newest_sure_point);
  }
  const std::optional<std::uint64_t> highest = highest_restorable(window, history);
  if (highest) return {history, *highest};
  throw Error(ErrorCode::not_restorable,
              format("of {} {} there is a log, but no backup that it could go on from",
                     target.history_id ? "history" : "the newest history,", history.to_string()),
              kTargetSafe, describe_window(catalogue, window));
}

RecoveryPoint target_sequence(const Catalogue& catalogue, const RecoveryTarget& target) {
  const SequenceNumber wanted = target.sequence_number;
  if (target.history_id) return {*target.history_id, wanted.value};
  std::vector<Uuid> restorable, known;
  for (const RestorableRange& range : catalogue.window()) {
    if (range.first <= wanted && wanted <= range.last) restorable.push_back(range.history_id);
  }
  if (restorable.size() == 1) return {restorable.front(), wanted.value};
  if (restorable.size() > 1) {
    throw Error(ErrorCode::usage,
                format("seq {} is in {} histories, {} and {} among them", wanted.value,
                       restorable.size(), restorable[0].to_string(), restorable[1].to_string()),
                kTargetSafe,
                format("say which one is meant: REPO@{}:seq:{}, or REPO@ID for a backup",
                       short_id(restorable[0]), wanted.value));
  }
  for (const HistoryNode& node : catalogue.histories) {
    if (highest_known_number(catalogue, node.history_id) >= wanted.value) {
      known.push_back(node.history_id);
    }
  }
  if (known.empty()) known.push_back(newest_history(catalogue));
  return {known.back(), wanted.value};
}

}  // namespace

const Uuid& newest_history(const Catalogue& catalogue) {
  const HistoryNode* newest = nullptr;
  std::int64_t newest_moment = kNoMoment;
  for (const HistoryNode& node : catalogue.histories) {
    const std::int64_t moment = last_known_moment(catalogue, node.history_id);
    if (newest != nullptr && moment < newest_moment) continue;
    newest = &node;
    newest_moment = moment;
  }
  return newest->history_id;
}

std::uint64_t highest_known_number(const Catalogue& catalogue, const Uuid& history) {
  std::uint64_t highest = 0;
  for (const CatalogueEntry& entry : catalogue.entries) {
    if (!entry.manifest || entry.manifest->history_id != history) continue;
    highest = std::max(highest, entry.manifest->sequence_number.value);
  }
  const ArchivedLog* const log = catalogue.log_of(history);
  if (log == nullptr) return highest;
  if (log->note) highest = std::max(highest, log->note->sequence_number.value);
  if (!log->segments.empty()) highest = std::max(highest, log->segments.back().last.value);
  return highest;
}

RecoveryPoint resolve_target(const Catalogue& catalogue, const RecoveryTarget& target,
                             const SegmentTimes& times) {
  if (target.kind == RecoveryTarget::Kind::backup) {
    const CatalogueEntry& entry = catalogue.resolve(target.backup_id);
    RecoveryPoint point;
    point.backup = &entry;
    if (!entry.manifest) return point;
    point.history_id = entry.manifest->history_id;
    point.sequence = entry.manifest->sequence_number.value;
    return point;
  }
  if (catalogue.histories.empty())
    require_readable(catalogue, newest_sure_point);  // says why, or that there is none
  switch (target.kind) {
    case RecoveryTarget::Kind::latest:
      return target_latest(catalogue, target);
    case RecoveryTarget::Kind::sequence:
      return target_sequence(catalogue, target);
    default:
      return resolve_time(catalogue, target, times);
  }
}

}  // namespace manifolddb::backup
