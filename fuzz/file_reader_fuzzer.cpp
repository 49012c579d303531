// Invariant: any bytes as a backup file, compressed or not, are read to their end or refused with
// an Error of a kind that says so; every damage lies inside the file and has a reason; what is
// found does not depend on how the bytes come or on the number of threads. A backup in which
// nothing is found is what our own writer makes of its records, byte for byte.
//
// The first byte says how the others are taken: as the file, or as the data lines of a full backup
// or of a log segment, around which a right envelope is put, since no mutation hits upon a hash.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backup/backup_source.h"
#include "backup/damage.h"
#include "backup/file_reader.h"
#include "backup/file_writer.h"
#include "common/hash.h"
#include "common/json_writer.h"
#include "fuzz_target.h"

namespace {

using namespace manifolddb;
using fuzz::require;

class TextSource final : public ByteSource {
 public:
  TextSource(std::string_view text, std::size_t piece_bytes)
      : text_(text), piece_bytes_(piece_bytes) {}
  std::size_t read(char* buffer, std::size_t size) override {
    const std::size_t count = std::min({size, piece_bytes_, text_.size()});
    text_.copy(buffer, count);
    text_.remove_prefix(count);
    return count;
  }
  const std::string& name() const override { return name_; }

 private:
  std::string_view text_;
  std::size_t piece_bytes_;
  std::string name_ = "fuzzed";
};

class TextSink final : public ByteSink {
 public:
  void write(std::string_view bytes) override { text.append(bytes); }
  void finish() override {}
  const std::string& name() const override { return name_; }
  std::string text;

 private:
  std::string name_ = "written";
};

struct Outcome {
  std::optional<ErrorCode> refused;
  std::vector<std::string> findings;
  std::uint64_t bytes = 0;
  std::optional<backup::Header> header;
  bool has_other_lines = false;  // deletions or lines that may be ignored
  backup::WrittenLines lines;    // written again from the records
  friend bool operator==(const Outcome& a, const Outcome& b) {
    return a.refused == b.refused && a.findings == b.findings && a.bytes == b.bytes &&
           a.lines.lines == b.lines.lines;
  }
};

bool is_good(const Outcome& outcome) {
  return !outcome.refused && outcome.findings.empty();
}

void end_line(backup::WrittenLines& lines) {
  lines.line_ends.push_back(static_cast<std::uint32_t>(lines.lines.size()));
}

void take_changes(const backup::ParsedBlock& block, std::size_t begin, std::size_t end,
                  backup::WrittenLines& lines) {
  for (std::size_t i = begin; i < end; ++i) {
    const backup::SegmentChange change = block.changes[i];
    append_change_line(change.kind, change.key,
                       change.has_before ? std::optional(change.before) : std::nullopt,
                       change.has_after ? std::optional(change.after) : std::nullopt, lines.lines);
    end_line(lines);
  }
}

void take_transactions(const backup::ParsedBlock& block, Outcome& outcome) {
  outcome.has_other_lines |= block.ignored_lines != 0;
  std::size_t begin = 0;
  for (const backup::ParsedCommit& parsed : block.commits) {
    take_changes(block, begin, parsed.changes_end, outcome.lines);
    append_commit_line(parsed.commit, outcome.lines.lines);
    end_line(outcome.lines);
    begin = parsed.changes_end;
  }
  take_changes(block, begin, block.changes.size(), outcome.lines);
}

void take_records(const backup::ParsedBlock& block, Outcome& outcome) {
  if (outcome.header && outcome.header->kind == "log") return take_transactions(block, outcome);
  outcome.has_other_lines |= block.ignored_lines != 0 || block.counts.deleted_count != 0;
  for (std::size_t i = 0; i < block.batch.size(); ++i) {
    const RecordChange change = block.batch.change(i);
    append_record_line({change.kind, change.key, change.new_body}, outcome.lines.lines);
    end_line(outcome.lines);
  }
}

Outcome read_backup(std::string_view text, std::size_t piece_bytes, unsigned threads) {
  Outcome outcome;
  try {
    backup::BackupSource source(std::make_unique<TextSource>(text, piece_bytes));
    backup::ReaderOptions options;
    options.threads = threads;
    options.keep_records = true;
    backup::FileReader reader(source, options);
    if (reader.header() != nullptr) outcome.header = *reader.header();
    std::vector<backup::Damage> damages;
    reader.read(
        [&](backup::Damage damage, backup::VerifyLevel) { damages.push_back(std::move(damage)); },
        [&](backup::ParsedBlock& block) { take_records(block, outcome); });
    outcome.bytes = reader.counts().uncompressed_size;
    for (const backup::Damage& damage : damages) {
      require(damage.first_line >= 1 && damage.first_line <= damage.last_line, "lines in order");
      require(damage.first_byte <= damage.last_byte, "bytes in order");
      require(damage.last_byte <= outcome.bytes, "bytes in the file or at its end");
      require(!damage.what.empty(), "damage has a reason");
      outcome.findings.push_back(backup::describe(damage));
    }
  } catch (const Error& error) {
    require(error.code() == ErrorCode::damaged || error.code() == ErrorCode::newer_format ||
                error.code() == ErrorCode::failed,
            "refused as what it is");
    outcome.refused = error.code();
  }
  return outcome;
}

std::string write_backup(const backup::Header& header, const backup::WrittenLines& lines) {
  TextSink sink;
  backup::WorkerPool pool(1);
  backup::FileWriter writer(sink, pool, {});
  writer.begin(header);
  writer.append(lines);
  writer.finish();
  return sink.text;
}

void count(backup::LineType type, backup::BackupStatistics& counts) {
  switch (type) {
    case backup::LineType::entity:
      ++counts.entity_count;
      break;
    case backup::LineType::edge:
      ++counts.edge_count;
      break;
    case backup::LineType::key_value:
      ++counts.metadata_count;
      break;
    case backup::LineType::entity_deleted:
    case backup::LineType::edge_deleted:
    case backup::LineType::key_value_deleted:
      ++counts.deleted_count;
      break;
    default:
      return;
  }
  ++counts.total_records;
}

// What the header of a full backup has to state for this line.
void account(std::string_view line, backup::Header& header) {
  static backup::LineParser parser(backup::Strictness::strict);
  backup::ParsedLine parsed;
  backup::LineError error;
  if (!parser.parse(line, parsed, error)) return;
  const backup::LineType type = parsed.type;
  if (type != backup::LineType::entity && type != backup::LineType::edge &&
      type != backup::LineType::key_value) {
    return;
  }
  count(type, header.statistics);
  std::string scratch;
  header.content_digest += record_hash({parsed.kind, parsed.key, parsed.body}, scratch);
}

// The same for a log segment: the first transaction begins with the digest that it fits.
void account_log(std::string_view line, backup::Header& header) {
  static backup::LineParser parser(backup::Strictness::strict, backup::kReadLogLineBytesMax,
                                   backup::LineForm::log);
  backup::ParsedLine parsed;
  backup::LineError error;
  if (!parser.parse(line, parsed, error)) return;
  count(parsed.type, header.statistics);
  std::string scratch;
  if (parsed.type == backup::LineType::commit) {
    if (!header.committed_at_us) {
      header.previous_sequence = parsed.commit.sequence_number - 1;
      header.previous_content_digest =
          parsed.commit.content_digest - *header.previous_content_digest;
    }
    header.sequence_number = parsed.commit.sequence_number;
    header.committed_at_us = parsed.commit.committed_at_us;
    header.content_digest = parsed.commit.content_digest;
  } else if (parsed.type != backup::LineType::unknown && !header.committed_at_us) {
    ContentDigest& delta = *header.previous_content_digest;
    if (parsed.has_before) delta -= record_hash({parsed.kind, parsed.key, parsed.before}, scratch);
    if (!parsed.body.empty() || parsed.type == backup::LineType::key_value) {
      delta += record_hash({parsed.kind, parsed.key, parsed.body}, scratch);
    }
  }
}

std::string with_envelope(std::string_view text, bool is_log) {
  backup::WrittenLines lines;
  lines.lines = text;
  if (!text.ends_with('\n')) lines.lines.push_back('\n');
  const std::size_t end = lines.lines.size();
  lines.lines.append(backup::kLinePadding, '\0');
  backup::Header header;
  header.next_entity_id = kIdMax + 1;
  header.next_edge_id = kIdMax + 1;
  if (is_log) {
    header.kind = "log";
    header.previous_sequence = 0;
    header.previous_content_digest.emplace();
  }
  for (std::size_t begin = 0; begin < end;) {
    const std::size_t newline = lines.lines.find('\n', begin);
    const std::string_view line = std::string_view(lines.lines).substr(begin, newline - begin);
    is_log ? account_log(line, header) : account(line, header);
    begin = newline + 1;
    lines.line_ends.push_back(static_cast<std::uint32_t>(begin));
  }
  lines.lines.resize(end);
  return write_backup(header, lines);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input = fuzz::as_text(data + 1, size - 1);
  const std::string text =
      data[0] % 3 == 0 ? std::string(input) : with_envelope(input, data[0] % 3 == 2);
  const Outcome whole = read_backup(text, text.size() + 1, 1);
  const Outcome in_pieces = read_backup(text, 1 + data[0] % 7, 2);
  require(is_good(whole) == is_good(in_pieces), "good or bad however the bytes come");
  const bool compressed = !text.starts_with('{');
  if (!compressed) require(whole == in_pieces, "the same is found however the bytes come");
  if (!is_good(whole) || whole.has_other_lines) return 0;
  if (!compressed) {
    require(write_backup(*whole.header, whole.lines) == text, "written again, it is the same file");
  }
  return 0;
}
