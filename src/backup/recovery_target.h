// Which point of a repository a person means (docs/repository_format.md, "Targets").
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "manifolddb/repository.h"

namespace manifolddb::backup {

// Commit times that stand in segments. Each call may read a file.
struct SegmentTimes {
  // Of its last transaction, from its header. None: the header cannot be read.
  std::function<std::optional<std::int64_t>(const LogSegment&)> last_committed_at;
  // Its last transaction that was committed at or before the time; none when all were later. Throws
  // Error{damaged}.
  std::function<std::optional<std::uint64_t>(const LogSegment&, std::int64_t time_us)>
      last_at_or_before;
  // Of its first transaction. None: it cannot be read.
  std::function<std::optional<std::int64_t>(const LogSegment&)> first_committed_at;
};

struct RecoveryPoint {
  Uuid history_id;
  std::uint64_t sequence = 0;
  const CatalogueEntry* backup = nullptr;  // RecoveryTarget::Kind::backup: that one and no other
};

// Throws as Repository::plan(), but for numbers and times that lie in a history's past without
// being restorable: that is the planner's to find.
RecoveryPoint resolve_target(const Catalogue& catalogue, const RecoveryTarget& target,
                             const SegmentTimes& times);

// The history that "latest" means: the one of which something is known last. Requires one.
const Uuid& newest_history(const Catalogue& catalogue);

// The highest number of a history that backups, segments and the archiver's note name.
std::uint64_t highest_known_number(const Catalogue& catalogue, const Uuid& history_id);

}  // namespace manifolddb::backup
