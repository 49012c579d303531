// External ids to entity ids, in memory up to a limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "migrate/graph_sink.h"

namespace manifolddb::migrate {

// Longer ids are refused: they are identifiers, and one lies in one piece of memory.
inline constexpr std::size_t kExternalIdBytesMax = 64u << 10;

// What an id stands for, and where it was defined.
struct IdTarget {
  std::uint64_t entity = 0;
  std::uint32_t file = 0;
  std::uint64_t line = 0;
};

// Open addressing over an arena; about 20 bytes and the id's own for each. Not thread-safe.
class IdMap {
 public:
  explicit IdMap(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  enum class Insertion {
    inserted,
    present,  // `found` says what is there
    full,     // it would take more than bytes_max, now and ever after
  };
  // Requires at most kExternalIdBytesMax bytes of text.
  Insertion insert(const ExternalId& id, const IdTarget& target, IdTarget& found);
  // The entity, or 0.
  std::uint64_t find(const ExternalId& id) const;
  // Two at once: a look-up waits for memory twice, and the waits of both overlap.
  std::pair<std::uint64_t, std::uint64_t> find_both(const ExternalId& a, const ExternalId& b) const;

  bool is_full() const { return full_; }
  std::size_t bytes() const;

 private:
  struct Slot {
    std::uint64_t tag_and_offset = 0;  // 0: empty; 24 bits of the hash, 40 bits of offset + 1
  };
  const char* entry_at(std::uint64_t offset_and_one) const;
  std::uint64_t find(const ExternalId& id, std::uint64_t hash) const;
  std::uint64_t lookup(const ExternalId& id, std::uint64_t hash, std::size_t& slot) const;
  bool reserve(std::size_t entry_bytes);
  void grow_slots();

  std::size_t bytes_max_;
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t chunk_used_ = 0;
  std::vector<std::uint32_t> chunk_ends_;  // bytes used of each full chunk
  std::vector<Slot> slots_;                // a power of two, at most 7/10 in use
  std::size_t count_ = 0;
  bool full_ = false;
};

}  // namespace manifolddb::migrate
