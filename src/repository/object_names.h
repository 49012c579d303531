// The names of a repository's objects (docs/repository_format.md). They are relative, with '/'
// between the parts, and the same for every kind of store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace manifolddb::repository {

inline constexpr std::string_view kRepositoryFile = "manifold-repository.json";
inline constexpr std::string_view kWriterLock = "writer.lock";
inline constexpr std::string_view kArchiverLock = "archiver.lock";
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

// Archived transactions: "log/<history>/<first>-<last>.jsonl.zst", both ends included and of
// kSegmentDigits digits, so that names ascend as numbers do. Segments of bulk transactions (their
// commits and nothing else) end in ".bulk.jsonl.zst".
inline constexpr std::string_view kLogFolder = "log";
inline constexpr std::string_view kLogNote = "complete.json";  // in the folder of one history
inline constexpr std::size_t kSegmentDigits = 20;

struct SegmentName {
  std::uint64_t first = 0, last = 0;
  bool bulk = false;
  friend bool operator==(const SegmentName&, const SegmentName&) = default;
};
std::string format_segment_name(const SegmentName& name);
// None for anything that format_segment_name would not give for numbers 1 <= first <= last.
std::optional<SegmentName> parse_segment_name(std::string_view name);

// "log/<history>" and "log/<history>/<name>".
std::string log_folder(std::string_view history_id);
std::string log_object(std::string_view history_id, std::string_view name);
std::string segment_object(std::string_view history_id, std::uint64_t first, std::uint64_t last,
                           bool bulk);

// What a writer that was killed can leave: ".<name>.<16 hex digits>.tmp".
bool is_temporary_name(std::string_view name);

// Throws Error{invalid_argument} for anything that could lead out of the repository: an empty part,
// ".", "..", a leading '/'.
void check_object_name(std::string_view name);

}  // namespace manifolddb::repository
