// Where imported records go: a database that is new, one that has records, or nowhere (a dry run).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "backup/record_merge.h"
#include "common/record.h"
#include "database/bulk_loader.h"
#include "database/database_core.h"
#include "manifolddb/migrate.h"

namespace manifolddb::migrate {

// How ImportOptions::memory_limit_bytes is divided.
struct ImportMemory {
  static constexpr std::size_t kLimitMin = 64u << 20;
  explicit ImportMemory(std::size_t limit_bytes);
  std::size_t id_map_bytes;  // external ids
  std::size_t sorter_bytes;  // of each external sorter; there are at most four at once
  std::size_t loader_bytes;
};

// Not thread-safe. The caller has the writer's turn of a database that is written to.
class RecordTarget {
 public:
  // `core`: none for a dry run of an import to a new path.
  RecordTarget(DatabaseCore* core, const ImportOptions& options);

  // Ids from which on the database has given none.
  std::uint64_t next_entity_id() const { return state_.next_entity_id; }
  std::uint64_t next_edge_id() const { return state_.next_edge_id; }
  std::size_t line_bytes_max() const;
  // Has the database, as it was before, this entity?
  bool has_entity(std::uint64_t id) const;

  // Ascending by (kind, key), each key once.
  void add(RecordKind kind, std::uint64_t id, std::string_view body);
  void add(RecordKind kind, std::string_view key, std::string_view body);

  // The database gives no ids below these.
  void raise_counters(std::uint64_t next_entity_id, std::uint64_t next_edge_id);

  // Commits. Throws Error{conflict}, naming the input as `source_name`; nothing is changed then.
  // Returns the state of the database, which is not written in a dry run.
  StateRecord commit(const std::string& source_name);
  const backup::MergeOutcome& outcome() const { return outcome_; }

 private:
  void flush();

  DatabaseCore* core_;
  ImportOptions options_;
  std::shared_ptr<const Snapshot> snapshot_;  // of a database that has records
  StateRecord state_;
  std::uint64_t next_entity_id_min_ = 1, next_edge_id_min_ = 1;
  std::optional<BulkLoader> loader_;
  ChangeBatch batch_;
  std::string key_;
  backup::MergeOutcome outcome_;
};

}  // namespace manifolddb::migrate
