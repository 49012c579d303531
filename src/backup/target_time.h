// The transaction that a time selects: the last one committed at or before it.
#pragma once

#include "backup/recovery_target.h"

namespace manifolddb::backup {

// Throws Error{not_restorable}, stating the window: before the first point that is known, behind
// what is known to be complete, or between two points of which nothing is known. The catalogue has
// a history.
RecoveryPoint resolve_time(const Catalogue& catalogue, const RecoveryTarget& target,
                           const SegmentTimes& times);

}  // namespace manifolddb::backup
