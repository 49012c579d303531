// Archived log from one repository into another.
#pragma once

#include <cstdint>

#include "manifolddb/repository.h"
#include "repository/object_store.h"

namespace manifolddb::backup {

// What copying one log reads, here and there.
std::uint64_t bytes_to_copy(const ArchivedLog& log, const Catalogue& target_catalogue);

// Segments that the target does not have, oldest first: each is read whole before it is stored, and
// hashed again from the target. Then the note, united with the target's own, unless something that
// it speaks of was not copied, or an archiver of the target is at work. Then what segments cover in
// the target is removed, as long as nobody reads there: those that were not copied now are read
// whole before. Adds to the summary; what is damaged is left out and told there.
// `options.progress` gets the bytes of the log alone.
void copy_logs(const Catalogue& catalogue, const repository::ObjectStore& source,
               const Catalogue& target_catalogue, const repository::ObjectStore& target,
               const CopyOptions& options, CopySummary& summary);

}  // namespace manifolddb::backup
