// Entities that are known to exist, so that most edges find their ends without reading tables: an
// edge's ends are anywhere in the graph, and each would be a block of a table read and
// decompressed.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>

namespace manifolddb {

// A direct-mapped cache of ids: 64 neighbouring ones share a slot, so dense ids take two bits each
// and scattered ones 16 bytes. What is not in it is not known; never the other way round, as long
// as each entity that ceases to exist is told. 8 MiB at most, of which pages that nothing was put
// into are not resident. Not thread-safe: whoever has the writer's turn.
class KnownEntities {
 public:
  static constexpr std::uint64_t kIdsPerPage = 64;  // of one slot

  void add(std::uint64_t id) {
    if (!slots_) slots_.reset(static_cast<Slot*>(std::calloc(kSlots, sizeof(Slot))));
    if (!slots_) return;
    Slot& slot = slots_.get()[place(id)];
    if (slot.page != id / kIdsPerPage) slot = {id / kIdsPerPage, 0};
    slot.bits |= bit(id);
  }
  void remove(std::uint64_t id) {
    if (contains(id)) slots_.get()[place(id)].bits &= ~bit(id);
  }
  bool contains(std::uint64_t id) const {
    if (!slots_) return false;
    const Slot& slot = slots_.get()[place(id)];
    return slot.page == id / kIdsPerPage && (slot.bits & bit(id)) != 0;
  }

 private:
  static constexpr std::size_t kSlots = 1u << 19;
  struct Slot {
    std::uint64_t page;
    std::uint64_t bits;
  };
  struct Free {
    void operator()(Slot* slots) const { std::free(slots); }
  };

  static std::uint64_t bit(std::uint64_t id) { return std::uint64_t{1} << (id % kIdsPerPage); }
  // Dense ids never push each other out; higher bits part those that come in strides.
  static std::size_t place(std::uint64_t id) {
    const std::uint64_t page = id / kIdsPerPage;
    return static_cast<std::size_t>((page ^ (page >> 19) ^ (page >> 38)) % kSlots);
  }

  std::unique_ptr<Slot, Free> slots_;
};

}  // namespace manifolddb
