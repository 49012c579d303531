// The ways to a point of a repository, and the cheapest of them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "manifolddb/repository.h"

namespace manifolddb::backup {

// Backups and then segments, all of one history. Pointers into the catalogue.
struct RestoreWay {
  std::vector<const CatalogueEntry*> backups;  // a full one and its links, oldest first
  std::vector<const LogSegment*> segments;     // each goes on from a number in those before
  std::uint64_t stored_bytes = 0;
};

// Of all restorable backups at or before the number, each with the segments from it to the number
// that have no gap and no bulk transaction: the way of the fewest stored bytes, then of the fewest
// files, then from the newest backup. None: the number cannot be reached. Time is linear in what
// the history has, as long as its segments overlap few others.
std::optional<RestoreWay> find_cheapest_way(const Catalogue& catalogue, const Uuid& history_id,
                                            std::uint64_t sequence);

}  // namespace manifolddb::backup
