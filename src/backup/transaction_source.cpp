// Transactions of a database: its `commits` rows say which there are, its log what they did.
#include "backup/transaction_source.h"

#include <algorithm>

#include "common/format.h"
#include "database/database_core.h"
#include "database/key_codec.h"

namespace manifolddb::backup {

namespace {

// The log is read without the rows' checksums in it: both must tell of the same commit.
void require_same_commit(const CommitRecord& row, const CommitRecord& logged) {
  if (row.content_digest == logged.content_digest &&
      row.committed_at_us == logged.committed_at_us) {
    return;
  }
  throw Error(ErrorCode::damaged,
              format("transaction {}: the log has content digest {}, and the commits row {}",
                     row.sequence_number.value, logged.content_digest.to_hex(),
                     row.content_digest.to_hex()),
              "nothing was changed", "manifold check DB    lists everything that is damaged");
}

}  // namespace

DatabaseTransactions::DatabaseTransactions(const Database& database)
    : reader_(database.core().register_log_reader({}, 0)),
      snapshot_(database.core().durable_snapshot()) {
  const StateRecord& state = snapshot_->state();
  extent_.history_id = state.history_id;
  extent_.parent_history_id = state.parent_history_id;
  extent_.parent_sequence_number = {state.parent_sequence};
  // A first history that began with an import has that as its first transactions, without rows.
  extent_.first = {state.parent_history_id ? state.horizon + 1 : 1};
  extent_.last = {state.sequence};
}

CommitRecord DatabaseTransactions::commit_of(std::uint64_t sequence) const {
  const std::string key = id_key(sequence);
  const auto row = snapshot_->engine().get(Family::commits, key, snapshot_->engine_snapshot());
  if (!row) {
    throw Error(ErrorCode::damaged, format("the commits row of transaction {} is gone", sequence),
                "nothing was changed", "manifold check DB    lists everything that is damaged");
  }
  return decode_commit(key, *row);
}

// `last` + 1 when all of them were committed before. Commit times ascend with the numbers.
std::uint64_t DatabaseTransactions::first_committed_at(std::int64_t time_us, std::uint64_t first,
                                                       std::uint64_t last) const {
  std::uint64_t end = last + 1;
  while (first < end) {
    const std::uint64_t middle = first + (end - first) / 2;
    if (commit_of(middle).committed_at_us < time_us) {
      first = middle + 1;
    } else {
      end = middle;
    }
  }
  return first;
}

void DatabaseTransactions::for_each(const HistoryRange& range, const Function& fn) {
  const std::uint64_t last = std::min(range.last, extent_.last).value;
  const std::uint64_t horizon = snapshot_->state().horizon;
  std::uint64_t first = std::max(range.first, extent_.first).value;
  const std::uint64_t asked = first;
  first = std::max(first, horizon + 1);
  if (range.from_us && first <= last) first = first_committed_at(*range.from_us, first, last);
  const bool may_be_of_then = first == std::max(asked, horizon + 1);
  if (asked <= horizon && asked <= last && may_be_of_then &&
      !fn({Known::missing, {asked}, {std::min(horizon, last)}})) {
    return;
  }
  if (first > last) return;

  ScanOptions options;
  options.snapshot = snapshot_->engine_snapshot();
  EngineIterator rows = snapshot_->engine().iterate(Family::commits, options);
  TransactionLog log(snapshot_->engine(), first);
  const CommitRecord from = commit_of(first);
  if (!from.bulk) log.seek(from.engine_sequence);
  const LoggedTransaction* logged = log.next();
  for (rows.seek(id_key(first)); rows.valid(); rows.next()) {
    const CommitRecord commit = decode_commit(rows.key(), rows.value());
    if (commit.sequence_number.value > last) return;
    if (range.to_us && commit.committed_at_us > *range.to_us) return;
    while (logged != nullptr && logged->commit.sequence_number < commit.sequence_number) {
      logged = log.next();
    }
    SourceTransaction transaction{commit.bulk ? Known::bulk : Known::missing,
                                  commit.sequence_number, commit.sequence_number, commit};
    if (logged != nullptr && logged->commit.sequence_number == commit.sequence_number) {
      require_same_commit(commit, logged->commit);
      transaction.known = Known::changes;
      transaction.change_count = logged->changes.size();
      transaction.change = [logged](std::size_t index) { return logged->changes[index]; };
    }
    if (!fn(transaction)) return;
  }
}

}  // namespace manifolddb::backup
