// Where the engine's log files lie and how they are read: the folder of a database on the disk,
// whoever has it open, or the memory environment of an engine of this process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace manifolddb {

// One log file, open. It can be read on when it is moved or removed meanwhile. Not thread-safe.
class LogFile {
 public:
  virtual ~LogFile() = default;
  // As many bytes from `offset` on as there are, at most `size`.
  virtual std::size_t read(std::uint64_t offset, char* to, std::size_t size) const = 0;
  virtual std::uint64_t bytes() const = 0;
  // Makes durable what has been read of it. Where the medium cannot be written there is nothing to
  // do.
  virtual void sync() const = 0;
  virtual const std::string& name() const = 0;  // for messages
};

struct LogFileInfo {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;
  std::int64_t modified_s = 0;  // seconds since 1970
  bool archived = false;        // in the folder `archive`: no batch will be added to it
};

// Log files go from the folder to its `archive` folder and end there. Not thread-safe.
class LogFolder {
 public:
  virtual ~LogFolder() = default;
  // Ascending, each number once. What is there during the whole call is listed.
  virtual std::vector<std::uint64_t> list() const = 0;
  // Null when it is not there (any more).
  virtual std::unique_ptr<LogFile> open(std::uint64_t number) const = 0;
  // The same with what is known about them; one that went meanwhile is left out.
  virtual std::vector<LogFileInfo> list_details() const = 0;
  // Makes the names durable.
  virtual void sync_names() const = 0;
};

std::unique_ptr<LogFolder> open_log_folder(const std::filesystem::path& engine_folder);

}  // namespace manifolddb
