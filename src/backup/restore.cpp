#include "backup/restore.h"

#include <istream>
#include <utility>

#include "backup/backup_source.h"
#include "backup/damage.h"
#include "backup/ordered_pipeline.h"
#include "backup/record_applier.h"
#include "backup/record_merge.h"
#include "backup/restore_directory.h"
#include "database/database_core.h"
#include "io/file_stream.h"

namespace manifolddb::backup {

namespace {

constexpr const char* kDatabaseSafe = "the database was not changed";

RestoreSummary restore_from(BackupSource& source, const std::filesystem::path& path,
                            const Options& options) {
  const std::string safe = "nothing was written to " + path.string();
  RestoreDirectory directory(path);
  FileReader reader(source, restore_reader_options(options));

  Database database = Database::open(directory.path());
  const StateRecord state = [&] {
    const WriterTurn turn = database.core().take_writer_turn();
    return load_into_fresh(database.core(), reader, options, safe);
  }();
  database.close();
  // Opened again, so that the proof is of what is on the disk.
  DatabaseOptions reopened;
  reopened.create_if_missing = false;
  database = Database::open(directory.path(), reopened);
  prove(database.core(), state, options, safe);
  database.close();
  directory.commit();
  return summarize(*reader.header(), state, reader.counts().uncompressed_size);
}

// Into a database with a history of its own: one bulk transaction of it.
class MergingImport {
 public:
  MergingImport(DatabaseCore& core, StateRecord state, const ImportOptions& options)
      : core_(core), snapshot_(core.snapshot()), state_(std::move(state)), options_(options) {}

  // For the workers of the reader.
  void merge(ParsedBlock& block) const {
    block.merged = merge_with_database(*snapshot_, options_.on_conflict, block.batch);
  }

  RestoreSummary run(FileReader& reader) {
    const Header& header = *reader.header();
    BulkOptions bulk;
    bulk.threads = worker_count(options_.threads);
    bulk.memory_limit_bytes = RestoreMemory(options_.memory_limit_bytes).loader_bytes;
    bulk.indexing = ChangeIndexing::on;
    BulkLoader loader(core_.engine(), state_.sequence + 1, bulk);
    // Damage anywhere is worse news than a conflict, so the file is read to its end in any case.
    reader.read(
        [](const Damage& damage, VerifyLevel) { throw damage_error(damage, kDatabaseSafe); },
        [&](ParsedBlock& block) { take(block, loader); });
    refuse_conflicts(outcome_, reader.source_name());

    const ChangeTotals totals = loader.finish();
    if (totals.put_count != 0) {
      CommitRecord commit;
      commit.bulk = true;
      core_.advance(state_, commit, totals);
      core_.ingest_transaction(loader, state_, &commit);
    }
    RestoreSummary summary = summarize(header, state_, reader.counts().uncompressed_size);
    summary.skipped_count = outcome_.skipped_count;
    summary.overwritten_count = outcome_.overwritten_count;
    return summary;
  }

 private:
  void take(ParsedBlock& block, BulkLoader& loader) {
    add_outcome(std::move(block.merged), outcome_);
    if (outcome_.conflict_count == 0) loader.add(std::move(block.batch));
  }

  DatabaseCore& core_;
  std::shared_ptr<const Snapshot> snapshot_;
  StateRecord state_;
  const ImportOptions& options_;
  MergeOutcome outcome_;
};

RestoreSummary import_from(Database& database, BackupSource& source, const ImportOptions& options) {
  DatabaseCore& core = database.core();
  std::optional<MergingImport> merging;
  ReaderOptions reader_options = restore_reader_options(options);
  reader_options.prepare = [&merging](ParsedBlock& block) {
    if (merging) merging->merge(block);
  };
  FileReader reader(source, std::move(reader_options));
  const Header& header = require_full(reader, kDatabaseSafe);

  const WriterTurn turn = core.take_writer_turn();
  StateRecord state = core.current_state();
  if (state.sequence != 0) {
    merging.emplace(core, std::move(state), options);
    return merging->run(reader);
  }
  state = load_into_fresh(core, reader, options, kDatabaseSafe);
  prove(core, state, options, "the records were loaded and are visible");
  return summarize(header, state, reader.counts().uncompressed_size);
}

}  // namespace

RestoreSummary restore(std::unique_ptr<ByteSource> stored, const std::filesystem::path& path,
                       const Options& options) {
  BackupSource source(std::move(stored));
  return restore_from(source, path, options);
}

RestoreSummary restore(const std::filesystem::path& file, const std::filesystem::path& path,
                       const Options& options) {
  BackupSource source(file);
  return restore_from(source, path, options);
}

RestoreSummary restore(std::istream& in, const std::filesystem::path& path,
                       const Options& options) {
  return restore(std::make_unique<StreamSource>(in), path, options);
}

RestoreSummary import(Database& database, std::unique_ptr<ByteSource> stored,
                      const ImportOptions& options) {
  BackupSource source(std::move(stored));
  return import_from(database, source, options);
}

RestoreSummary import(Database& database, const std::filesystem::path& file,
                      const ImportOptions& options) {
  BackupSource source(file);
  return import_from(database, source, options);
}

RestoreSummary import(Database& database, std::istream& in, const ImportOptions& options) {
  return import(database, std::make_unique<StreamSource>(in), options);
}

}  // namespace manifolddb::backup
