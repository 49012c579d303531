// A batch holds the log data (what was before) and, in the same order of records, the operations on
// the families (what is after), the `commits` row and the state row. Each says some of the same:
// what they do not agree on is damage.
#include "database/transaction_log.h"

#include <utility>

#include "database/key_codec.h"
#include "database/log_data.h"

namespace manifolddb {

namespace {

bool is_record_family(Family family) {
  return family == Family::entities || family == Family::edges || family == Family::metadata;
}

}  // namespace

KeptTransaction::KeptTransaction(const LoggedTransaction& transaction) : transaction_(transaction) {
  std::size_t bytes = 0;
  for (const LoggedRecordChange& change : transaction.changes) {
    bytes += change.key.size() + change.before.size() + change.after.size();
  }
  arena_.reserve(bytes);  // so that views into it stay
  const auto keep = [this](std::string_view& view) {
    const std::size_t offset = arena_.size();
    arena_.insert(arena_.end(), view.begin(), view.end());
    view = {arena_.data() + offset, view.size()};
  };
  for (LoggedRecordChange& change : transaction_.changes) {
    keep(change.key);
    keep(change.before);
    keep(change.after);
  }
}

TransactionLog::TransactionLog(const Engine& engine, std::uint64_t first, std::uint64_t first_file)
    : reader_(engine, first_file), first_(first) {}

TransactionLog::TransactionLog(const std::filesystem::path& engine_folder, std::uint64_t first,
                               std::uint64_t first_file)
    : reader_(engine_folder, first_file), first_(first) {}

const LoggedTransaction* TransactionLog::next() {
  if (failure_) throw *failure_;
  try {
    while (reader_.next()) {
      if (decode()) return &transaction_;
    }
    return nullptr;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::damaged || error.code() == ErrorCode::newer_format) {
      failure_ = error;
    }
    throw;
  }
}

bool TransactionLog::decode() {
  // Without log data it is the first batch of a database, or the beginning of another history.
  if (reader_.log_data().empty()) return false;
  LogDataReader log(reader_.log_data(), reader_.place());
  const std::uint64_t sequence = log.commit().sequence_number.value;
  if (sequence <= last_) log.fail("it comes behind transaction " + std::to_string(last_));
  last_ = sequence;
  if (sequence < first_) return false;

  transaction_.changes.clear();
  transaction_.bytes = reader_.batch_bytes();
  std::size_t index = 0;
  const std::size_t count = reader_.operation_count();
  std::uint64_t puts = 0;
  const auto next_record_operation = [&](LoggedOperation& operation) {
    while (index < count) {
      operation = reader_.operation(index++);
      if (is_record_family(operation.family)) return true;
    }
    return false;
  };
  RecordChange change;
  LoggedOperation operation;
  while (log.next(change)) {
    if (!next_record_operation(operation) || operation.family != record_family(change.kind) ||
        operation.key != change.key) {
      log.fail("log data and changes disagree at " + describe_record(change.kind, change.key));
    }
    LoggedRecordChange& merged = transaction_.changes.emplace_back();
    merged.kind = change.kind;
    merged.key = change.key;
    merged.has_before = change.has_old;
    merged.before = change.old_body;
    merged.has_after = operation.is_put;
    if (!operation.is_put) continue;
    StoredRecord stored;
    if (!parse_stored_record(operation.value, stored) || stored.stamp != sequence) {
      log.fail(describe_record(change.kind, change.key) + " has a stored form that is not one");
    }
    merged.after = stored.body;
    ++puts;
  }
  if (next_record_operation(operation)) log.fail("a change that the log data lack");
  decode_rows(log);
  const CommitRecord& commit = transaction_.commit;
  if (commit.put_count != puts || commit.deleted_count != transaction_.changes.size() - puts) {
    log.fail("it has " + std::to_string(puts) + " puts and " +
             std::to_string(transaction_.changes.size() - puts) +
             " deletions, its row in `commits` says " + std::to_string(commit.put_count) + " and " +
             std::to_string(commit.deleted_count));
  }
  return true;
}

// The rows of the same batch must tell of the same transaction.
void TransactionLog::decode_rows(const LogDataReader& log) {
  const CommitRecord& logged = log.commit();
  bool has_commit = false;
  bool has_state = false;
  reader_.for_each([&](const LoggedOperation& operation) {
    if (operation.family == Family::commits && operation.is_put) {
      transaction_.commit = decode_commit(operation.key, operation.value);
      has_commit = true;
    } else if (operation.family == Family::system && operation.is_put &&
               operation.key == kStateKey) {
      transaction_.state = decode_state(operation.value);
      has_state = true;
    }
  });
  if (!has_commit || !has_state) log.fail("a batch without its `commits` or state row");
  const CommitRecord& commit = transaction_.commit;
  const StateRecord& state = transaction_.state;
  if (commit.sequence_number != logged.sequence_number ||
      commit.committed_at_us != logged.committed_at_us ||
      commit.content_digest != logged.content_digest ||
      state.sequence != logged.sequence_number.value ||
      state.committed_at_us != logged.committed_at_us || state.digest != logged.content_digest) {
    log.fail("its log data, its row in `commits` (transaction " +
             std::to_string(commit.sequence_number.value) + ") and the state row (transaction " +
             std::to_string(state.sequence) + ") disagree");
  }
}

}  // namespace manifolddb
