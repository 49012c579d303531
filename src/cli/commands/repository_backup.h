// `manifold backup DB -r REPO…`.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "manifolddb/repository.h"

namespace manifolddb::cli {

// Into each repository by itself: one that fails does not stop the others. `options` without the
// progress.
Outcome back_up_to_repositories(Session& session, const std::string& database,
                                const std::vector<std::string>& repositories,
                                backup::RepositoryBackupOptions options);

}  // namespace manifolddb::cli
