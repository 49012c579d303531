// What stands behind Database: the engine, the single writer, the sequencer, the durable sequence
// and the log's readers.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "database/bulk_loader.h"
#include "database/commit_clock.h"
#include "database/engine.h"
#include "database/known_entities.h"
#include "database/log_readers.h"
#include "database/log_retention.h"
#include "database/snapshot.h"
#include "database/state_record.h"
#include "manifolddb/database.h"

namespace manifolddb {

class DatabaseCore;

// The single writer's turn; released when destroyed.
class WriterTurn {
 public:
  explicit WriterTurn(DatabaseCore& core) : core_(&core) {}
  ~WriterTurn();
  WriterTurn(WriterTurn&& other) noexcept : core_(other.core_) { other.core_ = nullptr; }
  WriterTurn& operator=(WriterTurn&&) = delete;

 private:
  DatabaseCore* core_;
};

class DatabaseCore {
 public:
  enum class Access { read_write, read_only };

  // Takes an engine that has a state row. `on_close` runs once, after the engine is closed.
  DatabaseCore(std::unique_ptr<Engine> engine, const DatabaseOptions& options,
               std::filesystem::path path, Access access, std::function<void()> on_close);
  ~DatabaseCore();
  void close();

  Engine& engine() const;  // throws Error{usage} once closed
  const DatabaseOptions& options() const { return options_; }
  const std::filesystem::path& path() const { return path_; }  // empty in memory
  bool read_only() const { return read_only_; }

  // A view of the last committed state, which may not be durable yet.
  std::shared_ptr<const Snapshot> snapshot() const;
  // Syncs the log if need be and returns a view that is durable: what backups use.
  std::shared_ptr<const Snapshot> durable_snapshot() const;

  // Throws timed_out, read_only, reopen_needed.
  WriterTurn take_writer_turn();

  // The rest requires the writer's turn.
  StateRecord current_state() const;
  // Of the last committed state: whoever deletes an entity removes it here before the commit.
  KnownEntities& known_entities() { return known_entities_; }
  // Replaces the history, see Database::start_new_history; durable when it returns.
  void start_new_history();
  // Completes `state` and `commit` for the next transaction: sequence number, commit time, counts
  // and digest from the totals. Throws Error{failed} when the clock went ahead too far
  // (CommitClock).
  void advance(StateRecord& state, CommitRecord& commit, const ChangeTotals& totals) const;
  // Writes a batch that holds a whole transaction. A failure is outcome_unknown.
  void write_transaction(EngineBatch& batch, std::uint64_t sequence);
  // The same for a bulk transaction whose loader is finished; syncs the log before. `commit` is
  // null for a restore into a fresh database, which has no transaction of its own.
  void ingest_transaction(BulkLoader& loader, const StateRecord& state, const CommitRecord* commit);

  // Waits until `sequence` is durable: one of the waiting threads syncs for all. No turn needed.
  void wait_durable(std::uint64_t sequence) const;
  std::uint64_t durable_sequence() const;

  // --- readers of the log

  // Keeps log files from that number on, within the limits of the options, as long as the result
  // lives, also in memory. `repository`: of an archiver, which tells by LogReader::report how far
  // it has come; empty for any other reader. On disk its slot outlives it.
  LogReader register_log_reader(const std::filesystem::path& repository,
                                std::uint64_t log_file_number);
  std::vector<ArchiveStatus> archive_statuses() const;

  // For archivers of this process, see LogReaders: sleep until there is a transaction above `after`
  // in the log; sleep on, for an interval, unless a commit waits for one above `after`.
  LogNews wait_for_commits(std::uint64_t after, std::chrono::milliseconds timeout,
                           const std::stop_token& stop = {}) const;
  LogNews wait_until_wanted(std::uint64_t after, std::chrono::milliseconds timeout,
                            const std::stop_token& stop = {}) const;

  // For Durability::archived: Error{usage} when no archiver is known; Error{timed_out} when none
  // has the transaction after DatabaseOptions::archive_timeout.
  void require_archiver() const;
  void wait_archived(const Uuid& history, std::uint64_t sequence) const;

  // Removes log files that may go, when enough was written since the last time. Not with the
  // writer's turn; never throws.
  void look_after_log();

 private:
  friend class WriterTurn;
  void look_after_report();
  void remove_log_files();
  void shorten_replay() noexcept;
  void release_writer_turn();
  void check_usable() const;
  [[noreturn]] void fail_log(const Error& cause, std::uint64_t sequence) const;

  std::unique_ptr<Engine> engine_;
  DatabaseOptions options_;
  std::filesystem::path path_;
  std::function<void()> on_close_;
  bool read_only_ = false;
  CommitClock clock_;
  KnownEntities known_entities_;
  mutable LogReaders readers_;
  LogRetention retention_;

  mutable std::mutex writer_mutex_;
  std::condition_variable writer_free_;
  bool writer_busy_ = false;

  mutable std::mutex durable_mutex_;
  mutable std::condition_variable durable_changed_;
  mutable std::uint64_t written_sequence_ = 0;
  mutable std::uint64_t durable_sequence_ = 0;
  mutable bool sync_running_ = false;
  mutable bool log_failed_ = false;
};

}  // namespace manifolddb
