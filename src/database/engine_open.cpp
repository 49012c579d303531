// Opening an engine: its families, their options, and what is told when it fails.
#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <cstdarg>
#include <limits>

#include "common/file_system.h"
#include "database/engine_impl.h"

namespace manifolddb {

namespace {

// Stored in the engine's manifest: never change or reuse one.
constexpr std::array<std::string_view, kFamilyCount> kFamilyNames = {
    "entities", "edges",      "metadata", "outgoing", "incoming", "labels",
    "changes",  "tombstones", "commits",  "counters", "system"};

constexpr const char* kMemoryPath = "/manifolddb";
constexpr std::size_t kTableBlockBytes = 16u << 10;
constexpr std::uint64_t kTableBytes = 64u << 20;
// An iterator that goes on asks the kernel to read ahead, from the third block of a table on, and
// each time for twice as much; asked for by ScanOptions, the engine would allocate all of it in
// each table.
constexpr std::size_t kReadaheadBytesMin = 128u << 10;
constexpr std::size_t kReadaheadBytesMax = 2u << 20;

std::shared_ptr<rocksdb::TableFactory> make_table_factory(const EngineOptions& options) {
  rocksdb::BlockBasedTableOptions table;
  table.block_size = kTableBlockBytes;
  table.format_version = 5;
  table.initial_auto_readahead_size = kReadaheadBytesMin;
  table.max_auto_readahead_size = kReadaheadBytesMax;
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

}  // namespace

std::string_view family_name(Family family) {
  return kFamilyNames[static_cast<std::size_t>(family)];
}

rocksdb::Options make_engine_options(const EngineOptions& options, rocksdb::Env* env) {
  rocksdb::Options o;
  o.env = env;
  o.create_if_missing = options.mode == EngineOptions::Mode::create;
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
  if (options.log == EngineOptions::Log::kept) {
    // The engine moves files that it needs no more to `archive` and never purges them: which of
    // them may go is known to log_retention only.
    o.WAL_ttl_seconds = std::numeric_limits<std::uint64_t>::max();
    o.WAL_size_limit_MB = 0;
  }
  o.compression = rocksdb::kLZ4Compression;
  o.target_file_size_base = kTableBytes;
  o.level_compaction_dynamic_level_bytes = true;
  o.fail_if_options_file_error = false;  // EngineFiles refuses it
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

// Opens what is there of the families, and creates the others together: left to DB::Open, they
// would be created one by one, each with a record of the manifest that is synced.
rocksdb::Status Engine::Impl::open_and_create(
    const rocksdb::Options& base, const std::string& folder,
    const std::vector<rocksdb::ColumnFamilyDescriptor>& families,
    std::vector<rocksdb::ColumnFamilyHandle*>& opened_handles) {
  std::vector<std::string> found;
  if (!rocksdb::DB::ListColumnFamilies(base, folder, &found).ok()) {
    found = {rocksdb::kDefaultColumnFamilyName};  // nothing is there, or opening will say what is
  }
  const auto first_missing =
      std::find_if(families.begin(), families.end(), [&](const auto& family) {
        return std::find(found.begin(), found.end(), family.name) == found.end();
      });
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status =
      rocksdb::DB::Open(base, folder, {families.begin(), first_missing}, &opened_handles, &opened);
  db.reset(opened);
  if (!status.ok() || first_missing == families.end()) return status;
  std::vector<rocksdb::ColumnFamilyHandle*> created;
  status = db->CreateColumnFamilies({first_missing, families.end()}, &created);
  opened_handles.insert(opened_handles.end(), created.begin(), created.end());
  return status;
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
  rocksdb::Status status;
  switch (options.mode) {
    case EngineOptions::Mode::create:
      status = open_and_create(base, folder.string(), families, opened_handles);
      break;
    case EngineOptions::Mode::read_write:
      status = rocksdb::DB::Open(base, folder.string(), families, &opened_handles, &opened);
      db.reset(opened);
      break;
    case EngineOptions::Mode::read_only:
      status =
          rocksdb::DB::OpenForReadOnly(base, folder.string(), families, &opened_handles, &opened);
      db.reset(opened);
  }
  if (!status.ok()) {
    for (rocksdb::ColumnFamilyHandle* handle : opened_handles) {
      db->DestroyColumnFamilyHandle(handle);
    }
    db.reset();
  }
  if (status.IsInvalidArgument() &&
      status.ToString().find("Column family not found") != std::string::npos) {
    throw Error(ErrorCode::not_found,
                "no database at " + options.path.string() + ": its creation was cut short",
                "nothing was lost, nothing had been committed",
                "create it again at this path, which completes it, or remove the folder");
  }
  if (!status.ok()) throw_status(status, "open " + options.path.string());
  db->DestroyColumnFamilyHandle(
      opened_handles[0]);  // `default` must be named to open, and is not used
  for (std::size_t i = 0; i < kFamilyCount; ++i) this->handles[i] = opened_handles[i + 1];
  // The log knows families by these numbers only (engine_log.cpp).
  for (std::size_t i = 0; i < kFamilyCount; ++i) {
    if (handles[i]->GetID() == i + 1) continue;
    const std::uint32_t id = handles[i]->GetID();
    close();
    throw Error(ErrorCode::damaged,
                options.path.string() + ": the family " + std::string(kFamilyNames[i]) +
                    " has the number " + std::to_string(id) + " instead of " +
                    std::to_string(i + 1),
                "nothing was changed", "restore from a backup");
  }
}

std::unique_ptr<Engine> Engine::open(const EngineOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  if (options.where == EngineOptions::Where::memory) {
    const std::unique_ptr<rocksdb::Env> memory(rocksdb::NewMemEnv(rocksdb::Env::Default()));
    impl->owned_env =
        rocksdb::NewCompositeEnv(std::make_shared<EngineFiles>(memory->GetFileSystem()));
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

}  // namespace manifolddb
