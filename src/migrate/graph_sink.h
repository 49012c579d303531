// What a reader of a foreign format hands on: nodes and edges with the ids of the source. Readers
// know nothing of databases.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "migrate/property_list.h"

namespace manifolddb::migrate {

// Where a record begins.
struct Place {
  std::uint32_t file = 0;  // InputFiles::name()
  std::uint64_t line = 0;  // from 1 on
  std::uint64_t byte = 0;  // from 0 on, in the decompressed text
};

// An id of the source: `text` within an id space. Numbers are given as their decimal text.
struct ExternalId {
  std::uint32_t space = 0;  // of GraphSink::id_space; 0 is the one without a name
  std::string_view text;
};

// Views live until the call of the sink returns.
struct SourceNode {
  Place place;
  std::optional<ExternalId> id;              // none: no edge can name it
  std::span<const std::string_view> labels;  // in any order; doubles count once
  const PropertyList* properties = nullptr;
};

struct SourceEdge {
  Place place;
  std::optional<std::string_view> id;  // used with IdChoice::keep only
  ExternalId source, target;
  std::string_view type;
  const PropertyList* properties = nullptr;
};

// Nodes and edges come in any order, edges also before the nodes that they name. Not thread-safe.
class GraphSink {
 public:
  virtual ~GraphSink() = default;

  // The number of an id space, the same for the same name; "" is 0.
  virtual std::uint32_t id_space(std::string_view name) = 0;

  virtual void node(const SourceNode& node) = 0;
  virtual void edge(const SourceEdge& edge) = 0;

  // What stands beside the graph. Only of formats with Format::ids == IdChoice::keep: an entry, and
  // the ids from which on the source had given none.
  virtual void metadata(const Place& place, std::string_view key, std::string_view value) = 0;
  virtual void counters(std::uint64_t next_entity_id, std::uint64_t next_edge_id) = 0;

  // Promises that no node follows. Not needed, but then edges need not be kept until the end.
  virtual void nodes_end() = 0;

  // Notes that something of the record at `place` is kept in another form or not at all. `kind` is
  // a short sentence that is the same for all of its kind: "a relationship's id is not kept".
  virtual void convert(std::string_view kind, const Place& place) = 0;

  // The record at `place` cannot be imported. Throws Error{damaged}; returns in a dry run, where
  // the reader leaves the record out and goes on.
  virtual void refuse(const Place& place, const std::string& what) = 0;
};

}  // namespace manifolddb::migrate
