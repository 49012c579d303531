// How records are sorted. Most keys begin with an id of 8 bytes, so comparing whole keys wastes
// nearly all of its time on cache misses. Instead each record has an entry of 16 bytes with 8 bytes
// of its key as a number, and entries are sorted by that number with a radix sort that looks only
// at the bytes in which the numbers differ (three for a million dense ids). Entries that are equal
// in these 8 bytes form a group; each group is sorted the same way by the next 8 bytes, down to
// kRadixDepthMax, below which whole keys are compared. Small groups are compared at once.
#include "database/sort_buffer.h"

#include <algorithm>
#include <array>

namespace manifolddb {
namespace {

using Entry = SortEntry;

constexpr std::size_t kCompareMax = 96;  // groups up to this size are sorted by comparison
constexpr std::size_t kRadixDepthMax =
    64;  // bytes of key that radix sorts look at, also the recursion
constexpr std::size_t kPrefetchAhead = 12;

SortRecord record_of(const Entry& entry) {
  SortRecord record;
  read_sort_record(entry.record, record);
  return record;
}

// Requires equal keys up to `depth`.
bool less_from(std::size_t depth, const Entry& a, const Entry& b) {
  const SortRecord left = record_of(a);
  const SortRecord right = record_of(b);
  const int order = left.key.substr(std::min(depth, left.key.size()))
                        .compare(right.key.substr(std::min(depth, right.key.size())));
  return order != 0 ? order < 0 : left.is_removal < right.is_removal;
}

void sort_by_comparison(Entry* entries, std::size_t count, std::size_t depth) {
  std::sort(entries, entries + count, [depth](const Entry& a, const Entry& b) {
    return a.prefix != b.prefix ? a.prefix < b.prefix : less_from(depth, a, b);
  });
}

// One stable pass over the byte at `shift`; returns false when it moved nothing.
void radix_pass(const Entry* from, Entry* to, std::size_t count, unsigned shift) {
  std::array<std::size_t, 256> starts{};
  for (std::size_t i = 0; i < count; ++i) ++starts[from[i].prefix >> shift & 0xff];
  std::size_t next = 0;
  for (std::size_t& start : starts) next += std::exchange(start, next);
  for (std::size_t i = 0; i < count; ++i) to[starts[from[i].prefix >> shift & 0xff]++] = from[i];
}

// Sorts by prefix as far as its leading `bytes_max` differing bytes decide; the rest is left to a
// comparison of what is equal in them. Returns the mask of the bytes that were looked at.
std::uint64_t radix_sort(Entry* entries, Entry* scratch, std::size_t count, std::size_t bytes_max) {
  std::uint64_t differing = 0;
  bool ascending = true;
  for (std::size_t i = 1; i < count; ++i) {
    differing |= entries[i].prefix ^ entries[0].prefix;
    ascending = ascending && entries[i - 1].prefix <= entries[i].prefix;
  }
  if (ascending) return ~std::uint64_t{0};
  std::array<unsigned, 8> shifts{};
  std::size_t passes = 0;
  std::uint64_t seen = ~std::uint64_t{0};
  for (int byte = 7; byte >= 0; --byte) {
    const unsigned shift = static_cast<unsigned>(byte) * 8;
    if ((differing >> shift & 0xff) == 0) continue;
    if (passes == bytes_max) {
      seen = ~std::uint64_t{0} << (shift + 8);
      break;
    }
    shifts[passes++] = shift;
  }
  Entry* from = entries;
  Entry* to = scratch;
  while (passes > 0) {
    radix_pass(from, to, count, shifts[--passes]);
    std::swap(from, to);
  }
  if (from != entries) std::copy(from, from + count, entries);
  return seen;
}

// Enough leading bytes to leave few entries in each group of equal ones, were they evenly spread.
std::size_t deciding_bytes(std::size_t count) {
  std::size_t bytes = 1;
  while (bytes < 8 && (count >> (8 * bytes - 4)) != 0) ++bytes;
  return bytes;
}

void sort_entries(Entry* entries, Entry* scratch, std::size_t count, std::size_t depth);

// Entries with equal keys up to depth + 8, counting zeros behind a key's end.
void sort_group(Entry* entries, Entry* scratch, std::size_t count, std::size_t depth) {
  if (count <= kCompareMax || depth + 8 >= kRadixDepthMax) {
    sort_by_comparison(entries, count, depth);
    return;
  }
  // Keys that end here come first, the shorter before the longer: they differ in zeros at most.
  Entry* longer = std::partition(entries, entries + count, [depth](const Entry& entry) {
    return record_of(entry).key.size() <= depth + 8;
  });
  const auto ended = static_cast<std::size_t>(longer - entries);
  sort_by_comparison(entries, ended, depth);
  for (Entry* entry = longer; entry != entries + count; ++entry) {
    entry->prefix = key_prefix(record_of(*entry).key, depth + 8);
  }
  sort_entries(longer, scratch, count - ended, depth + 8);
}

// Requires equal keys up to `depth` and prefixes taken there.
void sort_entries(Entry* entries, Entry* scratch, std::size_t count, std::size_t depth) {
  if (count <= kCompareMax) {
    sort_by_comparison(entries, count, depth);
    return;
  }
  const std::uint64_t seen = radix_sort(entries, scratch, count, deciding_bytes(count));
  for (std::size_t begin = 0; begin < count;) {
    if (begin + kPrefetchAhead < count) __builtin_prefetch(entries[begin + kPrefetchAhead].record);
    std::size_t end = begin + 1;
    bool equal = true;
    for (; end < count && ((entries[end].prefix ^ entries[begin].prefix) & seen) == 0; ++end) {
      equal = equal && entries[end].prefix == entries[begin].prefix;
    }
    if (end - begin > 1) {
      if (equal) {
        sort_group(entries + begin, scratch + begin, end - begin, depth);
      } else if (end - begin <= kCompareMax) {
        sort_by_comparison(entries + begin, end - begin, depth);
      } else {  // Not evenly spread: the bytes left out decide after all.
        sort_entries(entries + begin, scratch + begin, end - begin, depth);
      }
    }
    begin = end;
  }
}

}  // namespace

MemoryChunk ChunkPool::acquire(std::size_t bytes_min) {
  if (bytes_min <= chunk_bytes_) {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      MemoryChunk chunk = std::move(free_.back());
      free_.pop_back();
      return chunk;
    }
  }
  const std::size_t capacity = std::max(bytes_min, chunk_bytes_);
  MemoryChunk chunk{std::unique_ptr<char[]>(new char[capacity]), capacity, 0};
  ledger_.add(capacity);
  return chunk;
}

void ChunkPool::release(std::vector<MemoryChunk>&& chunks) {
  const std::lock_guard lock(mutex_);
  for (MemoryChunk& chunk : chunks) {
    if (chunk.capacity == chunk_bytes_) {
      chunk.used = 0;
      free_.push_back(std::move(chunk));
    } else {
      ledger_.subtract(chunk.capacity);
    }
  }
  chunks.clear();
}

void ChunkPool::trim() {
  const std::lock_guard lock(mutex_);
  ledger_.subtract(free_.size() * chunk_bytes_);
  free_.clear();
}

SortEntry* SortScratch::reserve(Array& array, std::size_t count) {
  if (count > array.count) {
    array = {};
    array.memory = LedgerEntry(*ledger_, count * sizeof(SortEntry));
    array.entries.reset(new SortEntry[count]);
    array.count = count;
  }
  return array.entries.get();
}

SortedRecords::SortedRecords(ChunkPool& pool, std::vector<MemoryChunk>&& chunks, std::size_t count,
                             SortScratch& scratch, Entries entries)
    : pool_(&pool), chunks_(std::move(chunks)), count_(count) {
  Entry* first = nullptr;
  if (entries == Entries::own) {
    own_memory_ = LedgerEntry(pool.ledger(), count * sizeof(Entry));
    own_entries_.reset(new Entry[count]);
    first = own_entries_.get();
  } else {
    first = scratch.first(count);
  }
  entries_ = first;
  for (const MemoryChunk& chunk : chunks_) {
    const char* end = chunk.data.get() + chunk.used;
    for (const char* position = chunk.data.get(); position != end; ++first) {
      SortRecord record;
      first->record = position;
      position = read_sort_record(position, record);
      first->prefix = key_prefix(record.key);
    }
  }
  sort_entries(first - count, scratch.second(count), count, 0);
}

SortedRecords::~SortedRecords() {
  if (pool_ != nullptr) pool_->release(std::move(chunks_));
}

SortedRecords::SortedRecords(SortedRecords&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      chunks_(std::move(other.chunks_)),
      own_entries_(std::move(other.own_entries_)),
      own_memory_(std::move(other.own_memory_)),
      entries_(other.entries_),
      count_(std::exchange(other.count_, 0)) {}

SortedRecords& SortedRecords::operator=(SortedRecords&& other) noexcept {
  std::swap(pool_, other.pool_);
  std::swap(chunks_, other.chunks_);
  std::swap(own_entries_, other.own_entries_);
  std::swap(own_memory_, other.own_memory_);
  std::swap(entries_, other.entries_);
  std::swap(count_, other.count_);
  return *this;
}

SortBuffer::~SortBuffer() {
  if (!chunks_.empty()) pool_->release(std::move(chunks_));
}

SortBuffer::SortBuffer(SortBuffer&& other) noexcept
    : pool_(other.pool_),
      chunks_(std::move(other.chunks_)),
      position_(std::exchange(other.position_, nullptr)),
      end_(std::exchange(other.end_, nullptr)),
      count_(std::exchange(other.count_, 0)),
      chunk_bytes_(std::exchange(other.chunk_bytes_, 0)) {}

void SortBuffer::close_chunk() {
  if (chunks_.empty()) return;
  chunks_.back().used = static_cast<std::size_t>(position_ - chunks_.back().data.get());
}

void SortBuffer::next_chunk(std::size_t bytes_min) {
  close_chunk();
  chunks_.push_back(pool_->acquire(bytes_min));
  position_ = chunks_.back().data.get();
  end_ = position_ + chunks_.back().capacity;
  chunk_bytes_ += chunks_.back().capacity;
}

SortedRecords SortBuffer::sort(SortScratch& scratch, SortedRecords::Entries entries) {
  close_chunk();
  position_ = end_ = nullptr;
  chunk_bytes_ = 0;
  return SortedRecords(*pool_, std::exchange(chunks_, {}), std::exchange(count_, 0), scratch,
                       entries);
}

}  // namespace manifolddb
