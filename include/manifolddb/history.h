// What committed transactions did, and how to take it back: from the log of a database, as far as
// it is kept, or from what a repository has archived of one history.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "manifolddb/backup.h"
#include "manifolddb/database.h"
#include "manifolddb/repository.h"
#include "manifolddb/transaction_log.h"

namespace manifolddb::backup {

// Which transactions: all conditions hold. Numbers and times at which there is nothing are no
// error.
struct HistoryRange {
  SequenceNumber first{1};
  SequenceNumber last{UINT64_MAX};      // included
  std::optional<std::int64_t> from_us;  // committed then or later
  std::optional<std::int64_t> to_us;    // committed then or before
};

// Changes of the entity, of the edge, or of entities that have the label before or after (so that
// adding and removing it are among them). Several conditions select what fits any of them; none
// selects everything.
struct RecordSelector {
  std::optional<EntityId> entity;
  std::optional<EdgeId> edge;
  std::optional<std::string> label;
  bool empty() const { return !entity && !edge && !label; }
};

struct ChangeCounts {
  std::uint64_t created = 0, changed = 0, deleted = 0;
  friend bool operator==(const ChangeCounts&, const ChangeCounts&) = default;
};

struct TransactionCounts {
  ChangeCounts metadata, entities, edges;
  friend bool operator==(const TransactionCounts&, const TransactionCounts&) = default;
};

// What is known of a transaction.
enum class Known {
  changes,  // all that it did
  bulk,     // that it was a bulk transaction; what it did is in no log
  missing,  // its log is gone, or was never archived
};

// One transaction; or, `missing` in a repository, several that follow one another. Lives until the
// function that it was given to returns.
struct HistoryEntry {
  Known known{};
  SequenceNumber first, last;  // both included
  // None for `missing` in a repository. Of a bulk transaction in a repository put_count and
  // deleted_count are 0: they are not archived.
  std::optional<CommitRecord> commit{};
  TransactionCounts counts{};  // of all its changes, selected or not

  // The selected changes, in the order of a backup (metadata, entities, edges; ascending by key).
  std::size_t change_count = 0;
  std::function<LoggedChange(std::size_t index)> change{};  // index < change_count
};

struct HistoryOptions {
  HistoryRange range{};
  // Transactions that are known and changed nothing of it are passed over; what is not known never.
  RecordSelector selector{};
};

// Calls `fn` for transactions in the order of their numbers until it returns false. One transaction
// is in memory at a time. Durable ones only. Throws Error{damaged} when the log, or a segment that
// is needed, is.
using HistoryFunction = std::function<bool(const HistoryEntry&)>;
void for_each_transaction(const Database& database, const HistoryOptions& options,
                          const HistoryFunction& fn);
// `history_id`: default the newest history of which something is archived. Throws Error{not_found}
// when nothing is. While it runs, nothing is removed from the repository.
void for_each_transaction(const Repository& repository, const std::optional<Uuid>& history_id,
                          const HistoryOptions& options, const HistoryFunction& fn);

// Why an undo would not do what its user expects.
struct UndoConflict {
  enum class Kind {
    changed_later,  // a later transaction changed or deleted a record that is to be put back
    new_edge,       // an entity that is to be deleted has an edge from a later transaction
    missing_end,    // an edge is to be put back, and an entity at its end was deleted later
  };
  Kind kind{};
  std::string record;  // as messages name it: "entity 7"
  // The last transaction that is in the way; none where it is not known.
  std::optional<SequenceNumber> sequence_number;
  std::string what;  // a clause with all of it
};

struct UndoOptions : Options {
  // Conflicts do not stop it: records get their old state whatever came later, edges of entities
  // that are deleted go with them, and edges without an end are left out (left_out_count).
  bool force = false;

  // Called for every conflict, in the order of a backup, before Error{conflict} is thrown or
  // anything is written.
  std::function<void(const UndoConflict&)> on_conflict{};

  Compression compression = Compression::none;
  int compression_level = 1;
  std::filesystem::path scratch_directory{};  // default: the system's temporary one
};

struct UndoSummary {
  SequenceNumber first, last;
  Uuid history_id;
  SequenceNumber as_of;              // the present that conflicts were looked for in
  std::uint64_t put_count = 0;       // lines
  std::uint64_t deleted_count = 0;   // lines
  std::uint64_t unneeded_count = 0;  // records that the transactions touched and that are as before
  std::uint64_t conflict_count = 0;
  std::uint64_t left_out_count = 0;  // edges, with `force`
};

// Writes the inverse of transactions `first` to `last`, both included, as lines for apply():
// applied to the state `as_of`, as one transaction or in batches, every record that they changed on
// the whole has the state that it had before `first`, and no other is touched. Records that they
// left as they found them have no line, nor have those that are as before by now. From a database
// the present is its own, from a repository what it has archived of the history.
//
// Throws Error{not_restorable} when what one of the transactions did is not known (bulk, missing,
// not committed yet), or, from a repository, what a later one did; Error{conflict} without `force`,
// naming the first conflicts. Memory is bounded by Options::memory_limit_bytes and two bits to 36
// bytes for each entity that is put back or deleted; the rest goes to the scratch folder. The
// output is begun when all is decided. To a file: written under a temporary name, synced, renamed;
// an existing one, and one inside the database, is Error{would_overwrite}. To a stream: flushed.
UndoSummary export_undo(const Database& database, SequenceNumber first, SequenceNumber last,
                        const std::filesystem::path& file, const UndoOptions& options = {});
UndoSummary export_undo(const Database& database, SequenceNumber first, SequenceNumber last,
                        std::ostream& out, const UndoOptions& options = {});
UndoSummary export_undo(const Repository& repository, const std::optional<Uuid>& history_id,
                        SequenceNumber first, SequenceNumber last,
                        const std::filesystem::path& file, const UndoOptions& options = {});
UndoSummary export_undo(const Repository& repository, const std::optional<Uuid>& history_id,
                        SequenceNumber first, SequenceNumber last, std::ostream& out,
                        const UndoOptions& options = {});

}  // namespace manifolddb::backup
