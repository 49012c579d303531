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

// The full backup that a chain begins with is open already, what is behind it is not.
RestoreSummary restore_chain(OpenedChain& chain, RestoreDirectory& directory,
                             const Options& options, const std::string& safe,
                             IdCounters counters = {}) {
  Database database = Database::open(directory.path());
  ChainReaderOptions reader_options = restore_reader_options(options, chain.is_merged(), safe);
  reader_options.scratch_directory = database.core().engine().scratch_directory();
  ChainReader reader(chain, std::move(reader_options));
  const StateRecord state = [&] {
    const WriterTurn turn = database.core().take_writer_turn();
    return load_into_fresh(database.core(), reader, options, safe, counters);
  }();
  database.close();
  // Opened again, so that the proof is of what is on the disk.
  DatabaseOptions reopened;
  reopened.create_if_missing = false;
  database = Database::open(directory.path(), reopened);
  prove(database.core(), state, options, safe);
  database.close();
  directory.commit();
  return summarize(reader.header(), state, reader.uncompressed_size());
}

std::string nothing_written_to(const std::filesystem::path& path) {
  return "nothing was written to " + path.string();
}

RestoreSummary restore_from(std::unique_ptr<BackupSource> source, const std::filesystem::path& path,
                            const Options& options) {
  RestoreDirectory directory(path);
  OpenedChain chain{std::move(source), {}};
  return restore_chain(chain, directory, options, nothing_written_to(path));
}

// Into a database with a history of its own: one bulk transaction of it.
class MergingImport {
 public:
  MergingImport(DatabaseCore& core, StateRecord state, const ImportOptions& options, bool has_links)
      : core_(core),
        snapshot_(core.snapshot()),
        state_(std::move(state)),
        options_(options),
        bulk_(bulk_options(options, has_links)),
        loader_(core_.engine(), state_.sequence + 1, bulk_) {}

  // Thread-safe.
  MergeOutcome merge(ChangeBatch& records) const {
    return merge_with_database(*snapshot_, options_.on_conflict, records);
  }

  void add(ChangeBatch&& merged, MergeOutcome&& outcome) {
    add_outcome(std::move(outcome), outcome_);
    if (outcome_.conflict_count == 0) loader_.add(std::move(merged));
  }

  // After everything was read: damage anywhere is worse news than a conflict.
  RestoreSummary commit(const Header& header, const std::string& source_name, std::uint64_t bytes) {
    refuse_conflicts(outcome_, source_name);
    const ChangeTotals totals = loader_.finish();
    if (totals.put_count != 0) {
      CommitRecord commit;
      commit.bulk = true;
      core_.advance(state_, commit, totals);
      core_.ingest_transaction(loader_, state_, &commit);
    }
    RestoreSummary summary = summarize(header, state_, bytes);
    summary.skipped_count = outcome_.skipped_count;
    summary.overwritten_count = outcome_.overwritten_count;
    return summary;
  }

 private:
  static BulkOptions bulk_options(const ImportOptions& options, bool has_links) {
    BulkOptions bulk;
    bulk.threads = worker_count(options.threads);
    bulk.memory_limit_bytes = RestoreMemory(options.memory_limit_bytes, has_links).loader_bytes;
    bulk.indexing = ChangeIndexing::on;
    return bulk;
  }

  DatabaseCore& core_;
  std::shared_ptr<const Snapshot> snapshot_;
  StateRecord state_;
  const ImportOptions& options_;
  BulkOptions bulk_;
  BulkLoader loader_;
  MergeOutcome outcome_;
};

// One file: its blocks are merged with the database side by side.
RestoreSummary merge_file(DatabaseCore& core, const StateRecord& state, BackupSource& source,
                          const ImportOptions& options) {
  MergingImport merging(core, state, options, false);
  ReaderOptions reader_options = restore_reader_options(options, false, kDatabaseSafe);
  reader_options.prepare = [&merging](ParsedBlock& block) {
    block.merged = merging.merge(block.batch);
  };
  FileReader reader(source, std::move(reader_options));
  const Header& header = require_full(reader, kDatabaseSafe);
  reader.read([](const Damage& damage, VerifyLevel) { throw damage_error(damage, kDatabaseSafe); },
              [&merging](ParsedBlock& block) {
                merging.add(std::move(block.batch), std::move(block.merged));
              });
  return merging.commit(header, reader.source_name(), reader.counts().uncompressed_size);
}

RestoreSummary merge_chain(DatabaseCore& core, const StateRecord& state, ChainReader& reader,
                           const ImportOptions& options) {
  MergingImport merging(core, state, options, true);
  reader.read([&merging](ChangeBatch&& records) {
    MergeOutcome outcome = merging.merge(records);
    merging.add(std::move(records), std::move(outcome));
  });
  return merging.commit(reader.header(), reader.base_name(), reader.uncompressed_size());
}

RestoreSummary import_from(Database& database, OpenedChain& chain, const ImportOptions& options,
                           IdCounters counters = {}) {
  DatabaseCore& core = database.core();
  const WriterTurn turn = core.take_writer_turn();
  const StateRecord present = core.current_state();
  if (present.sequence != 0 && !chain.is_merged()) {
    return merge_file(core, present, *chain.base, options);
  }
  ChainReaderOptions reader_options =
      restore_reader_options(options, chain.is_merged(), kDatabaseSafe);
  if (!core.engine().in_memory()) {
    reader_options.scratch_directory = core.engine().scratch_directory();
  }
  ChainReader reader(chain, std::move(reader_options));
  if (present.sequence != 0) return merge_chain(core, present, reader, options);
  const StateRecord state = load_into_fresh(core, reader, options, kDatabaseSafe, counters);
  prove(core, state, options, "the records were loaded and are visible");
  return summarize(reader.header(), state, reader.uncompressed_size());
}

}  // namespace

RestoreSummary restore(const std::vector<std::filesystem::path>& files,
                       const std::filesystem::path& path, const ChainOptions& options) {
  const std::string safe = nothing_written_to(path);
  RestoreDirectory directory(path);
  OpenedChain chain = open_chain(files, options.to, safe);
  return restore_chain(chain, directory, options, safe,
                       {options.next_entity_id_min, options.next_edge_id_min});
}

RestoreSummary restore(const BackupChain& chain, const std::filesystem::path& path,
                       const Options& options) {
  const std::string safe = nothing_written_to(path);
  RestoreDirectory directory(path);
  OpenedChain opened = open_chain(chain, safe);
  return restore_chain(opened, directory, options, safe,
                       {chain.plan.next_entity_id, chain.plan.next_edge_id});
}

RestoreSummary restore(std::unique_ptr<ByteSource> stored, const std::filesystem::path& path,
                       const Options& options) {
  return restore_from(std::make_unique<BackupSource>(std::move(stored)), path, options);
}

RestoreSummary restore(const std::filesystem::path& file, const std::filesystem::path& path,
                       const Options& options) {
  return restore_from(std::make_unique<BackupSource>(file), path, options);
}

RestoreSummary restore(std::istream& in, const std::filesystem::path& path,
                       const Options& options) {
  return restore(std::make_unique<StreamSource>(in), path, options);
}

RestoreSummary import(Database& database, const std::vector<std::filesystem::path>& files,
                      const ImportOptions& options) {
  OpenedChain chain = open_chain(files, options.to, kDatabaseSafe);
  return import_from(database, chain, options,
                     {options.next_entity_id_min, options.next_edge_id_min});
}

RestoreSummary import(Database& database, const BackupChain& chain, const ImportOptions& options) {
  OpenedChain opened = open_chain(chain, kDatabaseSafe);
  return import_from(database, opened, options,
                     {chain.plan.next_entity_id, chain.plan.next_edge_id});
}

RestoreSummary import(Database& database, std::unique_ptr<ByteSource> stored,
                      const ImportOptions& options) {
  OpenedChain chain{std::make_unique<BackupSource>(std::move(stored)), {}};
  return import_from(database, chain, options);
}

RestoreSummary import(Database& database, const std::filesystem::path& file,
                      const ImportOptions& options) {
  OpenedChain chain{std::make_unique<BackupSource>(file), {}};
  return import_from(database, chain, options);
}

RestoreSummary import(Database& database, std::istream& in, const ImportOptions& options) {
  return import(database, std::make_unique<StreamSource>(in), options);
}

}  // namespace manifolddb::backup
