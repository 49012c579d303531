// What the lines of a log segment did to records, in one block of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/record.h"
#include "manifolddb/graph.h"

namespace manifolddb::backup {

// One change of a segment; views live until the list that it is from is changed.
struct SegmentChange {
  RecordKind kind{};
  std::string_view key;
  bool has_before = false, has_after = false;
  std::string_view before, after;  // canonical bodies
  ContentDigest after_hash;        // record_hash, with has_after
};

// Not thread-safe.
class SegmentChanges {
 public:
  void add(const SegmentChange& change) {
    entries_.push_back({arena_.size(), static_cast<std::uint32_t>(change.key.size()),
                        static_cast<std::uint32_t>(change.before.size()),
                        static_cast<std::uint32_t>(change.after.size()), change.kind,
                        change.has_before, change.has_after, change.after_hash});
    arena_.append(change.key).append(change.before).append(change.after);
  }
  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return arena_.size() + entries_.size() * sizeof(Entry); }
  SegmentChange operator[](std::size_t index) const {
    const Entry& entry = entries_[index];
    const std::string_view all = std::string_view(arena_).substr(entry.offset);
    return {entry.kind,
            all.substr(0, entry.key_bytes),
            entry.has_before,
            entry.has_after,
            all.substr(entry.key_bytes, entry.before_bytes),
            all.substr(entry.key_bytes + entry.before_bytes, entry.after_bytes),
            entry.after_hash};
  }

  // Empty again; the memory is kept unless it is over kKeptBytesMax.
  void clear() {
    if (arena_.capacity() > kKeptBytesMax) arena_ = std::string();
    arena_.clear();
    entries_.clear();
  }

 private:
  static constexpr std::size_t kKeptBytesMax = 4u << 20;

  struct Entry {
    std::size_t offset;
    std::uint32_t key_bytes, before_bytes, after_bytes;
    RecordKind kind;
    bool has_before, has_after;
    ContentDigest after_hash;
  };
  std::string arena_;
  std::vector<Entry> entries_;
};

}  // namespace manifolddb::backup
