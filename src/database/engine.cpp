#include "database/engine.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <cstdarg>
#include <utility>

#include "common/file_system.h"
#include "database/engine_impl.h"

namespace manifolddb {

namespace {

// Stored in the engine's manifest: never change or reuse one.
constexpr std::array<std::string_view, kFamilyCount> kFamilyNames = {
    "entities", "edges",      "metadata", "outgoing", "incoming", "labels",
    "changes",  "tombstones", "commits",  "counters", "system"};

constexpr const char* kMemoryPath = "/manifolddb";
constexpr std::size_t kBlockBytes = 16u << 10;
constexpr std::uint64_t kTableBytes = 64u << 20;

bool mentions_lock(const std::string& text) {
  return text.find("lock ") != std::string::npos && text.find("LOCK") != std::string::npos;
}

std::shared_ptr<rocksdb::TableFactory> make_table_factory(const EngineOptions& options) {
  rocksdb::BlockBasedTableOptions table;
  table.block_size = kBlockBytes;
  table.format_version = 5;
  table.block_cache = rocksdb::NewLRUCache(options.cache_bytes, -1, false, 0.5);
  // Index and filter blocks count against the cache, so that memory does not grow with the data.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  return std::shared_ptr<rocksdb::TableFactory>(rocksdb::NewBlockBasedTableFactory(table));
}

// Keeps no information log. The engine's own writes it through the class that it writes data with,
// which asserts, in Debian's library too, that nothing is written after an error: on a full disk
// the second message would end the caller's process.
class SilentLogger : public rocksdb::Logger {
 public:
  SilentLogger() : rocksdb::Logger(rocksdb::InfoLogLevel::FATAL_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::ReadOptions read_options(const SnapshotPtr& snapshot, const void* raw) {
  rocksdb::ReadOptions options;
  if (snapshot) options.snapshot = static_cast<const rocksdb::Snapshot*>(raw);
  return options;
}

}  // namespace

std::string_view family_name(Family family) {
  return kFamilyNames[static_cast<std::size_t>(family)];
}

void throw_status(const rocksdb::Status& status, const std::string& doing) {
  const std::string what = "cannot " + doing + ": " + status.ToString();
  if (status.IsNoSpace() || what.find("No space left") != std::string::npos) {
    throw Error(ErrorCode::no_space, what, "what was committed before is safe",
                "free some space, then try again");
  }
  if (mentions_lock(what)) {
    throw Error(ErrorCode::locked, what, "nothing was changed", "close the other process first");
  }
  if (status.IsCorruption()) {
    throw Error(ErrorCode::damaged, what, "nothing was changed",
                "restore from a backup; `manifold check` lists what else is damaged");
  }
  throw Error(ErrorCode::failed, what, "what was committed before is safe",
              "look at the cause, then open the database again");
}

rocksdb::Options make_engine_options(const EngineOptions& options, rocksdb::Env* env) {
  rocksdb::Options o;
  o.env = env;
  o.create_if_missing = options.mode == EngineOptions::Mode::create;
  o.create_missing_column_families = o.create_if_missing;
  // Damage before the log's tail is an error, a torn tail is cut (design: engine facts).
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  o.max_background_jobs = 2;
  o.max_open_files = 1000;
  // Opening would start 16 of them for each family, and so few tables are opened with the database
  // that one does.
  o.max_file_opening_threads = 1;
  o.write_buffer_size = options.write_buffer_bytes;
  o.db_write_buffer_size = 2 * options.write_buffer_bytes;
  o.max_total_wal_size = 4 * options.write_buffer_bytes;
  o.compression = rocksdb::kLZ4Compression;
  o.target_file_size_base = kTableBytes;
  o.level_compaction_dynamic_level_bytes = true;
  o.info_log = std::make_shared<SilentLogger>();
  o.stats_dump_period_sec = 0;
  o.stats_persist_period_sec = 0;
  o.skip_stats_update_on_db_open = true;
  o.table_factory = make_table_factory(options);
  return o;
}

rocksdb::ColumnFamilyOptions make_family_options(const rocksdb::Options& base, Family family) {
  rocksdb::ColumnFamilyOptions options(base);
  const bool is_index = family == Family::outgoing || family == Family::incoming ||
                        family == Family::labels || family == Family::changes;
  if (is_index) {
    // Read by ranges, or by keys that are there: a filter would take time and memory (8 bytes a key
    // while a table is written) and never say no.
    auto table = *base.table_factory->GetOptions<rocksdb::BlockBasedTableOptions>();
    table.filter_policy.reset();
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  }
  return options;
}

// --- opening and closing
// ---------------------------------------------------------------------------

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Engine::~Engine() {
  try {
    close();
  } catch (...) {  // A destructor keeps quiet; close() tells.
  }
}

void Engine::Impl::close() {
  if (!db) return;
  for (auto*& handle : handles) {
    if (handle != nullptr) db->DestroyColumnFamilyHandle(handle);
    handle = nullptr;
  }
  const rocksdb::Status status = db->Close();
  db.reset();
  check_status(status, "close the database's files");
}

void Engine::close() {
  if (impl_) impl_->close();
}

void Engine::Impl::open() {
  const std::filesystem::path folder = options.path / "engine";
  const rocksdb::Options base = make_engine_options(options, env);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions(base));
  for (std::size_t i = 0; i < kFamilyCount; ++i) {
    families.emplace_back(std::string(kFamilyNames[i]),
                          make_family_options(base, static_cast<Family>(i)));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> opened_handles;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      options.mode == EngineOptions::Mode::read_only
          ? rocksdb::DB::OpenForReadOnly(base, folder.string(), families, &opened_handles, &opened)
          : rocksdb::DB::Open(base, folder.string(), families, &opened_handles, &opened);
  if (status.IsInvalidArgument() &&
      status.ToString().find("Column family not found") != std::string::npos) {
    throw Error(ErrorCode::not_found,
                "no database at " + options.path.string() + ": its creation was cut short",
                "nothing was lost, nothing had been committed",
                "create it again at this path, which completes it, or remove the folder");
  }
  if (!status.ok()) throw_status(status, "open " + options.path.string());
  db.reset(opened);
  db->DestroyColumnFamilyHandle(
      opened_handles[0]);  // `default` must be named to open, and is not used
  for (std::size_t i = 0; i < kFamilyCount; ++i) this->handles[i] = opened_handles[i + 1];
}

std::unique_ptr<Engine> Engine::open(const EngineOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  if (options.where == EngineOptions::Where::memory) {
    impl->owned_env.reset(rocksdb::NewMemEnv(rocksdb::Env::Default()));
    impl->options.path = kMemoryPath;
    impl->options.mode = EngineOptions::Mode::create;
  } else {
    impl->files = std::make_shared<EngineFiles>(rocksdb::FileSystem::Default());
    impl->owned_env = rocksdb::NewCompositeEnv(impl->files);
    if (options.mode == EngineOptions::Mode::create) {
      std::filesystem::create_directories(options.path / "engine");
    } else if (!std::filesystem::exists(options.path / "engine" / "CURRENT")) {
      throw Error(ErrorCode::not_found, "no database at " + options.path.string(),
                  "nothing was created", "check the path");
    }
  }
  impl->env = impl->owned_env.get();
  impl->scratch = impl->options.path / "scratch";
  impl->open();
  std::unique_ptr<Engine> engine(new Engine(std::move(impl)));
  if (options.mode != EngineOptions::Mode::read_only && !engine->in_memory()) {
    std::filesystem::remove_all(engine->scratch_directory());
    std::filesystem::create_directory(engine->scratch_directory());
  }
  return engine;
}

bool Engine::in_memory() const {
  return impl_->options.where == EngineOptions::Where::memory;
}

const std::filesystem::path& Engine::scratch_directory() const {
  return impl_->scratch;
}

std::unique_ptr<Engine> Engine::open_scratch(const std::string& name) const {
  auto impl = std::make_unique<Impl>();
  impl->options = impl_->options;
  impl->options.path = impl_->scratch / name;
  impl->options.mode = EngineOptions::Mode::create;
  impl->options.log = EngineOptions::Log::off;
  impl->owned_env = impl_->owned_env;
  impl->env = impl_->env;
  impl->scratch = impl->options.path / "scratch";
  if (!in_memory()) {
    with_file_errors("create", [&] {
      return std::filesystem::create_directories(impl->options.path / "engine");
    });
  }
  impl->open();
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

void Engine::remove_scratch(const std::filesystem::path& path) const {
  if (in_memory()) {
    std::vector<std::string> children;
    if (impl_->env->GetChildren(path.string(), &children).ok()) {
      for (const std::string& child : children) {
        if (child != "." && child != "..") remove_scratch(path / child);
      }
      impl_->env->DeleteDir(path.string()).PermitUncheckedError();
    }
    impl_->env->DeleteFile(path.string()).PermitUncheckedError();
    return;
  }
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

// --- reading
// ---------------------------------------------------------------------------------------

EngineSnapshot::EngineSnapshot(const Engine& engine)
    : engine_(engine), snapshot_(engine.impl_->db->GetSnapshot()) {}

EngineSnapshot::~EngineSnapshot() {
  if (engine_.impl_->db) {
    engine_.impl_->db->ReleaseSnapshot(static_cast<const rocksdb::Snapshot*>(snapshot_));
  }
}

SnapshotPtr Engine::snapshot() const {
  return std::make_shared<const EngineSnapshot>(*this);
}

bool Engine::get(Family family, std::string_view key, const SnapshotPtr& snapshot,
                 std::string& value) const {
  const rocksdb::ReadOptions options =
      read_options(snapshot, snapshot ? snapshot->snapshot_ : nullptr);
  const rocksdb::Status status =
      impl_->db->Get(options, impl_->handle(family), to_slice(key), &value);
  if (status.IsNotFound()) return false;
  check_status(status, "read a record");
  return true;
}

std::optional<std::string> Engine::get(Family family, std::string_view key,
                                       const SnapshotPtr& snapshot) const {
  std::string value;
  if (!get(family, key, snapshot, value)) return std::nullopt;
  return value;
}

struct EngineIterator::Impl {
  SnapshotPtr snapshot;
  std::string upper_bound;
  rocksdb::Slice upper_slice;
  std::unique_ptr<rocksdb::Iterator> iterator;
};

EngineIterator::EngineIterator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EngineIterator::~EngineIterator() = default;
EngineIterator::EngineIterator(EngineIterator&&) noexcept = default;

EngineIterator Engine::iterate(Family family, const ScanOptions& scan) const {
  auto it = std::make_unique<EngineIterator::Impl>();
  it->snapshot = scan.snapshot;
  it->upper_bound = scan.upper_bound;
  rocksdb::ReadOptions options =
      read_options(scan.snapshot, scan.snapshot ? scan.snapshot->snapshot_ : nullptr);
  if (!it->upper_bound.empty()) {
    it->upper_slice = to_slice(it->upper_bound);
    options.iterate_upper_bound = &it->upper_slice;
  }
  options.readahead_size = scan.readahead_bytes;
  options.fill_cache = scan.fills_cache;
  it->iterator.reset(impl_->db->NewIterator(options, impl_->handle(family)));
  return EngineIterator(std::move(it));
}

void EngineIterator::seek(std::string_view key) {
  impl_->iterator->Seek(to_slice(key));
}
void EngineIterator::seek_to_first() {
  impl_->iterator->SeekToFirst();
}
void EngineIterator::seek_to_last() {
  impl_->iterator->SeekToLast();
}
void EngineIterator::next() {
  impl_->iterator->Next();
}

bool EngineIterator::valid() const {
  if (impl_->iterator->Valid()) return true;
  check_status(impl_->iterator->status(), "read the database's tables");
  return false;
}

std::string_view EngineIterator::key() const {
  return to_view(impl_->iterator->key());
}
std::string_view EngineIterator::value() const {
  return to_view(impl_->iterator->value());
}

// --- writing
// ---------------------------------------------------------------------------------------

// A batch knows families by number: the engine's own ids are those of the order of creation, 1 to
// kFamilyCount after `default`, checked when the batch is written.
struct EngineBatch::Impl {
  struct Operation {
    Family family;
    bool is_put;
    std::size_t key_offset, key_bytes, value_bytes;
  };
  std::vector<Operation> operations;
  std::string arena;
  std::string log_data;
};

EngineBatch::EngineBatch() : impl_(std::make_unique<Impl>()) {}
EngineBatch::~EngineBatch() = default;

void EngineBatch::put(Family family, std::string_view key, std::string_view value) {
  impl_->operations.push_back({family, true, impl_->arena.size(), key.size(), value.size()});
  impl_->arena.append(key).append(value);
}

void EngineBatch::remove(Family family, std::string_view key) {
  impl_->operations.push_back({family, false, impl_->arena.size(), key.size(), 0});
  impl_->arena.append(key);
}

void EngineBatch::put_log_data(std::string_view blob) {
  impl_->log_data.append(blob);
}

void EngineBatch::clear() {
  impl_->operations.clear();
  impl_->arena.clear();
  impl_->log_data.clear();
}

std::size_t EngineBatch::bytes() const {
  return impl_->arena.size() + impl_->log_data.size();
}

void Engine::write(EngineBatch& batch) {
  const EngineBatch::Impl& b = *batch.impl_;
  rocksdb::WriteBatch engine_batch(b.arena.size() + b.log_data.size() + 64);
  if (!b.log_data.empty()) check_status(engine_batch.PutLogData(b.log_data), "prepare a commit");
  const std::string_view arena = b.arena;
  for (const auto& operation : b.operations) {
    const auto key = to_slice(arena.substr(operation.key_offset, operation.key_bytes));
    const auto value =
        to_slice(arena.substr(operation.key_offset + operation.key_bytes, operation.value_bytes));
    auto* handle = impl_->handle(operation.family);
    check_status(
        operation.is_put ? engine_batch.Put(handle, key, value) : engine_batch.Delete(handle, key),
        "prepare a commit");
  }
  rocksdb::WriteOptions options;
  options.disableWAL = impl_->options.log == EngineOptions::Log::off;
  check_status(impl_->db->Write(options, &engine_batch), "write the log");
}

std::uint64_t Engine::latest_engine_sequence() const {
  return impl_->db->GetLatestSequenceNumber();
}

void Engine::sync_log() {
  if (in_memory() || impl_->options.log == EngineOptions::Log::off) return;
  check_status(impl_->db->SyncWAL(), "sync the log");
}

}  // namespace manifolddb
