#include "database/end_check.h"

#include "common/value_codec.h"
#include "database/key_codec.h"

namespace manifolddb {

namespace {

// A transaction with few unknown ends looks each up. One with more reads all ids of an end's page,
// about as much work again, and finds most of the ends to come among them: as long as the ids are
// dense enough for that.
constexpr std::uint64_t kLookUpsFirst = 16;
constexpr std::uint64_t kPagesTried = 16;
constexpr std::uint64_t kLearnedPerPageMin = 4;
constexpr std::size_t kPageBytesMax = 64u << 10;  // large entities are passed over by a look-up

}  // namespace

void EndCheck::add_deleted(std::uint64_t entity) {
  known_.remove(entity);
  deleted_.append(entity);
}

void EndCheck::check(std::string_view edge_key, std::string_view edge_body) {
  const EdgeHead head = decode_edge_head(edge_body);
  check_end(edge_key, head.source, "source");
  check_end(edge_key, head.target, "target");
}

void EndCheck::check_end(std::string_view edge_key, std::uint64_t entity, const char* end) {
  if (put_.contains(entity) || known_.contains(entity)) return;
  if (!deleted_.contains(entity) && is_stored(entity)) return;
  throw MissingEndError(read_be64(edge_key.data()),
                        describe_record(RecordKind::edge, edge_key) + " names entity " +
                            std::to_string(entity) + " as its " + end + ", which does not exist");
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
  if (!rows_) {
    ScanOptions options;
    options.snapshot = base_.engine_snapshot();
    rows_.emplace(base_.engine().iterate(Family::entities, options));
  }
  const std::uint64_t first = entity - entity % KnownEntities::kIdsPerPage;
  bool found = false;
  std::size_t bytes = 0;
  for (rows_->seek(id_key(first)); rows_->valid(); rows_->next()) {
    const bool is_damaged = rows_->key().size() != 8;  // `check` names it
    if (is_damaged || bytes > kPageBytesMax) return found || look_up(entity);
    const std::uint64_t id = read_be64(rows_->key().data());
    if (id - first >= KnownEntities::kIdsPerPage) break;
    bytes += rows_->value().size();
    found = found || id == entity;
    if (deleted_.contains(id)) continue;
    known_.add(id);
    ++learned_count_;
  }
  return found;
}

}  // namespace manifolddb
