// Everything at one durable sequence number as a backup file, while writers go on.
#pragma once

#include "io/byte_stream.h"
#include "manifolddb/backup.h"

namespace manifolddb::backup {

// To any sink, which is finished but not synced or closed. BackupSummary::digest_matches is false
// when what was scanned is not what the database recorded; the header and the trailer then say what
// it recorded, and `verify --level records` finds the difference. Throws Error{damaged} naming the
// record when a stored record cannot be read at all.
BackupSummary export_full(const Database& database, ByteSink& sink, const ExportOptions& options);

}  // namespace manifolddb::backup
