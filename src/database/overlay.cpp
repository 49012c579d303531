#include "database/overlay.h"

#include <string>

#include "common/value_codec.h"
#include "database/change_deriver.h"
#include "database/key_codec.h"

namespace manifolddb {

namespace {

constexpr const char* kScratchName = "transaction";
// What a node of the map costs over its two strings' bytes, measured with the GNU library's
// allocator.
constexpr std::size_t kEntryOverheadBytes = 160;
constexpr std::size_t kSpillBatchBytes = 1u << 20;

Family adjacency_family(Side side) {
  return side == Side::outgoing ? Family::outgoing : Family::incoming;
}

}  // namespace

Overlay::Overlay(const Engine& engine, std::size_t memory_bytes_max)
    : engine_(engine), memory_bytes_max_(memory_bytes_max) {}

Overlay::~Overlay() {
  if (!scratch_) return;
  scratch_.reset();
  engine_.remove_scratch(engine_.scratch_directory() / kScratchName);
}

Overlay::Found Overlay::lookup(Family family, std::string_view key, std::string& body) const {
  const auto it = memory_.find({family, std::string(key)});
  if (it != memory_.end()) {
    body.assign(it->second, 1);
    return static_cast<Found>(it->second.front());
  }
  if (!scratch_ || !scratch_->get(family, key, nullptr, body)) return Found::untouched;
  const auto found = static_cast<Found>(body.front());
  body.erase(0, 1);
  return found;
}

Overlay::Found Overlay::get(RecordKind kind, std::string_view key, std::string& body) const {
  return lookup(record_family(kind), key, body);
}

void Overlay::store(Family family, std::string_view key, Found found, std::string_view body) {
  std::string value(1, static_cast<char>(found));
  value.append(body);
  const std::size_t value_bytes = value.size();
  auto [it, inserted] = memory_.try_emplace({family, std::string(key)}, std::string());
  if (inserted) {
    memory_bytes_ += key.size() + kEntryOverheadBytes;
  } else {
    memory_bytes_ -= it->second.size();
  }
  it->second = std::move(value);
  memory_bytes_ += value_bytes;
  if (memory_bytes_ > memory_bytes_max_) spill();
}

void Overlay::put(RecordKind kind, std::string_view key, std::string_view body) {
  if (kind == RecordKind::edge && adjacency_ready_) {
    std::string before;
    if (lookup(Family::edges, key, before) == Found::live) {
      change_adjacency(key, before, Found::deleted);
    }
    change_adjacency(key, body, Found::live);
  }
  store(record_family(kind), key, Found::live, body);
}

void Overlay::remove(RecordKind kind, std::string_view key, bool taken_along) {
  if (kind == RecordKind::edge && adjacency_ready_) {
    std::string before;
    if (lookup(Family::edges, key, before) == Found::live) {
      change_adjacency(key, before, Found::deleted);
    }
  }
  store(record_family(kind), key, taken_along ? Found::taken_along : Found::deleted, {});
}

void Overlay::change_adjacency(std::string_view edge_key, std::string_view edge_body, Found found) {
  const EdgeHead head = decode_edge_head(edge_body);
  const std::uint64_t edge = read_be64(edge_key.data());
  std::string key;
  adjacency_key(head.source, head.edge_type, edge, key);
  store(Family::outgoing, key, found, AdjacencyValue(head.target).bytes());
  adjacency_key(head.target, head.edge_type, edge, key);
  store(Family::incoming, key, found, AdjacencyValue(head.source).bytes());
}

void Overlay::build_adjacency() {
  if (adjacency_ready_) return;
  Iterator edges = iterate(RecordKind::edge, {});
  std::string key;
  std::string body;
  while (edges.next()) {
    if (edges.found() != Found::live) continue;
    key.assign(edges.key());  // storing may spill, which ends the views
    body.assign(edges.body());
    change_adjacency(key, body, Found::live);
  }
  adjacency_ready_ = true;
}

void Overlay::spill() {
  if (!scratch_) {
    engine_.remove_scratch(engine_.scratch_directory() / kScratchName);
    scratch_ = engine_.open_scratch(kScratchName);
  }
  EngineBatch batch;
  for (const auto& [key, value] : memory_) {
    batch.put(key.first, key.second, value);
    if (batch.bytes() < kSpillBatchBytes) continue;
    scratch_->write(batch);
    batch.clear();
  }
  scratch_->write(batch);
  memory_.clear();
  memory_bytes_ = 0;
  ++generation_;
}

Overlay::Iterator Overlay::iterate(RecordKind kind, std::string_view first) const {
  return Iterator(*this, record_family(kind), first);
}

Overlay::Iterator Overlay::iterate_adjacent(Side side, std::string_view first) {
  build_adjacency();
  return Iterator(*this, adjacency_family(side), first);
}

Overlay::Iterator::Iterator(const Overlay& overlay, Family family, std::string_view first)
    : overlay_(overlay), family_(family), key_(first) {}

// Puts both sides at the first key at or (after_key) behind key_.
void Overlay::Iterator::position(bool after_key) {
  generation_ = overlay_.generation_;
  const std::pair<Family, std::string> from{family_, key_};
  memory_ = after_key ? overlay_.memory_.upper_bound(from) : overlay_.memory_.lower_bound(from);
  scratch_is_current_ = false;
  scratch_.reset();
  if (!overlay_.scratch_) return;
  scratch_.emplace(overlay_.scratch_->iterate(family_, {}));
  scratch_->seek(key_);
  if (after_key && scratch_->valid() && scratch_->key() == key_) scratch_->next();
}

bool Overlay::Iterator::next() {
  if (!started_ || generation_ != overlay_.generation_) {
    position(started_);
    started_ = true;
  } else if (scratch_is_current_) {
    scratch_->next();
  }
  scratch_is_current_ = false;
  const bool has_memory = memory_ != overlay_.memory_.end() && memory_->first.first == family_;
  const bool has_scratch = scratch_ && scratch_->valid();
  if (!has_memory && !has_scratch) return false;
  const int order = !has_memory ? 1
                    : !has_scratch
                        ? -1
                        : std::string_view(memory_->first.second).compare(scratch_->key());
  if (order <= 0) {
    key_.assign(memory_->first.second);
    value_ = memory_->second;
    ++memory_;
    if (order == 0) scratch_->next();  // the older form of the same key
  } else {
    key_.assign(scratch_->key());
    value_ = scratch_->value();
    scratch_is_current_ = true;
  }
  return true;
}

}  // namespace manifolddb
