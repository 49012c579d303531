#include "backup/export_header.h"

#include <algorithm>
#include <chrono>
#include <system_error>

#include "common/text.h"
#include "database/database_core.h"

namespace manifolddb::backup {

namespace {

constexpr std::string_view kParentHistory = "parent_history_id";
constexpr std::string_view kParentSequence = "parent_sequence_number";

const std::string* find_extra(const Header& header, std::string_view key) {
  const auto found = std::find_if(header.extra.begin(), header.extra.end(),
                                  [key](const auto& member) { return member.first == key; });
  return found == header.extra.end() ? nullptr : &found->second;
}

}  // namespace

void name_parent_history(const StateRecord& state, Header& header) {
  if (!state.parent_history_id) return;
  header.extra.emplace_back(kParentHistory, state.parent_history_id->to_string());
  header.extra.emplace_back(kParentSequence, std::to_string(state.parent_sequence));
  std::sort(header.extra.begin(), header.extra.end());
}

std::optional<HistoryPoint> parent_history_of(const Header& header) {
  const std::string* const history = find_extra(header, kParentHistory);
  const std::string* const sequence = find_extra(header, kParentSequence);
  HistoryPoint point;
  if (history == nullptr || sequence == nullptr || !parse_uuid(*history, point.history_id) ||
      !parse_unsigned(*sequence, point.sequence_number.value)) {
    return std::nullopt;
  }
  return point;
}

Header make_export_header(const StateRecord& state, const ExportOptions& options) {
  Header header;
  header.backup_id = options.backup_id.value_or(make_uuid());
  header.database_id = state.database_id;
  header.history_id = state.history_id;
  header.created_at_us = std::chrono::duration_cast<std::chrono::microseconds>(
                             std::chrono::system_clock::now().time_since_epoch())
                             .count();
  if (state.sequence != 0) header.committed_at_us = state.committed_at_us;
  header.sequence_number = state.sequence;
  header.content_digest = state.digest;
  header.next_entity_id = state.next_entity_id;
  header.next_edge_id = state.next_edge_id;
  header.generator = kGenerator;
  header.description = options.description;
  name_parent_history(state, header);
  return header;
}

std::optional<int> compression_level(const ExportOptions& options) {
  if (options.compression == Compression::none) return std::nullopt;
  return options.compression_level;
}

BackupSummary summarize_export(const Header& header, const FileWriter& writer) {
  BackupSummary summary;
  summary.statistics = header.statistics;
  summary.statistics.uncompressed_size = writer.bytes();
  summary.stored_bytes = writer.stored_bytes();
  summary.backup_id = header.backup_id;
  summary.database_id = header.database_id;
  summary.history_id = header.history_id;
  if (header.previous_sequence) {
    summary.previous_sequence = SequenceNumber{*header.previous_sequence};
  }
  summary.sequence_number = SequenceNumber{header.sequence_number};
  summary.committed_at_us = header.committed_at_us.value_or(0);
  summary.content_digest = header.content_digest;
  return summary;
}

// Symbolic links and ".." must not hide that a file lies in the database's folder.
void check_outside_database(const Database& database, const std::filesystem::path& file) {
  const std::filesystem::path& database_path = database.core().path();
  if (database_path.empty()) return;
  std::error_code ignored;
  auto source = std::filesystem::weakly_canonical(database_path, ignored);
  if (!source.has_filename()) source = source.parent_path();  // a trailing slash
  const auto destination = std::filesystem::weakly_canonical(file, ignored);
  const auto [end_of_source, end_of_destination] =
      std::mismatch(source.begin(), source.end(), destination.begin(), destination.end());
  if (end_of_source != source.end()) return;
  throw Error(ErrorCode::would_overwrite,
              "source and destination must be distinct: '" + file.string() + "' is the database '" +
                  database_path.string() + "' or lies in it",
              "nothing was written", "choose a file outside the database");
}

}  // namespace manifolddb::backup
