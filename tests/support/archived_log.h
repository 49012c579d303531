// The log of a database as segments in a repository, without an archiver: for tests of what reads
// them.
#pragma once

#include <cstdint>

#include "manifolddb/database.h"
#include "manifolddb/repository.h"

namespace manifolddb::test_support {

// Archives transactions `first` to `last`, both included, `per_segment` in each segment; bulk
// transactions get segments of their own. Requires that the log has all others.
void archive_log(const Database& database, const backup::Repository& repository,
                 std::uint64_t first, std::uint64_t last, std::uint64_t per_segment);

}  // namespace manifolddb::test_support
