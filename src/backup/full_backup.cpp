#include "backup/full_backup.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <ostream>
#include <utility>

#include "backup/file_writer.h"
#include "backup/ordered_pipeline.h"
#include "backup/progress.h"
#include "backup/scan_ranges.h"
#include "common/hash.h"
#include "common/json_writer.h"
#include "common/text.h"
#include "database/database_core.h"
#include "database/key_codec.h"
#include "io/durable_file.h"
#include "io/file_stream.h"

namespace manifolddb::backup {

namespace {

constexpr std::size_t kDescriptionBytesMax = 1u << 20;
constexpr std::size_t kPieceBytesMin = 256u << 10;
constexpr std::size_t kPieceBytesMax = 4u << 20;
constexpr std::size_t kPiecesInFlight = 2;  // for each worker

// One range on its way from a snapshot to lines. A range that has more than a piece holds is
// continued by the job that is given first.
struct ScanJob {
  ScanRange range;
  std::optional<RecordScan> scan;
  bool finished = false;
  LinePiece piece;
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
        piece_bytes_(std::clamp(options.memory_limit_bytes / (8 * kPiecesInFlight * pool_.size()),
                                kPieceBytesMin, kPieceBytesMax)),
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
  static std::optional<int> compression_level(const ExportOptions& options) {
    if (options.compression == Compression::none) return std::nullopt;
    return options.compression_level;
  }

  Header make_header() const;
  void write_records();
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
  Header header;
  header.backup_id = options_.backup_id.value_or(make_uuid());
  header.database_id = state.database_id;
  header.history_id = state.history_id;
  header.created_at_us = std::chrono::duration_cast<std::chrono::microseconds>(
                             std::chrono::system_clock::now().time_since_epoch())
                             .count();
  if (state.sequence != 0) header.committed_at_us = state.committed_at_us;
  header.sequence_number = state.sequence;
  header.content_digest = state.digest;
  header.statistics.entity_count = state.counts.entity_count;
  header.statistics.edge_count = state.counts.edge_count;
  header.statistics.metadata_count = state.counts.metadata_count;
  header.statistics.total_records =
      state.counts.entity_count + state.counts.edge_count + state.counts.metadata_count;
  header.next_entity_id = state.next_entity_id;
  header.next_edge_id = state.next_edge_id;
  header.generator = "ManifoldDB " MANIFOLDDB_VERSION;
  header.description = options_.description;
  return header;
}

void FullBackup::write_records() {
  const std::vector<ScanRange> ranges = split_snapshot(*snapshot_, piece_bytes_ / 2);
  std::vector<LinePiece> spare;
  const auto next_job = [&spare](ScanRange range) {
    ScanJob job;
    job.range = std::move(range);
    if (!spare.empty()) {
      job.piece = std::move(spare.back());
      spare.pop_back();
    }
    return job;
  };
  std::size_t given = 0;
  for (;;) {
    while (given < ranges.size() && scans_.accepts()) scans_.give(next_job(ranges[given++]), 1);
    if (scans_.empty()) break;
    ScanJob job = scans_.take();
    if (!job.finished) {
      ScanJob rest = next_job(job.range);
      rest.scan.emplace(std::move(*job.scan));
      scans_.give_first(std::move(rest), 1);
    }
    writer_.append(job.piece);
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
    spare.push_back(std::move(job.piece));
  }
}

void FullBackup::scan_piece(ScanJob& job, unsigned worker) const {
  std::string& lines = job.piece.lines;
  lines.clear();
  job.piece.line_ends.clear();
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
  BackupSummary summary;
  summary.statistics = header.statistics;
  summary.statistics.uncompressed_size = writer_.bytes();
  summary.stored_bytes = writer_.stored_bytes();
  summary.backup_id = header.backup_id;
  summary.database_id = header.database_id;
  summary.history_id = header.history_id;
  summary.sequence_number = SequenceNumber{header.sequence_number};
  summary.committed_at_us = header.committed_at_us.value_or(0);
  summary.content_digest = header.content_digest;
  const StateRecord& state = snapshot_->state();
  summary.digest_matches =
      checksums_match_ && scanned_ == state.counts && scanned_digest_ == state.digest;
  return summary;
}

void check_options(const ExportOptions& options) {
  if (!options.description) return;
  if (options.description->size() > kDescriptionBytesMax) {
    throw Error(ErrorCode::invalid_argument,
                "the description has " + std::to_string(options.description->size()) +
                    " bytes; at most " + std::to_string(kDescriptionBytesMax) + " are kept");
  }
  const std::size_t bad = find_invalid_utf8(*options.description);
  if (bad != kValidUtf8) {
    throw Error(ErrorCode::invalid_argument,
                "the description is not UTF-8 at byte " + std::to_string(bad));
  }
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

}  // namespace

BackupSummary export_full(const Database& database, ByteSink& sink, const ExportOptions& options) {
  check_options(options);
  return FullBackup(database, sink, options).run();
}

BackupSummary export_full(const Database& database, const std::filesystem::path& file,
                          const ExportOptions& options) {
  check_options(options);
  check_outside_database(database, file);
  DurableFile durable(file);
  const BackupSummary summary = FullBackup(database, durable.sink(), options).run();
  durable.commit();
  return summary;
}

BackupSummary export_full(const Database& database, std::ostream& out,
                          const ExportOptions& options) {
  StreamSink sink(out);
  return export_full(database, sink, options);
}

}  // namespace manifolddb::backup
