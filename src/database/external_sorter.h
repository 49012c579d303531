// Sorts records (key, small value or removal) of any number in bounded memory: sorted runs, spilled
// to scratch files, and a k-way merge that can be split by key so that several threads share it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "database/sort_buffer.h"
#include "database/sorted_run.h"

namespace manifolddb {

// What the sorters of one loader share. Outlives them.
struct SortSpace {
  SortSpace(std::filesystem::path directory_path, std::size_t chunk_size, std::size_t block_size)
      : directory(std::move(directory_path)), block_bytes(block_size), pool(ledger, chunk_size) {}
  MemoryLedger ledger;
  const std::filesystem::path directory;  // of the scratch files; empty: runs stay in memory
  const std::size_t block_bytes;          // of run files
  ChunkPool pool;
};

// Merged records of runs, ascending. Of one key, puts come before removals. Views live until
// next().
class RunMerge {
 public:
  RunMerge(const std::vector<const SortedRun*>& runs, std::string_view lower,
           std::string_view upper, MemoryLedger& ledger);
  bool valid() const { return !tree_.empty() && cursors_[tree_[0]].valid(); }
  const SortRecord& record() const { return cursors_[tree_[0]].record(); }
  void next();

 private:
  bool less(std::size_t a, std::size_t b) const;
  void replay(std::size_t cursor);
  std::vector<RunCursor> cursors_;
  std::vector<std::size_t> tree_;  // loser tree (Knuth 5.4.1): [0] the winner, then the losers
};

class ExternalSorter {
 public:
  // Fewest runs that a merge takes at once, whatever its memory.
  static constexpr std::size_t kFanInMin = 2;
  static constexpr std::size_t kFanInMax = 512;

  ExternalSorter(SortSpace& space, std::string name);

  // One thread's way in, with the scratch memory of that thread. Must not outlive either.
  class Input {
   public:
    Input(ExternalSorter& sorter, SortScratch& scratch)
        : sorter_(&sorter), scratch_(&scratch), buffer_(sorter.space_.pool) {}
    void put(std::string_view key, std::string_view value) { buffer_.add({key, value, false}); }
    void remove(std::string_view key) { buffer_.add({key, {}, true}); }

    std::size_t size() const { return buffer_.size(); }
    // What it holds now, and what one array of its entries will take when it is sorted.
    std::size_t chunk_bytes() const { return buffer_.chunk_bytes(); }
    std::size_t entry_bytes() const { return buffer_.entry_bytes(); }

    void spill();   // what was added becomes a run in a file (kept in memory if the space says so)
    void finish();  // what is left becomes a run in memory

   private:
    ExternalSorter* sorter_;
    SortScratch* scratch_;
    SortBuffer buffer_;
    std::shared_ptr<ScratchFile> file_;
  };

  // The rest requires that every input is finished.

  // Merges runs until a merge of all that are left needs at most `merge_bytes_max` of buffers.
  // `keep_going` is asked now and then.
  void reduce_runs(std::size_t merge_bytes_max, const std::function<void()>& keep_going);

  std::uint64_t bytes() const;  // of keys and values
  // Keys that cut everything into parts of about `bytes_per_part`, ascending and different.
  std::vector<std::string> split(std::uint64_t bytes_per_part) const;
  // lower <= key < upper; an empty upper is no end. Both are empty or from split(). Thread-safe.
  RunMerge merge(std::string_view lower, std::string_view upper) const;
  void clear();

 private:
  void add_run(SortedRun&& run);
  std::shared_ptr<ScratchFile> make_file();
  std::size_t fan_in(std::size_t merge_bytes_max) const;
  SortedRun merge_group(const std::vector<SortedRun>& group, std::shared_ptr<ScratchFile> file,
                        const std::function<void()>& keep_going);

  SortSpace& space_;
  const std::string name_;
  mutable std::mutex mutex_;
  std::vector<SortedRun> runs_;
  std::size_t file_count_ = 0;
};

}  // namespace manifolddb
