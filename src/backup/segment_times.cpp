// What a plan reads in the segments of a repository.
#include <algorithm>

#include "backup/backup_source.h"
#include "backup/contents.h"
#include "backup/log_segment.h"
#include "backup/restore_plan.h"
#include "repository/object_names.h"

namespace manifolddb::backup {

using repository::ObjectStore;

namespace {

constexpr const char* kPlanSafe = "nothing was changed";

// None when the segment cannot be read, or is not the one that its name says.
std::optional<Header> header_of(const ObjectStore& store, const LogSegment& segment) {
  try {
    Header header = read_header(store.path_of(segment.object));
    if (header.kind != "log" || header.history_id != segment.history_id ||
        header.sequence_number != segment.last.value) {
      return std::nullopt;
    }
    return header;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    return std::nullopt;
  }
}

// Until `on_commit` returns false.
void for_each_commit(const ObjectStore& store, const LogSegment& segment,
                     const std::function<bool(const CommitLine&)>& on_commit) {
  BackupSource source(store.path_of(segment.object));
  read_log_segment(source, {}, kPlanSafe, [&](const SegmentTransaction& transaction) {
    return on_commit(transaction.commit);
  });
}

std::optional<CommitLine> find_commit(const ObjectStore& store, const LogSegment& segment,
                                      std::uint64_t number) {
  std::optional<CommitLine> found;
  try {
    for_each_commit(store, segment, [&](const CommitLine& commit) {
      if (commit.sequence_number == number) found = commit;
      return commit.sequence_number < number;
    });
  } catch (const Error& error) {
    // Whoever goes on to restore is told what is wrong with it.
    if (error.code() == ErrorCode::interrupted) throw;
  }
  return found;
}

}  // namespace

SegmentTimes segment_times(const ObjectStore& store) {
  SegmentTimes times;
  times.last_committed_at = [&store](const LogSegment& segment) -> std::optional<std::int64_t> {
    const std::optional<Header> header = header_of(store, segment);
    return header ? header->committed_at_us : std::nullopt;
  };
  times.last_at_or_before = [&store](const LogSegment& segment, std::int64_t time_us) {
    std::optional<std::uint64_t> last;
    for_each_commit(store, segment, [&](const CommitLine& commit) {
      if (commit.committed_at_us > time_us) return false;
      last = commit.sequence_number;
      return true;
    });
    return last;
  };
  times.first_committed_at = [&store](const LogSegment& segment) -> std::optional<std::int64_t> {
    const auto commit = find_commit(store, segment, segment.first.value);
    return commit ? std::optional(commit->committed_at_us) : std::nullopt;
  };
  return times;
}

RestorePlan plan_from_store(const ObjectStore& store, const Catalogue& catalogue,
                            const RecoveryTarget& target) {
  RestorePlan plan = make_restore_plan(catalogue, target, segment_times(store));
  for (const ArchivedLog& log : catalogue.logs) {
    if (log.segments.empty()) continue;
    const std::optional<Header> header = header_of(store, log.segments.back());
    if (!header) continue;
    plan.next_entity_id = std::max(plan.next_entity_id, header->next_entity_id);
    plan.next_edge_id = std::max(plan.next_edge_id, header->next_edge_id);
  }
  if (!plan.segments.empty() && !plan.content_digest) {
    if (const auto commit = find_commit(store, plan.segments.back(), plan.sequence_number.value)) {
      plan.committed_at_us = commit->committed_at_us;
      plan.content_digest = commit->content_digest;
    }
  }
  return plan;
}

BackupChain files_of(const ObjectStore& store, RestorePlan plan) {
  BackupChain chain;
  for (const Manifest& manifest : plan.backups) {
    chain.files.push_back(store.path_of(
        repository::backup_object(manifest.backup_id.to_string(), manifest.data_file)));
  }
  for (const LogSegment& segment : plan.segments) {
    chain.segments.push_back(store.path_of(segment.object));
  }
  chain.plan = std::move(plan);
  return chain;
}

void add_segment_times(const ObjectStore& store, const Catalogue& catalogue,
                       std::vector<RestorableRange>& window) {
  for (RestorableRange& range : window) {
    const ArchivedLog* const log = catalogue.log_of(range.history_id);
    if (log == nullptr || range.last_committed_at_us) continue;
    for (const LogSegment& segment : log->segments) {
      if (segment.bulk || segment.last != range.last) continue;
      if (const auto header = header_of(store, segment)) {
        range.last_committed_at_us = header->committed_at_us;
      }
    }
  }
}

}  // namespace manifolddb::backup
