// Nodes and edges of a source to records: gives them ids, finds the ends of edges, refuses what is
// twice or leads nowhere. Any number of them in bounded memory.
//
// External ids are in a map as long as that fits its part of the memory. An end that is in the map
// when its edge comes is settled at once; the others, and the nodes that the map has no room for,
// go to an external sort by external id, in which a node comes before the ends that name it. As
// long as all nodes are known before the first edge, edges are handed on as they come; otherwise
// they are spooled until the end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backup/record_sorter.h"
#include "migrate/graph_sink.h"
#include "migrate/id_map.h"
#include "migrate/import_log.h"
#include "migrate/record_target.h"

namespace manifolddb::migrate {

struct BuiltCounts {
  std::uint64_t nodes_read = 0, edges_read = 0;
  std::uint64_t entities = 0, edges = 0;  // given to the target
  std::uint64_t metadata = 0;
  std::uint64_t entities_created = 0;  // of those
};

// The number that an id's text is, from 1 to 2^63-1, written without sign and zeros in front; or 0.
std::uint64_t id_number(std::string_view text);

// Not thread-safe. What it is given must outlive it.
class GraphBuilder final : public GraphSink {
 public:
  // `scratch` must exist; it is used where memory does not do.
  GraphBuilder(RecordTarget& target, ImportLog& log, const ImportOptions& options,
               std::filesystem::path scratch);

  std::uint32_t id_space(std::string_view name) override;
  void node(const SourceNode& node) override;
  void edge(const SourceEdge& edge) override;
  void metadata(const Place& place, std::string_view key, std::string_view value) override;
  void counters(std::uint64_t next_entity_id, std::uint64_t next_edge_id) override {
    target_.raise_counters(next_entity_id, next_edge_id);
  }
  void nodes_end() override;
  void convert(std::string_view kind, const Place& place) override { log_.convert(kind, place); }
  void refuse(const Place& place, const std::string& what) override { log_.refuse(place, what); }

  // After the last record: gives the target what it has not got yet.
  BuiltCounts finish();

 private:
  // An end of an edge: its entity, or 0 as long as that is not known.
  struct End {
    ExternalId id;
    std::uint64_t entity = 0;
  };

  bool keeps_ids() const { return options_.ids == IdChoice::keep; }
  bool check_id(const Place& place, const char* what, std::string_view text);
  bool define(const SourceNode& node, std::uint64_t& id);
  std::uint64_t take_next(std::uint64_t& counter) const;  // throws Error{failed}: none is left
  void refuse_double(const Place& place, const ExternalId& id, std::uint32_t first_file,
                     std::uint64_t first_line);
  void add_node(std::uint64_t id);  // body_
  bool edge_number(const SourceEdge& edge, std::uint64_t& number);
  ExternalId in_its_space(ExternalId id) const;
  std::uint64_t find_end(const ExternalId& id) const;
  std::uint64_t find_in_database(const ExternalId& id) const;
  void dangle(const Place& place, const ExternalId& end);
  std::string describe(const ExternalId& id) const;
  void give_edge(const Place& place, std::uint64_t number);  // body_
  bool fits(RecordKind kind, std::uint64_t id, const Place& place);
  void flush_nodes();

  // spooled_edges.cpp
  void spool_node(const Place& place, const ExternalId& id, std::uint64_t entity);
  void spool_edge(const Place& place, std::uint64_t number, const End& source, const End& target);
  void settle_ends();
  std::uint64_t create_entity(const ExternalId& id);
  std::uint64_t settled_end(std::uint64_t number, char side);
  void flush_edges();

  backup::RecordSorter& sorter(std::optional<backup::RecordSorter>& which);

  RecordTarget& target_;
  ImportLog& log_;
  const ImportOptions& options_;
  std::filesystem::path scratch_;
  ImportMemory memory_;
  std::map<std::string, std::uint32_t, std::less<>> space_numbers_;
  std::vector<std::string> space_names_{""};

  IdMap ids_;
  std::uint64_t next_entity_, next_edge_;
  std::optional<bool> edges_have_ids_;  // IdChoice::keep: as the first one
  bool nodes_ended_ = false;
  bool edges_spooled_ = false;  // then all of them are

  std::optional<backup::RecordSorter> nodes_;    // IdChoice::keep: metadata by key, then by entity
  std::optional<backup::RecordSorter> edges_;    // by edge
  std::optional<backup::RecordSorter> ends_;     // by external id: nodes, then ends
  std::optional<backup::RecordSorter> settled_;  // by edge and side
  std::optional<backup::RecordSorter::Cursor> settled_cursor_;

  BuiltCounts counts_;
  std::string body_, key_, value_, edge_key_;
};

}  // namespace manifolddb::migrate
