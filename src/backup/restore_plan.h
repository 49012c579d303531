// How a point of a repository is reached: target, way, and what is known of the point.
#pragma once

#include "backup/recovery_target.h"
#include "manifolddb/repository.h"
#include "repository/object_store.h"

namespace manifolddb::backup {

// As Repository::plan(), without files but for what `times` reads. The counters are those that
// manifests name.
RestorePlan make_restore_plan(const Catalogue& catalogue, const RecoveryTarget& target,
                              const SegmentTimes& times);

// Times from the segments of a store, which must outlive it.
SegmentTimes segment_times(const repository::ObjectStore& store);

// The plan with what segments tell: the counters behind everything that was archived, and the time
// and digest of a point in one.
RestorePlan plan_from_store(const repository::ObjectStore& store, const Catalogue& catalogue,
                            const RecoveryTarget& target);

// The files of a plan; no lock.
BackupChain files_of(const repository::ObjectStore& store, RestorePlan plan);

// The commit times of ranges that end with a segment, from its header.
void add_segment_times(const repository::ObjectStore& store, const Catalogue& catalogue,
                       std::vector<RestorableRange>& window);

}  // namespace manifolddb::backup
