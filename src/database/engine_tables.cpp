// The engine's table files: writing them, ingesting them, and what they say about the spread of
// keys.
#include <rocksdb/convenience.h>
#include <rocksdb/metadata.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/sst_file_writer.h>

#include <algorithm>
#include <map>

#include "common/varint.h"
#include "database/engine.h"
#include "database/engine_impl.h"
#include "database/image.h"

namespace manifolddb {

namespace {

// RocksDB 7.8 chooses the levels of ingested tables by the newest version of a family's tables, and
// looks for what they overlap with in the one that readers see. Where a flush or a compaction has
// made a newer one and not yet shown it, it ends the process, refuses the ingest with TryAgain
// (both when built with assertions), or may put tables below older ones. So nothing of the kind
// runs meanwhile. An ingest that needed a flush would wait for it for ever: it has to be done
// before.
class BackgroundPause {
 public:
  // Waits for what is running.
  explicit BackgroundPause(rocksdb::DB& db) : db_(db) {
    check_status(db_.PauseBackgroundWork(), "wait for background work");
  }
  ~BackgroundPause() { db_.ContinueBackgroundWork().PermitUncheckedError(); }
  BackgroundPause(const BackgroundPause&) = delete;
  BackgroundPause& operator=(const BackgroundPause&) = delete;

 private:
  rocksdb::DB& db_;
};

}  // namespace

struct TableWriter::Impl {
  Impl(const rocksdb::Options& options, rocksdb::ColumnFamilyHandle* handle)
      : writer(rocksdb::EnvOptions(), options, handle, kInvalidatePageCache) {}
  // What was written is read soon: a restore is proved by reading it back.
  static constexpr bool kInvalidatePageCache = false;
  rocksdb::SstFileWriter writer;
  std::uint64_t bytes = 0;
};

TableWriter::TableWriter(const Engine& engine, Family family, std::filesystem::path file) {
  auto* handle = engine.impl_->handle(family);
  rocksdb::Options options = engine.impl_->db->GetOptions(handle);
  impl_ = std::make_unique<Impl>(options, handle);
  check_status(impl_->writer.Open(file.string()), "create a table file");
}

TableWriter::~TableWriter() = default;
TableWriter::TableWriter(TableWriter&&) noexcept = default;

void TableWriter::put(std::string_view key, std::string_view value) {
  check_status(impl_->writer.Put(to_slice(key), to_slice(value)), "write a table file");
  impl_->bytes += key.size() + value.size();
}

void TableWriter::remove(std::string_view key) {
  check_status(impl_->writer.Delete(to_slice(key)), "write a table file");
  impl_->bytes += key.size();
}

std::uint64_t TableWriter::bytes() const {
  return impl_->bytes;
}

void TableWriter::finish() {
  check_status(impl_->writer.Finish(), "finish a table file");
}

void Engine::ingest(const std::vector<TableFile>& files) {
  std::map<Family, std::vector<std::string>> by_family;
  for (const TableFile& file : files) by_family[file.family].push_back(file.path.string());
  std::vector<rocksdb::IngestExternalFileArg> arguments;
  for (auto& [family, paths] : by_family) {
    rocksdb::IngestExternalFileArg argument;
    argument.column_family = impl_->handle(family);
    argument.external_files = std::move(paths);
    argument.options.move_files = true;
    argument.options.failed_move_fall_back_to_copy = true;
    argument.options.write_global_seqno = false;
    argument.options.allow_blocking_flush = false;
    arguments.push_back(std::move(argument));
  }
  if (arguments.empty()) return;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  for (const auto& [family, paths] : by_family) {
    // Rows of commits are new ones, which overlap with nothing; unflushed, they keep the log for
    // who reads it.
    if (family != Family::commits) handles.push_back(impl_->handle(family));
  }
  // The caller has the writer's turn, so what is flushed stays so.
  check_status(impl_->db->Flush(rocksdb::FlushOptions(), handles), "flush before an ingest");
  const BackgroundPause pause(*impl_->db);
  if (impl_->files) impl_->files->begin_ingest();
  const rocksdb::Status status = impl_->db->IngestExternalFiles(arguments);
  if (impl_->files) impl_->files->end_ingest(status.ok());
  check_status(status, "ingest table files");
}

void Engine::flush() {
  const std::vector<rocksdb::ColumnFamilyHandle*> handles(impl_->handles.begin(),
                                                          impl_->handles.end());
  rocksdb::FlushOptions options;
  options.allow_write_stall = true;  // else it waits until compactions have made room
  check_status(impl_->db->Flush(options, handles), "flush");
}

std::uint64_t Engine::Impl::sum_of_families(const std::string& property) const {
  std::uint64_t total = 0;
  for (auto* handle : handles) {
    std::uint64_t value = 0;
    db->GetIntProperty(handle, property, &value);
    total += value;
  }
  return total;
}

std::uint64_t Engine::memtable_bytes() const {
  return impl_->sum_of_families(rocksdb::DB::Properties::kCurSizeAllMemTables);
}

void Engine::compact(Family family) {
  // The small tables of many ingests, too, which the lowest level keeps as they are.
  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  check_status(impl_->db->CompactRange(options, impl_->handle(family), nullptr, nullptr),
               "compact");
}

std::uint64_t Engine::table_bytes() const {
  return impl_->sum_of_families(rocksdb::DB::Properties::kTotalSstFilesSize);
}

std::vector<DamagedTable> Engine::find_damaged_tables(
    const std::function<void()>& before_each) const {
  std::vector<DamagedTable> damaged;
  for (std::size_t i = 0; i < kFamilyCount; ++i) {
    const auto family = static_cast<Family>(i);
    auto* const handle = impl_->handle(family);
    rocksdb::ColumnFamilyMetaData meta;
    impl_->db->GetColumnFamilyMetaData(handle, &meta);
    for (const auto& level : meta.levels) {
      for (const auto& file : level.files) {
        before_each();
        rocksdb::SstFileReader reader(impl_->db->GetOptions(handle));
        rocksdb::Status status = reader.Open(file.directory + "/" + file.relative_filename);
        if (status.ok()) status = reader.VerifyChecksum();
        if (status.ok()) continue;
        damaged.push_back({family, file.relative_filename, file.smallestkey, file.largestkey,
                           without_images(status.ToString())});
      }
    }
  }
  return damaged;
}

std::vector<std::string> Engine::split_keys(Family family, std::uint64_t keys_per_part) const {
  rocksdb::ColumnFamilyMetaData meta;
  impl_->db->GetColumnFamilyMetaData(impl_->handle(family), &meta);
  std::vector<std::string> keys;
  for (const auto& level : meta.levels) {
    for (const auto& file : level.files) {
      keys.push_back(file.smallestkey);
      if (file.smallestkey.size() != 8 || file.largestkey.size() != 8) continue;
      const std::uint64_t first = read_be64(file.smallestkey.data());
      const std::uint64_t last = read_be64(file.largestkey.data());
      const std::uint64_t parts = file.num_entries / std::max<std::uint64_t>(1, keys_per_part);
      if (parts < 2 || last <= first) continue;
      const std::uint64_t step = std::max<std::uint64_t>(1, (last - first) / parts);
      for (std::uint64_t i = 1; i < parts; ++i) {
        std::string key;
        append_be64(key, first + i * step);
        keys.push_back(std::move(key));
      }
    }
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  // The empty key cuts nothing off, and as the end of a range it would mean "none".
  if (!keys.empty() && keys.front().empty()) keys.erase(keys.begin());
  return keys;
}

}  // namespace manifolddb
