// The two readers behind transactions.
#pragma once

#include <memory>

#include "database/graph_reader.h"
#include "database/key_codec.h"
#include "database/overlay.h"
#include "database/snapshot.h"

namespace manifolddb {

// Where the adjacency rows of an entity (and a type) begin, and the first key behind one of them.
inline std::string adjacency_prefix(std::uint64_t entity,
                                    std::optional<std::string_view> edge_type) {
  std::string prefix = id_key(entity);
  if (edge_type) append_escaped_name(prefix, *edge_type);
  return prefix;
}
inline std::string key_behind(std::uint64_t entity, const AdjacentEdge& edge) {
  std::string key;
  adjacency_key(entity, edge.edge_type, edge.edge, key);
  key.push_back('\0');
  return key;
}

std::unique_ptr<GraphReader> make_snapshot_reader(std::shared_ptr<const Snapshot> snapshot);

// What the snapshot holds with the overlay's changes on top.
std::unique_ptr<GraphReader> make_overlay_reader(std::shared_ptr<const Snapshot> snapshot,
                                                 Overlay& overlay);

}  // namespace manifolddb
