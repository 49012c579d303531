// Whether the transactions of a log segment continue each other: numbers, times, counts and content
// digests.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "backup/block_parser.h"
#include "backup/record_codec.h"

namespace manifolddb::backup {

// Lines and bytes of a file as Damage has them.
struct LineRange {
  std::uint64_t first_line = 0, last_line = 0, first_byte = 0, last_byte = 0;
};

// Not thread-safe. One damage is one fault: behind a fault, what the commit line says and what the
// lines lead to are both taken for possible.
class TransactionCheck {
 public:
  // Requires that the header is of kind log; null when it is damaged: the first commit is then
  // believed. Lines begin behind the header, which has so many bytes.
  TransactionCheck(const Header* header, std::uint64_t header_bytes);

  // The range is that of the transaction at fault; a fault in a time begins with the commit before.
  using OnFault = std::function<void(const LineRange& range, std::string what)>;
  // Blocks in order; `lines_before`: lines of the file in front of the block.
  void check(const ParsedBlock& block, std::uint64_t lines_before, const OnFault& on_fault);

  // The block at hand is not what was written: what its last transaction adds up to says nothing.
  void doubt() { in_doubt_ = true; }

  std::uint64_t commit_lines() const { return commit_lines_; }

  // Behind the last block: the lines that no commit closes, if any, and what the header states
  // otherwise than the last transaction; empty where nothing is wrong.
  std::optional<LineRange> unclosed_lines() const;
  std::string header_faults(const Header& header) const;

 private:
  std::string find_faults(const ParsedCommit& parsed, LineRange& range);
  void find_content_faults(const CommitLine& commit, std::string& faults);
  void believe(const CommitLine& commit);

  bool in_doubt_ = false;         // the next commit is believed
  bool number_in_doubt_ = false;  // the last number was a fault: the next one is believed
  std::uint64_t sequence_ = 0;
  std::optional<std::int64_t> committed_at_us_;  // of the last commit
  ContentDigest digest_;
  std::optional<ContentDigest> other_digest_;  // behind a fault: what the lines led to
  std::optional<bool> is_bulk_;                // of all transactions of the segment
  TransactionPart open_;
  LineRange last_commit_;  // the header before the first one
  LineRange last_lines_;   // behind it, up to the last record
  std::uint64_t commit_lines_ = 0;
};

}  // namespace manifolddb::backup
