// Log segments: archived transactions in the backup format, kind "log" (docs/backup_format.md).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backup/file_reader.h"
#include "backup/record_codec.h"
#include "database/transaction_log.h"
#include "io/byte_stream.h"

namespace manifolddb::backup {

// What a segment begins behind.
struct LogPosition {
  Uuid database_id, history_id;
  std::uint64_t sequence = 0;
  ContentDigest digest;  // content digest at it
};

// Writes one segment of consecutive transactions, the first of which follows `begin`. Statistics
// stand in the first line, so all are there before it is written; JSON exists for one block at a
// time. `level`: of zstd. Throws Error{invariant} for transactions that are not consecutive, or
// whose changes do not lead from one digest to the next. Bulk commits (no changes) and others must
// not be mixed. Returns the header written.
Header write_log_segment(const LogPosition& begin,
                         const std::vector<const LoggedTransaction*>& transactions, int level,
                         ByteSink& sink);

// One change of a segment; views live until the call returns.
struct SegmentChange {
  RecordKind kind{};
  std::string_view key;
  bool has_before = false, has_after = false;
  std::string_view before, after;  // canonical bodies
  ContentDigest after_hash;        // with has_after
};

// A transaction that was read whole and found right: its number follows the one before, its time is
// later, its changes lead to its digest.
struct SegmentTransaction {
  CommitLine commit;
  std::size_t change_count = 0;
  std::function<SegmentChange(std::size_t)> change;
};

// Reads a segment, checking everything (all levels but `restore` and the link to what is before the
// segment). `on_transaction` returns false to stop early. Transactions are handed on when the block
// in which they end has been checked; one that spans blocks is kept in memory whole. Throws
// Error{damaged} at the first damage, with line and byte, `safe` saying what is untouched; and what
// FileReader throws.
Header read_log_segment(ByteSource& source, const Options& options, const std::string& safe,
                        const std::function<bool(const SegmentTransaction&)>& on_transaction);

}  // namespace manifolddb::backup
