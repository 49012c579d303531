// What the threads of one bulk loader share: limits, sorters, the list of finished table files.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "database/bulk_loader.h"
#include "database/external_sorter.h"

namespace manifolddb {

// How BulkOptions::memory_limit_bytes is divided.
struct BulkLimits {
  static constexpr std::size_t kMemoryMin = 24u << 20;
  static constexpr std::size_t kMemoryPerWorkerMin = 8u << 20;  // fewer workers rather than less
  static constexpr unsigned kWorkersMax = 64;
  static constexpr std::size_t kUnitBytesMax = 16u << 20;
  // The engine's buffers for a table that is being written: 1 MiB of output, blocks, index, filter.
  static constexpr std::size_t kTableWriterBytes = 2u << 20;
  static constexpr std::uint64_t kTableBytes = 64u << 20;  // of keys and values, about
  static constexpr std::uint64_t kTableBytesMin = 8u << 20;

  explicit BulkLimits(const BulkOptions& options);
  unsigned workers;
  std::size_t unit_bytes;          // what a worker takes at once
  std::size_t units_bytes_max;     // batches that wait or are worked on
  std::size_t worker_sort_bytes;   // of one worker's sort buffers
  std::size_t worker_merge_bytes;  // of one worker's merge buffers, when there are no more units
  std::size_t counter_bytes_max;   // of one worker's counters before they are sorted
  std::size_t chunk_bytes;
  std::size_t block_bytes;
};

// Families whose keys come in no order; the others are written as the records come.
inline constexpr std::array kSortedFamilies = {Family::outgoing,   Family::incoming,
                                               Family::labels,     Family::changes,
                                               Family::tombstones, Family::counters};

// Thread-safe.
class BulkState {
 public:
  BulkState(Engine& engine_of, std::uint64_t sequence_of, const BulkOptions& options);
  ~BulkState();

  Engine& engine;
  const std::uint64_t sequence;
  const ChangeIndexing indexing;
  const BulkLimits limits;
  const std::filesystem::path directory;
  SortSpace space;
  MemoryLedger& ledger() { return space.ledger; }
  ExternalSorter& sorter(Family family);

  std::filesystem::path next_table_path(Family family);
  void add_table(Family family, std::filesystem::path path);
  std::vector<TableFile> tables() const;

  // The first failure of any thread stops all of them.
  void fail(std::exception_ptr error);
  void stop() { stopped_ = true; }
  bool stopped() const { return stopped_; }
  void check_stopped() const;  // throws what fail() was given, or Error{interrupted}

  void remove_files();

 private:
  std::array<std::optional<ExternalSorter>, kSortedFamilies.size()> sorters_;
  mutable std::mutex mutex_;
  std::vector<TableFile> tables_;
  std::uint64_t table_count_ = 0;
  std::exception_ptr error_;
  std::atomic<bool> stopped_ = false;
};

// A table file that exists once something is put into it, and counts once it is finished.
class BulkTable {
 public:
  BulkTable(BulkState& state, Family family) : state_(state), family_(family) {}
  Family family() const { return family_; }
  void set_family(Family family) { family_ = family; }  // of the next file
  void put(std::string_view key, std::string_view value) { writer().put(key, value); }
  void remove(std::string_view key) { writer().remove(key); }
  std::uint64_t bytes() const { return writer_ ? writer_->bytes() : 0; }
  void finish();  // the next put begins another file

 private:
  TableWriter& writer() {
    if (!writer_) open();
    return *writer_;
  }
  void open();
  BulkState& state_;
  Family family_;
  std::filesystem::path path_;
  std::optional<TableWriter> writer_;
  LedgerEntry memory_;
};

// Runs all tasks on up to `threads` threads and returns when all are done. Throws what the first
// one that failed threw, or Error{interrupted} when the state was stopped.
void run_tasks(BulkState& state, unsigned threads, const std::vector<std::function<void()>>& tasks);

}  // namespace manifolddb
