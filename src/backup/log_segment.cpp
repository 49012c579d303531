#include "backup/log_segment.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "backup/damage.h"
#include "backup/export_header.h"
#include "backup/file_reader.h"
#include "backup/file_writer.h"
#include "common/format.h"
#include "common/hash.h"
#include "common/json_writer.h"
#include "common/text.h"

namespace manifolddb::backup {

namespace {

constexpr std::size_t kPieceBytes = 256u << 10;  // of lines that are handed to the writer at once

// --- writing -------------------------------------------------------------------------------------

[[noreturn]] void refuse(const CommitRecord& commit, const std::string& why) {
  throw Error(ErrorCode::invariant,
              format("transaction {} cannot be archived: {}", commit.sequence_number.value, why),
              "it is in the database as it was", "manifold check DB; please report this");
}

// What a reader would find wrong with the segment is found before it is written.
class LoggedTransactionCheck {
 public:
  explicit LoggedTransactionCheck(const LogPosition& begin)
      : sequence_(begin.sequence), digest_(begin.digest) {}

  void check(const LoggedTransaction& transaction) {
    const CommitRecord& commit = transaction.commit;
    if (commit.sequence_number.value != sequence_ + 1) {
      refuse(commit, format("it does not follow {}", sequence_));
    }
    if (last_ != nullptr && commit.committed_at_us <= last_->committed_at_us) {
      refuse(commit, format("its time {} is not behind {}", format_time_us(commit.committed_at_us),
                            format_time_us(last_->committed_at_us)));
    }
    if (last_ != nullptr && commit.bulk != last_->bulk) {
      refuse(commit, "bulk transactions and others cannot be in one segment");
    }
    if (commit.bulk) {
      if (!transaction.changes.empty()) refuse(commit, "a bulk transaction with changes");
    } else {
      check_changes(transaction);
    }
    sequence_ = commit.sequence_number.value;
    digest_ = commit.content_digest;
    last_ = &commit;
  }

 private:
  void check_changes(const LoggedTransaction& transaction) {
    const LoggedRecordChange* previous = nullptr;
    for (const LoggedRecordChange& change : transaction.changes) {
      if (!change.has_before && !change.has_after) {
        refuse(transaction.commit, "a change from nothing to nothing");
      }
      if (previous != nullptr) {
        const std::string fault =
            order_fault(previous->kind, previous->key, change.kind, change.key);
        if (!fault.empty()) refuse(transaction.commit, fault);
      }
      previous = &change;
      if (change.has_before) {
        digest_ -= record_hash({change.kind, change.key, change.before}, scratch_);
      }
      if (change.has_after) {
        digest_ += record_hash({change.kind, change.key, change.after}, scratch_);
      }
    }
    const ContentDigest& stated = transaction.commit.content_digest;
    if (digest_ != stated) {
      refuse(transaction.commit, format("its content digest is {}, but its changes lead to {}",
                                        stated.to_hex(), digest_.to_hex()));
    }
  }

  std::uint64_t sequence_;
  ContentDigest digest_;
  const CommitRecord* last_ = nullptr;
  std::string scratch_;
};

void count_changes(const LoggedTransaction& transaction, BackupStatistics& counts) {
  for (const LoggedRecordChange& change : transaction.changes) {
    ++counts.total_records;
    if (!change.has_after) {
      ++counts.deleted_count;
    } else if (change.kind == RecordKind::entity) {
      ++counts.entity_count;
    } else if (change.kind == RecordKind::edge) {
      ++counts.edge_count;
    } else {
      ++counts.metadata_count;
    }
  }
}

Header make_header(const LogPosition& begin,
                   const std::vector<const LoggedTransaction*>& transactions) {
  const CommitRecord& last = transactions.back()->commit;
  StateRecord state;
  state.database_id = begin.database_id;
  state.history_id = begin.history_id;
  state.sequence = last.sequence_number.value;
  state.committed_at_us = last.committed_at_us;
  state.digest = last.content_digest;
  state.parent_history_id = transactions.back()->state.parent_history_id;
  state.parent_sequence = transactions.back()->state.parent_sequence;
  for (const LoggedTransaction* transaction : transactions) {
    state.next_entity_id = std::max(state.next_entity_id, transaction->state.next_entity_id);
    state.next_edge_id = std::max(state.next_edge_id, transaction->state.next_edge_id);
  }
  Header header = make_export_header(state, {});
  header.kind = "log";
  header.previous_sequence = begin.sequence;
  header.previous_content_digest = begin.digest;
  for (const LoggedTransaction* transaction : transactions) {
    count_changes(*transaction, header.statistics);
  }
  return header;
}

class LineCollector {
 public:
  explicit LineCollector(FileWriter& writer) : writer_(writer) {}

  void add(const LoggedTransaction& transaction) {
    const auto state = [](bool exists, std::string_view body) {
      return exists ? std::optional(body) : std::nullopt;
    };
    for (const LoggedRecordChange& change : transaction.changes) {
      append_change_line(change.kind, change.key, state(change.has_before, change.before),
                         state(change.has_after, change.after), piece_.lines);
      end_line();
    }
    const CommitRecord& commit = transaction.commit;
    append_commit_line({.sequence_number = commit.sequence_number.value,
                        .committed_at_us = commit.committed_at_us,
                        .records = transaction.changes.size(),
                        .content_digest = commit.content_digest,
                        .bulk = commit.bulk},
                       piece_.lines);
    end_line();
  }

  void flush() {
    writer_.append(piece_);
    piece_.lines.clear();
    piece_.line_ends.clear();
  }

 private:
  void end_line() {
    piece_.line_ends.push_back(static_cast<std::uint32_t>(piece_.lines.size()));
    if (piece_.lines.size() >= kPieceBytes) flush();
  }

  FileWriter& writer_;
  WrittenLines piece_;
};

// --- reading -------------------------------------------------------------------------------------

// What a transaction that spans blocks may take in memory: no batch of the engine is larger.
constexpr std::size_t kTransactionBytesMax = std::size_t{4} << 30;

// Ends the reading when the caller has seen enough.
struct EnoughOfTheSegment {};

// Hands on what a block completes.
class TransactionAssembler {
 public:
  using OnTransaction = std::function<bool(const SegmentTransaction&)>;
  TransactionAssembler(const OnTransaction& on_transaction, std::string source_name,
                       std::string safe)
      : on_transaction_(on_transaction),
        source_name_(std::move(source_name)),
        safe_(std::move(safe)) {}

  void take(const ParsedBlock& block) {
    std::size_t begin = 0;
    for (const ParsedCommit& parsed : block.commits) {
      if (open_.size() != 0) {
        keep(block, begin, parsed.changes_end);
        hand_on({parsed.commit, open_, 0, open_.size()});
        open_.clear();
      } else {
        hand_on({parsed.commit, block.changes, begin, parsed.changes_end - begin});
      }
      begin = parsed.changes_end;
    }
    keep(block, begin, block.changes.size());
  }

 private:
  void keep(const ParsedBlock& block, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) open_.add(block.changes[i]);
    if (open_.bytes() <= kTransactionBytesMax) return;
    throw Error(ErrorCode::damaged,
                format("{}: a transaction of more than {} bytes, which no database wrote",
                       source_name_, kTransactionBytesMax),
                safe_, "manifold verify " + source_name_);
  }
  void hand_on(const SegmentTransaction& transaction) {
    if (!on_transaction_(transaction)) throw EnoughOfTheSegment{};
  }

  const OnTransaction& on_transaction_;
  std::string source_name_, safe_;
  SegmentChanges open_;  // of the transaction that goes on in the next block
};

}  // namespace

Header write_log_segment(const LogPosition& begin,
                         const std::vector<const LoggedTransaction*>& transactions, int level,
                         ByteSink& sink) {
  if (transactions.empty()) {
    throw Error(ErrorCode::invariant, "a log segment without transactions is to be written");
  }
  LoggedTransactionCheck check(begin);
  for (const LoggedTransaction* transaction : transactions) check.check(*transaction);
  const Header header = make_header(begin, transactions);
  FileWriter writer(sink, level);
  writer.begin(header);
  LineCollector lines(writer);
  for (const LoggedTransaction* transaction : transactions) lines.add(*transaction);
  lines.flush();
  writer.finish();
  return header;
}

Header read_log_segment(ByteSource& source, const Options& options, const std::string& safe,
                        const std::function<bool(const SegmentTransaction&)>& on_transaction) {
  ReaderOptions reader_options;
  reader_options.threads = options.threads;
  reader_options.memory_limit_bytes = options.memory_limit_bytes;
  reader_options.keep_records = true;
  reader_options.progress = options.progress;
  FileReader reader(source, std::move(reader_options));
  if (const std::optional<Damage> damage = reader.header_damage()) {
    throw damage_error(*damage, safe);
  }
  const Header& header = *reader.header();
  if (header.kind != "log") {
    throw Error(
        ErrorCode::damaged,
        format("{} is not a log segment, but a backup of kind \"{}\"", source.name(), header.kind),
        safe, "manifold show " + source.name());
  }
  TransactionAssembler assembler(on_transaction, source.name(), safe);
  try {
    reader.read([&safe](const Damage& damage, VerifyLevel) { throw damage_error(damage, safe); },
                [&assembler](const ParsedBlock& block) { assembler.take(block); });
  } catch (const EnoughOfTheSegment&) {
  }
  return header;
}

}  // namespace manifolddb::backup
