#include "backup/reference_check.h"

namespace manifolddb::backup {

void ReferenceCheck::add_entities(const ParsedBlock& block) {
  for (const std::uint64_t id : block.entity_ids) {
    if (id > last_ascending_) {
      ascending_.append(id);
      last_ascending_ = id;
    } else if (stray_.size() < kStrayIdsMax) {
      stray_.insert(id);
    } else {
      complete_ = false;
    }
  }
  for (const std::uint64_t id : block.unread_entity_ids) {
    if (stray_.size() < kStrayIdsMax) {
      stray_.insert(id);
    } else {
      complete_ = false;
    }
  }
}

bool ReferenceCheck::is_missing(std::uint64_t entity) {
  if (ascending_.contains(entity) || stray_.contains(entity)) return false;
  // When the memory of what was told is full, every edge is told: the list of damage has its limit.
  if (told_.size() >= kToldIdsMax) return !told_.contains(entity);
  return told_.insert(entity).second;
}

std::optional<std::string> ReferenceCheck::fault(const EdgeEnds& edge) {
  if (!complete_) return std::nullopt;
  for (const std::uint64_t end : {edge.source, edge.target}) {
    if (!is_missing(end)) continue;
    return "edge " + std::to_string(edge.id) + " names entity " + std::to_string(end) +
           ", which is not in the backup";
  }
  return std::nullopt;
}

}  // namespace manifolddb::backup
