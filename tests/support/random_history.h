// Random histories of a small graph beside a model of it: transactions of every kind, small and
// bulk, and changes given as lines to `apply`. The same seed gives the same history.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "manifolddb/database.h"
#include "support/random_graph.h"

namespace manifolddb::test_support {

// What the graph must be, worked out without the database.
struct GraphModel {
  std::map<std::uint64_t, Entity> entities;
  std::map<std::uint64_t, Edge> edges;
  std::map<std::string, std::string> metadata;
  friend bool operator==(const GraphModel&, const GraphModel&) = default;
};

// What the database says the graph is.
GraphModel read_graph(const Database& database);

class RandomHistory {
 public:
  // Options under which some of the transactions are bulk transactions.
  static DatabaseOptions database_options();

  explicit RandomHistory(std::uint64_t seed) : random_(seed, {.string_bytes_max = 12}) {}

  // One transaction, now and then one without any effect.
  void step(Database& database);

  const GraphModel& model() const { return model_; }
  RandomValues& random() { return random_; }

 private:
  void change(WriteTransaction& transaction);
  void change_entity(WriteTransaction& transaction);
  void change_edge(WriteTransaction& transaction);
  void change_metadata(WriteTransaction& transaction);
  void put_much(WriteTransaction& transaction);
  void apply_lines(Database& database);

  std::uint64_t some_entity_id();  // that was used once; it may be gone
  std::uint64_t live_entity_id();  // 0 when there is none
  std::uint64_t some_edge_id();
  Properties small_properties();
  void delete_entity_in_model(std::uint64_t id);

  RandomValues random_;
  GraphModel model_;
  std::uint64_t entity_id_max_ = 0, edge_id_max_ = 0;
};

}  // namespace manifolddb::test_support
