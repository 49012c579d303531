// One log file as a sequence of batches: blocks, fragments and their sums (engine_log_impl.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "database/engine_log_files.h"

namespace manifolddb {

// Whether more can still be written to a file: what looks like damage at its end may be a write
// that is going on.
enum class LogEnding {
  open,    // the newest file
  closed,  // there is a newer one
};

// Not thread-safe. Memory: kReadBytes, besides what the caller gives for the batch.
class EngineLogRecords {
 public:
  EngineLogRecords(std::unique_ptr<LogFile> file, std::uint64_t number);

  // Reads the next batch's bytes. False at the end, where a later call goes on: of an open file,
  // the end of what is whole; of a closed one, its end or its torn tail. Throws Error{damaged},
  // naming file and offset, for all else.
  bool next(std::string& batch, LogEnding ending);

  std::uint64_t number() const { return number_; }
  std::uint64_t offset() const { return offset_; }              // behind the last batch
  std::uint64_t batch_offset() const { return batch_offset_; }  // where it began
  const LogFile& file() const { return *file_; }
  // The last batch is none: throws as next() does, and the next call comes to it again.
  [[noreturn]] void refuse_batch(const std::string& why);

  static constexpr std::size_t kReadBytes = 256u << 10;

 private:
  struct Fragment {
    std::uint8_t type = 0;
    std::string_view payload;
    std::uint64_t end = 0;  // the offset behind it
  };
  enum class Found { fragment, padding, end };

  std::string_view look(std::uint64_t offset, std::size_t size);
  void reload(std::uint64_t offset);
  Found read_fragment(std::uint64_t at, LogEnding ending, Fragment& out);
  Found doubt(std::uint64_t at, std::uint64_t end, LogEnding ending, const char* why) const;
  bool is_zero_to_the_end(std::uint64_t at) const;
  [[noreturn]] void throw_damaged(std::uint64_t offset, const std::string& why) const;

  std::unique_ptr<LogFile> file_;
  std::uint64_t number_;
  std::uint64_t offset_ = 0, batch_offset_ = 0;
  std::vector<char> buffer_;
  std::uint64_t buffer_offset_ = 0;  // of its first byte in the file
  std::size_t buffer_bytes_ = 0;
  bool fresh_ = false;  // read from the file during this call
};

}  // namespace manifolddb
