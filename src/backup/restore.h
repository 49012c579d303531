// Backups back into databases: a new one at a path, one that never committed, or one that has
// records.
#pragma once

#include <memory>

#include "io/byte_stream.h"
#include "manifolddb/backup.h"

namespace manifolddb::backup {

// The same as the public calls, from any source of stored bytes, compressed or not.
RestoreSummary restore(std::unique_ptr<ByteSource> stored, const std::filesystem::path& path,
                       const Options& options);
RestoreSummary import(Database& database, std::unique_ptr<ByteSource> stored,
                      const ImportOptions& options);

}  // namespace manifolddb::backup
