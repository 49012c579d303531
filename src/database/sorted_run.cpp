#include "database/sorted_run.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/hash.h"
#include "manifolddb/error.h"

namespace manifolddb {
namespace {

constexpr std::size_t kBlockHeadBytes = 16;
constexpr std::size_t kRecordsAhead = 8;

[[noreturn]] void throw_system_error(const char* doing, const std::filesystem::path& path,
                                     int error) {
  const std::string what =
      std::string("cannot ") + doing + " " + path.string() + ": " + std::strerror(error);
  const bool full = error == ENOSPC || error == EDQUOT;
  throw Error(full ? ErrorCode::no_space : ErrorCode::failed, what, "nothing was changed",
              full ? "free some space, then try again" : "look at the cause, then try again");
}

[[noreturn]] void throw_altered(const ScratchFile& file, std::uint64_t offset) {
  throw Error(ErrorCode::failed,
              "scratch file " + file.path().string() + " is not as it was written, at byte " +
                  std::to_string(offset),
              "nothing was changed", "check disk and memory, then try again");
}

}  // namespace

ScratchFile::ScratchFile(std::filesystem::path path) : path_(std::move(path)) {
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor_ < 0) throw_system_error("create", path_, errno);
  if (::unlink(path_.c_str()) != 0) {
    const int error = errno;
    ::close(descriptor_);
    throw_system_error("unlink", path_, error);
  }
}

ScratchFile::~ScratchFile() {
  ::close(descriptor_);
}

void ScratchFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ::ssize_t written =
        ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<::off_t>(size_));
    if (written < 0) {
      if (errno == EINTR) continue;
      throw_system_error("write", path_, errno);
    }
    size_ += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::size_t ScratchFile::read_at(std::uint64_t offset, char* out, std::size_t bytes) const {
  std::size_t done = 0;
  while (done < bytes) {
    const ::ssize_t got =
        ::pread(descriptor_, out + done, bytes - done, static_cast<::off_t>(offset + done));
    if (got < 0) {
      if (errno == EINTR) continue;
      throw_system_error("read", path_, errno);
    }
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

void ScratchFile::expect_read_at(std::uint64_t offset, std::size_t bytes) const {
  ::posix_fadvise(descriptor_, static_cast<::off_t>(offset), static_cast<::off_t>(bytes),
                  POSIX_FADV_WILLNEED);
}

SortedRun make_memory_run(SortedRecords&& records) {
  SortedRun run;
  std::uint64_t index_due = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i + kRecordsAhead < records.size()) __builtin_prefetch(records.record(i + kRecordsAhead));
    SortRecord record;
    read_sort_record(records.record(i), record);
    if (run.bytes >= index_due) {
      run.index.push_back({std::string(record.key.substr(0, kSplitKeyBytesMax)), i});
      index_due = run.bytes + kRunIndexBytes;
    }
    run.bytes += record.key.size() + record.value.size();
  }
  run.records = std::move(records);
  return run;
}

RunWriter::RunWriter(std::shared_ptr<ScratchFile> file, std::size_t block_bytes,
                     MemoryLedger& ledger)
    : block_bytes_(block_bytes),
      block_(block_bytes),
      used_(kBlockHeadBytes),
      block_memory_(ledger, block_bytes) {
  run_.begin = file->size();
  run_.file = std::move(file);
}

void RunWriter::add(const SortRecord& record) {
  const std::size_t bytes_max = kSortRecordHeadMax + record.key.size() + record.value.size();
  if (used_ + bytes_max > block_bytes_ && used_ > kBlockHeadBytes) write_block();
  if (used_ + bytes_max > block_.size()) block_.resize(used_ + bytes_max);  // one large record
  if (used_ == kBlockHeadBytes && run_.bytes >= index_due_) {
    run_.index.push_back({std::string(record.key.substr(0, kSplitKeyBytesMax)), run_.file->size()});
    index_due_ = run_.bytes + kRunIndexBytes;
  }
  const char* end = write_sort_record(block_.data() + used_, record);
  used_ = static_cast<std::size_t>(end - block_.data());
  run_.bytes += record.key.size() + record.value.size();
}

void RunWriter::write_block() {
  const std::string_view payload{block_.data() + kBlockHeadBytes, used_ - kBlockHeadBytes};
  const auto payload_bytes = static_cast<std::uint32_t>(payload.size());
  const std::uint64_t checksum = xxh3_64(payload);
  std::memcpy(block_.data(), &payload_bytes, 4);
  std::memset(block_.data() + 4, 0, 4);
  std::memcpy(block_.data() + 8, &checksum, 8);
  run_.file->append({block_.data(), used_});
  run_.block_bytes_max = std::max(run_.block_bytes_max, used_);
  used_ = kBlockHeadBytes;
}

SortedRun RunWriter::finish() {
  if (used_ > kBlockHeadBytes) write_block();
  run_.end = run_.file->size();
  return std::move(run_);
}

RunCursor::RunCursor(const SortedRun& run, std::string_view lower, std::string_view upper,
                     MemoryLedger& ledger)
    : run_(&run), upper_(upper), ledger_(&ledger) {
  seek(lower);
}

void RunCursor::seek(std::string_view lower) {
  // The last index entry whose key is smaller: a cut key that is smaller than `lower`, which is no
  // longer than the cut, belongs to a smaller whole key.
  const auto after = std::lower_bound(
      run_->index.begin(), run_->index.end(), lower,
      [](const RunIndexEntry& entry, std::string_view key) { return entry.key < key; });
  const std::uint64_t start = after == run_->index.begin() ? 0 : std::prev(after)->offset;
  if (run_->in_memory()) {
    std::size_t low = static_cast<std::size_t>(start);
    std::size_t high =
        after == run_->index.end() ? run_->records.size() : static_cast<std::size_t>(after->offset);
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      SortRecord record;
      read_sort_record(run_->records.record(middle), record);
      if (record.key < lower) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    number_ = low;
    next();
    return;
  }
  offset_ = std::max(start, run_->begin);
  do advance();
  while (valid_ && record_.key < lower);
  settle();
}

void RunCursor::settle() {
  if (!valid_) return;
  prefix_ = key_prefix(record_.key);
  if (!upper_.empty() && record_.key >= upper_) valid_ = false;
}

void RunCursor::advance() {
  if (run_->in_memory()) {
    valid_ = number_ < run_->records.size();
    if (!valid_) return;
    const std::size_t ahead = number_ + kRecordsAhead;
    if (ahead < run_->records.size()) __builtin_prefetch(run_->records.record(ahead));
    read_sort_record(run_->records.record(number_++), record_);
    return;
  }
  valid_ = position_ != block_end_ || read_block();
  if (valid_) position_ = read_sort_record(position_, record_);
}

// A block is read with one call unless a large record makes it longer than the usual.
bool RunCursor::read_block() {
  if (offset_ >= run_->end) return false;
  if (block_.empty()) {
    block_memory_ = LedgerEntry(*ledger_, run_->block_bytes_max);
    block_.resize(run_->block_bytes_max);
  }
  const auto wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(block_.size(), run_->end - offset_));
  if (run_->file->read_at(offset_, block_.data(), wanted) != wanted || wanted < kBlockHeadBytes) {
    throw_altered(*run_->file, offset_);
  }
  std::uint32_t payload_bytes = 0;
  std::uint64_t checksum = 0;
  std::memcpy(&payload_bytes, block_.data(), 4);
  std::memcpy(&checksum, block_.data() + 8, 8);
  if (payload_bytes == 0 || payload_bytes > wanted - kBlockHeadBytes ||
      xxh3_64({block_.data() + kBlockHeadBytes, payload_bytes}) != checksum) {
    throw_altered(*run_->file, offset_);
  }
  position_ = block_.data() + kBlockHeadBytes;
  block_end_ = position_ + payload_bytes;
  offset_ += kBlockHeadBytes + payload_bytes;
  if (offset_ < run_->end) run_->file->expect_read_at(offset_, block_.size());
  return true;
}

}  // namespace manifolddb
