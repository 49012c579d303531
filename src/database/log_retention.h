// Which log files may go. The engine keeps all that it does not need itself (engine/archive), for
// whoever has not read them: archivers, known by their slots, and readers of this process.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "database/engine.h"
#include "database/engine_log_files.h"
#include "manifolddb/database.h"

namespace manifolddb {

// What readers need together.
struct LogNeed {
  bool any_reader = false;
  std::uint64_t from_file = 0;  // log files below this number are needed by none
};

// The files among `files` (ascending by number) that may go: archived ones that nobody needs, and
// the oldest archived ones beyond the limits, needed or not.
std::vector<std::uint64_t> removable_log_files(const std::vector<LogFileInfo>& files,
                                               const LogNeed& need, const DatabaseOptions& limits,
                                               std::int64_t now_s);

// look() is called by one thread at a time (LogReaders::remove_unneeded), the others by any.
class LogRetention {
 public:
  // So many bytes of log between two looks at the files.
  static constexpr std::uint64_t kLookBytes = 4u << 20;

  void note_written(std::uint64_t bytes) { written_ += bytes; }
  bool is_due() const { return written_ >= kLookBytes; }
  // Files were left that a reader may do without soon.
  bool holds_files() const { return holds_files_; }

  // Removes what may go. What cannot be removed stays for the next look.
  void look(Engine& engine, const LogNeed& need, const DatabaseOptions& limits, std::int64_t now_s);

 private:
  std::atomic<std::uint64_t> written_ = 0;
  std::atomic<bool> holds_files_ = false;
};

}  // namespace manifolddb
