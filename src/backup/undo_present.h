// The state of records at present, for an undo: what later transactions did that it would collide
// with.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "backup/present_records.h"
#include "backup/touched_records.h"
#include "common/id_set.h"
#include "database/graph_reader.h"
#include "database/snapshot.h"

namespace manifolddb::backup {

struct PresentState {
  bool exists = false;
  bool is_as_before = false;     // as it was before the range
  std::uint64_t changed_by = 0;  // the last transaction behind the range that changed it; 0: none
};

struct NewerEdge {
  std::uint64_t edge = 0;
  std::uint64_t sequence = 0;  // of the transaction that put it last
};

// Not thread-safe.
class UndoPresent {
 public:
  virtual ~UndoPresent() = default;

  // Called for every record of TouchedRecords, in order. Throws Error{damaged} when log and records
  // contradict each other.
  virtual PresentState look_at(const TouchedRecord& record) = 0;

  // After all entities were looked at; of one that existed before the range.
  virtual bool entity_exists(std::uint64_t id) = 0;

  // An edge of this entity that a transaction behind the range put, if that can be told without
  // looking at later edges one by one.
  virtual std::optional<NewerEdge> newer_edge_of(std::uint64_t entity) = 0;
};

// The records of a snapshot: their stamps name the last transaction that changed them, bulk ones
// too, so that the log behind the range is not needed.
class DatabasePresent final : public UndoPresent {
 public:
  DatabasePresent(std::shared_ptr<const Snapshot> snapshot, std::uint64_t range_last);
  PresentState look_at(const TouchedRecord& record) override;
  bool entity_exists(std::uint64_t id) override;
  std::optional<NewerEdge> newer_edge_of(std::uint64_t entity) override;

 private:
  std::uint64_t deleted_by(const TouchedRecord& record) const;

  std::shared_ptr<const Snapshot> snapshot_;
  std::uint64_t range_last_;
  std::unique_ptr<GraphReader> reader_;
  std::optional<PresentRecords> records_;  // of the kind at hand
};

// What the log says, from the range up to its end: TouchedRecords has all later changes.
class LoggedPresent final : public UndoPresent {
 public:
  PresentState look_at(const TouchedRecord& record) override;
  bool entity_exists(std::uint64_t id) override { return !gone_.contains(id); }
  // Later edges are among the touched records, behind all entities.
  std::optional<NewerEdge> newer_edge_of(std::uint64_t) override { return std::nullopt; }

 private:
  IdSet gone_;  // entities that do not exist at the end of the log
  std::string scratch_;
};

}  // namespace manifolddb::backup
