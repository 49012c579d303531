// Which backups a policy keeps: rules and chains, no files.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "manifolddb/repository.h"

namespace manifolddb::backup {

// What the data say of backups whose manifests cannot be read. They stay.
struct UnreadableBackups {
  std::set<std::string> continued;                      // ids that they continue
  std::vector<std::pair<Uuid, SequenceNumber>> points;  // at which they end
};

// Throws Error{usage} for a policy that keeps nothing.
PrunePlan make_prune_plan(const Catalogue& catalogue, const PrunePolicy& policy,
                          const UnreadableBackups& unreadable = {});

}  // namespace manifolddb::backup
