#include "backup/taken_along.h"

#include "common/varint.h"
#include "database/database_core.h"
#include "database/key_codec.h"
#include "database/transaction_state.h"

namespace manifolddb::backup {

EdgesTakenAlong::EdgesTakenAlong(const Database& database, std::size_t remembered_max)
    : database_(database),
      first_sequence_(database.sequence_number()),
      remembered_max_(remembered_max) {}

void EdgesTakenAlong::add_edges_of(std::uint64_t entity, WriteTransaction& transaction) {
  for (const Side side : {Side::outgoing, Side::incoming}) {
    NeighbourCursor cursor = transaction.state().reader().neighbours(side, entity, std::nullopt);
    Neighbour edge;
    while (!overflown_ && cursor.next(edge)) {
      if (edges_.size() < remembered_max_) {
        edges_.insert(edge.edge.value);
      } else {
        overflown_ = true;
      }
    }
  }
}

bool EdgesTakenAlong::contains(std::string_view edge_key) const {
  if (edges_.contains(read_be64(edge_key.data()))) return true;
  if (!overflown_) return false;
  std::string key;
  tombstone_key(RecordKind::edge, edge_key, key);
  const auto sequence = database_.core().engine().get(Family::tombstones, key, nullptr);
  return sequence && sequence->size() == 8 && read_be64(sequence->data()) > first_sequence_.value;
}

}  // namespace manifolddb::backup
