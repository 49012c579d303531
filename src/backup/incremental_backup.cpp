#include "backup/incremental_backup.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "backup/backup_source.h"
#include "backup/contents.h"
#include "backup/export_header.h"
#include "backup/file_writer.h"
#include "backup/ordered_pipeline.h"
#include "backup/piece_jobs.h"
#include "backup/present_records.h"
#include "backup/progress.h"
#include "backup/record_sorter.h"
#include "common/file_system.h"
#include "common/hash.h"
#include "common/json_writer.h"
#include "database/change_deriver.h"
#include "database/change_index.h"
#include "database/database_core.h"
#include "database/key_codec.h"

namespace manifolddb::backup {

namespace {

constexpr const char* kNotWritten = "no backup was written";
constexpr std::size_t kKeysPerJob = 512;
constexpr std::size_t kKeyBytesPerJob = 256u << 10;

// Changed records on their way to lines, ascending by kind and key.
struct LookupJob {
  struct Change {
    RecordKind kind;
    bool is_deleted;
    std::size_t key_end;  // its key begins where the one before ends
  };
  std::vector<Change> changes;
  std::string keys;
  std::size_t done = 0;  // changes; for a job that fills more than one piece
  bool finished = false;
  WrittenLines piece;
  bool checksums_match = true;

  std::string_view key(std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : changes[i - 1].key_end;
    return std::string_view(keys).substr(begin, changes[i].key_end - begin);
  }
};

// Scratch files go where the database has its own; in memory there are none.
std::unique_ptr<ScratchDirectory> make_scratch(const Engine& engine) {
  if (engine.in_memory()) return nullptr;
  const std::filesystem::path& parent = engine.scratch_directory();
  with_file_errors("create", [&] { return std::filesystem::create_directories(parent); });
  return std::make_unique<ScratchDirectory>(parent);
}

class IncrementalBackup {
 public:
  IncrementalBackup(const Database& database, const ParentBackup& parent, ByteSink& sink,
                    const ExportOptions& options)
      : snapshot_(database.core().durable_snapshot()),
        scratch_(make_scratch(snapshot_->engine())),
        changes_(scratch_ ? scratch_->path() : std::filesystem::path(),
                 options.memory_limit_bytes / 4),
        pool_(worker_count(options.threads)),
        hash_scratch_(pool_.size()),
        piece_bytes_(piece_bytes(options.memory_limit_bytes / 2, pool_.size())),
        writer_(sink, pool_, compression_level(options)),
        lookups_(pool_, kPiecesInFlight * pool_.size(),
                 [this](LookupJob& job, unsigned worker) { look_up(job, worker); }),
        progress_(options.progress, 0),
        header_(make_export_header(snapshot_->state(), options)) {
    complete_header(parent);
  }

  BackupSummary run() {
    collect_changes();
    progress_.set_total(header_.statistics.total_records);
    progress_.report();
    writer_.begin(header_);
    write_records();
    writer_.finish();
    BackupSummary summary = summarize_export(header_, writer_);
    summary.digest_matches = checksums_match_;
    return summary;
  }

 private:
  void complete_header(const ParentBackup& parent);
  void collect_changes();
  void write_records();
  void look_up(LookupJob& job, unsigned worker);
  static StoredRecord require_present(PresentRecords& present, std::string_view key);
  void require_absent(RecordKind kind, std::string_view key) const;

  std::shared_ptr<const Snapshot> snapshot_;
  std::unique_ptr<ScratchDirectory> scratch_;
  RecordSorter changes_;
  WorkerPool pool_;
  std::vector<std::string> hash_scratch_;  // one a worker
  std::size_t piece_bytes_;
  FileWriter writer_;
  OrderedPipeline<LookupJob> lookups_;
  Progress progress_;
  Header header_;
  bool checksums_match_ = true;
};

Error wrong_parent(ErrorCode code, const std::string& what) {
  return Error(code, what, kNotWritten, "manifold backup DB --full -o FILE    begins a new chain");
}

// Whether what is known of the parent is in this history.
void check_parent(const StateRecord& state, const ParentBackup& parent) {
  const std::uint64_t since = parent.sequence_number.value;
  if (parent.database_id && *parent.database_id != state.database_id) {
    throw wrong_parent(ErrorCode::wrong_history,
                       "the parent is a backup of database " + parent.database_id->to_string() +
                           ", this is database " + state.database_id.to_string());
  }
  if (parent.history_id && *parent.history_id != state.history_id) {
    throw wrong_parent(ErrorCode::wrong_history,
                       "the parent is of history " + parent.history_id->to_string() +
                           ", this database is in history " + state.history_id.to_string());
  }
  if (since > state.sequence) {
    throw wrong_parent(ErrorCode::not_restorable,
                       "the database is at sequence number " + std::to_string(state.sequence) +
                           ", before the parent's " + std::to_string(since));
  }
  if (since < state.first_parent_sequence()) {
    throw wrong_parent(ErrorCode::not_restorable,
                       "changes behind sequence number " + std::to_string(since) +
                           " are not known: the horizon is " +
                           std::to_string(state.first_parent_sequence()));
  }
}

void IncrementalBackup::complete_header(const ParentBackup& parent) {
  const StateRecord& state = snapshot_->state();
  check_parent(state, parent);
  const ContentDigest digest = *digest_at(*snapshot_, parent.sequence_number.value);
  if (parent.content_digest && *parent.content_digest != digest) {
    throw wrong_parent(ErrorCode::wrong_history,
                       "at sequence number " + std::to_string(parent.sequence_number.value) +
                           " the parent has the content digest " + parent.content_digest->to_hex() +
                           " and this database " + digest.to_hex());
  }
  header_.kind = "incremental";
  header_.is_incremental = true;
  header_.parent_backup_id = parent.backup_id;
  header_.previous_sequence = parent.sequence_number.value;
  header_.previous_content_digest = digest;
}

void IncrementalBackup::collect_changes() {
  static constexpr std::string_view kPut{"\1", 1};
  static constexpr std::string_view kDeleted{"\2", 1};
  BackupStatistics& counts = header_.statistics;
  ChangeScan scan(*snapshot_, *header_.previous_sequence);
  for (ChangedRecord change; scan.next(change);) {
    changes_.add(change.kind, change.key, change.is_deleted ? kDeleted : kPut);
    progress_.add(0);
    ++counts.total_records;
    if (change.is_deleted) {
      ++counts.deleted_count;
    } else if (change.kind == RecordKind::entity) {
      ++counts.entity_count;
    } else if (change.kind == RecordKind::edge) {
      ++counts.edge_count;
    } else {
      ++counts.metadata_count;
    }
  }
  changes_.finish();
}

void IncrementalBackup::write_records() {
  RecordSorter::Cursor cursor = changes_.cursor();
  const auto next = [&]() -> std::optional<LookupJob> {
    if (!cursor.valid()) return std::nullopt;
    LookupJob job;
    while (cursor.valid() && job.changes.size() < kKeysPerJob &&
           job.keys.size() < kKeyBytesPerJob) {
      const SortedValue& change = cursor.get();
      job.keys.append(change.key);
      job.changes.push_back({change.kind, change.value == "\2", job.keys.size()});
      cursor.next();
    }
    return job;
  };
  write_piece_jobs(lookups_, writer_, next, [this](const LookupJob& job) {
    checksums_match_ = checksums_match_ && job.checksums_match;
    progress_.add(job.piece.line_ends.size());
  });
}

void IncrementalBackup::look_up(LookupJob& job, unsigned worker) {
  job.piece.lines.clear();
  job.piece.line_ends.clear();
  std::optional<PresentRecords> present;
  for (; job.done < job.changes.size() && job.piece.lines.size() < piece_bytes_; ++job.done) {
    const LookupJob::Change& change = job.changes[job.done];
    const std::string_view key = job.key(job.done);
    if (change.is_deleted) {
      require_absent(change.kind, key);
      append_deletion_line(change.kind, key, job.piece.lines);
    } else {
      if (!present || present->kind() != change.kind) present.emplace(*snapshot_, change.kind);
      const StoredRecord stored = require_present(*present, key);
      const RecordView record{change.kind, key, stored.body};
      append_record_line(record, job.piece.lines);
      const ContentDigest hash = record_hash(record, hash_scratch_[worker]);
      if (static_cast<std::uint32_t>(hash.low) != stored.checksum) job.checksums_match = false;
    }
    job.piece.line_ends.push_back(static_cast<std::uint32_t>(job.piece.lines.size()));
  }
  job.finished = job.done == job.changes.size();
}

StoredRecord IncrementalBackup::require_present(PresentRecords& present, std::string_view key) {
  const std::optional<StoredRecord> stored = present.find(key);
  if (stored) return *stored;
  throw Error(ErrorCode::damaged,
              describe_record(present.kind(), key) +
                  " is not there, though the change index says that it was put",
              kNotWritten, "manifold check DB    lists everything that is damaged");
}

// Not by an iterator: it would skip the engine's marks of all deleted records behind this one.
void IncrementalBackup::require_absent(RecordKind kind, std::string_view key) const {
  const Engine& engine = snapshot_->engine();
  if (!engine.get(record_family(kind), key, snapshot_->engine_snapshot())) return;
  throw Error(
      ErrorCode::damaged,
      describe_record(kind, key) + " exists, though the change index says that it was deleted",
      kNotWritten, "manifold check DB    lists everything that is damaged");
}

}  // namespace

BackupSummary export_incremental(const Database& database, const ParentBackup& parent,
                                 ByteSink& sink, const ExportOptions& options) {
  return IncrementalBackup(database, parent, sink, options).run();
}

ParentBackup read_parent(const std::filesystem::path& file) {
  const Header header = read_header(file);
  if (header.kind == "log") {
    throw Error(ErrorCode::not_restorable,
                file.string() + " is a log segment, which no incremental backup continues",
                "nothing was written", "give the backup that the new one shall continue");
  }
  ParentBackup parent;
  parent.backup_id = header.backup_id;
  parent.history_id = header.history_id;
  parent.database_id = header.database_id;
  parent.sequence_number = SequenceNumber{header.sequence_number};
  parent.content_digest = header.content_digest;
  return parent;
}

}  // namespace manifolddb::backup
