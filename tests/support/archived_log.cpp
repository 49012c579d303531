#include "support/archived_log.h"

#include <deque>
#include <stdexcept>
#include <vector>

#include "backup/log_segment.h"
#include "database/change_index.h"
#include "database/database_core.h"
#include "database/transaction_log.h"
#include "repository/object_names.h"
#include "repository/object_store.h"

namespace manifolddb::test_support {

namespace {

class SegmentWriter {
 public:
  SegmentWriter(const Database& database, const backup::Repository& repository)
      : store_(repository.path()), snapshot_(database.core().durable_snapshot()) {}

  void add(const LoggedTransaction& transaction, std::uint64_t per_segment) {
    if (!open_.empty() && open_.back().get().commit.bulk != transaction.commit.bulk) flush();
    open_.emplace_back(transaction);
    if (open_.size() == per_segment) flush();
  }

  void flush() {
    if (open_.empty()) return;
    std::vector<const LoggedTransaction*> transactions;
    for (const KeptTransaction& kept : open_) transactions.push_back(&kept.get());
    const StateRecord& state = snapshot_->state();
    const CommitRecord& first = transactions.front()->commit;
    const std::uint64_t before = first.sequence_number.value - 1;
    const backup::LogPosition begin{state.database_id, state.history_id, before,
                                    digest_at(*snapshot_, before).value()};
    store_.put(
        repository::segment_object(state.history_id.to_string(), before + 1,
                                   transactions.back()->commit.sequence_number.value, first.bulk),
        [&](ByteSink& sink) { backup::write_log_segment(begin, transactions, 1, sink); });
    open_.clear();
  }

 private:
  repository::ObjectStore store_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::deque<KeptTransaction> open_;
};

}  // namespace

void archive_log(const Database& database, const backup::Repository& repository,
                 std::uint64_t first, std::uint64_t last, std::uint64_t per_segment) {
  SegmentWriter writer(database, repository);
  TransactionLog log(database.core().engine(), first);
  const LoggedTransaction* logged = log.next();
  database.for_each_commit({first}, {last}, [&](const CommitRecord& commit) {
    if (commit.bulk) {
      LoggedTransaction bulk;
      bulk.commit = commit;
      bulk.state.sequence = commit.sequence_number.value;
      writer.add(bulk, per_segment);
      return true;
    }
    while (logged != nullptr && logged->commit.sequence_number < commit.sequence_number) {
      logged = log.next();
    }
    if (logged == nullptr || logged->commit.sequence_number != commit.sequence_number) {
      throw std::runtime_error("the log lacks a transaction");
    }
    writer.add(*logged, per_segment);
    return true;
  });
  writer.flush();
}

}  // namespace manifolddb::test_support
