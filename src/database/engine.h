// RocksDB: families, batches, snapshots, iterators, table files, the log. Only engine* includes its
// headers. Knows nothing of graphs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "database/engine_log_files.h"
#include "manifolddb/error.h"

namespace manifolddb {

// The column families. Keys and values are specified in docs/storage_format.md and built by
// key_codec.h and state_record.h. The order is that of the list of names in engine_open.cpp.
enum class Family : std::uint8_t {
  entities,
  edges,
  metadata,
  outgoing,
  incoming,
  labels,
  changes,
  tombstones,
  commits,
  counters,
  system,
};
inline constexpr std::size_t kFamilyCount = 11;
std::string_view family_name(Family family);

struct EngineOptions {
  std::filesystem::path
      path;  // the database's folder: holds `engine` and `scratch`; ignored in memory
  enum class Where { disk, memory } where = Where::disk;
  enum class Mode {
    create,      // made where nothing is; a creation that was cut short is completed
    read_write,  // must be there
    read_only,   // must be there; replays the log in memory, writes nothing
  } mode = Mode::read_write;
  enum class Log { kept, off } log = Log::kept;  // off: scratch data that need not survive
  std::size_t cache_bytes = 64u << 20;
  std::size_t write_buffer_bytes = 32u << 20;
};

class Engine;

// A consistent view. Released when the last copy of the pointer goes; must not outlive the engine.
class EngineSnapshot {
 public:
  EngineSnapshot(const Engine& engine);
  ~EngineSnapshot();
  EngineSnapshot(const EngineSnapshot&) = delete;
  EngineSnapshot& operator=(const EngineSnapshot&) = delete;

 private:
  friend class Engine;
  const Engine& engine_;
  const void* snapshot_;
};
using SnapshotPtr = std::shared_ptr<const EngineSnapshot>;

struct ScanOptions {
  SnapshotPtr snapshot;     // null: the latest state when the iterator is made
  std::string upper_bound;  // exclusive; empty: none
  bool fills_cache = true;  // false for what is read once
};

// Ascending by key bytes. valid() throws Error{damaged} on an engine error instead of looking like
// the end. Views live until the next move.
class EngineIterator {
 public:
  ~EngineIterator();
  EngineIterator(EngineIterator&&) noexcept;
  EngineIterator& operator=(EngineIterator&&) noexcept;
  // For the next seek on; only where it was made with one. Exclusive, not empty.
  void set_upper_bound(std::string_view key);
  void seek(std::string_view key);  // first key at or after it
  void seek_to_first();
  void seek_to_last();
  void next();  // at the end: stays there
  bool valid() const;
  std::string_view key() const;
  std::string_view value() const;

 private:
  friend class Engine;
  struct Impl;
  explicit EngineIterator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Changes applied together or not at all.
class EngineBatch {
 public:
  EngineBatch();
  ~EngineBatch();
  void put(Family family, std::string_view key, std::string_view value);
  void remove(Family family, std::string_view key);
  void put_log_data(std::string_view blob);  // goes to the log only
  void clear();
  std::size_t bytes() const;

 private:
  friend class Engine;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// One sorted table file, written from ascending keys, for Engine::ingest. Not thread-safe; several
// may be written at once by different threads. The file is synced by finish().
class TableWriter {
 public:
  TableWriter(const Engine& engine, Family family, std::filesystem::path file);
  ~TableWriter();
  TableWriter(TableWriter&&) noexcept;
  void put(std::string_view key, std::string_view value);
  void remove(std::string_view key);
  std::uint64_t bytes() const;  // so far
  void finish();                // requires at least one key

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct TableFile {
  Family family;
  std::filesystem::path path;
};

// A table file that cannot be read to its end, or not at all.
struct DamagedTable {
  Family family;
  std::string file;                 // its name in the folder `engine`
  std::string first_key, last_key;  // both included
  std::string what;
};

// Thread-safe. Every call throws Error: no_space, damaged or failed, with the engine's own words.
class Engine {
 public:
  // Throws not_found, locked (another process or handle has it), damaged.
  static std::unique_ptr<Engine> open(const EngineOptions& options);
  ~Engine();
  void close();

  std::optional<std::string> get(Family family, std::string_view key,
                                 const SnapshotPtr& snapshot) const;
  // The same without a copy per call: false when absent. `value` keeps its memory. `fills_cache`:
  // false for what is read once.
  bool get(Family family, std::string_view key, const SnapshotPtr& snapshot, std::string& value,
           bool fills_cache = true) const;
  EngineIterator iterate(Family family, const ScanOptions& options) const;
  SnapshotPtr snapshot() const;

  // Written to the log (unless off) and visible when it returns; not synced.
  void write(EngineBatch& batch);
  std::uint64_t latest_engine_sequence() const;

  // Syncs the log up to everything written before the call. Nothing to do in memory.
  void sync_log();

  // Makes all files part of the database at once; durable when it returns. Files are moved. Files
  // of one family must not overlap each other. The log must have been synced.
  void ingest(const std::vector<TableFile>& files);

  void flush();  // all memtables to table files
  std::uint64_t memtable_bytes() const;
  void compact(Family family);  // the whole family
  std::uint64_t table_bytes() const;
  std::uint64_t log_bytes() const;  // of log_files()

  // Reads every table file to its end, one after the other; `before_each` may throw to stop it.
  std::vector<DamagedTable> find_damaged_tables(const std::function<void()>& before_each) const;

  // Log files, ascending: those that opening needs, and those that are kept in `archive` for who
  // reads the log.
  std::vector<LogFileInfo> log_files() const;
  // False when it is not an archived one, or cannot be removed.
  bool remove_log_file(std::uint64_t number);

  // Keys that cut a family into parts of roughly `keys_per_part`, ascending, from the table files'
  // ends; the first part begins at the start of the family and the last is open. For dense ids each
  // file's range is divided evenly. Never empty parts promised, nor equal ones.
  std::vector<std::string> split_keys(Family family, std::uint64_t keys_per_part) const;

  bool in_memory() const;

  // A folder for temporary files on the same file system; in memory, a name that only TableWriter
  // and scratch engines understand. Emptied when the database is opened.
  const std::filesystem::path& scratch_directory() const;
  // Opens an engine of scratch data (no log) in a folder of that name in the scratch directory.
  std::unique_ptr<Engine> open_scratch(const std::string& name) const;
  // Remove a scratch file or folder, wherever this engine keeps its files. Quiet when absent.
  void remove_scratch(const std::filesystem::path& path) const;

 private:
  friend class EngineSnapshot;
  friend class TableWriter;
  friend class EngineLogReader;
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace manifolddb
