// Lines of the backup format (format.md section 3) to records and back. The only place that reads
// JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/record.h"
#include "manifolddb/backup.h"
#include "manifolddb/graph.h"

namespace manifolddb::backup {

inline constexpr std::size_t kReadLineBytesMax = 64u << 20;  // longer lines are refused unread
// A line of a log segment can hold the longest record twice, after and before (kLineBytesMaxLimit).
inline constexpr std::size_t kReadLogLineBytesMax = 65u << 20;
inline constexpr int kJsonDepthMax = 128;
inline constexpr std::size_t kLinePadding = 64;  // bytes readable behind every line that is parsed

enum class LineType {
  metadata,
  schema,
  key_value,
  entity,
  edge,
  schema_deleted,
  key_value_deleted,
  entity_deleted,
  edge_deleted,
  checkpoint,
  commit,
  end_of_backup,
  unknown,  // a record type that this version does not know; ParsedLine::type_name has it
};

// strict: the canonical form and no other (backups). tolerant: any JSON that says the same (apply).
enum class Strictness { strict, tolerant };

struct Header {
  std::string format = "manifolddb-backup";
  std::uint64_t version = 2;
  std::string kind = "full";
  Uuid backup_id, database_id, history_id;
  std::optional<Uuid> parent_backup_id;
  std::int64_t created_at_us = 0;
  std::optional<std::int64_t> committed_at_us;
  std::uint64_t sequence_number = 0;
  bool is_incremental = false;
  std::optional<std::uint64_t> previous_sequence;
  ContentDigest content_digest;
  std::optional<ContentDigest> previous_content_digest;
  BackupStatistics statistics;  // uncompressed_size is not written
  std::uint64_t next_entity_id = 1, next_edge_id = 1;
  std::string generator;
  std::optional<std::string> description;
  std::vector<std::string> must_understand, may_ignore;
  std::vector<std::pair<std::string, std::string>> extra;  // ascending by key
};

struct Checkpoint {
  std::uint64_t records = 0, bytes = 0;
  ContentDigest xxh3_128;
};

// The end of a transaction in a log segment.
struct CommitLine {
  std::uint64_t sequence_number = 0;
  std::int64_t committed_at_us = 0;
  std::uint64_t records = 0;     // lines of records and deletions before it
  ContentDigest content_digest;  // after it
  bool bulk = false;             // its records are not in the log
};

struct Trailer {
  BackupStatistics statistics;
  ContentDigest content_digest;
  std::uint64_t blocks = 0, bytes = 0;
  ContentDigest xxh3_128;
};

// Appends the line with its '\n'.
void append_header_line(const Header& header, std::string& out);
void append_checkpoint_line(const Checkpoint& checkpoint, std::string& out);
void append_commit_line(const CommitLine& commit, std::string& out);
void append_trailer_line(const Trailer& trailer, std::string& out);

// Why a line was refused: where in it (0-based byte) and what is wrong, without line numbers.
struct LineError {
  std::size_t byte = 0;
  std::string what;
};

// What lines a file may hold. backup: the header, records, deletions and the envelope; `before` and
// `commit` lines are refused. log: a record or deletion must have `before`, and `commit` lines are
// read.
enum class LineForm { backup, log };

// The outcome of parsing one line. Reused from line to line; the strings keep their memory.
struct ParsedLine {
  LineType type = LineType::unknown;
  RecordKind kind{};      // of records and deletions
  std::string type_name;  // unknown only
  std::string key;        // of records and deletions (common/record.h)
  std::string body;       // of records: canonical, checked against every rule of format.md 1 and 4
  std::uint64_t source = 0, target = 0;  // of edges
  bool has_before = false;               // LineForm::log: the record existed before
  std::string before;                    // then: its body, checked as `body` is
  Header header;
  Checkpoint checkpoint;
  CommitLine commit;
  Trailer trailer;
};

// Not thread-safe; one a thread. Memory: a few times the longest line.
class LineParser {
 public:
  explicit LineParser(Strictness strictness, std::size_t line_bytes_max = kReadLineBytesMax,
                      LineForm form = LineForm::backup);
  ~LineParser();
  LineParser(LineParser&&) noexcept;

  // Parses `line` (no '\n'; kLinePadding bytes behind it must be readable, of any content). True:
  // `out` is filled as its type says. False: `error` says where and why. Refused: what is not JSON,
  // text behind the object, a BOM, an empty line, invalid UTF-8, lone surrogates, duplicate keys at
  // any depth, missing or unknown members, values outside their range, nesting over the limits;
  // when strict, everything that append_*_line would not write in exactly these bytes (the error
  // then points at the first byte that differs). `schema` lines are refused by naming their kind.
  // In a log, `before` must be of the record that `data` names, and a deletion's must not be null.
  // An unknown type is no error here: the caller decides (may_ignore).
  bool parse(std::string_view line, ParsedLine& out, LineError& error);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace manifolddb::backup
