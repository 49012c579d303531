// The transaction log: what each committed transaction did to which records, read from the engine's
// log as far as that is kept (DatabaseOptions::log_retention_bytes, and archives that still need
// it).
#pragma once

#include <memory>
#include <optional>
#include <variant>

#include "manifolddb/database.h"
#include "manifolddb/graph.h"

namespace manifolddb {

// One record that a transaction created (no `before`), replaced, or deleted (no `after`).
struct LoggedChange {
  using Record = std::variant<MetadataEntry, Entity, Edge>;
  std::optional<Record> before;
  std::optional<Record> after;
};

// Transactions in the order of their numbers, each with its changes in the order of a backup
// (metadata, entities, edges; ascending by key). Not thread-safe; must not outlive its Database.
//
//   TransactionCursor log = database.transactions({since + 1});
//   while (log.next()) {
//     LoggedChange change;
//     while (log.next_change(change)) …
//   }
class TransactionCursor {
 public:
  // Moves to the next durable transaction; false at the present end: called again later it goes on
  // with what was committed since. A bulk transaction (commit().bulk) has no changes here: the log
  // holds no trace of it but its number. Throws Error{not_restorable} when transactions are
  // missing, naming the first and the last of them: the log files that held them are gone.
  bool next();

  const CommitRecord& commit() const;      // of the transaction at hand
  bool next_change(LoggedChange& change);  // false behind its last one

  struct State;  // internal
  explicit TransactionCursor(std::unique_ptr<State> state);
  TransactionCursor(TransactionCursor&&) noexcept;
  ~TransactionCursor();

 private:
  std::unique_ptr<State> state_;
};

}  // namespace manifolddb
