// Log segments: archived transactions in the backup format, kind "log" (docs/backup_format.md).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "backup/record_codec.h"
#include "backup/segment_changes.h"
#include "database/transaction_log.h"
#include "io/byte_stream.h"
#include "manifolddb/backup.h"

namespace manifolddb::backup {

// What a segment begins behind.
struct LogPosition {
  Uuid database_id, history_id;
  std::uint64_t sequence = 0;
  ContentDigest digest;  // content digest at it
};

// Writes one segment of consecutive transactions, the first of which follows `begin`, on the
// calling thread. Statistics stand in the first line, so all are there before it is written; JSON
// exists for one block at a time. `level`: of zstd. Throws Error{invariant} for no transactions,
// for ones that are not consecutive in number and time, whose changes are not ascending or do not
// lead from one digest to the next, and for bulk transactions (no changes) among others; then
// nothing was written or the sink has no trailer. Throws Error{damaged} for bodies that are not
// canonical, and what the sink throws. Returns the header written; it has the highest id counters
// of the transactions' states.
Header write_log_segment(const LogPosition& begin,
                         const std::vector<const LoggedTransaction*>& transactions, int level,
                         ByteSink& sink);

// A transaction that was read whole and found right: its number follows the one before, its time is
// later, its changes lead to its digest. Views live until the call returns.
class SegmentTransaction {
 public:
  CommitLine commit;
  std::size_t change_count = 0;
  SegmentChange change(std::size_t index) const { return (*changes_)[first_ + index]; }

  SegmentTransaction(const CommitLine& the_commit, const SegmentChanges& changes, std::size_t first,
                     std::size_t count)
      : commit(the_commit), change_count(count), changes_(&changes), first_(first) {}

 private:
  const SegmentChanges* changes_;
  std::size_t first_;
};

// Reads a segment from its lines (BackupSource decompresses), checking everything (all levels but
// `restore` and the link to what is before the segment). `on_transaction` returns false to stop
// early. Transactions are handed on when the block in which they end has been checked; one that
// spans blocks is kept in memory whole. No thread is started for a segment of one block. Throws
// Error{damaged} at the first damage, with line and byte, and for what is no log segment, `safe`
// saying what is untouched; and what FileReader throws. Returns the header.
Header read_log_segment(ByteSource& source, const Options& options, const std::string& safe,
                        const std::function<bool(const SegmentTransaction&)>& on_transaction);

}  // namespace manifolddb::backup
