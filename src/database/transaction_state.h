// What stands behind ReadTransaction and WriteTransaction; also how the layers above write records
// that are already in canonical form.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "database/database_core.h"
#include "database/end_check.h"
#include "database/graph_reader.h"
#include "database/overlay.h"
#include "manifolddb/transaction.h"

namespace manifolddb {

struct ReadTransaction::State {
  std::shared_ptr<const Snapshot> snapshot;
  std::unique_ptr<GraphReader> reader;
};

// The single writer's changes: the new form of each touched record, in an overlay over the snapshot
// from before. What that means for indexes, counters and digest is derived at commit.
struct WriteTransaction::State {
  explicit State(DatabaseCore& core);
  ~State();

  // A canonical body, checked by the caller with the codec. Throws Error{invalid_argument} for an
  // id out of range or a line over the limit. Id counters move past the id.
  void put(RecordKind kind, std::string_view key, std::string_view body);
  // False when there is nothing. An entity takes its edges along.
  bool remove(RecordKind kind, std::string_view key);
  // True when the edge was deleted in this transaction because an end of it was.
  bool was_taken_along(std::string_view edge_key) const;

  std::uint64_t assign_entity_id();
  std::uint64_t assign_edge_id();

  SequenceNumber commit(Durability durability);
  void rollback() noexcept;
  const GraphReader& reader() const { return *reader_; }
  void check_open() const;
  const DatabaseCore& core() const { return core_; }

 private:
  using ChangeFunction = std::function<void(const RecordChange&)>;

  template <typename Change>
  void change_overlay(const Change& change);
  void remove_edges_of(std::uint64_t entity, Side side);
  // Every net change, ascending by (kind, key). Throws MissingEndError for an edge without an end.
  void for_each_change(const ChangeFunction& fn) const;
  bool is_new(const RecordChange& change) const;
  bool find_old(RecordChange& change, std::string& value) const;
  SequenceNumber commit_any(Durability durability);
  SequenceNumber commit_small(Durability durability, bool& too_large);
  SequenceNumber commit_bulk();
  void complete_state(StateRecord& state) const;

  DatabaseCore& core_;
  std::unique_ptr<WriterTurn> turn_;
  std::shared_ptr<const Snapshot> base_;
  std::unique_ptr<Overlay> overlay_;
  std::unique_ptr<GraphReader> reader_;
  std::uint64_t next_entity_id_ = 1;
  std::uint64_t next_edge_id_ = 1;
};

}  // namespace manifolddb
