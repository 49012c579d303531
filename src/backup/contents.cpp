#include "backup/contents.h"

#include <istream>
#include <memory>
#include <utility>

#include "backup/backup_source.h"
#include "backup/chain_reader.h"
#include "backup/damage.h"
#include "backup/file_reader.h"
#include "backup/record_applier.h"
#include "backup/record_merge.h"
#include "database/database_core.h"
#include "io/file_stream.h"

namespace manifolddb::backup {

namespace {

ReaderOptions reader_options(const Options& options, VerifyLevel level) {
  ReaderOptions reader_options;
  reader_options.threads = options.threads;
  reader_options.memory_limit_bytes = options.memory_limit_bytes;
  reader_options.check_records = level != VerifyLevel::structure;
  reader_options.progress = options.progress;
  return reader_options;
}

BackupSource stream_source(std::istream& in) {
  return BackupSource(std::make_unique<StreamSource>(in));
}

Overview overview_from(BackupSource& source, const Options& options) {
  FileReader reader(source, reader_options(options, VerifyLevel::structure));
  Overview overview;
  VerifyReport& report = overview.report;
  reader.read(
      [&report](Damage damage, VerifyLevel) {
        ++report.damage_count;
        if (report.damages.size() < VerifyOptions().damages_max) {
          report.damages.push_back(std::move(damage));
        }
      },
      {});
  report.level_reached = VerifyLevel::structure;
  report.any_level_reached = report.ok();
  report.summary.stored_bytes = source.stored_bytes();
  report.summary.statistics.uncompressed_size = reader.counts().uncompressed_size;
  if (reader.header() != nullptr) overview.header = *reader.header();
  return overview;
}

// Ends the reading when the caller has seen enough.
struct EnoughOfTheFile {};

void for_each_record_from(BackupSource& source, const Options& options,
                          const RecordFunction& on_record, const DamageFunction& on_damage) {
  ReaderOptions from = reader_options(options, VerifyLevel::records);
  from.keep_records = true;
  FileReader reader(source, std::move(from));
  if (reader.header() != nullptr && reader.header()->kind == "log") {
    throw Error(ErrorCode::usage,
                source.name() + " is a log segment: it holds changes, not the records of a state",
                "the file was only read",
                "zstdcat " + source.name() + "    its lines; manifold show    what it covers");
  }
  bool block_is_sound = true;  // a block's damages are told before the block is handed out
  try {
    reader.read(
        [&](const Damage& damage, VerifyLevel) {
          block_is_sound = false;
          on_damage(damage);
        },
        [&](ParsedBlock& block) {
          if (!std::exchange(block_is_sound, true)) return;
          for (std::size_t i = 0; i < block.batch.size(); ++i) {
            const RecordChange change = block.batch.change(i);
            if (!change.has_new) continue;
            if (!on_record({change.kind, change.key, change.new_body})) throw EnoughOfTheFile{};
          }
        });
  } catch (const EnoughOfTheFile&) {
  }
}

constexpr const char* kDatabaseOnlyRead = "the database was not changed";

RestoreSummary preview_from(const Database& database, OpenedChain chain,
                            const ImportOptions& options) {
  const std::shared_ptr<const Snapshot> snapshot = database.core().snapshot();
  ChainReader reader(chain, restore_reader_options(options, chain.is_merged(), kDatabaseOnlyRead));
  MergeOutcome outcome;
  reader.read([&](ChangeBatch&& records) {
    add_outcome(merge_with_database(*snapshot, options.on_conflict, records), outcome);
  });
  refuse_conflicts(outcome, reader.base_name());
  RestoreSummary summary =
      summarize(reader.header(), snapshot->state(), reader.uncompressed_size());
  summary.skipped_count = outcome.skipped_count;
  summary.overwritten_count = outcome.overwritten_count;
  return summary;
}

}  // namespace

Header read_header(const std::filesystem::path& file) {
  BackupSource source(file);
  const FileReader reader(source, reader_options({}, VerifyLevel::structure));
  if (reader.header() != nullptr) return *reader.header();
  throw damage_error({.source = file.string(),
                      .first_line = 1,
                      .last_line = 1,
                      .what = "the header line is damaged"},
                     "nothing was changed");
}

std::string header_json(const Header& header) {
  static constexpr std::string_view kBefore = "{\"type\":\"metadata\",\"data\":";
  static constexpr std::string_view kBehind = "}\n";
  std::string line;
  append_header_line(header, line);
  return line.substr(kBefore.size(), line.size() - kBefore.size() - kBehind.size());
}

Overview read_overview(const std::filesystem::path& file, const Options& options) {
  BackupSource source(file);
  return overview_from(source, options);
}

Overview read_overview(std::istream& in, const Options& options) {
  BackupSource source = stream_source(in);
  return overview_from(source, options);
}

void for_each_record(const std::filesystem::path& file, const Options& options,
                     const RecordFunction& on_record, const DamageFunction& on_damage) {
  BackupSource source(file);
  for_each_record_from(source, options, on_record, on_damage);
}

void for_each_record(std::istream& in, const Options& options, const RecordFunction& on_record,
                     const DamageFunction& on_damage) {
  BackupSource source = stream_source(in);
  for_each_record_from(source, options, on_record, on_damage);
}

RestoreSummary preview_import(const Database& database, const std::filesystem::path& file,
                              const ImportOptions& options) {
  return preview_from(database, {std::make_unique<BackupSource>(file), {}}, options);
}

RestoreSummary preview_import(const Database& database, std::istream& in,
                              const ImportOptions& options) {
  return preview_from(
      database, {std::make_unique<BackupSource>(std::make_unique<StreamSource>(in)), {}}, options);
}

RestoreSummary preview_import(const Database& database,
                              const std::vector<std::filesystem::path>& files,
                              const ImportOptions& options) {
  return preview_from(database, open_chain(files, options.to, kDatabaseOnlyRead), options);
}

RestoreSummary preview_import(const Database& database, const BackupChain& chain,
                              const ImportOptions& options) {
  return preview_from(database, open_chain(chain, kDatabaseOnlyRead), options);
}

}  // namespace manifolddb::backup
