#include "manifolddb/database.h"

#include <utility>

#include "common/file_system.h"
#include "common/text.h"
#include "common/varint.h"
#include "database/database_core.h"
#include "database/database_files.h"
#include "database/graph_readers.h"
#include "database/image.h"
#include "database/integrity_check.h"
#include "database/key_codec.h"
#include "database/transaction_state.h"

namespace manifolddb {

namespace {

namespace fs = std::filesystem;

// The rows of commits looked at when a database is opened to be written: those that log files which
// are there can hold, the row of the state, that of the commit and the log data being this long at
// least, and never fewer than that, which is all for an image: those are made often.
constexpr std::uint64_t kLoggedCommitBytesMin = 200;
constexpr std::uint64_t kCommitsCheckedMin = 10'000;

void check_options(const DatabaseOptions& options) {
  if (options.line_bytes_max < kLineBytesMaxDefault ||
      options.line_bytes_max > kLineBytesMaxLimit) {
    throw Error(ErrorCode::invalid_argument,
                "line_bytes_max is " + std::to_string(options.line_bytes_max) +
                    ", it must be 8 MiB to 32 MiB",
                "nothing was changed", "change DatabaseOptions::line_bytes_max");
  }
}

EngineOptions engine_options(const DatabaseOptions& options, const fs::path& path,
                             EngineOptions::Mode mode) {
  EngineOptions engine;
  engine.path = path;
  engine.mode = mode;
  engine.cache_bytes = options.cache_bytes;
  engine.write_buffer_bytes = options.write_buffer_bytes;
  return engine;
}

// Makes the database's name durable. Folders above its parent may have been made with it, by this
// process or by one that was killed; one that cannot be opened was not.
void sync_path_to(const fs::path& path) {
  sync_directory(path);
  sync_directory(parent_directory(path));
  for (fs::path folder = fs::absolute(path).parent_path(); folder != folder.root_path();) {
    folder = folder.parent_path();
    try {
      sync_directory(folder);
    } catch (const Error&) {
      return;
    }
  }
}

// The first rows of a new database; a creation cut short before them is completed here. `path` is
// empty in memory. A database with a state row has a durable name.
void ensure_state(Engine& engine, const fs::path& path) {
  if (engine.get(Family::system, kStateKey, nullptr)) return;
  EngineIterator commits = engine.iterate(Family::commits, {});
  EngineIterator entities = engine.iterate(Family::entities, {});
  commits.seek_to_first();
  entities.seek_to_first();
  if (commits.valid() || entities.valid()) {
    throw Error(ErrorCode::damaged, "the database has records but no state row",
                "nothing was changed", "restore from a backup");
  }
  if (!path.empty()) sync_path_to(path);
  StateRecord state;
  state.database_id = make_uuid();
  state.history_id = make_uuid();
  EngineBatch batch;
  batch.put(Family::system, kStateKey, encode_state(state));
  engine.write(batch);
  engine.sync_log();
}

std::unique_ptr<Engine> open_engine(const EngineOptions& options) {
  try {
    return Engine::open(options);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::locked) throw;
    throw Error(ErrorCode::locked,
                options.path.string() + " is open in " + describe_owner(options.path),
                "nothing was changed",
                "close it there; reading commands work beside it (stats, cat, backup)");
  }
}

// The engine takes a log file that lost its end, or is missing, for one that ended there, and goes
// on with the next: the state row is that of the last commit, and of some before it nothing may be
// there. Such a database is neither the one before nor the one after any transaction.
void check_commits_complete(const Engine& engine, const fs::path& path, std::uint64_t log_bytes) {
  const SnapshotPtr snapshot = engine.snapshot();
  const StateRecord state = Snapshot(engine, snapshot).state();
  const std::uint64_t count = std::max(kCommitsCheckedMin, log_bytes / kLoggedCommitBytesMin);
  std::uint64_t n = state.horizon + 1;
  if (state.sequence > count) n = std::max(n, state.sequence - count + 1);
  ScanOptions options;
  options.snapshot = snapshot;
  options.fills_cache = false;
  EngineIterator it = engine.iterate(Family::commits, options);
  for (it.seek(id_key(n)); it.valid() && n <= state.sequence && it.key() == id_key(n); it.next()) {
    ++n;
  }
  if (n > state.sequence) return;
  while (n > state.horizon + 1 && !engine.get(Family::commits, id_key(n - 1), snapshot)) --n;
  throw Error(ErrorCode::damaged,
              path.string() + " is at sequence number " + std::to_string(state.sequence) +
                  ", but lacks transaction " + std::to_string(n) +
                  ": a log file has lost its end, or is missing",
              "transactions up to " + std::to_string(n - 1) +
                  " were not touched; of the later ones a part is there; no file was removed",
              "restore from a backup, or from a repository that archived the log");
}

void for_each_counter(const Snapshot& snapshot, char prefix,
                      const std::function<void(const std::string&, std::uint64_t)>& fn) {
  ScanOptions options;
  options.snapshot = snapshot.engine_snapshot();
  options.upper_bound = prefix_end(std::string(1, prefix));
  EngineIterator it = snapshot.engine().iterate(Family::counters, options);
  for (it.seek(std::string(1, prefix)); it.valid(); it.next()) {
    std::uint64_t count = 0;
    if (!decode_counter(it.value(), count)) {
      throw Error(ErrorCode::damaged, "a counter cannot be read", "nothing was changed",
                  "manifold check lists what is damaged");
    }
    fn(std::string(it.key().substr(1)), count);
  }
}

std::unique_ptr<DatabaseCore> open_read_write(const fs::path& path,
                                              const DatabaseOptions& options) {
  const FolderState folder = inspect_folder(path);
  if (folder != FolderState::database && !options.create_if_missing) {
    throw Error(ErrorCode::not_found, "no database at " + path.string(), "nothing was created",
                "check the path");
  }
  // Also where a database seems to be: its creation may have been cut short.
  auto engine = open_engine(engine_options(
      options, path,
      options.create_if_missing ? EngineOptions::Mode::create : EngineOptions::Mode::read_write));
  ensure_state(*engine, path);
  // Before the log files that may explain a gap are removed.
  check_commits_complete(*engine, path, engine->log_bytes());
  write_owner(path);
  return std::make_unique<DatabaseCore>(std::move(engine), options, path,
                                        DatabaseCore::Access::read_write,
                                        [path] { remove_owner(path); });
}

std::unique_ptr<DatabaseCore> open_image(const fs::path& path, const DatabaseOptions& options) {
  for (int attempt = 1;; ++attempt) {
    auto image = std::make_shared<Image>(Image::make(path, options.image_directory));
    try {
      auto engine =
          Engine::open(engine_options(options, image->folder(), EngineOptions::Mode::read_only));
      check_commits_complete(*engine, path, 0);
      return std::make_unique<DatabaseCore>(std::move(engine), options, path,
                                            DatabaseCore::Access::read_only,
                                            [image]() mutable { image.reset(); });
    } catch (const Error& error) {
      // A copy taken at an unlucky moment is damaged only once; a damaged database stays so.
      if (attempt == 3 || error.code() == ErrorCode::newer_format) throw;
    }
  }
}

}  // namespace

Database::Database(std::unique_ptr<DatabaseCore> core) : core_(std::move(core)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Database Database::open(const fs::path& path, const DatabaseOptions& options) {
  check_options(options);
  return Database(with_file_errors("open", [&] { return open_read_write(path, options); }));
}

Database Database::in_memory(const DatabaseOptions& options) {
  check_options(options);
  EngineOptions engine = engine_options(options, {}, EngineOptions::Mode::create);
  engine.where = EngineOptions::Where::memory;
  auto opened = Engine::open(engine);
  ensure_state(*opened, fs::path());
  return Database(std::make_unique<DatabaseCore>(std::move(opened), options, fs::path(),
                                                 DatabaseCore::Access::read_write, nullptr));
}

Database Database::open_read_only(const fs::path& path, const DatabaseOptions& options) {
  check_options(options);
  return Database(with_file_errors("open", [&] { return open_image(path, options); }));
}

void Database::close() {
  core_->close();
}

WriteTransaction Database::begin() {
  return WriteTransaction(std::make_unique<WriteTransaction::State>(*core_));
}

ReadTransaction Database::begin_read() const {
  auto state = std::make_unique<ReadTransaction::State>();
  state->snapshot = core_->snapshot();
  state->reader = make_snapshot_reader(state->snapshot);
  return ReadTransaction(std::move(state));
}

void Database::start_new_history() {
  const WriterTurn turn = core_->take_writer_turn();
  core_->start_new_history();
}

SequenceNumber Database::sequence_number() const {
  return {core_->snapshot()->state().sequence};
}

DatabaseStatistics Database::statistics() const {
  const StateRecord state = core_->snapshot()->state();
  DatabaseStatistics s;
  s.counts = state.counts;
  s.sequence_number = {state.sequence};
  s.durable_sequence_number = {core_->durable_sequence()};
  s.horizon = {state.first_parent_sequence()};
  if (state.sequence != 0) s.committed_at_us = state.committed_at_us;
  s.content_digest = state.digest;
  s.database_id = state.database_id;
  s.history_id = state.history_id;
  s.parent_history_id = state.parent_history_id;
  s.parent_sequence_number = {state.parent_sequence};
  s.next_entity_id = state.next_entity_id;
  s.next_edge_id = state.next_edge_id;
  s.tombstone_count = state.tombstone_count;
  s.table_bytes = core_->engine().table_bytes();
  s.log_bytes = core_->engine().log_bytes();
  s.archives = core_->archive_statuses();
  return s;
}

void Database::for_each_label_count(
    const std::function<void(const std::string&, std::uint64_t)>& fn) const {
  for_each_counter(*core_->snapshot(), 'L', fn);
}

void Database::for_each_edge_type_count(
    const std::function<void(const std::string&, std::uint64_t)>& fn) const {
  for_each_counter(*core_->snapshot(), 'T', fn);
}

void Database::for_each_commit(SequenceNumber first, SequenceNumber last,
                               const std::function<bool(const CommitRecord&)>& fn) const {
  const auto snapshot = core_->durable_snapshot();
  ScanOptions options;
  options.snapshot = snapshot->engine_snapshot();
  EngineIterator it = snapshot->engine().iterate(Family::commits, options);
  for (it.seek(id_key(first.value)); it.valid(); it.next()) {
    const CommitRecord commit = decode_commit(it.key(), it.value());
    if (commit.sequence_number > last || !fn(commit)) return;
  }
}

ContentDigest Database::digest(const ProgressCallback& progress) const {
  return scan_content(*core_->snapshot(), 0, progress).digest;
}

CheckReport Database::check(const ProgressCallback& progress) const {
  return check_integrity(*core_->snapshot(), progress);
}

}  // namespace manifolddb
