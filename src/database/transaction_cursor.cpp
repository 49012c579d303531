// TransactionCursor: the transaction log as users see it, complete or refused. Whether it is
// complete is judged by our own numbers: one that the log lacks must be a bulk transaction, which
// its row in `commits` tells, or its log file is gone.
#include <algorithm>
#include <utility>

#include "common/value_codec.h"
#include "database/database_core.h"
#include "database/key_codec.h"
#include "database/transaction_log.h"
#include "manifolddb/transaction_log.h"

namespace manifolddb {

namespace {

// Bulk transactions looked at behind `first` for one whose place in the log is known.
constexpr int kSeekCommitsMax = 1000;

std::optional<CommitRecord> find_commit(const Snapshot& snapshot, std::uint64_t sequence) {
  const std::string key = id_key(sequence);
  const auto row = snapshot.engine().get(Family::commits, key, snapshot.engine_snapshot());
  if (!row) return std::nullopt;
  return decode_commit(key, *row);
}

LoggedChange::Record decode_record(RecordKind kind, std::string_view key, std::string_view body) {
  if (kind == RecordKind::entity) {
    Entity entity;
    decode_entity({read_be64(key.data())}, body, entity);
    return entity;
  }
  if (kind == RecordKind::edge) {
    Edge edge;
    decode_edge({read_be64(key.data())}, body, edge);
    return edge;
  }
  return MetadataEntry{std::string(key), std::string(body)};
}

}  // namespace

LoggedChange decode_change(const LoggedRecordChange& change) {
  LoggedChange decoded;
  if (change.has_before) decoded.before = decode_record(change.kind, change.key, change.before);
  if (change.has_after) decoded.after = decode_record(change.kind, change.key, change.after);
  return decoded;
}

struct TransactionCursor::State {
  State(DatabaseCore& database_core, std::uint64_t first)
      : core(database_core),
        reader(core.register_log_reader({}, 0)),
        log(core.engine(), first),
        expected(first) {
    seek(*core.snapshot());
  }

  // Begins at the file that holds the first transaction wanted, so that those before it need not be
  // read.
  void seek(const Snapshot& snapshot) {
    for (int i = 0; i < kSeekCommitsMax; ++i) {
      const auto row = find_commit(snapshot, expected + static_cast<std::uint64_t>(i));
      if (!row) return;
      if (row->bulk) continue;
      log.seek(row->engine_sequence);
      return;
    }
  }

  const LoggedTransaction* look() {
    if (logged == nullptr) logged = log.next();
    reader.keep_from(log.file_number());
    return logged;
  }

  bool next() {
    current = nullptr;
    change = 0;
    if (look() != nullptr && logged->commit.sequence_number.value == expected) return take_logged();
    // Every number below that of the next one in the log is visible in `commits`; and what is
    // visible there is in the log, so that a second look finds it.
    const auto snapshot = core.durable_snapshot();
    if (expected > snapshot->state().sequence) return false;
    if (look() != nullptr && logged->commit.sequence_number.value == expected) return take_logged();
    const auto row = find_commit(*snapshot, expected);
    if (!row || !row->bulk) throw_missing(*snapshot);
    commit = *row;
    ++expected;
    return true;
  }

  bool take_logged() {
    if (core.read_only()) {
      if (expected > core.durable_sequence()) return false;  // the image ends before
    } else {
      core.wait_durable(expected);
    }
    commit = logged->commit;
    current = std::exchange(logged, nullptr);
    ++expected;
    return true;
  }

  [[noreturn]] void throw_missing(const Snapshot& snapshot) const {
    std::uint64_t last =
        logged != nullptr ? logged->commit.sequence_number.value - 1 : snapshot.state().sequence;
    for (; last > expected; --last) {
      const auto row = find_commit(snapshot, last);
      if (!row || !row->bulk) break;
    }
    const std::string before = std::to_string(snapshot.state().horizon);
    throw Error(
        ErrorCode::not_restorable,
        "the log lacks transactions " + std::to_string(expected) + " to " + std::to_string(last) +
            (expected <= snapshot.state().horizon ? ": this database began with number " + before
                                                  : ": the log files that held them are gone"),
        "the database itself is whole",
        "begin with transaction " + std::to_string(last + 1) +
            ", or read the older ones from a repository that archives the log");
  }

  DatabaseCore& core;
  LogReader reader;
  TransactionLog log;
  std::uint64_t expected;                      // the number to come
  const LoggedTransaction* logged = nullptr;   // read, and not come to yet
  const LoggedTransaction* current = nullptr;  // at hand; null: a bulk transaction, or none
  CommitRecord commit;
  std::size_t change = 0;
};

TransactionCursor::TransactionCursor(std::unique_ptr<State> state) : state_(std::move(state)) {}
TransactionCursor::TransactionCursor(TransactionCursor&&) noexcept = default;
TransactionCursor::~TransactionCursor() = default;

bool TransactionCursor::next() {
  return state_->next();
}

const CommitRecord& TransactionCursor::commit() const {
  return state_->commit;
}

bool TransactionCursor::next_change(LoggedChange& change) {
  if (state_->current == nullptr || state_->change == state_->current->changes.size()) return false;
  change = decode_change(state_->current->changes[state_->change++]);
  return true;
}

TransactionCursor Database::transactions(SequenceNumber first) const {
  return TransactionCursor(
      std::make_unique<TransactionCursor::State>(*core_, std::max<std::uint64_t>(first.value, 1)));
}

std::optional<SequenceNumber> Database::first_logged_transaction() const {
  const LogReader reader = core_->register_log_reader({}, 0);
  const auto snapshot = core_->durable_snapshot();
  TransactionLog log(core_->engine(), 1);
  const LoggedTransaction* first = log.next();
  if (first == nullptr || first->commit.sequence_number.value > snapshot->state().sequence) {
    return std::nullopt;
  }
  return first->commit.sequence_number;
}

}  // namespace manifolddb
