// Which backups a policy keeps: rules and chains, no files.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "manifolddb/repository.h"

namespace manifolddb::backup {

// `needed_by_unreadable`: ids that backups continue whose manifests cannot be read; they stay.
// Throws Error{usage} for a policy that keeps nothing.
PrunePlan make_prune_plan(const Catalogue& catalogue, const PrunePolicy& policy,
                          const std::set<std::string>& needed_by_unreadable = {});

}  // namespace manifolddb::backup
