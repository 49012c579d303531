// Records (key, small value or removal) collected in memory and sorted at once: the runs of an
// external sort. Nothing is allocated for a single record.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "common/varint.h"

namespace manifolddb {

// What buffers of a loader hold now and held at most. Thread-safe.
class MemoryLedger {
 public:
  void add(std::size_t bytes) {
    const std::size_t used = used_.fetch_add(bytes) + bytes;
    std::size_t peak = peak_.load();
    while (used > peak && !peak_.compare_exchange_weak(peak, used)) {
    }
  }
  void subtract(std::size_t bytes) { used_.fetch_sub(bytes); }
  std::size_t used() const { return used_.load(); }
  std::size_t peak() const { return peak_.load(); }

 private:
  std::atomic<std::size_t> used_ = 0;
  std::atomic<std::size_t> peak_ = 0;
};

// Bytes in a ledger as long as it lives.
class LedgerEntry {
 public:
  LedgerEntry() = default;
  LedgerEntry(MemoryLedger& ledger, std::size_t bytes) : ledger_(&ledger), bytes_(bytes) {
    ledger.add(bytes);
  }
  ~LedgerEntry() {
    if (ledger_ != nullptr) ledger_->subtract(bytes_);
  }
  LedgerEntry(LedgerEntry&& other) noexcept
      : ledger_(std::exchange(other.ledger_, nullptr)), bytes_(other.bytes_) {}
  LedgerEntry& operator=(LedgerEntry&& other) noexcept {
    std::swap(ledger_, other.ledger_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }

 private:
  MemoryLedger* ledger_ = nullptr;
  std::size_t bytes_ = 0;
};

struct MemoryChunk {
  std::unique_ptr<char[]> data;
  std::size_t capacity = 0;
  std::size_t used = 0;
};

// Chunks of one size, used again and again. Thread-safe; outlives its chunks' users.
class ChunkPool {
 public:
  ChunkPool(MemoryLedger& ledger, std::size_t chunk_bytes)
      : ledger_(ledger), chunk_bytes_(chunk_bytes) {}
  ~ChunkPool() { trim(); }
  // A larger one only for a record that is larger.
  MemoryChunk acquire(std::size_t bytes_min);
  void release(std::vector<MemoryChunk>&& chunks);
  void trim();  // gives free chunks back to the system
  std::size_t chunk_bytes() const { return chunk_bytes_; }
  MemoryLedger& ledger() const { return ledger_; }

 private:
  MemoryLedger& ledger_;
  const std::size_t chunk_bytes_;
  std::mutex mutex_;
  std::vector<MemoryChunk> free_;
};

// The form of a record in chunks and in run files: varint (key bytes * 2 + 1 for a removal), varint
// value bytes, key, value.
struct SortRecord {
  std::string_view key;
  std::string_view value;
  bool is_removal = false;
};

inline constexpr std::size_t kSortRecordHeadMax = 2 * kVarintBytesMax;

inline char* write_sort_record(char* out, const SortRecord& record) {
  out = write_varint(out, record.key.size() << 1 | (record.is_removal ? 1 : 0));
  out = write_varint(out, record.value.size());
  std::memcpy(out, record.key.data(), record.key.size());
  out += record.key.size();
  if (!record.value.empty()) std::memcpy(out, record.value.data(), record.value.size());
  return out + record.value.size();
}

// Reads what write_sort_record wrote; returns the byte behind it. Nothing is checked: chunks are
// our own memory, and run files have a checksum.
inline const char* read_sort_record(const char* in, SortRecord& record) {
  const auto read = [&in] {
    std::uint64_t value = 0;
    unsigned shift = 0;
    std::uint8_t byte = 0;
    do {
      byte = static_cast<std::uint8_t>(*in++);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      shift += 7;
    } while (byte >= 0x80);
    return static_cast<std::size_t>(value);
  };
  const std::size_t head = read();
  const std::size_t value_bytes = read();
  record.is_removal = (head & 1) != 0;
  record.key = {in, head >> 1};
  record.value = {in + record.key.size(), value_bytes};
  return in + record.key.size() + value_bytes;
}

// The first 8 bytes from `depth` on as a number that compares as they do; zeros behind the end.
inline std::uint64_t key_prefix(std::string_view key, std::size_t depth = 0) {
  if (key.size() >= depth + 8) return read_be64(key.data() + depth);
  char padded[8] = {};
  if (key.size() > depth) std::memcpy(padded, key.data() + depth, key.size() - depth);
  return read_be64(padded);
}

struct SortEntry {
  std::uint64_t prefix;  // 8 bytes of the key, which ones depends on how far the sort is
  const char* record;
};

// What the sorts of one thread use again and again: fresh memory for each would cost page faults
// worth a fifth of the sort. Not thread-safe.
class SortScratch {
 public:
  explicit SortScratch(MemoryLedger& ledger) : ledger_(&ledger) {}
  // Arrays of at least `count` entries; what they held is lost.
  SortEntry* first(std::size_t count) { return reserve(first_, count); }
  SortEntry* second(std::size_t count) { return reserve(second_, count); }
  void drop_first() { first_ = {}; }
  // Of the larger array.
  std::size_t array_bytes() const {
    return std::max(first_.count, second_.count) * sizeof(SortEntry);
  }

 private:
  struct Array {
    std::unique_ptr<SortEntry[]> entries;
    std::size_t count = 0;
    LedgerEntry memory;
  };
  SortEntry* reserve(Array& array, std::size_t count);
  MemoryLedger* ledger_;
  Array first_, second_;
};

// Records in order: ascending by key; of one key, puts before removals.
class SortedRecords {
 public:
  // Whose the entries are: own ones stay, those in the scratch until its next use.
  enum class Entries { own, in_scratch };
  SortedRecords() = default;
  SortedRecords(ChunkPool& pool, std::vector<MemoryChunk>&& chunks, std::size_t count,
                SortScratch& scratch, Entries entries);
  ~SortedRecords();
  SortedRecords(SortedRecords&& other) noexcept;
  SortedRecords& operator=(SortedRecords&& other) noexcept;

  std::size_t size() const { return count_; }
  const char* record(std::size_t index) const { return entries_[index].record; }

 private:
  ChunkPool* pool_ = nullptr;
  std::vector<MemoryChunk> chunks_;
  std::unique_ptr<SortEntry[]> own_entries_;
  LedgerEntry own_memory_;
  const SortEntry* entries_ = nullptr;
  std::size_t count_ = 0;
};

// Not thread-safe.
class SortBuffer {
 public:
  explicit SortBuffer(ChunkPool& pool) : pool_(&pool) {}
  ~SortBuffer();
  SortBuffer(SortBuffer&& other) noexcept;
  SortBuffer& operator=(SortBuffer&&) = delete;

  void add(const SortRecord& record) {
    const std::size_t bytes_max = kSortRecordHeadMax + record.key.size() + record.value.size();
    if (bytes_max > static_cast<std::size_t>(end_ - position_)) next_chunk(bytes_max);
    position_ = write_sort_record(position_, record);
    ++count_;
  }

  std::size_t size() const { return count_; }
  std::size_t chunk_bytes() const { return chunk_bytes_; }
  std::size_t entry_bytes() const { return count_ * sizeof(SortEntry); }  // one array for a sort

  SortedRecords sort(SortScratch& scratch, SortedRecords::Entries entries);  // empty afterwards

 private:
  void next_chunk(std::size_t bytes_min);
  void close_chunk();
  ChunkPool* pool_;
  std::vector<MemoryChunk> chunks_;
  char* position_ = nullptr;
  char* end_ = nullptr;
  std::size_t count_ = 0;
  std::size_t chunk_bytes_ = 0;
};

}  // namespace manifolddb
