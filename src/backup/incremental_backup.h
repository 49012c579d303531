// What changed behind a sequence number as a backup file, at a cost that follows the change.
#pragma once

#include "io/byte_stream.h"
#include "manifolddb/backup.h"

namespace manifolddb::backup {

// To any sink, which is finished but not synced or closed. BackupSummary::digest_matches is false
// when a changed record is not what was committed (its checksum differs).
BackupSummary export_incremental(const Database& database, const ParentBackup& parent,
                                 ByteSink& sink, const ExportOptions& options);

}  // namespace manifolddb::backup
