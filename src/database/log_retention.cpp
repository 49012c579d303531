#include "database/log_retention.h"

namespace manifolddb {

std::vector<std::uint64_t> removable_log_files(const std::vector<LogFileInfo>& files,
                                               const LogNeed& need, const DatabaseOptions& limits,
                                               std::int64_t now_s) {
  std::uint64_t bytes = 0;
  for (const LogFileInfo& file : files) bytes += file.bytes;
  std::vector<std::uint64_t> removable;
  for (const LogFileInfo& file : files) {
    if (!file.archived) continue;
    const bool is_needed = need.any_reader && file.number >= need.from_file;
    const bool is_over = bytes > limits.log_retention_bytes ||
                         now_s - file.modified_s > limits.log_retention_age.count();
    // Oldest first: the log stays one piece.
    if (is_needed && !is_over) break;
    removable.push_back(file.number);
    bytes -= file.bytes;
  }
  return removable;
}

void LogRetention::look(Engine& engine, const LogNeed& need, const DatabaseOptions& limits,
                        std::int64_t now_s) {
  written_ = 0;
  const std::vector<LogFileInfo> files = engine.log_files();
  std::size_t archived = 0;
  for (const LogFileInfo& file : files) archived += file.archived ? 1 : 0;
  for (const std::uint64_t number : removable_log_files(files, need, limits, now_s)) {
    if (engine.remove_log_file(number)) --archived;
  }
  holds_files_ = archived != 0;
}

}  // namespace manifolddb
