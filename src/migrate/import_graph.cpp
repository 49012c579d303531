#include <optional>
#include <utility>

#include "backup/backup_source.h"
#include "backup/record_applier.h"
#include "backup/restore_directory.h"
#include "common/file_system.h"
#include "manifolddb/migrate.h"
#include "migrate/csv_options.h"
#include "migrate/formats.h"
#include "migrate/graph_builder.h"

namespace manifolddb::migrate {

namespace {

constexpr const char* kNotChanged = "the database was not changed";

// What is the same whereto ever it goes.
class GraphImport {
 public:
  GraphImport(const std::vector<Input>& inputs, const ImportOptions& options, std::string safe)
      : options_(options), files_(inputs, options.progress), safe_(std::move(safe)) {
    check_csv_options(options.csv);
    if (options.types_file && options.infer_types) {
      throw Error(ErrorCode::usage, "--types and --infer-types exclude one another",
                  "nothing was changed", "give one of them");
    }
    report_.dry_run = options.dry_run;
  }

  // `core`: null for a dry run of a new database. The state that is committed now.
  StateRecord run(DatabaseCore* core, const std::filesystem::path& scratch) {
    const Format& format = find_format(files_, options_);
    report_.format = format.name;
    if (format.ids) options_.ids = *format.ids;
    using Refusing = ImportLog::Refusing;
    ImportLog log(files_, options_.dry_run ? Refusing::collects : Refusing::throws,
                  options_.refusals_max, safe_);
    RecordTarget target(core, options_);
    GraphBuilder builder(target, log, options_, scratch);
    try {
      format.read(files_, options_, builder);
      const BuiltCounts counts = builder.finish();
      const StateRecord state = target.commit(files_.name(0));
      fill(counts, target, log, state);
      return state;
    } catch (const Error& error) {
      throw Error(error.code(), error.what(), error.safe().empty() ? safe_ : error.safe(),
                  error.next().empty() ? "correct the input, or say otherwise what it is: manifold "
                                         "import --help"
                                       : error.next());
    }
  }

  ImportReport report() { return std::move(report_); }

  // For the reading back, whose progress is counted otherwise: only asks whether to stop.
  backup::Options proving_options() const {
    backup::Options options = options_;
    if (!options_.progress) return options;
    options.progress = [this](std::uint64_t, std::uint64_t) {
      const std::uint64_t all = files_.stored_bytes_read() / 1024;
      return options_.progress(all, all);
    };
    return options;
  }

 private:
  void fill(const BuiltCounts& counts, const RecordTarget& target, ImportLog& log,
            const StateRecord& state) {
    report_.nodes_read = counts.nodes_read;
    report_.edges_read = counts.edges_read;
    report_.entities_kept = counts.entities;
    report_.edges_kept = counts.edges;
    report_.metadata_kept = counts.metadata;
    report_.entities_created = counts.entities_created;
    report_.skipped_count = target.outcome().skipped_count;
    report_.overwritten_count = target.outcome().overwritten_count;
    log.move_to(report_);
    if (options_.dry_run) return;
    report_.sequence_number = {state.sequence};
    report_.committed_at_us = state.committed_at_us;
    report_.content_digest = state.digest;
  }

  ImportOptions options_;
  InputFiles files_;
  std::string safe_;
  ImportReport report_;
};

void require_nothing_at(const std::filesystem::path& path) {
  if (!name_exists(path)) return;
  throw Error(ErrorCode::would_overwrite, "'" + path.string() + "' exists", "it was not touched",
              "import to another path, or into the database with --into-existing");
}

}  // namespace

ImportReport import_graph(const std::vector<Input>& inputs, const std::filesystem::path& path,
                          const ImportOptions& options) {
  require_nothing_at(path);
  const std::string safe =
      options.dry_run ? "nothing was written" : "nothing was written to " + path.string();
  GraphImport import(inputs, options, safe);
  if (options.dry_run) {
    const backup::ScratchDirectory scratch(options.scratch_directory);
    import.run(nullptr, scratch.path());
    return import.report();
  }
  backup::RestoreDirectory directory(path);
  Database database = Database::open(directory.path());
  const StateRecord state = [&] {
    const WriterTurn turn = database.core().take_writer_turn();
    return import.run(&database.core(), database.core().engine().scratch_directory());
  }();
  database.close();
  // Opened again, so that the proof is of what is on the disk.
  DatabaseOptions reopened;
  reopened.create_if_missing = false;
  database = Database::open(directory.path(), reopened);
  backup::prove(database.core(), state, import.proving_options(), safe);
  database.close();
  directory.commit();
  return import.report();
}

ImportReport import_graph(const std::vector<Input>& inputs, Database& database,
                          const ImportOptions& options) {
  GraphImport import(inputs, options, kNotChanged);
  DatabaseCore& core = database.core();
  std::optional<WriterTurn> turn;
  if (!options.dry_run) turn.emplace(core.take_writer_turn());
  std::optional<backup::ScratchDirectory> scratch;
  if (options.dry_run || core.engine().in_memory()) scratch.emplace(options.scratch_directory);
  import.run(&core, scratch ? scratch->path() : core.engine().scratch_directory());
  return import.report();
}

}  // namespace manifolddb::migrate
