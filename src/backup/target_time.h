// The transaction that a time selects: the last one committed at or before it.
#pragma once

#include <cstdint>
#include <optional>

#include "backup/recovery_target.h"

namespace manifolddb::backup {

// When a history began, as far as the repository knows: with the first transaction of its own, or
// its first backup, whichever was earlier. None: it knows nothing of it.
std::optional<std::int64_t> begin_of(const Catalogue& catalogue, const HistoryNode& node,
                                     const SegmentTimes& times);

// Throws Error{not_restorable}, stating the window: before the first point that is known, behind
// what is known to be complete, or between two points of which nothing is known. The catalogue has
// a history.
RecoveryPoint resolve_time(const Catalogue& catalogue, const RecoveryTarget& target,
                           const SegmentTimes& times);

}  // namespace manifolddb::backup
