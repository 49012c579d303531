// Which changes of a transaction concern a record or a label, and how many there are of each kind.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "backup/transaction_source.h"
#include "manifolddb/history.h"

namespace manifolddb::backup {

// Not thread-safe.
class RecordSelection {
 public:
  explicit RecordSelection(RecordSelector selector) : selector_(std::move(selector)) {}
  bool takes(const LoggedRecordChange& change);

 private:
  bool has_label(std::string_view body);

  RecordSelector selector_;
  std::vector<std::string_view> labels_;
};

// Requires that the transaction's changes are known.
TransactionCounts count_changes(const SourceTransaction& transaction);

}  // namespace manifolddb::backup
