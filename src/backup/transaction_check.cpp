#include "backup/transaction_check.h"

#include <utility>

#include "backup/envelope_check.h"
#include "common/format.h"
#include "common/hash.h"
#include "common/text.h"

namespace manifolddb::backup {

namespace {

void append_fault(std::string& faults, std::string_view what) {
  faults.append(faults.empty() ? "" : "; ").append(what);
}

}  // namespace

TransactionCheck::TransactionCheck(const Header* header, std::uint64_t header_bytes)
    : in_doubt_(header == nullptr), last_commit_{1, 1, 0, header_bytes - 1} {
  if (header == nullptr) return;
  sequence_ = header->previous_sequence.value_or(0);
  digest_ = header->previous_content_digest.value_or(ContentDigest());
}

void TransactionCheck::check(const ParsedBlock& block, std::uint64_t lines_before,
                             const OnFault& on_fault) {
  commit_lines_ += block.commit_lines;
  const bool lines_are_missing = block.finding_count != 0 || block.raw.end == BlockEnd::long_line ||
                                 block.raw.end == BlockEnd::unreadable;
  if (lines_are_missing) in_doubt_ = true;
  for (const ParsedCommit& parsed : block.commits) {
    open_.records += parsed.part.records;
    open_.delta += parsed.part.delta;
    LineRange range{last_commit_.last_line + 1, lines_before + parsed.place.line + 1,
                    last_commit_.last_byte + 1, block.raw.first_byte + parsed.place.end - 1};
    const LineRange commit{range.last_line, range.last_line,
                           block.raw.first_byte + parsed.place.begin, range.last_byte};
    if (std::exchange(in_doubt_, lines_are_missing)) {
      believe(parsed.commit);
    } else if (std::string faults = find_faults(parsed, range); !faults.empty()) {
      on_fault(range, format("transaction {}: {}", parsed.commit.sequence_number, faults));
    }
    committed_at_us_ = parsed.commit.committed_at_us;
    open_ = {};
    last_commit_ = commit;
  }
  open_.records += block.open.records;
  open_.delta += block.open.delta;
  if (block.open.records != 0) {
    last_lines_ = {last_commit_.last_line + 1, lines_before + block.data_lines,
                   last_commit_.last_byte + 1,
                   block.raw.first_byte + block.raw.checkpoint_begin - 1};
  }
}

void TransactionCheck::believe(const CommitLine& commit) {
  sequence_ = commit.sequence_number;
  number_in_doubt_ = false;
  digest_ = commit.content_digest;
  other_digest_.reset();
}

std::string TransactionCheck::find_faults(const ParsedCommit& parsed, LineRange& range) {
  const CommitLine& commit = parsed.commit;
  std::string faults;
  if (!std::exchange(number_in_doubt_, false) && commit.sequence_number != sequence_ + 1) {
    append_fault(faults, format("it stands behind transaction {}", sequence_));
    number_in_doubt_ = true;
  }
  sequence_ = commit.sequence_number;
  if (committed_at_us_ && commit.committed_at_us <= *committed_at_us_) {
    append_fault(faults,
                 format("committed_at {} is not behind {}, the time of the one before",
                        format_time_us(commit.committed_at_us), format_time_us(*committed_at_us_)));
    range.first_line = last_commit_.first_line;
    range.first_byte = last_commit_.first_byte;
  }
  if (is_bulk_.value_or(commit.bulk) != commit.bulk) {
    append_fault(faults, "bulk transactions and others stand in one segment");
  }
  is_bulk_ = commit.bulk;
  find_content_faults(commit, faults);
  return faults;
}

void TransactionCheck::find_content_faults(const CommitLine& commit, std::string& faults) {
  append_mismatch(faults, "records", commit.records, open_.records);
  if (commit.bulk) {
    if (open_.records != 0) append_fault(faults, "a bulk transaction has no records in the log");
    digest_ = commit.content_digest;
    other_digest_.reset();
    return;
  }
  const ContentDigest found = digest_ + open_.delta;
  const bool fits = commit.content_digest == found ||
                    (other_digest_ && commit.content_digest == *other_digest_ + open_.delta);
  if (!fits) {
    append_fault(faults, format("content_digest {}, but its records lead to {}",
                                commit.content_digest.to_hex(), found.to_hex()));
  }
  other_digest_ = fits ? std::nullopt : std::optional(found);
  digest_ = commit.content_digest;
}

std::optional<LineRange> TransactionCheck::unclosed_lines() const {
  if (open_.records == 0 || in_doubt_) return std::nullopt;
  return last_lines_;
}

std::string TransactionCheck::header_faults(const Header& header) const {
  std::string faults;
  append_mismatch(faults, "sequence_number", header.sequence_number, sequence_);
  append_mismatch(faults, "content_digest", header.content_digest.to_hex(), digest_.to_hex());
  if (header.committed_at_us && committed_at_us_) {
    append_mismatch(faults, "committed_at", format_time_us(*header.committed_at_us),
                    format_time_us(*committed_at_us_));
  }
  return faults;
}

}  // namespace manifolddb::backup
