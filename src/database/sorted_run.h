// A sorted run of an external sort, in memory or in a scratch file, and how it is written and read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "database/sort_buffer.h"

namespace manifolddb {

// A file that has no name any more once it is open, so that nothing of it outlives the process.
// append() by one thread; read_at() by any number, of what was appended before they were handed the
// run.
class ScratchFile {
 public:
  explicit ScratchFile(std::filesystem::path path);  // nothing may be there
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  void append(std::string_view bytes);
  // Fewer bytes only at the end of the file.
  std::size_t read_at(std::uint64_t offset, char* out, std::size_t bytes) const;
  void expect_read_at(std::uint64_t offset, std::size_t bytes) const;  // a hint
  std::uint64_t size() const { return size_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

// Keys at which merges are split are cut to this, which keeps them comparable with whole keys: see
// RunWriter.
inline constexpr std::size_t kSplitKeyBytesMax = 64;

// A place in a run about every kRunIndexBytes: no record before `offset` has a greater key.
struct RunIndexEntry {
  std::string key;  // of the first record there, cut to kSplitKeyBytesMax
  std::uint64_t offset = 0;
};
inline constexpr std::size_t kRunIndexBytes = 1u << 20;

// Immutable: any number of cursors and threads may read it.
struct SortedRun {
  // In a file: blocks of 4 bytes payload length, 4 bytes zero, 8 bytes XXH3-64 of the payload (all
  // as the machine has them: the file never leaves it), payload: whole records.
  std::shared_ptr<ScratchFile> file;
  std::uint64_t begin = 0, end = 0;
  std::size_t block_bytes_max = 0;
  // In memory otherwise.
  SortedRecords records;

  std::vector<RunIndexEntry> index;  // ascending; in memory, offset is the record's number
  std::uint64_t bytes = 0;           // of keys and values

  bool in_memory() const { return file == nullptr; }
};

SortedRun make_memory_run(SortedRecords&& records);

// Appends a run to a file. One at a time.
class RunWriter {
 public:
  RunWriter(std::shared_ptr<ScratchFile> file, std::size_t block_bytes, MemoryLedger& ledger);
  void add(const SortRecord& record);
  SortedRun finish();

 private:
  void write_block();
  SortedRun run_;
  std::size_t block_bytes_;
  std::vector<char> block_;
  std::size_t used_;  // of block_, its head included
  std::uint64_t index_due_ = 0;
  LedgerEntry block_memory_;
};

// Reads the records of a run with lower <= key < upper; an empty upper is no end. `lower` has at
// most kSplitKeyBytesMax bytes. Must not outlive the run.
class RunCursor {
 public:
  RunCursor(const SortedRun& run, std::string_view lower, std::string_view upper,
            MemoryLedger& ledger);
  bool valid() const { return valid_; }
  const SortRecord& record() const { return record_; }  // until next()
  std::uint64_t prefix() const { return prefix_; }      // key_prefix of its key
  void next() {
    advance();
    settle();
  }

 private:
  void seek(std::string_view lower);
  void advance();
  void settle();
  bool read_block();
  const SortedRun* run_;
  std::string upper_;
  SortRecord record_;
  std::uint64_t prefix_ = 0;
  bool valid_ = false;
  std::size_t number_ = 0;    // in memory: of the next record
  std::uint64_t offset_ = 0;  // in a file: of the next block
  std::vector<char> block_;
  const char* position_ = nullptr;
  const char* block_end_ = nullptr;
  MemoryLedger* ledger_;
  LedgerEntry block_memory_;
};

}  // namespace manifolddb
