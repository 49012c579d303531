#include "support/backup_files.h"

#include <sstream>

namespace manifolddb::test_support {

void store_graph(Database& database, const RandomGraph& graph) {
  WriteTransaction transaction = database.begin();
  for (const MetadataEntry& entry : graph.metadata) {
    transaction.put_metadata(entry.key, entry.value);
  }
  for (const Entity& entity : graph.entities) transaction.put_entity(entity);
  for (const Edge& edge : graph.edges) transaction.put_edge(edge);
  transaction.commit();
}

std::string backup_bytes(const Database& database, const backup::ExportOptions& options) {
  std::ostringstream out;
  backup::export_full(database, out, options);
  return std::move(out).str();
}

backup::VerifyReport verify_bytes(std::string_view bytes, const backup::VerifyOptions& options) {
  std::istringstream in{std::string(bytes)};
  return backup::verify(in, options);
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::size_t size = end == std::string_view::npos ? text.size() : end + 1;
    lines.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return lines;
}

std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

std::string data_lines(std::string_view text) {
  const std::size_t begin = text.find('\n') + 1;
  const std::size_t end = text.rfind('\n', text.size() - 2) + 1;
  return std::string(text.substr(begin, end - begin));
}

DatabaseContent content_of(const Database& database) {
  DatabaseContent content;
  const ReadTransaction transaction = database.begin_read();
  EntityCursor entities = transaction.iter_entities();
  for (Entity entity; entities.next(entity);) content.entities.push_back(entity);
  EdgeCursor edges = transaction.iter_edges();
  for (Edge edge; edges.next(edge);) content.edges.push_back(edge);
  MetadataCursor metadata = transaction.iter_metadata();
  for (MetadataEntry entry; metadata.next(entry);) content.metadata.push_back(entry);
  const DatabaseStatistics statistics = database.statistics();
  content.digest = statistics.content_digest;
  content.counts = statistics.counts;
  content.next_entity_id = statistics.next_entity_id;
  content.next_edge_id = statistics.next_edge_id;
  content.sequence_number = statistics.sequence_number;
  content.database_id = statistics.database_id;
  return content;
}

}  // namespace manifolddb::test_support
