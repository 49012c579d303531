// One block of a backup, parsed and checked as far as it can be seen alone. Done side by side; what
// goes over several blocks is file_reader's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backup/block_cutter.h"
#include "backup/record_codec.h"
#include "backup/segment_changes.h"
#include "common/hash.h"
#include "database/bulk_loader.h"

namespace manifolddb::backup {

// What all lines of a file have in common.
struct LineRules {
  bool check_records = true;       // false: only what level `structure` needs
  bool keep_records = false;       // fill ParsedBlock::batch, or ::changes of a log segment
  bool deletions_allowed = false;  // in incrementals and log segments
  bool is_log = false;             // lines of LineForm::log; order begins anew behind each commit
  std::vector<std::string> may_ignore;
};

// Where a line stands in its block.
struct LinePlace {
  std::uint64_t line = 0;  // 0-based
  std::size_t begin = 0;
  std::size_t end = 0;  // exclusive, line end included
};

struct LineFinding {
  LinePlace place;
  std::uint64_t last_line = 0;  // the same as place.line but for a run of blank lines
  std::size_t byte = 0;         // in the block: the first bad byte
  std::string what;
  // Of a record out of order: the one that it does not fit. Where the block is not as it was
  // written, either of the two may be the one that was changed.
  std::optional<LinePlace> other{};
};

struct EdgeEnds {
  std::uint64_t id = 0, source = 0, target = 0;
  LinePlace place;
};

struct RecordPlace {
  RecordKind kind{};
  std::string key;
  LinePlace place;
};

// Lines of one transaction that a block holds.
struct TransactionPart {
  std::uint64_t records = 0;  // of records and deletions
  ContentDigest delta;        // what they add to the content digest
};

// A commit line of a log segment.
struct ParsedCommit {
  CommitLine commit;
  LinePlace place;
  TransactionPart part;         // in front of it, from the commit before it or the block's begin on
  std::size_t changes_end = 0;  // ParsedBlock::changes that belong to it or to earlier ones
};

// What became of a block's records where they were merged with a database.
struct MergeOutcome {
  std::uint64_t skipped_count = 0;
  std::uint64_t overwritten_count = 0;
  std::uint64_t conflict_count = 0;
  std::vector<std::string> conflicts;  // the first ones, by name
};

struct ParsedBlock {
  // Kept one by one; more in a block (no block of record lines has as many) are told as a number.
  static constexpr std::size_t kFindingsMax = 30'000;

  RawBlock raw;
  std::uint64_t line_count = 0;
  std::vector<LineFinding> findings;
  std::uint64_t finding_count = 0;

  std::uint64_t data_lines = 0;
  std::size_t last_data_line_begin = 0;
  ContentDigest data_hash;               // of the bytes before the checkpoint
  std::optional<Checkpoint> checkpoint;  // of BlockEnd::checkpoint, unless malformed
  std::optional<Trailer> trailer;        // of BlockEnd::end_of_file
  LinePlace trailer_place;

  BackupStatistics counts;  // of lines in order; uncompressed_size is not used
  std::uint64_t ignored_lines = 0;
  ContentDigest digest;  // sum over the records
  // Deletions count. In a log segment of the transaction that the block begins in, and of the one
  // that it ends in.
  std::optional<RecordPlace> first_record, last_record;
  std::vector<std::uint64_t> entity_ids;         // put, in the order of the lines
  std::vector<EdgeEnds> edges;                   // put
  std::vector<std::uint64_t> unread_entity_ids;  // of malformed entity lines whose id can be read
  std::uint64_t entity_id_max = 0, edge_id_max = 0;
  std::vector<ParsedCommit> commits;  // of a log segment, like the following
  std::uint64_t commit_lines = 0;     // also at level `structure`
  TransactionPart open;               // lines behind the last commit
  SegmentChanges changes;             // with LineRules::keep_records
  ChangeBatch batch;                  // the same for others
  MergeOutcome merged;                // by ReaderOptions::prepare

  // Ready for another block, with its memory kept.
  void clear();
};

// Not thread-safe; one a thread. The rules must outlive it.
class BlockParser {
 public:
  explicit BlockParser(const LineRules& rules);

  // Fills everything behind `raw`.
  void parse(ParsedBlock& block);

 private:
  void parse_line(ParsedBlock& block, const LinePlace& place, std::string_view line);
  void classify_line(ParsedBlock& block, const LinePlace& place, std::string_view line);
  void take_record(ParsedBlock& block, const LinePlace& place);
  void take_put(ParsedBlock& block, const LinePlace& place);
  void take_change(ParsedBlock& block);
  void take_commit(ParsedBlock& block, const LinePlace& place);
  void check_order(ParsedBlock& block, const LinePlace& place);
  void take_line_of_envelope(ParsedBlock& block, const LinePlace& place);
  void take_unknown(ParsedBlock& block, const LinePlace& place, const std::string& type_name);
  void refuse(ParsedBlock& block, const LinePlace& place, std::size_t byte, std::string what,
              std::optional<LinePlace> other = {});

  const LineRules& rules_;
  LineParser parser_;
  ParsedLine parsed_;
  LineError error_;
  std::string scratch_;
};

// Why `key` must not stand behind `previous`, or empty: lines ascend by kind and key, each once.
std::string order_fault(RecordKind previous_kind, std::string_view previous_key, RecordKind kind,
                        std::string_view key);

}  // namespace manifolddb::backup
