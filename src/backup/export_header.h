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

// Where a history came from. It stands in the header's `extra`, under `parent_history_id` and
// `parent_sequence_number`, in backups and log segments of all histories but the first.
struct HistoryPoint {
  Uuid history_id;
  SequenceNumber sequence_number;
};
void name_parent_history(const StateRecord& state, Header& header);
std::optional<HistoryPoint> parent_history_of(const Header& header);

// None: not compressed.
std::optional<int> compression_level(const ExportOptions& options);

// What a finished writer wrote under this header.
BackupSummary summarize_export(const Header& header, const FileWriter& writer);

// Error{would_overwrite} when the file is the database's folder or would lie in it.
void check_outside_database(const Database& database, const std::filesystem::path& file);

}  // namespace manifolddb::backup
