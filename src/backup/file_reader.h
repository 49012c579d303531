// Reads a backup from one end to the other: parses blocks side by side, checks in order all that
// goes over them, and reports every damage by line and byte. Verification and restore alike read
// with it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "backup/block_cutter.h"
#include "backup/block_parser.h"
#include "backup/envelope_check.h"
#include "backup/file_header.h"
#include "backup/progress.h"
#include "backup/record_codec.h"
#include "backup/reference_check.h"
#include "backup/transaction_check.h"
#include "io/byte_stream.h"
#include "manifolddb/backup.h"

namespace manifolddb::backup {

struct ReaderOptions {
  unsigned threads = 0;  // none is started for a file smaller than a block
  std::size_t memory_limit_bytes = 128u << 20;
  bool check_records = true;  // false: level `structure`
  bool keep_records = false;  // fill ParsedBlock::batch (or ::changes) for on_block
  // Called on the workers for each parsed block (or by read() itself); with keep_records it may
  // exchange the batch.
  std::function<void(ParsedBlock&)> prepare;
  ProgressCallback progress;
};

class FileReader {
 public:
  // Reads the header line; throws as read_header_line does.
  FileReader(ByteSource& source, ReaderOptions options);  // the source must outlive it
  ~FileReader();

  // Null when the header line is damaged.
  const Header* header() const { return header_line_.header ? &*header_line_.header : nullptr; }
  std::optional<Damage> header_damage() const;
  const std::string& source_name() const { return source_name_; }

  // `level`: the lowest level at which this damage shows, structure or records. May throw to stop.
  using OnDamage = std::function<void(Damage damage, VerifyLevel level)>;
  // The blocks in order, each after everything in it was checked.
  using OnBlock = std::function<void(ParsedBlock& block)>;

  // Once. `on_block` may be empty.
  void read(const OnDamage& on_damage, const OnBlock& on_block);

  // After read().
  const BackupStatistics& counts() const { return counts_; }  // of lines, bytes included
  const ContentDigest& digest() const { return digest_; }     // of the lines
  bool ended_early() const { return ended_early_; }  // nothing behind some place could be read
  bool references_checked() const;

 private:
  using Range = LineRange;

  void read_header();
  void read_as_log();
  void set_progress_total(const Header& header);

  void read_side_by_side(ParsedBlock&& first, const OnBlock& on_block);
  void consume(ParsedBlock& block, const OnBlock& on_block);
  void report_lines(const ParsedBlock& block);
  bool check_transactions(const ParsedBlock& block);
  void check_block(const ParsedBlock& block, bool is_explained);
  bool check_checkpoint(const ParsedBlock& block, const Range& range, bool is_explained);
  void check_block_size(const ParsedBlock& block, const Range& range);
  void check_across_blocks(const ParsedBlock& block);
  void account(const ParsedBlock& block);

  void check_end();
  void check_end_of_log();
  std::string content_faults() const;

  Range range_of(const ParsedBlock& block) const;
  Range range_of(const ParsedBlock& block, const LinePlace& place) const;
  void report(const Range& range, std::string what, VerifyLevel level);

  std::string source_name_;
  ReaderOptions options_;
  BlockCutter cutter_;
  LineRules rules_;
  Progress progress_;

  HeaderLine header_line_;
  Range header_range_{};
  EnvelopeCheck envelope_;

  const OnDamage* on_damage_ = nullptr;
  std::uint64_t lines_ = 0;  // consumed
  std::uint64_t bytes_ = 0;
  bool content_suspect_ = false;  // a finding in the lines explains what does not add up at the end
  bool ended_early_ = false;
  std::optional<TransactionCheck> transactions_;  // of a log segment
  bool transactions_are_right_ = true;
  std::optional<RecordPlace> last_record_;  // its place is of no use
  std::optional<Range> short_block_;        // must be the last one
  BackupStatistics counts_;
  std::uint64_t ignored_lines_ = 0;
  ContentDigest digest_;
  std::uint64_t entity_id_max_ = 0, edge_id_max_ = 0;
  ReferenceCheck references_;

  std::optional<Trailer> trailer_;
  std::optional<Range> trailer_range_;
};

}  // namespace manifolddb::backup
