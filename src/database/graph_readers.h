// The two readers behind transactions.
#pragma once

#include <memory>

#include "database/graph_reader.h"
#include "database/key_codec.h"
#include "database/overlay.h"
#include "database/snapshot.h"

namespace manifolddb {

// Where the adjacency rows of an entity (and a type) begin, the end of them, exclusive, and the
// first key behind one of them.
inline std::string adjacency_prefix(std::uint64_t entity,
                                    std::optional<std::string_view> edge_type) {
  std::string prefix = id_key(entity);
  if (edge_type) append_escaped_name(prefix, *edge_type);
  return prefix;
}
inline std::string adjacency_end(const std::string& prefix) {
  return prefix + '\xff';  // a type is UTF-8, and ids are below 2^63: neither begins so
}
inline std::string key_behind(std::uint64_t entity, const Neighbour& edge) {
  std::string key;
  adjacency_key(entity, edge.edge_type, edge.edge.value, key);
  key.push_back('\0');
  return key;
}

// Reads a row of adjacency; false when it is none. `scratch` keeps its memory.
inline bool read_neighbour(std::string_view key, std::string_view value, AdjacencyKey& scratch,
                           Neighbour& out) {
  if (!parse_adjacency_key(key, scratch) || !parse_adjacency_value(value, out.entity.value)) {
    return false;
  }
  out.edge.value = scratch.edge;
  out.edge_type.swap(scratch.edge_type);
  return true;
}

std::unique_ptr<GraphReader> make_snapshot_reader(std::shared_ptr<const Snapshot> snapshot);

// What the snapshot holds with the overlay's changes on top.
std::unique_ptr<GraphReader> make_overlay_reader(std::shared_ptr<const Snapshot> snapshot,
                                                 Overlay& overlay);

}  // namespace manifolddb
