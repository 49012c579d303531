// What the headers of all backups of a database have in common, and how a caller is told of them.
#pragma once

#include <filesystem>
#include <optional>

#include "backup/file_writer.h"
#include "backup/record_codec.h"
#include "database/state_record.h"
#include "manifolddb/backup.h"

namespace manifolddb::backup {

inline constexpr const char* kGenerator = "ManifoldDB " MANIFOLDDB_VERSION;

// A new backup of this state: statistics and what makes it an incremental are the caller's.
Header make_export_header(const StateRecord& state, const ExportOptions& options);

// None: not compressed.
std::optional<int> compression_level(const ExportOptions& options);

// What a finished writer wrote under this header.
BackupSummary summarize_export(const Header& header, const FileWriter& writer);

// Error{would_overwrite} when the file is the database's folder or would lie in it.
void check_outside_database(const Database& database, const std::filesystem::path& file);

}  // namespace manifolddb::backup
