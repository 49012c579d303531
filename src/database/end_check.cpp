#include "database/end_check.h"

#include "common/value_codec.h"
#include "database/key_codec.h"

namespace manifolddb {

namespace {

// A transaction with few unknown ends looks each up. One with more reads all ids of an end's page
// instead, which makes ends to come known: as long as that teaches kLearnedPerPageMin a page.
constexpr std::uint64_t kLookUpsFirst = 16;
constexpr std::uint64_t kPagesTried = 16;
constexpr std::uint64_t kLearnedPerPageMin = 4;
constexpr std::size_t kPageBytesMax = 64u << 10;  // large entities are passed over by a look-up

}  // namespace

void EndCheck::add_put(std::uint64_t entity) {
  if (put_.memory_bytes() < put_bytes_max_) {
    put_.append(entity);
  } else {
    has_more_put_ = true;
  }
}

void EndCheck::add_deleted(std::uint64_t entity) {
  known_.remove(entity);
  has_deleted_ = true;
}

Overlay::Found EndCheck::own_change(std::uint64_t entity) {
  if (!has_deleted_ && !has_more_put_) return Overlay::Found::untouched;
  return changes_.get(RecordKind::entity, id_key(entity), scratch_);
}

void EndCheck::check(std::string_view edge_key, std::string_view edge_body) {
  const EdgeHead head = decode_edge_head(edge_body);
  check_end(edge_key, head.source, "source");
  check_end(edge_key, head.target, "target");
}

void EndCheck::check_end(std::string_view edge_key, std::uint64_t entity, const char* end) {
  if (put_.contains(entity) || known_.contains(entity) || exists(entity)) return;
  throw MissingEndError(read_be64(edge_key.data()),
                        describe_record(RecordKind::edge, edge_key) + " names entity " +
                            std::to_string(entity) + " as its " + end + ", which does not exist");
}

bool EndCheck::exists(std::uint64_t entity) {
  const Overlay::Found change = own_change(entity);
  return change == Overlay::Found::live ||
         (change == Overlay::Found::untouched && is_stored(entity));
}

// What was put by this transaction is not made known: it may yet fail.
bool EndCheck::is_stored(std::uint64_t entity) {
  const bool dense =
      page_count_ < kPagesTried || learned_count_ >= kLearnedPerPageMin * page_count_;
  return look_up_count_ >= kLookUpsFirst && dense ? read_page(entity) : look_up(entity);
}

bool EndCheck::look_up(std::uint64_t entity) {
  ++look_up_count_;
  if (!base_.engine().get(Family::entities, id_key(entity), base_.engine_snapshot(), scratch_)) {
    return false;
  }
  known_.add(entity);
  return true;
}

bool EndCheck::read_page(std::uint64_t entity) {
  ++page_count_;
  const std::uint64_t first = entity - entity % KnownEntities::kIdsPerPage;
  ScanOptions options;
  options.snapshot = base_.engine_snapshot();
  options.upper_bound = id_key(first + KnownEntities::kIdsPerPage);
  EngineIterator rows = base_.engine().iterate(Family::entities, options);
  bool found = false;
  std::size_t bytes = 0;
  for (rows.seek(id_key(first)); rows.valid(); rows.next()) {
    const bool is_damaged = rows.key().size() != 8;  // `check` names it
    if (is_damaged || bytes > kPageBytesMax) return found || look_up(entity);
    bytes += rows.value().size();
    const std::uint64_t id = read_be64(rows.key().data());
    found = found || id == entity;
    if (known_.contains(id) || own_change(id) == Overlay::Found::deleted) continue;
    known_.add(id);
    ++learned_count_;
  }
  return found;
}

}  // namespace manifolddb
