#include "backup/file_reader.h"

#include <algorithm>
#include <utility>

#include "backup/file_writer.h"
#include "backup/ordered_pipeline.h"

// What makes one damage one finding: a line that is bad explains its block's checkpoint; a block
// that does not match explains counts and digest at the end of the file; a line in the wrong place
// is told where it stands, and order is judged from there on; a missing entity is told once. What
// such a finding does not explain is still compared: the header and the checkpoints by the
// trailer's hash.

namespace manifolddb::backup {

namespace {

// Raw lines, their records, and what parsing them takes, for each byte of a block.
constexpr std::size_t kMemoryPerBlockByte = 4;
constexpr std::size_t kBlocksInFlightMax = 4;  // for each worker

// Where the header is lost, its commits tell that a file is a log segment.
bool has_commit(std::string_view lines) {
  constexpr std::string_view kCommitBehindLine = "\n{\"type\":\"commit\",";
  return lines.starts_with(kCommitBehindLine.substr(1)) ||
         lines.find(kCommitBehindLine) != std::string_view::npos;
}

}  // namespace

FileReader::FileReader(ByteSource& source, ReaderOptions options)
    : source_name_(source.name()),
      options_(std::move(options)),
      cutter_(source),
      progress_(options_.progress, 0) {
  rules_.check_records = options_.check_records;
  rules_.keep_records = options_.keep_records;
  read_header();
}

FileReader::~FileReader() = default;

bool FileReader::references_checked() const {
  return options_.check_records && references_.complete() && header() != nullptr &&
         header()->kind == "full";
}

void FileReader::read_header() {
  RawBlock block;
  cutter_.next(block);
  if (block.end == BlockEnd::unreadable) {
    throw Error(ErrorCode::damaged, source_name_ + ": " + block.failure, "nothing was changed");
  }
  header_line_ = read_header_line(block, source_name_);
  envelope_.add_header(block.bytes());
  header_range_ = {1, 1, 0, block.size - 1};
  lines_ = 1;
  bytes_ = block.size;
  if (const Header* const found = header()) {
    rules_.deletions_allowed = found->kind != "full";
    rules_.may_ignore = found->may_ignore;
    set_progress_total(*found);
  }
  if (header_line_.form == LineForm::log) read_as_log();
}

// Progress goes by data lines, and commits are such.
void FileReader::set_progress_total(const Header& header) {
  std::uint64_t lines = header.statistics.total_records;
  if (header.kind == "log") lines += header.sequence_number - header.previous_sequence.value_or(0);
  progress_.set_total(lines);
}

void FileReader::read_as_log() {
  rules_.is_log = true;
  rules_.deletions_allowed = true;
  cutter_.set_line_bytes_max(kReadLogLineBytesMax);
  transactions_.emplace(header(), bytes_);
}

std::optional<Damage> FileReader::header_damage() const {
  if (!header_line_.damage) return std::nullopt;
  return Damage{source_name_,
                1,
                1,
                std::min<std::uint64_t>(header_line_.damage->byte, header_range_.last_byte),
                header_range_.last_byte,
                header_line_.damage->what};
}

void FileReader::read(const OnDamage& on_damage, const OnBlock& on_block) {
  on_damage_ = &on_damage;
  progress_.report();
  if (std::optional<Damage> damage = header_damage()) {
    on_damage(std::move(*damage), VerifyLevel::structure);
  }

  // Small files are common, log segments above all: no thread is started before a block is large.
  std::optional<BlockParser> parser;
  ParsedBlock block;
  while (cutter_.next(block.raw)) {
    if (!parser) {
      if (header() == nullptr && !transactions_ && has_commit(block.raw.bytes())) read_as_log();
      parser.emplace(rules_);
    }
    if (block.raw.size >= kBlockBytes) {
      read_side_by_side(std::move(block), on_block);
      break;
    }
    parser->parse(block);
    if (options_.prepare) options_.prepare(block);
    consume(block, on_block);
    block.clear();
  }
  check_end();
  counts_.uncompressed_size = bytes_;
}

void FileReader::read_side_by_side(ParsedBlock&& first, const OnBlock& on_block) {
  WorkerPool pool(worker_count(options_.threads));
  std::vector<BlockParser> parsers;
  for (unsigned worker = 0; worker < pool.size(); ++worker) parsers.emplace_back(rules_);
  const std::size_t in_flight_bytes_max =
      std::min(options_.memory_limit_bytes,
               pool.size() * kBlocksInFlightMax * kMemoryPerBlockByte * kBlockBytes);
  OrderedPipeline<ParsedBlock> blocks(pool, in_flight_bytes_max,
                                      [&](ParsedBlock& block, unsigned worker) {
                                        parsers[worker].parse(block);
                                        if (options_.prepare) options_.prepare(block);
                                      });
  const auto give = [&blocks](ParsedBlock&& block) {
    const std::size_t weight = block.raw.buffer.size() * kMemoryPerBlockByte;
    blocks.give(std::move(block), weight);
  };
  give(std::move(first));
  std::vector<ParsedBlock> spare;
  bool more = true;
  for (;;) {
    while (more && blocks.accepts()) {
      ParsedBlock block;
      if (!spare.empty()) {
        block = std::move(spare.back());
        spare.pop_back();
      }
      more = cutter_.next(block.raw);
      if (more) give(std::move(block));
    }
    if (blocks.empty()) break;
    ParsedBlock block = blocks.take();
    consume(block, on_block);
    block.clear();
    if (spare.size() < pool.size()) spare.push_back(std::move(block));
  }
}

void FileReader::consume(ParsedBlock& block, const OnBlock& on_block) {
  report_lines(block);
  const bool is_explained = !check_transactions(block) || block.finding_count != 0;
  check_block(block, is_explained);
  if (options_.check_records) check_across_blocks(block);
  if (on_block) on_block(block);
  account(block);
  progress_.add(block.data_lines);
}

void FileReader::report_lines(const ParsedBlock& block) {
  if (block.finding_count == 0) return;
  content_suspect_ = true;
  // A line that is refused though its block is as it was written shows only when lines are read.
  const bool as_written =
      block.checkpoint && block.checkpoint->xxh3_128 == block.data_hash && options_.check_records;
  for (const LineFinding& finding : block.findings) {
    Range range = range_of(block, finding.place);
    range.last_line += finding.last_line - finding.place.line;
    range.first_byte = block.raw.first_byte + finding.byte;
    range.first_byte = std::min(range.first_byte, range.last_byte);
    if (finding.other && !as_written) {
      const Range other = range_of(block, *finding.other);
      range.first_line = other.first_line;
      range.first_byte = other.first_byte;
    }
    report(range, finding.what, as_written ? VerifyLevel::records : VerifyLevel::structure);
  }
  const std::uint64_t left_out = block.finding_count - block.findings.size();
  if (left_out != 0) {
    report(range_of(block), std::to_string(left_out) + " more lines of this block are damaged",
           VerifyLevel::structure);
  }
}

// False when a transaction is at fault that ends in this block.
bool FileReader::check_transactions(const ParsedBlock& block) {
  if (!transactions_) return true;
  const bool as_written = block.checkpoint && block.checkpoint->xxh3_128 == block.data_hash;
  bool are_right = true;
  transactions_->check(block, lines_, [&](const LineRange& range, std::string what) {
    are_right = false;
    report(range, std::move(what), as_written ? VerifyLevel::records : VerifyLevel::structure);
  });
  transactions_are_right_ &= are_right;
  return are_right;
}

// `is_explained`: a finding inside the block tells already why it is not what was written.
void FileReader::check_block(const ParsedBlock& block, bool is_explained) {
  const Range range = range_of(block);
  const bool lines_are_good = block.finding_count == 0;
  switch (block.raw.end) {
    case BlockEnd::header:
      break;
    case BlockEnd::checkpoint:
      if (check_checkpoint(block, range, is_explained) && lines_are_good) {
        check_block_size(block, range);
      }
      break;
    case BlockEnd::no_checkpoint:
      content_suspect_ = true;
      if (lines_are_good) {
        report(range, "no checkpoint follows these lines, where one must stand",
               VerifyLevel::structure);
      }
      break;
    case BlockEnd::long_line: {
      content_suspect_ = true;
      const std::uint64_t begin = block.raw.first_byte + block.raw.size;
      const std::uint64_t line = lines_ + block.line_count + 1;
      report({line, line, begin, begin + block.raw.skipped_bytes - 1},
             "the line is longer than " + std::to_string(cutter_.line_bytes_max()) + " bytes",
             VerifyLevel::structure);
      break;
    }
    case BlockEnd::end_of_file:
      if (block.data_lines != 0) {
        content_suspect_ = true;
        if (lines_are_good) {
          report(range, "these lines are not closed by a checkpoint", VerifyLevel::structure);
        }
      }
      break;
    case BlockEnd::unreadable:
      content_suspect_ = true;
      ended_early_ = true;
      report(range, "cannot be read on from here: " + block.raw.failure, VerifyLevel::structure);
      break;
  }
}

// Whether the block is as its checkpoint says.
bool FileReader::check_checkpoint(const ParsedBlock& block, const Range& range, bool is_explained) {
  const Checkpoint found{block.data_lines, block.raw.checkpoint_begin, block.data_hash};
  envelope_.add_checkpoint(block.raw.bytes().substr(block.raw.checkpoint_begin), found);
  if (!block.checkpoint) return false;  // its line was reported

  std::string faults;
  append_mismatch(faults, "records", block.checkpoint->records, found.records);
  append_mismatch(faults, "bytes", block.checkpoint->bytes, found.bytes);
  append_mismatch(faults, "xxh3_128", block.checkpoint->xxh3_128.to_hex(), found.xxh3_128.to_hex());
  if (faults.empty()) return true;
  content_suspect_ = true;
  if (!is_explained) {
    if (transactions_) transactions_->doubt();
    report(range, "the block is not what its checkpoint says: " + faults, VerifyLevel::structure);
  }
  return false;
}

// Where blocks end depends on the content alone, and only the last one is short.
void FileReader::check_block_size(const ParsedBlock& block, const Range& range) {
  const std::size_t data_bytes = block.raw.checkpoint_begin;
  if (short_block_) {
    report(*short_block_,
           "the block ends before it has " + std::to_string(kBlockBytes) +
               " bytes, though more lines follow",
           VerifyLevel::structure);
    short_block_.reset();
  }
  if (data_bytes == 0) {
    report(range, "a checkpoint without lines before it", VerifyLevel::structure);
  } else if (data_bytes < kBlockBytes) {
    short_block_ = range;
  } else if (block.last_data_line_begin >= kBlockBytes) {
    report(range,
           "the block goes on behind the line at which it has " + std::to_string(kBlockBytes) +
               " bytes",
           VerifyLevel::structure);
  }
}

void FileReader::check_across_blocks(const ParsedBlock& block) {
  if (block.first_record) {
    const RecordPlace& first = *block.first_record;
    if (last_record_) {
      std::string fault = order_fault(last_record_->kind, last_record_->key, first.kind, first.key);
      if (!fault.empty()) {
        content_suspect_ = true;
        report(range_of(block, first.place), std::move(fault), VerifyLevel::records);
      }
    }
  }
  // In a log segment order begins anew behind a commit.
  if (block.last_record || !block.commits.empty()) last_record_ = block.last_record;
  if (transactions_ || (header() != nullptr && header()->kind != "full")) return;
  references_.add_entities(block);
  for (const EdgeEnds& edge : block.edges) {
    std::optional<std::string> fault = references_.fault(edge);
    if (fault) report(range_of(block, edge.place), std::move(*fault), VerifyLevel::records);
  }
}

void FileReader::account(const ParsedBlock& block) {
  counts_.entity_count += block.counts.entity_count;
  counts_.edge_count += block.counts.edge_count;
  counts_.metadata_count += block.counts.metadata_count;
  counts_.deleted_count += block.counts.deleted_count;
  counts_.total_records += block.counts.total_records;
  ignored_lines_ += block.ignored_lines;
  digest_ += block.digest;
  entity_id_max_ = std::max(entity_id_max_, block.entity_id_max);
  edge_id_max_ = std::max(edge_id_max_, block.edge_id_max);
  if (block.trailer) {
    trailer_ = block.trailer;
    trailer_range_ = range_of(block, block.trailer_place);
  }
  lines_ += block.line_count + (block.raw.end == BlockEnd::long_line ? 1 : 0);
  bytes_ = block.raw.first_byte + block.raw.size + block.raw.skipped_bytes;
}

void FileReader::check_end() {
  if (ended_early_) return;
  if (!trailer_) {
    const std::uint64_t last_byte = std::max<std::uint64_t>(bytes_, 1) - 1;
    report({lines_, lines_, last_byte, last_byte},
           "the file ends here without its last line, end_of_backup: it is incomplete",
           VerifyLevel::structure);
    return;
  }
  BackupStatistics counted = counts_;
  if (ignored_lines_ != 0) counted.total_records = trailer_->statistics.total_records;
  const EnvelopeCheck::Verdict verdict =
      envelope_.judge(header_line_.damage ? nullptr : header(), *trailer_,
                      trailer_range_->first_byte, content_suspect_ ? nullptr : &counted);
  if (!verdict.header_faults.empty()) {
    report(header_range_, verdict.header_faults, VerifyLevel::structure);
  }
  if (!verdict.trailer_faults.empty()) {
    report(*trailer_range_, verdict.trailer_faults, VerifyLevel::structure);
  }
  if (transactions_ && !content_suspect_ && header() != nullptr) check_end_of_log();
  if (!options_.check_records || content_suspect_ || header() == nullptr) return;
  const std::string content = content_faults();
  if (!content.empty()) report(*trailer_range_, content, VerifyLevel::records);
}

void FileReader::check_end_of_log() {
  const std::uint64_t stated = header()->sequence_number - header()->previous_sequence.value_or(0);
  if (stated != transactions_->commit_lines()) {
    std::string faults = "the transactions are not those that the header states: ";
    append_mismatch(faults, "commits", stated, transactions_->commit_lines());
    report(*trailer_range_, std::move(faults), VerifyLevel::structure);
  }
  if (const std::optional<LineRange> lines = transactions_->unclosed_lines()) {
    transactions_are_right_ = false;
    report(*lines, "these lines are not closed by a commit", VerifyLevel::records);
  }
}

// The content as a whole; only asked when no line is to blame.
std::string FileReader::content_faults() const {
  const Header& stated = *header();
  std::string faults;
  // Header and trailer that name two digests were reported as that.
  if (stated.kind == "full" && stated.content_digest == trailer_->content_digest) {
    append_mismatch(faults, "content_digest", stated.content_digest.to_hex(), digest_.to_hex());
  }
  if (transactions_ && transactions_are_right_) faults = transactions_->header_faults(stated);
  if (stated.next_entity_id <= entity_id_max_) {
    append_mismatch(faults, "next_entity_id", stated.next_entity_id, entity_id_max_ + 1);
  }
  if (stated.next_edge_id <= edge_id_max_) {
    append_mismatch(faults, "next_edge_id", stated.next_edge_id, edge_id_max_ + 1);
  }
  if (!faults.empty()) faults.insert(0, "the lines are not the content that the backup states: ");
  return faults;
}

FileReader::Range FileReader::range_of(const ParsedBlock& block) const {
  const std::uint64_t last_line = lines_ + std::max<std::uint64_t>(block.line_count, 1);
  const std::uint64_t size = std::max<std::uint64_t>(block.raw.size, 1);
  return {lines_ + 1, last_line, block.raw.first_byte, block.raw.first_byte + size - 1};
}

FileReader::Range FileReader::range_of(const ParsedBlock& block, const LinePlace& place) const {
  const std::uint64_t line = lines_ + place.line + 1;
  return {line, line, block.raw.first_byte + place.begin, block.raw.first_byte + place.end - 1};
}

void FileReader::report(const Range& range, std::string what, VerifyLevel level) {
  (*on_damage_)(Damage{source_name_, range.first_line, range.last_line, range.first_byte,
                       range.last_byte, std::move(what)},
                level);
}

}  // namespace manifolddb::backup
