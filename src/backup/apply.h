// How scripts write: record and deletion lines (docs/backup_format.md, section 3) into an open
// database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>

#include "backup/record_codec.h"
#include "manifolddb/database.h"
#include "manifolddb/error.h"

namespace manifolddb::backup {

struct ApplyOptions {
  // One transaction for each so many lines; none: one for all. Not 0.
  std::optional<std::uint64_t> batch_lines;

  // Longer lines are refused unread.
  std::size_t line_bytes_max = kReadLineBytesMax;

  // Threads that parse ahead of the transaction; 0: one less than the machine has cores.
  unsigned threads = 0;

  // Called from the calling thread with the lines done; the total is not known (0).
  ProgressCallback progress;
};

// What was committed.
struct ApplySummary {
  std::uint64_t put_count = 0;
  std::uint64_t deleted_count = 0;  // as asked for; edges that entities took along are not counted
  std::uint64_t skipped_count = 0;  // headers, checkpoints and trailers of backups
  std::uint64_t line_count = 0;     // up to the last line of the last committed transaction
  std::uint64_t transaction_count = 0;
  SequenceNumber sequence_number;
  std::int64_t committed_at_us = 0;
  ContentDigest content_digest;

  // With batch_lines only: the bad line that ended the run after something had been committed.
  std::optional<Error> stopped_by;
};

// Applies the lines in their order as one transaction. JSON is read tolerantly (white space, order
// of members, numbers as 1.50); blank lines, duplicate keys and unknown members are refused. The
// input may be zstd-compressed. Puts replace whole records and move the id counters past their ids.
// Deleting what is not there is refused, unless it is an edge that the deletion of an entity took
// along before, in the same input. `source_name` is how messages call the input.
//
// A bad line is Error{damaged} with its line and byte, and nothing is changed. With batch_lines,
// what was committed before it stays and is what the summary tells. Any other failure is thrown
// too; its safe() then names the last committed line.
ApplySummary apply(Database& database, const std::filesystem::path& file,
                   const ApplyOptions& options = {});
ApplySummary apply(Database& database, std::istream& in, const std::string& source_name,
                   const ApplyOptions& options = {});

}  // namespace manifolddb::backup
