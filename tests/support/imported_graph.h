// Imports texts as files, and what is in the database then.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "manifolddb/database.h"
#include "manifolddb/migrate.h"
#include "support/temp_dir.h"

namespace manifolddb::test_support {

struct ImportedGraph {
  migrate::ImportReport report;
  std::vector<Entity> entities;  // ascending by id
  std::vector<Edge> edges;
};

inline void read_graph(const Database& database, ImportedGraph& graph) {
  const ReadTransaction view = database.begin_read();
  EntityCursor entities = view.iter_entities();
  for (Entity entity; entities.next(entity);) graph.entities.push_back(entity);
  EdgeCursor edges = view.iter_edges();
  for (Edge edge; edges.next(edge);) graph.edges.push_back(edge);
}

// Into a new database, which is checked from one end to the other.
inline ImportedGraph import_inputs(const std::vector<migrate::Input>& inputs,
                                   const migrate::ImportOptions& options = {}) {
  const test::TempDir folder;
  ImportedGraph graph;
  graph.report = migrate::import_graph(inputs, folder / "db", options);
  if (options.dry_run) return graph;
  DatabaseOptions existing;
  existing.create_if_missing = false;
  const Database database = Database::open(folder / "db", existing);
  read_graph(database, graph);
  const CheckReport check = database.check();
  if (check.finding_count != 0) {
    throw std::runtime_error("check found " + std::to_string(check.finding_count) + " faults");
  }
  return graph;
}

// Name and content of each file; a name may be "Person=people.csv".
using FileTexts = std::vector<std::pair<std::string, std::string>>;

inline std::vector<migrate::Input> write_inputs(const test::TempDir& folder,
                                                const FileTexts& texts) {
  std::vector<migrate::Input> inputs;
  for (const auto& [name, text] : texts) {
    const std::size_t equals = name.find('=');
    migrate::Input input;
    if (equals != std::string::npos) input.names = {name.substr(0, equals)};
    input.files = {folder / name.substr(equals == std::string::npos ? 0 : equals + 1)};
    test::write_file(input.files.front(), text);
    inputs.push_back(std::move(input));
  }
  return inputs;
}

inline ImportedGraph import_texts(const FileTexts& texts,
                                  const migrate::ImportOptions& options = {}) {
  const test::TempDir folder;
  return import_inputs(write_inputs(folder, texts), options);
}

}  // namespace manifolddb::test_support
