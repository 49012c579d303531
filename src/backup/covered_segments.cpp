#include "backup/covered_segments.h"

#include <algorithm>
#include <optional>

#include "backup/backup_source.h"
#include "backup/log_segment.h"
#include "common/format.h"

namespace manifolddb::backup {

using repository::ObjectStore;

namespace {

constexpr const char* kNothingRemoved = "nothing was removed";

[[noreturn]] void refuse_name(const LogSegment& segment, const std::string& safe) {
  throw Error(ErrorCode::wrong_history, "'" + segment.object + "' is not what its name says", safe,
              "manifold verify REPO");
}

using CoveredGroup = std::vector<const LogSegment*>;

// Whether they lead from its beginning to its end, each read whole and going on from the one before
// it. They ascend.
bool hold_all_of(const ObjectStore& store, const LogSegment& segment, const CoveredGroup& group,
                 const Options& options) {
  std::uint64_t next = segment.first.value;
  std::optional<ContentDigest> digest;
  for (const LogSegment* const covered : group) {
    if (covered->first.value != next) continue;
    try {
      const Header header = check_segment(store, *covered, options, kNothingRemoved);
      if (digest && header.previous_content_digest != digest) return false;
      digest = header.content_digest;
      next = covered->last.value + 1;
    } catch (const Error& error) {
      if (!is_fault_of_segment(error)) throw;
    }
  }
  return next == segment.last.value + 1;
}

}  // namespace

bool is_fault_of_segment(const Error& error) {
  return error.code() == ErrorCode::damaged || error.code() == ErrorCode::failed ||
         error.code() == ErrorCode::newer_format || error.code() == ErrorCode::wrong_history;
}

void require_as_named(const LogSegment& segment, const Header& header, const std::string& safe) {
  if (header.history_id == segment.history_id && header.sequence_number == segment.last.value &&
      header.previous_sequence && *header.previous_sequence + 1 == segment.first.value) {
    return;
  }
  refuse_name(segment, safe);
}

Header check_segment(const ObjectStore& store, const LogSegment& segment, const Options& options,
                     const std::string& safe) {
  BackupSource source(store.path_of(segment.object));
  const Header header =
      read_log_segment(source, options, safe, [&](const SegmentTransaction& transaction) {
        if (transaction.commit.bulk != segment.bulk) refuse_name(segment, safe);
        return true;
      });
  require_as_named(segment, header, safe);
  return header;
}

SuperfluousSegments find_superfluous(const ObjectStore& store, const ArchivedLog& log,
                                     const std::set<std::string>& sound, const Options& options) {
  SuperfluousSegments result;
  auto next = log.covered.begin();  // both lists ascend
  for (std::size_t i = 0; i < log.segments.size() && next != log.covered.end(); ++i) {
    const LogSegment& segment = log.segments[i];
    const bool is_last = i + 1 == log.segments.size();
    CoveredGroup group;
    for (; next != log.covered.end() && (is_last || next->first < log.segments[i + 1].first);
         ++next) {
      // A bulk segment holds no records.
      if (next->bulk == segment.bulk && next->last <= segment.last) group.push_back(&*next);
    }
    if (group.empty()) continue;
    try {
      if (!sound.contains(segment.object)) {
        check_segment(store, segment, options, kNothingRemoved);
      }
      for (const LogSegment* const covered : group) result.objects.push_back(covered->object);
    } catch (const Error& error) {
      if (!is_fault_of_segment(error)) throw;
      const bool superfluous =
          error.code() == ErrorCode::damaged && hold_all_of(store, segment, group, options);
      result.unreadable.push_back({segment, error.what(), superfluous});
    }
  }
  return result;
}

}  // namespace manifolddb::backup
