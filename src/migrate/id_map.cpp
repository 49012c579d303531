#include "migrate/id_map.h"

#include <cstring>
#include <utility>

#include "common/hash.h"
#include "common/varint.h"

namespace manifolddb::migrate {

namespace {

constexpr std::size_t kIdChunkBytes = 1u << 20;
constexpr std::size_t kIdSlotsMin = 1024;
constexpr unsigned kOffsetBits = 40;
constexpr std::uint64_t kOffsetMask = (std::uint64_t{1} << kOffsetBits) - 1;
// Lengths and numbers of an entry beside the text.
constexpr std::size_t kEntryHeadMax = 5 * kVarintBytesMax;
static_assert(kExternalIdBytesMax + kEntryHeadMax < kIdChunkBytes);

std::uint64_t hash_of(const ExternalId& id) {
  std::uint64_t hash = xxh3_64(id.text) + id.space * 0x9e3779b97f4a7c15u;
  hash ^= hash >> 32;
  return hash * 0xd6e8feb86659fd93u;
}

// Our own memory: nothing is checked.
std::uint64_t take_varint(const char*& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = static_cast<std::uint8_t>(*at++);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

struct IdEntry {
  ExternalId id;
  IdTarget target;
  const char* end;
};

IdEntry read_entry(const char* at) {
  IdEntry entry;
  const auto size = static_cast<std::size_t>(take_varint(at));
  entry.id.space = static_cast<std::uint32_t>(take_varint(at));
  entry.target.entity = take_varint(at);
  entry.target.file = static_cast<std::uint32_t>(take_varint(at));
  entry.target.line = take_varint(at);
  entry.id.text = {at, size};
  entry.end = at + size;
  return entry;
}

}  // namespace

std::size_t IdMap::bytes() const {
  return chunks_.size() * kIdChunkBytes + slots_.size() * sizeof(Slot);
}

// The offset of the entry + 1, or 0 and the slot where it would be.
std::uint64_t IdMap::lookup(const ExternalId& id, std::uint64_t hash, std::size_t& slot) const {
  const std::size_t mask = slots_.size() - 1;
  const std::uint64_t tag = hash & ~kOffsetMask;
  for (slot = hash & mask;; slot = (slot + 1) & mask) {
    const std::uint64_t present = slots_[slot].tag_and_offset;
    if (present == 0) return 0;
    if ((present & ~kOffsetMask) != tag) continue;
    const IdEntry entry = read_entry(entry_at(present & kOffsetMask));
    if (entry.id.space == id.space && entry.id.text == id.text) return present & kOffsetMask;
  }
}

const char* IdMap::entry_at(std::uint64_t offset_and_one) const {
  const std::uint64_t offset = offset_and_one - 1;
  return chunks_[offset / kIdChunkBytes].get() + offset % kIdChunkBytes;
}

std::uint64_t IdMap::find(const ExternalId& id) const {
  return slots_.empty() ? 0 : find(id, hash_of(id));
}

std::uint64_t IdMap::find(const ExternalId& id, std::uint64_t hash) const {
  std::size_t slot = 0;
  const std::uint64_t found = lookup(id, hash, slot);
  return found == 0 ? 0 : read_entry(entry_at(found)).target.entity;
}

std::pair<std::uint64_t, std::uint64_t> IdMap::find_both(const ExternalId& a,
                                                         const ExternalId& b) const {
  if (slots_.empty()) return {0, 0};
  const std::uint64_t hash_a = hash_of(a), hash_b = hash_of(b);
  const std::size_t mask = slots_.size() - 1;
  const Slot& slot_a = slots_[hash_a & mask];
  const Slot& slot_b = slots_[hash_b & mask];
  __builtin_prefetch(&slot_a);
  __builtin_prefetch(&slot_b);
  // Mostly the first slot is the right one; where it is not, nothing is lost but the hint.
  for (const Slot* const slot : {&slot_a, &slot_b}) {
    if (slot->tag_and_offset == 0) continue;
    __builtin_prefetch(entry_at(slot->tag_and_offset & kOffsetMask));
  }
  return {find(a, hash_a), find(b, hash_b)};
}

IdMap::Insertion IdMap::insert(const ExternalId& id, const IdTarget& target, IdTarget& found) {
  const std::uint64_t hash = hash_of(id);
  std::size_t slot = 0;
  if (!slots_.empty()) {
    if (const std::uint64_t present = lookup(id, hash, slot); present != 0) {
      found = read_entry(entry_at(present)).target;
      return Insertion::present;
    }
  }
  const std::size_t slots_before = slots_.size();
  if (!reserve(kEntryHeadMax + id.text.size())) return Insertion::full;
  if (slots_.size() != slots_before) lookup(id, hash, slot);
  const std::uint64_t offset = (chunks_.size() - 1) * kIdChunkBytes + chunk_used_;
  char* const begin = chunks_.back().get() + chunk_used_;
  char* at = write_varint(begin, id.text.size());
  at = write_varint(at, id.space);
  at = write_varint(at, target.entity);
  at = write_varint(at, target.file);
  at = write_varint(at, target.line);
  if (!id.text.empty()) std::memcpy(at, id.text.data(), id.text.size());
  at += id.text.size();
  chunk_used_ += static_cast<std::size_t>(at - begin);
  slots_[slot].tag_and_offset = (hash & ~kOffsetMask) | (offset + 1);
  ++count_;
  return Insertion::inserted;
}

// Room for one entry more. Once it was refused it always is, so that what is in the map are the
// first ids of the input, and no later ones.
bool IdMap::reserve(std::size_t entry_bytes) {
  if (full_) return false;
  const bool needs_chunk = chunks_.empty() || kIdChunkBytes - chunk_used_ < entry_bytes;
  const bool needs_slots = (count_ + 1) * 10 > slots_.size() * 7;
  std::size_t more = needs_chunk ? kIdChunkBytes : 0;
  // While it grows, only the new table is there.
  if (needs_slots) more += (slots_.empty() ? kIdSlotsMin : slots_.size()) * sizeof(Slot);
  if (bytes() + more > bytes_max_ || chunks_.size() >= kOffsetMask / kIdChunkBytes) {
    full_ = true;
    return false;
  }
  if (needs_chunk) {
    if (!chunks_.empty()) chunk_ends_.push_back(static_cast<std::uint32_t>(chunk_used_));
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(kIdChunkBytes));
    chunk_used_ = 0;
  }
  if (needs_slots) grow_slots();
  return true;
}

void IdMap::grow_slots() {
  const std::size_t size = slots_.empty() ? kIdSlotsMin : slots_.size() * 2;
  slots_ = std::vector<Slot>();  // gives the memory back, unlike {}
  slots_.resize(size);
  for (std::size_t chunk = 0; chunk < chunks_.size(); ++chunk) {
    const char* const begin = chunks_[chunk].get();
    const char* const end = begin + (chunk < chunk_ends_.size() ? chunk_ends_[chunk] : chunk_used_);
    for (const char* at = begin; at != end;) {
      const IdEntry entry = read_entry(at);
      const std::uint64_t hash = hash_of(entry.id);
      std::size_t slot = hash & (size - 1);
      while (slots_[slot].tag_and_offset != 0) slot = (slot + 1) & (size - 1);
      const std::uint64_t offset = chunk * kIdChunkBytes + static_cast<std::size_t>(at - begin);
      slots_[slot].tag_and_offset = (hash & ~kOffsetMask) | (offset + 1);
      at = entry.end;
    }
  }
}

}  // namespace manifolddb::migrate
