// The engine's write-ahead log, read as files: batches in the order in which they were written,
// from a live database (of this or another process), a closed one, or an image. Reads the engine's
// own log format (32 KiB blocks; facebook/rocksdb wiki, "Write Ahead Log File Format") and never
// writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "database/engine.h"

namespace manifolddb {

// A put or deletion of a batch. Views live until the next batch is read.
struct LoggedOperation {
  Family family{};
  bool is_put = false;
  std::string_view key, value;
};

// Not thread-safe. A batch is held in memory whole (at most twice the bulk threshold), and a part
// of the file (EngineLogRecords::kReadBytes).
class EngineLogReader {
 public:
  // `folder`: the `engine` folder; files are looked for in it and in its `archive` folder. Begins
  // with log file `first_file`, or with the oldest there is from that number on (0: the oldest).
  EngineLogReader(const Engine& engine, std::uint64_t first_file);  // in memory, too
  EngineLogReader(const std::filesystem::path& folder, std::uint64_t first_file);
  EngineLogReader(EngineLogReader&&) noexcept;
  ~EngineLogReader();

  // Before the first next(): begins with the file that the batch of that engine sequence is in, or
  // would be, so that files before it need not be read; never before `first_file`.
  void seek(std::uint64_t engine_sequence);

  // Moves to the next batch, going on to the next file where one ends. False at the present end:
  // called again it finds what was written since. A record cut short at the end of the newest file
  // is the end, and so is one there that is not whole yet; at the end of an older one it is a torn
  // tail, and skipped. Throws Error{damaged}, naming file and offset, for anything else that is not
  // a record of a log.
  bool next();

  // Of the batch at hand.
  std::uint64_t engine_sequence() const;
  std::string_view log_data() const;  // empty when it has none
  // The operations, in the order in which they were made.
  template <typename Function>
  void for_each(const Function& fn) const {
    const std::size_t count = operation_count();
    for (std::size_t i = 0; i < count; ++i) fn(operation(i));
  }
  std::size_t operation_count() const;
  LoggedOperation operation(std::size_t index) const;
  std::size_t batch_bytes() const;
  // "<file>: byte <offset>", for messages.
  std::string place() const;

  // The number of the log file that the batch at hand is in; before the first, of the file that
  // will be read (`first_file` where there is none yet): lower ones are not needed any more.
  std::uint64_t file_number() const;
  // Bytes of log files behind the batch at hand, as far as they are written: the lag of who reads.
  std::uint64_t bytes_behind() const;

  // Makes everything that was read so far durable (fdatasync of the files that it was read from),
  // whoever wrote it. Nothing to do in memory.
  void sync();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace manifolddb
