// A property-graph database in one directory (or in memory).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "manifolddb/error.h"
#include "manifolddb/graph.h"
#include "manifolddb/transaction.h"

namespace manifolddb {

class DatabaseCore;  // internal
class TransactionCursor;

struct DatabaseOptions {
  // Create the database where nothing is at the path. Without it a missing path is
  // Error{not_found}.
  bool create_if_missing = true;

  // Bytes of the engine's block cache. Too small: reads go to the disk. Too large: memory.
  // Default: 64 MiB.
  std::size_t cache_bytes = 64u << 20;

  // Bytes of changes that the engine holds before writing a table. The log to replay at opening is
  // at most about four times this. Default: 32 MiB.
  std::size_t write_buffer_bytes = 32u << 20;

  // What commit() does when it is called without an argument is `synced`; this is the longest that
  // begin() waits for another writer before Error{timed_out}. Default: 60 s.
  std::chrono::milliseconds writer_timeout{60'000};

  // Bytes of changes in one transaction from which on it continues in files, and commits in bulk.
  // Default: 64 MiB.
  std::size_t bulk_threshold_bytes = 64u << 20;

  // Longest backup line that a record may need; 8 MiB to 32 MiB. Default: 8 MiB.
  std::size_t line_bytes_max = 8u << 20;

  // How much of the log is kept, behind what opening needs, for archivers that have not read it
  // yet: log files whose transactions every repository with a slot has are removed soon, others
  // when all of them together are over this, or older. What is removed unarchived is a gap: named
  // by stats, list and archive, and healed by the next backup. With no archiver and no
  // TransactionCursor nothing is kept. Too small: a repository that is away for a while gets a gap.
  // Too large: disk.
  std::uint64_t log_retention_bytes = 1u << 30;
  std::chrono::seconds log_retention_age{24 * 3600};

  // A commit is refused (Error{failed}) when the clock, since the database was opened, went ahead
  // by so much more than time has passed: its commit time would make every later one useless as a
  // target. Steps back do no harm: commit times go on increasing. Default: 1 h.
  std::chrono::seconds clock_step_max{3600};

  // The wall clock, microseconds since 1970; for tests and simulations. Called by several threads.
  // What time has passed is still told by the machine (CLOCK_BOOTTIME): one that runs faster than
  // time needs a larger clock_step_max. Default: the system's.
  std::function<std::int64_t()> clock_us{};

  // How long commit(Durability::archived) waits before Error{timed_out}: the transaction is then
  // committed and durable here, but no repository is known to have it. Default: 60 s.
  std::chrono::milliseconds archive_timeout{60'000};

  // open_read_only only: the folder for the image (hard links and copies). Default: beside the
  // database, on its file system; a temporary folder where that cannot be written.
  std::filesystem::path image_directory{};
};

// How far the log of a database has got into one repository, as its archiver last said.
struct ArchiveStatus {
  std::filesystem::path repository;
  Uuid history_id;
  SequenceNumber sequence_number;       // every transaction up to it is durably there
  std::int64_t committed_at_us = 0;     // of that transaction
  std::int64_t complete_until_us = 0;   // nothing that was committed before is missing
  SequenceNumber seen_sequence_number;  // the last transaction that the archiver has seen
  std::uint64_t log_bytes_behind = 0;   // of the log, behind what is archived
  std::int64_t updated_at_us = 0;       // when the archiver last reported, by its clock
  std::string failure;                  // why it makes no progress; empty: it does
  // The last gap: transactions, both included, that no log segment will ever hold.
  std::optional<SequenceNumber> gap_first, gap_last;
};

// What the database says about itself at one sequence number.
struct DatabaseStatistics {
  GraphCounts counts;
  SequenceNumber sequence_number;
  SequenceNumber durable_sequence_number;       // highest whose log is known to be synced
  SequenceNumber horizon;                       // incrementals can start here, not before
  std::optional<std::int64_t> committed_at_us;  // of the last transaction
  ContentDigest content_digest;
  Uuid database_id;
  Uuid history_id;
  std::optional<Uuid> parent_history_id;  // set by a restore: the point that it continues from
  SequenceNumber parent_sequence_number;
  std::uint64_t next_entity_id = 1;
  std::uint64_t next_edge_id = 1;
  std::uint64_t tombstone_count = 0;      // deletions kept for incrementals
  std::uint64_t table_bytes = 0;          // table files on the disk
  std::uint64_t log_bytes = 0;            // log files on the disk, kept ones included
  std::vector<ArchiveStatus> archives{};  // one for each repository that archives it
};

// One committed transaction.
struct CommitRecord {
  SequenceNumber sequence_number;
  std::int64_t committed_at_us = 0;
  ContentDigest content_digest;       // of the whole content after it
  std::uint64_t put_count = 0;        // records created or replaced
  std::uint64_t deleted_count = 0;    // records deleted, edges taken along by entities included
  std::uint64_t engine_sequence = 0;  // of its batch in the engine's log; 0 for bulk
  bool bulk = false;                  // committed by ingestion; not in the log
};

struct CheckFinding {
  std::string where;  // family and key, or counter
  std::string what;   // what disagrees, both values
};

struct CheckReport {
  std::vector<CheckFinding> findings;  // at most findings_max of them
  std::uint64_t finding_count = 0;     // all of them
  std::uint64_t records_checked = 0;
  ContentDigest stored_digest;
  ContentDigest computed_digest;
  static constexpr std::size_t findings_max = 1000;
};

// Called now and then during long work with the records done and, where known, to do (else 0).
// Returning false stops the work with Error{interrupted}; throwing stops it with what was thrown.
using ProgressCallback = std::function<bool(std::uint64_t done, std::uint64_t total)>;

// Thread-safe, except that close() and the destructor need every transaction ended. One process at
// a time owns a database: a second open() throws Error{locked}, naming the owner's process.
class Database {
 public:
  static Database open(const std::filesystem::path& path, const DatabaseOptions& options = {});
  static Database in_memory(const DatabaseOptions& options = {});

  // A consistent read view of a database that this or another process may have open and write to,
  // or that lies on a read-only medium, as an image: never writes into its files. It stays at the
  // durable sequence number of the moment. begin() throws Error{read_only}.
  static Database open_read_only(const std::filesystem::path& path,
                                 const DatabaseOptions& options = {});

  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();
  // Throws what the destructor would keep quiet about. Writes a long log's rows to tables, so that
  // opening need not replay them.
  void close();

  // Waits for the writer, at most options.writer_timeout, else Error{timed_out}. A thread that
  // holds a write transaction and begins a second one waits for itself.
  WriteTransaction begin();
  ReadTransaction begin_read() const;

  // Goes on under a new history_id whose parent is the present point, as a restored copy does; for
  // a database that was put back behind what its repository knows. Sequence numbers go on; the
  // horizon is the present one. Durable when it returns. Waits and throws as begin().
  void start_new_history();

  SequenceNumber sequence_number() const;  // of the last committed transaction
  DatabaseStatistics statistics() const;
  void for_each_label_count(const std::function<void(const std::string&, std::uint64_t)>& fn) const;
  void for_each_edge_type_count(
      const std::function<void(const std::string&, std::uint64_t)>& fn) const;

  // Committed transactions, ascending, from `first` to `last`, both included, durable ones only.
  void for_each_commit(SequenceNumber first, SequenceNumber last,
                       const std::function<bool(const CommitRecord&)>& fn) const;

  // Committed transactions with their changes, from `first` on, as far back as the log is kept:
  // include transaction_log.h. Throws Error{not_restorable} from next() when `first` is not there
  // any more. While the cursor lives, the log is kept from where it is, within log_retention_bytes
  // and _age.
  TransactionCursor transactions(SequenceNumber first) const;

  // The oldest transaction that transactions() still has; none when the log holds none.
  std::optional<SequenceNumber> first_logged_transaction() const;

  // Recomputes the digest from a full scan; compare with statistics().content_digest.
  ContentDigest digest(const ProgressCallback& progress = {}) const;

  // Compares data, indexes, counters, commits and digest with each other, in bounded memory. Where
  // a table file cannot be read, every such file is a finding, and the comparison ends there:
  // records_checked and computed_digest are then of what came before.
  CheckReport check(const ProgressCallback& progress = {}) const;

  DatabaseCore& core() const { return *core_; }  // internal
  explicit Database(std::unique_ptr<DatabaseCore> core);

 private:
  std::unique_ptr<DatabaseCore> core_;
};

}  // namespace manifolddb
