// What stands behind ReadTransaction and WriteTransaction; also how the layers above write records
// that are already in canonical form.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "database/database_core.h"
#include "database/graph_reader.h"
#include "database/overlay.h"
#include "manifolddb/transaction.h"

namespace manifolddb {

struct ReadTransaction::State {
  std::shared_ptr<const Snapshot> snapshot;
  std::unique_ptr<GraphReader> reader;
};

// The single writer's changes: kept as the new form of each touched record in an overlay over the
// snapshot from before it. What that means for indexes, counters and digest is derived at commit.
struct WriteTransaction::State {
  explicit State(DatabaseCore& core);
  ~State();

  // A canonical body, checked by the caller with the codec. Throws Error{invalid_argument} for an id
  // out of range or a line over the limit. Id counters move past the id.
  void put(RecordKind kind, std::string_view key, std::string_view body);
  // False when there is nothing. An entity takes its edges along.
  bool remove(RecordKind kind, std::string_view key);
  // True when an edge of that id was deleted in this transaction because an end was.
  bool was_taken_along(std::uint64_t edge) const;

  std::uint64_t next_entity_id() const { return next_entity_id_; }
  std::uint64_t next_edge_id() const { return next_edge_id_; }

  SequenceNumber commit(Durability durability);
  void rollback();
  const GraphReader& reader() const;

 private:
  void check_open() const;
  void remove_edges_of(std::uint64_t entity, Side side);
  SequenceNumber commit_small(Durability durability);
  SequenceNumber commit_bulk();
  void for_each_change(const std::function<void(const RecordChange&)>& fn) const;
  void check_ends(const RecordChange& change) const;

  DatabaseCore& core_;
  std::unique_ptr<WriterTurn> turn_;
  std::shared_ptr<const Snapshot> base_;
  std::unique_ptr<Overlay> overlay_;
  std::unique_ptr<GraphReader> reader_;
  std::uint64_t next_entity_id_ = 1;
  std::uint64_t next_edge_id_ = 1;
  bool over_ = false;
};

}  // namespace manifolddb
