#include "support/planned_repository.h"

#include <algorithm>
#include <map>

#include "backup/catalogue.h"
#include "repository/object_names.h"

namespace manifolddb::test_support {

namespace {

std::int64_t time_of(std::uint64_t sequence) {
  return static_cast<std::int64_t>(sequence) * kSecondUs;
}

backup::Manifest manifest_of(const PlannedRepository& repository, std::size_t index,
                             const std::vector<backup::CatalogueEntry>& before) {
  const PlannedBackup& planned = repository.backups[index];
  backup::Manifest m;
  m.backup_id.bytes[0] = static_cast<std::uint8_t>(index + 1);
  m.history_id = planned_history(planned.history);
  m.sequence_number = {planned.sequence};
  if (planned.sequence != 0) m.committed_at_us = time_of(planned.sequence);
  m.created_at_us = planned.created_at_us >= 0 ? planned.created_at_us
                                               : time_of(planned.sequence) + kSecondUs / 2;
  m.verified_level = backup::VerifyLevel::records;
  m.digest_matches = planned.proved;
  m.stored_bytes = planned.bytes;
  for (const PlannedHistory& history : repository.parents) {
    if (history.history != planned.history) continue;
    m.parent_history_id = planned_history(history.parent);
    m.parent_sequence_number = SequenceNumber{history.parent_sequence};
  }
  if (planned.continues >= 0) {
    const backup::Manifest& parent = *before[static_cast<std::size_t>(planned.continues)].manifest;
    m.kind = backup::BackupKind::incremental;
    m.parent_backup_id = parent.backup_id;
    m.previous_sequence = parent.sequence_number;
    m.previous_content_digest = parent.content_digest;
  }
  return m;
}

}  // namespace

Uuid planned_history(std::uint8_t number) {
  Uuid history;
  history.bytes[0] = number;
  return history;
}

backup::Catalogue catalogue_of(const PlannedRepository& repository) {
  backup::Catalogue catalogue;
  for (std::size_t i = 0; i < repository.backups.size(); ++i) {
    backup::CatalogueEntry entry;
    entry.manifest = manifest_of(repository, i, catalogue.entries);
    entry.id = entry.manifest->backup_id.to_string();
    catalogue.entries.push_back(std::move(entry));
  }
  std::map<std::uint8_t, std::vector<backup::LogSegment>> segments;
  for (const PlannedSegment& planned : repository.segments) {
    const Uuid history = planned_history(planned.history);
    segments[planned.history].push_back(
        {history,
         {planned.first},
         {planned.last},
         planned.bulk,
         planned.bytes,
         repository::segment_object(history.to_string(), planned.first, planned.last,
                                    planned.bulk)});
  }
  if (repository.complete_until_us) segments[1];
  for (auto& [number, found] : segments) {
    backup::ArchivedLog log;
    log.history_id = planned_history(number);
    backup::arrange_segments(std::move(found), log);
    if (number == 1 && repository.complete_until_us) {
      backup::ArchiveNote note;
      note.history_id = log.history_id;
      note.sequence_number = {repository.noted};
      note.committed_at_us = time_of(repository.noted);
      note.complete_until_us = *repository.complete_until_us;
      note.gaps = repository.noted_gaps;
      log.note = note;
    }
    catalogue.logs.push_back(std::move(log));
  }
  std::stable_sort(catalogue.entries.begin(), catalogue.entries.end(),
                   [](const auto& a, const auto& b) {
                     return a.manifest.value().created_at_us < b.manifest.value().created_at_us;
                   });
  backup::link_chains(catalogue);
  backup::link_logs(catalogue);
  return catalogue;
}

backup::SegmentTimes planned_times() {
  backup::SegmentTimes times;
  times.last_committed_at = [](const backup::LogSegment& segment) {
    return std::optional(time_of(segment.last.value));
  };
  times.first_committed_at = [](const backup::LogSegment& segment) {
    return std::optional(time_of(segment.first.value));
  };
  times.last_at_or_before = [](const backup::LogSegment& segment,
                               std::int64_t time_us) -> std::optional<std::uint64_t> {
    if (time_us < time_of(segment.first.value)) return std::nullopt;
    return std::min(static_cast<std::uint64_t>(time_us / kSecondUs), segment.last.value);
  };
  return times;
}

}  // namespace manifolddb::test_support
