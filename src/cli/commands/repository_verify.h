// `manifold verify REPO[@ID]`.
#pragma once

#include "cli/command.h"
#include "cli/repository_source.h"

namespace manifolddb::cli {

// `options` without the progress.
Outcome verify_repository(Session& session, const RepositoryReference& reference,
                          backup::VerifyOptions options);

}  // namespace manifolddb::cli
