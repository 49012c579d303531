// Why the log is read by this and not by the engine's own GetUpdatesSince: one reader serves the
// owner, a second process, an image and a closed database, goes on at an exact place without
// reading the file again at each look, and needs neither a secondary instance nor its memtables.
#include "database/engine_log.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "database/engine_impl.h"
#include "database/engine_log_impl.h"
#include "database/engine_log_records.h"

namespace manifolddb {

namespace {

// Read files that are not synced yet are kept open, at most so many: those before are synced.
constexpr std::size_t kUnsyncedFilesMax = 8;
// A file that is listed can be gone when it is opened, since the owner removes the oldest.
constexpr int kListAttemptsMax = 100;

std::uint64_t batch_sequence(std::string_view batch) {
  std::uint64_t sequence = 0;
  std::memcpy(&sequence, batch.data(), 8);  // little-endian
  return sequence;
}

// Takes a batch apart. A batch of ours holds puts and deletions of our families, and log data.
class BatchParts final : public rocksdb::WriteBatch::Handler {
 public:
  void clear() {
    operations.clear();
    log_data = {};
    unknown.clear();
  }

  rocksdb::Status PutCF(std::uint32_t family, const rocksdb::Slice& key,
                        const rocksdb::Slice& value) override {
    return add(family, true, key, value);
  }
  rocksdb::Status DeleteCF(std::uint32_t family, const rocksdb::Slice& key) override {
    return add(family, false, key, rocksdb::Slice());
  }
  rocksdb::Status SingleDeleteCF(std::uint32_t, const rocksdb::Slice&) override {
    return refuse("a single deletion");
  }
  rocksdb::Status DeleteRangeCF(std::uint32_t, const rocksdb::Slice&,
                                const rocksdb::Slice&) override {
    return refuse("a deletion of a range");
  }
  rocksdb::Status MergeCF(std::uint32_t, const rocksdb::Slice&, const rocksdb::Slice&) override {
    return refuse("a merge");
  }
  void LogData(const rocksdb::Slice& blob) override { log_data = to_view(blob); }

  std::vector<LoggedOperation> operations;
  std::string_view log_data;
  std::string unknown;

 private:
  rocksdb::Status refuse(const std::string& what) {
    unknown = what + ", which this program does not write";
    return rocksdb::Status::Aborted();
  }
  // Families have the engine's numbers in the order of their creation, behind `default`.
  rocksdb::Status add(std::uint32_t family, bool is_put, const rocksdb::Slice& key,
                      const rocksdb::Slice& value) {
    if (family == 0 || family > kFamilyCount) {
      return refuse("an operation on family " + std::to_string(family));
    }
    operations.push_back({static_cast<Family>(family - 1), is_put, to_view(key), to_view(value)});
    return rocksdb::Status::OK();
  }
};

}  // namespace

struct EngineLogReader::Impl {
  Impl(std::unique_ptr<LogFolder> log_folder, std::uint64_t first)
      : folder(std::move(log_folder)), next_number(first) {}

  // Opens the first file from `next_number` on. False when there is none yet.
  bool open_next() {
    for (int attempt = 0; attempt < kListAttemptsMax; ++attempt) {
      const std::vector<std::uint64_t> numbers = folder->list();
      const auto number = std::lower_bound(numbers.begin(), numbers.end(), next_number);
      if (number == numbers.end()) return false;
      std::unique_ptr<LogFile> opened = folder->open(*number);
      if (!opened) continue;
      retire();
      file = std::make_unique<EngineLogRecords>(std::move(opened), *number);
      next_number = *number + 1;
      unsynced_names = true;
      return true;
    }
    throw Error(ErrorCode::failed,
                "log files were removed faster than they could be opened, from number " +
                    std::to_string(next_number) + " on",
                "nothing was changed", "try again");
  }

  bool has_next() const {
    const std::vector<std::uint64_t> numbers = folder->list();
    return !numbers.empty() && numbers.back() >= next_number;
  }

  // The present file is done with; what was read of it may still have to be synced.
  void retire() {
    if (file && unsynced_reads) unsynced.push_back(std::move(file));
    unsynced_reads = false;
    if (unsynced.size() <= kUnsyncedFilesMax) return;
    unsynced.front()->file().sync();
    unsynced.erase(unsynced.begin());
  }

  bool next_batch() {
    if (!file && !open_next()) return false;
    std::string bytes;
    for (;;) {
      if (file->next(bytes, LogEnding::open)) break;
      // Once there is a newer file, nothing more is written to this one: what came between the
      // look at its end and the look for a newer one is found by the second look at its end.
      if (!has_next()) return false;
      if (file->next(bytes, LogEnding::closed)) break;
      if (!open_next()) return false;
    }
    unsynced_reads = true;
    batch = rocksdb::WriteBatch(std::move(bytes));
    sequence = batch_sequence(batch.Data());
    parts.clear();
    const rocksdb::Status status = batch.Iterate(&parts);
    if (!parts.unknown.empty()) file->refuse_batch(parts.unknown);
    if (!status.ok()) file->refuse_batch("a batch that cannot be read: " + status.ToString());
    return true;
  }

  std::unique_ptr<LogFolder> folder;
  std::unique_ptr<EngineLogRecords> file;
  std::uint64_t next_number;  // the file behind the present one has this number or a higher one
  std::vector<std::unique_ptr<EngineLogRecords>> unsynced;
  bool unsynced_reads = false;  // of `file`
  bool unsynced_names = false;
  rocksdb::WriteBatch batch;
  BatchParts parts;
  std::uint64_t sequence = 0;
};

EngineLogReader::EngineLogReader(const Engine& engine, std::uint64_t first_file) {
  const std::string folder = (engine.impl_->options.path / "engine").string();
  impl_ =
      std::make_unique<Impl>(engine.in_memory() ? open_memory_log_folder(*engine.impl_->env, folder)
                                                : open_log_folder(folder),
                             first_file);
}

EngineLogReader::EngineLogReader(const std::filesystem::path& folder, std::uint64_t first_file)
    : impl_(std::make_unique<Impl>(open_log_folder(folder), first_file)) {}

EngineLogReader::EngineLogReader(EngineLogReader&&) noexcept = default;
EngineLogReader::~EngineLogReader() = default;

void EngineLogReader::seek(std::uint64_t engine_sequence) {
  for (const std::uint64_t number : impl_->folder->list()) {
    if (number < impl_->next_number) continue;
    std::unique_ptr<LogFile> opened = impl_->folder->open(number);
    if (!opened) continue;
    EngineLogRecords records(std::move(opened), number);
    std::string first;
    try {
      if (!records.next(first, LogEnding::open)) continue;
    } catch (const Error&) {
      continue;  // whoever reads it is told
    }
    // Batches ascend: the file is the last one that begins at or before the number.
    if (batch_sequence(first) > engine_sequence) return;
    impl_->next_number = number;
  }
}

bool EngineLogReader::next() {
  return impl_->next_batch();
}

std::uint64_t EngineLogReader::engine_sequence() const {
  return impl_->sequence;
}
std::string_view EngineLogReader::log_data() const {
  return impl_->parts.log_data;
}
std::size_t EngineLogReader::operation_count() const {
  return impl_->parts.operations.size();
}
LoggedOperation EngineLogReader::operation(std::size_t index) const {
  return impl_->parts.operations[index];
}
std::size_t EngineLogReader::batch_bytes() const {
  return impl_->batch.GetDataSize();
}

std::string EngineLogReader::place() const {
  if (!impl_->file) return "the log";
  return impl_->file->file().name() + ": byte " + std::to_string(impl_->file->batch_offset());
}

std::uint64_t EngineLogReader::file_number() const {
  if (impl_->file) return impl_->file->number();
  for (const std::uint64_t number : impl_->folder->list()) {
    if (number >= impl_->next_number) return number;
  }
  return impl_->next_number;
}

std::uint64_t EngineLogReader::bytes_behind() const {
  std::uint64_t bytes = 0;
  if (impl_->file) {
    const std::uint64_t size = impl_->file->file().bytes();
    bytes = size > impl_->file->offset() ? size - impl_->file->offset() : 0;
  }
  for (const LogFileInfo& file : impl_->folder->list_details()) {
    if (file.number >= impl_->next_number) bytes += file.bytes;
  }
  return bytes;
}

void EngineLogReader::sync() {
  for (; !impl_->unsynced.empty(); impl_->unsynced.erase(impl_->unsynced.begin())) {
    impl_->unsynced.front()->file().sync();
  }
  if (impl_->file && impl_->unsynced_reads) impl_->file->file().sync();
  impl_->unsynced_reads = false;
  if (impl_->unsynced_names) impl_->folder->sync_names();
  impl_->unsynced_names = false;
}

}  // namespace manifolddb
