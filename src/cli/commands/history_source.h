// DB|REPO of `log` and `undo`: whose transactions are meant, and which of them.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "backup/transaction_source.h"
#include "manifolddb/database.h"
#include "manifolddb/repository.h"

namespace manifolddb::cli {

// Exactly one of database and repository is there.
struct HistoryPlace {
  std::optional<Database> database;
  std::optional<backup::Repository> repository;
  std::optional<Uuid> history_id;  // of a repository, where one was asked for
};

// `history`: the first letters (at least 4) of a history_id; empty: the newest. Error{usage} for
// one that fits several, for `history` with a database, and for REPO@POINT; {not_found}.
HistoryPlace find_history(const std::string& argument, const std::string& history);

// The place must outlive it.
std::unique_ptr<backup::TransactionSource> open_transactions(const HistoryPlace& place);

// --from and --to: a number, seq:N or time:T with an offset or Z; empty: open. Throws Error{usage},
// also for an end before the beginning.
backup::HistoryRange parse_history_range(const std::string& from, const std::string& to);

}  // namespace manifolddb::cli
