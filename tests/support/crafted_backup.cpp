#include "support/crafted_backup.h"

#include <algorithm>

#include "common/hash.h"
#include "common/text.h"
#include "common/varint.h"
#include "support/line_parsing.h"
#include "support/memory_streams.h"

namespace manifolddb::test_support {

backup::Header header_for(const std::vector<std::string>& lines) {
  backup::Header header;
  header.backup_id = make_uuid();
  header.database_id = make_uuid();
  header.history_id = make_uuid();
  header.created_at_us = 1;
  header.committed_at_us = 1;
  header.sequence_number = 1;
  header.generator = "test";
  std::string scratch;
  for (const std::string& line : lines) {
    const ParseOutcome parsed = parse_strict(std::string_view(line).substr(0, line.size() - 1));
    if (!parsed.accepted) continue;
    backup::BackupStatistics& counts = header.statistics;
    switch (parsed.line.type) {
      case backup::LineType::entity:
        ++counts.entity_count;
        header.next_entity_id =
            std::max(header.next_entity_id, read_be64(parsed.line.key.data()) + 1);
        break;
      case backup::LineType::edge:
        ++counts.edge_count;
        header.next_edge_id = std::max(header.next_edge_id, read_be64(parsed.line.key.data()) + 1);
        break;
      case backup::LineType::key_value:
        ++counts.metadata_count;
        break;
      case backup::LineType::entity_deleted:
      case backup::LineType::edge_deleted:
      case backup::LineType::key_value_deleted:
        ++counts.deleted_count;
        ++counts.total_records;
        continue;
      default:
        continue;
    }
    ++counts.total_records;
    header.content_digest +=
        record_hash({parsed.line.kind, parsed.line.key, parsed.line.body}, scratch);
  }
  return header;
}

std::string craft_backup(const backup::Header& header, const std::vector<std::string>& lines) {
  test::StringSink sink;
  backup::WorkerPool pool(1);
  backup::FileWriter writer(sink, pool, {});
  writer.begin(header);
  backup::WrittenLines piece;
  for (const std::string& line : lines) {
    piece.lines += line;
    piece.line_ends.push_back(static_cast<std::uint32_t>(piece.lines.size()));
  }
  writer.append(piece);
  writer.finish();
  return sink.text;
}

std::string craft_backup(const std::vector<std::string>& lines) {
  return craft_backup(header_for(lines), lines);
}

std::string entity_with_id(std::uint64_t id) {
  return "{\"type\":\"entity\",\"data\":{\"id\":" + std::to_string(id) +
         ",\"labels\":[],\"properties\":{}}}\n";
}

std::string edge_with_ends(std::uint64_t id, std::uint64_t source, std::uint64_t target) {
  return "{\"type\":\"edge\",\"data\":{\"id\":" + std::to_string(id) +
         ",\"source\":" + std::to_string(source) + ",\"target\":" + std::to_string(target) +
         ",\"edge_type\":\"E\",\"properties\":{}}}\n";
}

}  // namespace manifolddb::test_support
