// Archived log behind the end of a chain: its transactions up to a point, in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "backup/log_segment.h"
#include "manifolddb/backup.h"

namespace manifolddb::backup {

// Segments in order, each going on from a number in those before it, and the number to stop at,
// which is in the last one. No segments: no tail.
struct LogTail {
  std::vector<std::filesystem::path> segments;
  std::uint64_t to = 0;
  bool empty() const { return segments.empty(); }
};

// The point that was reached.
struct LogTailEnd {
  CommitLine commit;
  std::uint64_t next_entity_id = 1,
                next_edge_id = 1;       // the highest that headers name or changes need
  std::uint64_t transaction_count = 0;  // that were read behind the beginning
  std::uint64_t bytes = 0;              // of the files, as stored
};

// Small segments are read side by side, whole; others block by block. Memory: about
// options.memory_limit_bytes, or the largest transaction.
class LogTailReader {
 public:
  LogTailReader(const LogTail& tail, const LogPosition& begin, const Options& options,
                const std::string& safe);

  using OnChange = std::function<void(std::uint64_t sequence, const SegmentChange& change)>;

  // Once. Hands on all changes behind `begin`, on the calling thread, in the order of the
  // transactions. Throws Error{wrong_history} for a segment of another database or history, or one
  // that has another digest at a common number; {not_restorable} for transactions that are missing
  // between two segments and for a bulk transaction, naming them; {damaged} as read_log_segment().
  LogTailEnd read(const OnChange& on_change);

 private:
  // A segment that a worker has read whole.
  struct Job {
    std::filesystem::path path;
    Header header;
    SegmentChanges changes;
    std::vector<CommitLine> commits;
    std::vector<std::size_t> ends;  // of each transaction in `changes`
    bool whole = false;             // false: it was too large; nothing of it is used
  };

  void read_whole(Job& job) const;
  void take(const Job& job, const OnChange& on_change);
  void read_inline(const std::filesystem::path& path, const OnChange& on_change);
  template <typename ChangeAt>
  bool take_transaction(const std::filesystem::path& path, const CommitLine& commit,
                        std::size_t change_count, const ChangeAt& change_at,
                        const OnChange& on_change);
  void raise_next_ids(const SegmentChange& change);
  void check_header(const std::filesystem::path& path, const Header& header) const;
  void finish_segment(const std::filesystem::path& path, const Header& header);
  [[noreturn]] void refuse_digest(const std::filesystem::path& path, std::uint64_t sequence,
                                  const ContentDigest& here, const ContentDigest& there) const;

  const LogTail& tail_;
  LogPosition position_;  // of what was taken
  std::uint64_t segment_begin_ = 0;
  ContentDigest segment_begin_digest_;
  const Options& options_;
  const std::string& safe_;
  std::size_t whole_bytes_max_;
  LogTailEnd end_;
};

}  // namespace manifolddb::backup
