// The names of a repository's objects (docs/repository_format.md). They are relative, with '/'
// between the parts, and the same for every kind of store.
#pragma once

#include <string>
#include <string_view>

namespace manifolddb::repository {

inline constexpr std::string_view kRepositoryFile = "manifold-repository.json";
inline constexpr std::string_view kWriterLock = "writer.lock";
inline constexpr std::string_view kBackupsFolder = "backups";

// In the folder of one backup.
inline constexpr std::string_view kManifest = "manifest.json";
inline constexpr std::string_view kChecksums = "SHA256SUMS";
inline constexpr std::string_view kPlainData = "data.jsonl";
inline constexpr std::string_view kCompressedData = "data.jsonl.zst";
// There while a backup is not finished, or is being removed: the folder may go when nobody writes
// and no manifest is there.
inline constexpr std::string_view kUnfinished = "unfinished";

// "backups/<id>" and "backups/<id>/<name>".
std::string backup_folder(std::string_view backup_id);
std::string backup_object(std::string_view backup_id, std::string_view name);

// What a writer that was killed can leave: ".<name>.<16 hex digits>.tmp".
bool is_temporary_name(std::string_view name);

// Throws Error{invalid_argument} for anything that could lead out of the repository: an empty part,
// ".", "..", a leading '/'.
void check_object_name(std::string_view name);

}  // namespace manifolddb::repository
