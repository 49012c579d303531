// Graphs into databases, databases into backups held in memory, and back: for tests of backups.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "manifolddb/backup.h"
#include "manifolddb/database.h"
#include "support/random_graph.h"

namespace manifolddb::test_support {

void store_graph(Database& database, const RandomGraph& graph);

// A backup's bytes, as they would stand in the file.
std::string backup_bytes(const Database& database, const backup::ExportOptions& options = {});

backup::VerifyReport verify_bytes(std::string_view bytes,
                                  const backup::VerifyOptions& options = {});

// Each with its line end, if it has one.
std::vector<std::string> split_lines(std::string_view text);
std::string join_lines(const std::vector<std::string>& lines);

// All lines but the first and the last, which carry ids and times of their own.
std::string data_lines(std::string_view text);

// Everything that one restore must keep.
struct DatabaseContent {
  std::vector<Entity> entities;
  std::vector<Edge> edges;
  std::vector<MetadataEntry> metadata;
  ContentDigest digest;
  GraphCounts counts;
  std::uint64_t next_entity_id = 0, next_edge_id = 0;
  SequenceNumber sequence_number;
  Uuid database_id;
  friend bool operator==(const DatabaseContent&, const DatabaseContent&) = default;
};
DatabaseContent content_of(const Database& database);

}  // namespace manifolddb::test_support
