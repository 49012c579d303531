// Committed transactions with before- and after-images, from the engine's log.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/record.h"
#include "database/engine_log.h"
#include "database/state_record.h"
#include "manifolddb/database.h"
#include "manifolddb/transaction_log.h"

namespace manifolddb {

class LogDataReader;

// Views live until the next transaction is read.
struct LoggedRecordChange {
  RecordKind kind{};
  std::string_view key;
  bool has_before = false, has_after = false;
  std::string_view before, after;  // canonical bodies
};

// As users of the library see it. Throws Error{damaged} for bodies that are not canonical.
LoggedChange decode_change(const LoggedRecordChange& change);

// One transaction as it stands in the log. `state` is the database's state row after it: the
// history it belongs to, the counters, the totals.
struct LoggedTransaction {
  CommitRecord commit;  // as the `commits` row has it
  StateRecord state;
  std::vector<LoggedRecordChange> changes;  // ascending by (kind, key)
  std::size_t bytes = 0;                    // of its batch: what it takes in memory
};

// The same transaction with memory of its own, for who keeps several.
class KeptTransaction {
 public:
  explicit KeptTransaction(const LoggedTransaction& transaction);
  KeptTransaction(KeptTransaction&&) noexcept = default;  // views stay where they were
  KeptTransaction& operator=(KeptTransaction&&) noexcept = default;
  const LoggedTransaction& get() const { return transaction_; }

 private:
  std::vector<char> arena_;
  LoggedTransaction transaction_;
};

// Reads on from one number. Not thread-safe. It sees what is in the log, durable or not: whoever
// lets it leave the process calls sync() (or DatabaseCore::wait_durable) first.
class TransactionLog {
 public:
  // `first`: transactions below it are passed over. `first_file`: see EngineLogReader; a file
  // number that is too high makes a gap, one that is too low costs time.
  TransactionLog(const Engine& engine, std::uint64_t first, std::uint64_t first_file = 0);
  TransactionLog(const std::filesystem::path& engine_folder, std::uint64_t first,
                 std::uint64_t first_file = 0);

  // Before the first next(): see EngineLogReader::seek.
  void seek(std::uint64_t engine_sequence) { reader_.seek(engine_sequence); }

  // The next transaction that the log holds; null at its present end, where a later call goes on.
  // Numbers ascend, but those of bulk transactions, and those whose files are gone, are left out:
  // whoever needs them all looks at the numbers. Throws Error: damaged, newer_format; from then on
  // every call does.
  const LoggedTransaction* next();

  std::uint64_t file_number() const { return reader_.file_number(); }
  std::uint64_t bytes_behind() const { return reader_.bytes_behind(); }
  void sync() { reader_.sync(); }

 private:
  bool decode();  // false: the batch is no transaction, or one below first_
  void decode_rows(const LogDataReader& log);

  EngineLogReader reader_;
  std::uint64_t first_;
  std::uint64_t last_ = 0;  // the number of the last transaction read, returned or not
  LoggedTransaction transaction_;
  std::optional<Error> failure_;
};

}  // namespace manifolddb
