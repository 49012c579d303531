#include "backup/full_backup.h"

#include <optional>
#include <utility>

#include "backup/export_header.h"
#include "backup/file_writer.h"
#include "backup/ordered_pipeline.h"
#include "backup/piece_jobs.h"
#include "backup/progress.h"
#include "backup/scan_ranges.h"
#include "common/hash.h"
#include "common/json_writer.h"
#include "database/database_core.h"
#include "database/key_codec.h"

namespace manifolddb::backup {

namespace {

// One range on its way from a snapshot to lines. A range that has more than a piece holds is
// continued by the job that is given first.
struct ScanJob {
  ScanRange range;
  std::optional<RecordScan> scan;
  bool finished = false;
  // Of this piece only.
  WrittenLines piece;
  std::uint64_t records = 0;
  ContentDigest digest;
  bool checksums_match = true;
};

class FullBackup {
 public:
  FullBackup(const Database& database, ByteSink& sink, const ExportOptions& options)
      : options_(options),
        snapshot_(database.core().durable_snapshot()),
        pool_(worker_count(options.threads)),
        scratch_(pool_.size()),
        piece_bytes_(piece_bytes(options.memory_limit_bytes, pool_.size())),
        writer_(sink, pool_, compression_level(options)),
        scans_(pool_, kPiecesInFlight * pool_.size(),
               [this](ScanJob& job, unsigned worker) { scan_piece(job, worker); }),
        progress_(options_.progress, 0) {}

  BackupSummary run() {
    const Header header = make_header();
    progress_.set_total(header.statistics.total_records);
    progress_.report();
    writer_.begin(header);
    write_records();
    writer_.finish();
    return summarize(header);
  }

 private:
  Header make_header() const;
  void write_records();
  void take(const ScanJob& job);
  void scan_piece(ScanJob& job, unsigned worker) const;
  BackupSummary summarize(const Header& header) const;

  const ExportOptions& options_;
  std::shared_ptr<const Snapshot> snapshot_;
  WorkerPool pool_;
  mutable std::vector<std::string> scratch_;  // one a worker
  std::size_t piece_bytes_;
  FileWriter writer_;
  OrderedPipeline<ScanJob> scans_;
  Progress progress_;
  GraphCounts scanned_;
  ContentDigest scanned_digest_;
  bool checksums_match_ = true;
};

Header FullBackup::make_header() const {
  const StateRecord& state = snapshot_->state();
  Header header = make_export_header(state, options_);
  header.statistics.entity_count = state.counts.entity_count;
  header.statistics.edge_count = state.counts.edge_count;
  header.statistics.metadata_count = state.counts.metadata_count;
  header.statistics.total_records =
      state.counts.entity_count + state.counts.edge_count + state.counts.metadata_count;
  return header;
}

void FullBackup::write_records() {
  const std::vector<ScanRange> ranges = split_snapshot(*snapshot_, piece_bytes_ / 2);
  std::size_t given = 0;
  const auto next = [&]() -> std::optional<ScanJob> {
    if (given == ranges.size()) return std::nullopt;
    ScanJob job;
    job.range = ranges[given++];
    return job;
  };
  write_piece_jobs(scans_, writer_, next, [this](const ScanJob& job) { take(job); });
}

void FullBackup::take(const ScanJob& job) {
  scanned_digest_ += job.digest;
  checksums_match_ = checksums_match_ && job.checksums_match;
  switch (job.range.kind) {
    case RecordKind::key_value:
      scanned_.metadata_count += job.records;
      break;
    case RecordKind::entity:
      scanned_.entity_count += job.records;
      break;
    case RecordKind::edge:
      scanned_.edge_count += job.records;
      break;
  }
  progress_.add(job.records);
}

void FullBackup::scan_piece(ScanJob& job, unsigned worker) const {
  std::string& lines = job.piece.lines;
  lines.clear();
  job.piece.line_ends.clear();
  job.digest = {};
  job.checksums_match = true;
  if (!job.scan) {
    job.scan.emplace(snapshot_->scan(job.range.kind, job.range.first, job.range.end));
  }
  RecordView record;
  while (job.scan->next(record)) {
    try {
      append_record_line(record, lines);
    } catch (const Error& error) {
      throw Error(error.code(),
                  describe_record(record.kind, record.key) + " in the database: " + error.what(),
                  "no backup was written", "manifold check DB    lists everything that is damaged");
    }
    job.piece.line_ends.push_back(static_cast<std::uint32_t>(lines.size()));
    const ContentDigest hash = record_hash(record, scratch_[worker]);
    job.digest += hash;
    if (static_cast<std::uint32_t>(hash.low) != job.scan->checksum()) job.checksums_match = false;
    if (lines.size() >= piece_bytes_) {
      job.records = job.piece.line_ends.size();
      return;
    }
  }
  job.records = job.piece.line_ends.size();
  job.finished = true;
  job.scan.reset();
}

BackupSummary FullBackup::summarize(const Header& header) const {
  BackupSummary summary = summarize_export(header, writer_);
  const StateRecord& state = snapshot_->state();
  summary.digest_matches =
      checksums_match_ && scanned_ == state.counts && scanned_digest_ == state.digest;
  return summary;
}

}  // namespace

BackupSummary export_full(const Database& database, ByteSink& sink, const ExportOptions& options) {
  return FullBackup(database, sink, options).run();
}

}  // namespace manifolddb::backup
