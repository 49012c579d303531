// The engine's log files as the owner sees them: which there are, and removing those it is done
// with.
#include <rocksdb/db.h>

#include "database/engine_impl.h"
#include "database/engine_log_impl.h"

namespace manifolddb {

std::vector<LogFileInfo> Engine::log_files() const {
  const std::string folder = (impl_->options.path / "engine").string();
  return (in_memory() ? open_memory_log_folder(*impl_->env, folder) : open_log_folder(folder))
      ->list_details();
}

std::uint64_t Engine::log_bytes() const {
  std::uint64_t total = 0;
  for (const LogFileInfo& file : log_files()) total += file.bytes;
  return total;
}

// Through the engine, which refuses a file that it still needs.
bool Engine::remove_log_file(std::uint64_t number) {
  return impl_->db->DeleteFile(std::string("/") + kLogArchiveName + "/" + log_file_name(number))
      .ok();
}

}  // namespace manifolddb
