// What an undo must do, worked out from models of the graph at every sequence number.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "manifolddb/database.h"
#include "support/random_history.h"

namespace manifolddb::test_support {

// Records as lines: the line that deletes a record is its name.
using FlatGraph = std::map<std::string, std::string>;
FlatGraph flatten(const GraphModel& graph);

// A database with its model at every sequence number.
class RecordedHistory {
 public:
  explicit RecordedHistory(std::uint64_t seed) : history_(seed) { models_.emplace_back(); }

  // Transactions until there are `count`.
  void run(Database& database, std::size_t count);

  RandomValues& random() { return history_.random(); }
  std::size_t last() const { return models_.size() - 1; }  // of the sequence numbers
  const GraphModel& model(std::size_t sequence) const { return models_[sequence]; }
  const FlatGraph& flat(std::size_t sequence) const { return flat_[sequence]; }

 private:
  RandomHistory history_;
  std::vector<GraphModel> models_;
  std::vector<FlatGraph> flat_{{}};
};

struct ExpectedUndo {
  std::set<std::string> changed_later;           // records, as messages name them
  std::set<std::string> new_edge;                // entities
  std::set<std::string> missing_end;             // edges
  std::size_t put_count = 0, deleted_count = 0;  // with force
  FlatGraph result;                              // of applying it, with force
  bool has_conflict() const {
    return !changed_later.empty() || !new_edge.empty() || !missing_end.empty();
  }
};

// Of undoing `first` to `last` at the end of the history.
ExpectedUndo expect_undo(const RecordedHistory& history, std::size_t first, std::size_t last);

}  // namespace manifolddb::test_support
