#include "backup/record_history.h"

#include <algorithm>

#include "common/value_codec.h"
#include "common/varint.h"

namespace manifolddb::backup {

namespace {

void tell_transactions(TransactionSource& source, const HistoryOptions& options,
                       const HistoryFunction& fn) {
  RecordSelection selection(options.selector);
  std::vector<std::size_t> selected;
  source.for_each(options.range, [&](const SourceTransaction& transaction) {
    HistoryEntry entry{transaction.known, transaction.first, transaction.last, transaction.commit};
    if (transaction.known != Known::changes) return fn(entry);
    selected.clear();
    for (std::size_t i = 0; i < transaction.change_count; ++i) {
      if (selection.takes(transaction.change(i))) selected.push_back(i);
    }
    if (selected.empty() && !options.selector.empty()) return true;
    entry.counts = count_changes(transaction);
    entry.change_count = selected.size();
    entry.change = [&](std::size_t index) {
      return decode_change(transaction.change(selected[index]));
    };
    return fn(entry);
  });
}

}  // namespace

bool RecordSelection::takes(const LoggedRecordChange& change) {
  if (selector_.empty()) return true;
  if (change.kind == RecordKind::key_value) return false;
  const std::uint64_t id = read_be64(change.key.data());
  if (change.kind == RecordKind::edge) return selector_.edge && selector_.edge->value == id;
  if (selector_.entity && selector_.entity->value == id) return true;
  return selector_.label && ((change.has_before && has_label(change.before)) ||
                             (change.has_after && has_label(change.after)));
}

bool RecordSelection::has_label(std::string_view body) {
  decode_labels(body, labels_);
  return std::find(labels_.begin(), labels_.end(), *selector_.label) != labels_.end();
}

TransactionCounts count_changes(const SourceTransaction& transaction) {
  TransactionCounts counts;
  for (std::size_t i = 0; i < transaction.change_count; ++i) {
    const LoggedRecordChange change = transaction.change(i);
    ChangeCounts& of_kind = change.kind == RecordKind::entity ? counts.entities
                            : change.kind == RecordKind::edge ? counts.edges
                                                              : counts.metadata;
    ++(!change.has_before  ? of_kind.created
       : !change.has_after ? of_kind.deleted
                           : of_kind.changed);
  }
  return counts;
}

void for_each_transaction(const Database& database, const HistoryOptions& options,
                          const HistoryFunction& fn) {
  DatabaseTransactions source(database);
  tell_transactions(source, options, fn);
}

void for_each_transaction(const Repository& repository, const std::optional<Uuid>& history_id,
                          const HistoryOptions& options, const HistoryFunction& fn) {
  RepositoryTransactions source(repository, history_id);
  tell_transactions(source, options, fn);
}

}  // namespace manifolddb::backup
