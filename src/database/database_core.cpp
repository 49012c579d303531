#include "database/database_core.h"

#include <algorithm>

#include "common/text.h"

namespace manifolddb {

namespace {

// Of rows in memory when the database is closed; the log holds more, with before-images.
constexpr std::uint64_t kReplayBytesMax = 2u << 20;

std::uint64_t moved(std::uint64_t count, std::int64_t delta, const char* what) {
  if (delta < 0 && count < static_cast<std::uint64_t>(-delta)) {
    throw Error(ErrorCode::damaged, std::string("the number of ") + what + " would fall below 0",
                "nothing was changed", "manifold check lists what is damaged");
  }
  return count + static_cast<std::uint64_t>(delta);
}

// A wait until later than the clock can tell would be none.
std::chrono::milliseconds limited(std::chrono::milliseconds timeout) {
  constexpr std::chrono::hours kTimeoutMax{24 * 365 * 100};
  return std::clamp<std::chrono::milliseconds>(timeout, std::chrono::milliseconds{0}, kTimeoutMax);
}

}  // namespace

WriterTurn::~WriterTurn() {
  if (core_ != nullptr) core_->release_writer_turn();
}

DatabaseCore::DatabaseCore(std::unique_ptr<Engine> engine, const DatabaseOptions& options,
                           std::filesystem::path path, Access access,
                           std::function<void()> on_close)
    : engine_(std::move(engine)),
      options_(options),
      path_(std::move(path)),
      on_close_(std::move(on_close)),
      read_only_(access == Access::read_only),
      clock_(options.clock_us, options.clock_step_max),
      readers_(read_only_ ? std::filesystem::path() : path_, [this] { look_after_report(); }) {
  options_.writer_timeout = limited(options_.writer_timeout);
  options_.archive_timeout = limited(options_.archive_timeout);
  // What opening found was recovered from synced files, or written to tables by recovery.
  const std::uint64_t sequence = Snapshot(*engine_, engine_->snapshot()).state().sequence;
  written_sequence_ = sequence;
  durable_sequence_ = sequence;
  readers_.note_written(sequence);
  if (!read_only_) remove_log_files();
}

DatabaseCore::~DatabaseCore() {
  try {
    close();
  } catch (...) {  // A destructor keeps quiet; close() tells.
  }
}

void DatabaseCore::close() {
  if (!engine_) return;
  const auto finish = [this] {
    engine_.reset();
    if (on_close_) on_close_();
    on_close_ = nullptr;
  };
  if (!read_only_) {
    remove_log_files();
    shorten_replay();
  }
  try {
    engine_->close();
  } catch (...) {
    finish();
    throw;
  }
  finish();
}

// Whoever opens the database next replays its log, at 13 ms a megabyte: what would take long is
// written to tables first, as other databases make a checkpoint when they are shut down. What fails
// here is in the log all the same.
void DatabaseCore::shorten_replay() noexcept {
  try {
    if (!engine_->in_memory() && engine_->memtable_bytes() > kReplayBytesMax) engine_->flush();
  } catch (const Error&) {
  }
}

Engine& DatabaseCore::engine() const {
  if (!engine_) {
    throw Error(ErrorCode::usage, "the database is closed", "nothing was changed", "open it again");
  }
  return *engine_;
}

void DatabaseCore::check_usable() const {
  const std::lock_guard lock(durable_mutex_);
  if (!log_failed_) return;
  throw Error(ErrorCode::reopen_needed,
              "the database's log failed at sequence number " +
                  std::to_string(durable_sequence_ + 1) + " or later",
              "everything up to sequence number " + std::to_string(durable_sequence_) + " is safe",
              "close and open the database, then look at its sequence number");
}

std::shared_ptr<const Snapshot> DatabaseCore::snapshot() const {
  check_usable();
  const Engine& engine = this->engine();
  return std::make_shared<const Snapshot>(engine, engine.snapshot());
}

std::shared_ptr<const Snapshot> DatabaseCore::durable_snapshot() const {
  auto view = snapshot();
  wait_durable(view->state().sequence);
  return view;
}

WriterTurn DatabaseCore::take_writer_turn() {
  if (read_only_) {
    throw Error(ErrorCode::read_only, "the database was opened read-only", "nothing was changed",
                "open it with Database::open");
  }
  std::unique_lock lock(writer_mutex_);
  if (!writer_free_.wait_for(lock, options_.writer_timeout, [this] { return !writer_busy_; })) {
    throw Error(ErrorCode::timed_out,
                "another writer held the database for over " +
                    std::to_string(options_.writer_timeout.count()) + " ms",
                "nothing was changed", "try again, or raise DatabaseOptions::writer_timeout");
  }
  writer_busy_ = true;
  lock.unlock();
  WriterTurn turn(*this);
  check_usable();
  return turn;
}

void DatabaseCore::release_writer_turn() {
  {
    const std::lock_guard lock(writer_mutex_);
    writer_busy_ = false;
  }
  writer_free_.notify_one();
}

StateRecord DatabaseCore::current_state() const {
  return snapshot()->state();
}

void DatabaseCore::advance(StateRecord& state, CommitRecord& commit,
                           const ChangeTotals& totals) const {
  ++state.sequence;
  state.committed_at_us = std::max(clock_.now_us(), state.committed_at_us + 1);
  state.digest += totals.digest_delta;
  state.counts.entity_count = moved(state.counts.entity_count, totals.entity_delta, "entities");
  state.counts.edge_count = moved(state.counts.edge_count, totals.edge_delta, "edges");
  state.counts.metadata_count =
      moved(state.counts.metadata_count, totals.metadata_delta, "metadata entries");
  state.tombstone_count = moved(state.tombstone_count, totals.tombstone_delta, "tombstones");
  state.next_entity_id = std::max(state.next_entity_id, totals.entity_id_max + 1);
  state.next_edge_id = std::max(state.next_edge_id, totals.edge_id_max + 1);
  commit.sequence_number = {state.sequence};
  commit.committed_at_us = state.committed_at_us;
  commit.content_digest = state.digest;
  commit.put_count = totals.put_count;
  commit.deleted_count = totals.deleted_count;
}

void DatabaseCore::start_new_history() {
  StateRecord state = current_state();
  wait_durable(state.sequence);
  state.parent_history_id = state.history_id;
  state.parent_sequence = state.sequence;
  state.history_id = make_uuid();
  EngineBatch batch;
  batch.put(Family::system, kStateKey, encode_state(state));
  write_transaction(batch, state.sequence);
  try {
    engine_->sync_log();
  } catch (const Error& error) {
    fail_log(error, state.sequence);
  }
}

void DatabaseCore::fail_log(const Error& cause, std::uint64_t sequence) const {
  {
    const std::lock_guard lock(durable_mutex_);
    log_failed_ = true;
  }
  durable_changed_.notify_all();
  throw Error(
      ErrorCode::outcome_unknown,
      "the outcome of transaction " + std::to_string(sequence) + " is unknown: " + cause.what(),
      "everything up to sequence number " + std::to_string(durable_sequence()) + " is safe",
      "close and open the database, then look at its sequence number");
}

void DatabaseCore::write_transaction(EngineBatch& batch, std::uint64_t sequence) {
  check_usable();  // the log may have failed since this writer got its turn
  try {
    engine_->write(batch);
  } catch (const Error& error) {
    fail_log(error, sequence);
  }
  retention_.note_written(batch.bytes());
  readers_.note_written(sequence);
  const std::lock_guard lock(durable_mutex_);
  written_sequence_ = std::max(written_sequence_, sequence);
}

void DatabaseCore::ingest_transaction(BulkLoader& loader, const StateRecord& state,
                                      const CommitRecord* commit) {
  // An ingest survives a crash that loses earlier unsynced commits: those must be durable first.
  wait_durable(current_state().sequence);
  loader.prepare_ingest(state, commit);
  // Rows that overlap with nothing would be seen by views that began before them: the engine gives
  // them a sequence number of their own only where some snapshot is held.
  const SnapshotPtr held = engine_->snapshot();
  try {
    loader.ingest();
  } catch (const Error& error) {
    fail_log(error, state.sequence);
  }
  retention_.note_written(LogRetention::kLookBytes);  // it may have ended log files
  readers_.note_written(state.sequence);
  const std::lock_guard lock(durable_mutex_);
  written_sequence_ = std::max(written_sequence_, state.sequence);
  durable_sequence_ = std::max(durable_sequence_, state.sequence);
}

void DatabaseCore::wait_durable(std::uint64_t sequence) const {
  std::unique_lock lock(durable_mutex_);
  // Who names a number has seen it, so it is in the log.
  written_sequence_ = std::max(written_sequence_, sequence);
  while (durable_sequence_ < sequence) {
    if (log_failed_) {
      lock.unlock();
      fail_log(Error(ErrorCode::failed, "the log could not be synced"), sequence);
    }
    if (sync_running_) {
      durable_changed_.wait(lock);
      continue;
    }
    sync_running_ = true;
    const std::uint64_t target = written_sequence_;
    lock.unlock();
    std::optional<Error> failure;
    try {
      engine_->sync_log();
    } catch (const Error& error) {
      failure = error;
    }
    lock.lock();
    sync_running_ = false;
    if (failure) {
      lock.unlock();
      fail_log(*failure, sequence);
    }
    durable_sequence_ = std::max(durable_sequence_, target);
    durable_changed_.notify_all();
  }
}

std::uint64_t DatabaseCore::durable_sequence() const {
  const std::lock_guard lock(durable_mutex_);
  return durable_sequence_;
}

}  // namespace manifolddb
