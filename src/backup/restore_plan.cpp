#include "backup/restore_plan.h"

#include <algorithm>

#include "backup/catalogue.h"
#include "backup/repository_tools.h"
#include "backup/restore_way.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::backup {

namespace {

std::string describe_target(const RecoveryTarget& target, std::uint64_t sequence) {
  if (target.kind != RecoveryTarget::Kind::time) return format("seq {}", sequence);
  return format("the last transaction committed at or before {} is seq {}, which",
                format_time_us(target.time_us), sequence);
}

const LogSegment* segment_with(const ArchivedLog& log, std::uint64_t number) {
  for (const LogSegment& segment : log.segments) {
    if (segment.first.value <= number && number <= segment.last.value) return &segment;
  }
  return nullptr;
}

bool has_restorable_backup(const Catalogue& catalogue, const Uuid& history, std::uint64_t at_most) {
  return std::any_of(catalogue.entries.begin(), catalogue.entries.end(),
                     [&](const CatalogueEntry& entry) {
                       return entry.restorable && entry.manifest->history_id == history &&
                              entry.manifest->sequence_number.value <= at_most;
                     });
}

// Why no way leads to a number that the history may have.
std::string why_not(const Catalogue& catalogue, const Uuid& history, std::uint64_t number) {
  const std::uint64_t highest = highest_known_number(catalogue, history);
  const std::string of_history = format("of history {}", history.to_string());
  if (number > highest) {
    return format("cannot be restored: {} the repository knows nothing behind seq {}", of_history,
                  highest);
  }
  const ArchivedLog* const log = catalogue.log_of(history);
  if (log == nullptr) {
    return "cannot be restored: no backup that can be restored ends there, and no log is "
           "archived " +
           of_history;
  }
  for (const LogGap& gap : log->gaps) {
    if (gap.first.value <= number && number <= gap.last.value) {
      return format("lies in a gap: the log lacks {} {}",
                    describe_transactions(gap.first, gap.last), of_history);
    }
  }
  if (!has_restorable_backup(catalogue, history, number)) {
    return "cannot be restored: no backup " + of_history +
           " that can be restored lies at or before it";
  }
  const LogSegment* const segment = segment_with(*log, number);
  if (segment != nullptr && segment->bulk) {
    return format(
        "is a bulk transaction {}, of which the log has no records, and no backup ends "
        "there",
        of_history);
  }
  if (segment == nullptr) return "is neither in the log " + of_history + " nor the end of a backup";
  return "cannot be reached: a gap or a bulk transaction lies between it and every backup before "
         "it "
         "in history " +
         history.to_string();
}

[[noreturn]] void refuse_point(const Catalogue& catalogue, const RecoveryTarget& target,
                               const RecoveryPoint& point) {
  throw Error(ErrorCode::not_restorable,
              describe_target(target, point.sequence) + " " +
                  why_not(catalogue, point.history_id, point.sequence),
              "nothing was changed", describe_window(catalogue));
}

RestoreWay find_way(const Catalogue& catalogue, const RecoveryTarget& target,
                    const RecoveryPoint& point) {
  if (point.backup != nullptr) {
    require_restorable(catalogue, *point.backup);
    RestoreWay way;
    way.backups = catalogue.chain_of(*point.backup);
    for (const CatalogueEntry* const link : way.backups) {
      way.stored_bytes += link->manifest->stored_bytes;
    }
    return way;
  }
  auto way = find_cheapest_way(catalogue, point.history_id, point.sequence);
  if (!way) refuse_point(catalogue, target, point);
  return *std::move(way);
}

// What manifests and notes know of the point itself.
void add_what_is_known(const Catalogue& catalogue, RestorePlan& plan) {
  const ArchivedLog* const log = catalogue.log_of(plan.history_id);
  if (log != nullptr && log->note && log->note->sequence_number == plan.sequence_number) {
    plan.committed_at_us = log->note->committed_at_us;
    plan.content_digest = log->note->content_digest;
  }
  const Manifest& last = plan.backups.back();
  if (last.sequence_number == plan.sequence_number) {
    plan.committed_at_us = last.committed_at_us;
    plan.content_digest = last.content_digest;
  }
}

}  // namespace

RestorePlan make_restore_plan(const Catalogue& catalogue, const RecoveryTarget& target,
                              const SegmentTimes& times) {
  const RecoveryPoint point = resolve_target(catalogue, target, times);
  const RestoreWay way = find_way(catalogue, target, point);
  RestorePlan plan;
  plan.wanted = target;
  plan.database_id = catalogue.database_id;
  plan.history_id = point.history_id;
  plan.sequence_number = {point.sequence};
  for (const CatalogueEntry* const link : way.backups) {
    plan.backups.push_back(*link->manifest);
    plan.record_count += link->manifest->statistics.total_records;
  }
  for (const LogSegment* const segment : way.segments) plan.segments.push_back(*segment);
  plan.stored_bytes = way.stored_bytes;
  for (const CatalogueEntry& any : catalogue.entries) {
    if (!any.manifest) continue;
    plan.next_entity_id = std::max(plan.next_entity_id, any.manifest->next_entity_id);
    plan.next_edge_id = std::max(plan.next_edge_id, any.manifest->next_edge_id);
  }
  plan.highest_known = {highest_known_number(catalogue, point.history_id)};
  add_what_is_known(catalogue, plan);
  return plan;
}

}  // namespace manifolddb::backup
