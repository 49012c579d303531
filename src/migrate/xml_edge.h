// Edges as GraphML and GEXF have them: the type may be missing, and so may the direction.
#pragma once

#include <string>
#include <string_view>

#include "manifolddb/error.h"
#include "manifolddb/migrate.h"
#include "migrate/graph_sink.h"

namespace manifolddb::migrate {

struct XmlEdge {
  Place place;
  std::string_view id, source, target, type;  // id and type: empty where there is none
  bool is_directed = true;
  const PropertyList* properties = nullptr;
};

// Throws Error{usage} for an edge without a type where ImportOptions::default_edge_type has none.
// `file` is the name for messages.
inline void give_xml_edge(const XmlEdge& edge, const std::string& file, std::uint32_t id_space,
                          const ImportOptions& options, GraphSink& sink) {
  SourceEdge given;
  given.place = edge.place;
  given.type = edge.type;
  if (given.type.empty() && options.default_edge_type) given.type = *options.default_edge_type;
  if (given.type.empty()) {
    throw Error(ErrorCode::usage,
                file + ": line " + std::to_string(edge.place.line) + ": the edge has no type", "",
                "give one for all such edges: --edge-type TYPE");
  }
  if (!edge.id.empty()) {
    given.id = edge.id;
    if (options.ids != IdChoice::keep) sink.convert("an edge's id is not kept", edge.place);
  }
  if (!edge.is_directed) {
    sink.convert("an undirected edge is kept as one from its source to its target", edge.place);
  }
  given.source = {id_space, edge.source};
  given.target = {id_space, edge.target};
  given.properties = edge.properties;
  sink.edge(given);
}

}  // namespace manifolddb::migrate
