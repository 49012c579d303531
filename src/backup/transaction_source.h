// Committed transactions with what each did, one after the other: from the log of a database, or
// from the archived segments of one history of a repository.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "database/log_readers.h"
#include "database/snapshot.h"
#include "database/transaction_log.h"
#include "manifolddb/history.h"
#include "repository/object_store.h"
#include "repository/repository_lock.h"

namespace manifolddb::backup {

// One transaction, or a stretch of missing ones: see HistoryEntry. Lives, with its views, until the
// function that it was given to returns.
struct SourceTransaction {
  Known known{};
  SequenceNumber first, last;
  std::optional<CommitRecord> commit{};
  std::size_t change_count = 0;
  std::function<LoggedRecordChange(std::size_t index)> change{};
};

// Not thread-safe.
class TransactionSource {
 public:
  // What it reads from.
  struct Extent {
    Uuid history_id;
    std::optional<Uuid> parent_history_id;
    SequenceNumber parent_sequence_number;
    SequenceNumber
        first;            // lower numbers are not its own: they are nobody's, or of another history
    SequenceNumber last;  // of the newest transaction that it has; below `first`: there is none
  };
  using Function = std::function<bool(const SourceTransaction&)>;

  virtual ~TransactionSource() = default;
  const Extent& extent() const { return extent_; }

  // Ascending, until `fn` returns false; between extent().first and extent().last no number is left
  // out, unless by its time. One transaction at a time is in memory. A missing stretch, whose times
  // nobody knows, is told when it can be in the range. Throws Error{damaged}.
  virtual void for_each(const HistoryRange& range, const Function& fn) = 0;

 protected:
  Extent extent_;
};

// The durable state of the moment when it was made. While it lives, what the log holds is kept,
// within the limits of log retention. The database must outlive it.
class DatabaseTransactions final : public TransactionSource {
 public:
  explicit DatabaseTransactions(const Database& database);
  void for_each(const HistoryRange& range, const Function& fn) override;
  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }

 private:
  CommitRecord commit_of(std::uint64_t sequence) const;
  std::uint64_t first_committed_at(std::int64_t time_us, std::uint64_t first,
                                   std::uint64_t last) const;

  LogReader reader_;  // before the snapshot: what the log holds then stays
  std::shared_ptr<const Snapshot> snapshot_;
};

// What was archived at the moment when it was made. While it lives, nothing is removed.
class RepositoryTransactions final : public TransactionSource {
 public:
  // Default: the newest history of which something is archived. Error{not_found} when nothing is.
  RepositoryTransactions(const Repository& repository, const std::optional<Uuid>& history_id);
  void for_each(const HistoryRange& range, const Function& fn) override;

 private:
  class Reading;
  std::size_t first_segment_committed_at(std::int64_t time_us) const;

  repository::ReaderLock lock_;
  repository::ObjectStore store_;
  Uuid database_id_;
  std::vector<LogSegment> segments_;
};

}  // namespace manifolddb::backup
