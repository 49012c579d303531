#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands/compression.h"
#include "cli/commands/damage_list.h"
#include "cli/commands/repository_backup.h"
#include "cli/session.h"
#include "cli/standard_streams.h"
#include "common/format.h"
#include "common/text.h"
#include "manifolddb/backup.h"

namespace manifolddb::cli {

namespace backup_command {

namespace {

struct Arguments {
  std::string database;
  std::string output;
  std::vector<std::string> repositories;
  bool full = false;
  bool incremental = false;
  bool automatic = false;
  std::string since;
  std::string compress;
  std::optional<std::string> description;
  ResourceOptions resources;
};

[[noreturn]] void refuse_usage(const std::string& what, const std::string& next) {
  throw Error(ErrorCode::usage, what, "nothing was done", next);
}

void check_usage(const Arguments& arguments) {
  const bool file = !arguments.output.empty();
  if (file != arguments.repositories.empty()) {
    refuse_usage(file ? "-o FILE and -r REPO exclude each other"
                      : "where to? Either -o FILE or -r REPO is needed",
                 "manifold backup DB -r REPO");
  }
  if (arguments.full + arguments.incremental + arguments.automatic > 1) {
    refuse_usage("--full, --incremental and --auto exclude each other", "manifold backup --help");
  }
  if (!arguments.since.empty() && (!file || !arguments.incremental)) {
    refuse_usage("--since goes with --incremental and -o; a repository knows what to continue",
                 "manifold backup DB --incremental --since FILE -o FILE");
  }
  if (!file) return;
  if (!arguments.full && !arguments.incremental) {
    refuse_usage("which kind of backup? --full or --incremental is needed with -o",
                 "manifold backup DB --full -o FILE");
  }
  if (arguments.incremental && arguments.since.empty()) {
    refuse_usage("an incremental backup since when? --since is needed with -o",
                 "manifold backup DB --incremental --since FILE -o FILE");
  }
}

// A sequence number, or a backup.
backup::ParentBackup parent_of(const std::string& since) {
  backup::ParentBackup parent;
  if (parse_unsigned(since, parent.sequence_number.value)) return parent;
  require_source(since);
  return backup::read_parent(since);
}

void set_export_options(const Arguments& arguments, backup::ExportOptions& options) {
  set_resources(arguments.resources, options);
  set_compression(arguments.compress, arguments.output, options);
  options.description = arguments.description;
}

template <typename Target>
backup::BackupSummary export_to(const Database& database, const Arguments& arguments,
                                Target&& target, const backup::ExportOptions& options) {
  if (arguments.full) return backup::export_full(database, target, options);
  return backup::export_incremental(database, parent_of(arguments.since), target, options);
}

void print_summary(Output& out, const Arguments& arguments, const backup::BackupSummary& summary,
                   const Stopwatch& watch) {
  if (out.json()) {
    out.line(describe_summary(JsonObject::line(), summary)
                 .text("output", arguments.output)
                 .boolean("digest_matches", summary.digest_matches));
    return;
  }
  out.line(format("backed up {} at {} to {} in {}, {}; content digest {} {} what was committed",
                  describe_count(summary.statistics.total_records, "record", "records"),
                  describe_point(summary.sequence_number, summary.committed_at_us),
                  is_standard_stream(arguments.output) ? "standard output" : arguments.output,
                  watch.to_string(), describe_bytes(summary.stored_bytes),
                  summary.content_digest.to_hex(),
                  summary.digest_matches ? "equals" : "differs from"));
}

Outcome run_repositories(Session& session, const Arguments& arguments) {
  backup::RepositoryBackupOptions options;
  set_export_options(arguments, options);
  if (arguments.compress == "none") options.compression = backup::Compression::none;
  if (arguments.full) options.choice = backup::BackupChoice::full;
  if (arguments.incremental) options.choice = backup::BackupChoice::incremental;
  return back_up_to_repositories(session, arguments.database, arguments.repositories, options);
}

Outcome run(Session& session, const Arguments& arguments) {
  check_usage(arguments);
  if (!arguments.repositories.empty()) return run_repositories(session, arguments);
  const Stopwatch watch;
  backup::ExportOptions options;
  set_export_options(arguments, options);
  if (is_standard_stream(arguments.output)) session.output().use_stderr();
  const Database database = open_to_read(arguments.database);
  backup::BackupSummary summary;
  {
    Progress progress(session.progress_mode(), "backing up", "records");
    options.progress = progress.callback();
    if (is_standard_stream(arguments.output)) {
      StandardOutput out;
      summary = export_to(database, arguments, out, options);
    } else {
      summary = export_to(database, arguments, std::filesystem::path(arguments.output), options);
    }
  }
  print_summary(session.output(), arguments, summary, watch);
  if (summary.digest_matches) return Outcome::done;
  session.explain(
      Error(ErrorCode::damaged,
            format("{}: what was read has the content digest {}, which is not what was committed",
                   arguments.database, summary.content_digest.to_hex()),
            "the backup is whole and can be restored, but the database may be damaged",
            "manifold check " + arguments.database + "    names the records at fault"));
  return Outcome::listed_exceptions;
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto arguments = std::make_shared<Arguments>();
  parser.positional("DB", arguments->database, "The database's folder; it may be in use");
  parser.option("-o,--output", arguments->output, "The file to make, or - for standard output")
      .value_name("FILE|-");
  parser
      .option("-r,--repository", arguments->repositories,
              "The repository to add to, made on first use; may be given several times")
      .value_name("REPO");
  parser.flag("--full", arguments->full, "Everything at one sequence number");
  parser.flag("--incremental", arguments->incremental,
              "What was changed since the backup that it continues");
  parser
      .option("--since", arguments->since,
              "With --incremental and -o: the backup that it continues, or a sequence number")
      .value_name("FILE|N");
  parser.flag("--auto", arguments->automatic,
              "With -r, and the default there: incremental where that is possible, else full");
  add_compress_option(parser, arguments->compress);
  parser.option("--description", arguments->description, "Text for the backup's header")
      .value_name("TEXT");
  add_resource_options(parser, arguments->resources);
  return [arguments](Session& session) { return run(session, *arguments); };
}

}  // namespace

}  // namespace backup_command

const Command kBackupCommand{
    "backup", "Back up a database, while it is written to",
    "  manifold backup graph.manifold -r /backups/graph -r /mnt/usb/graph\n"
    "  manifold backup graph.manifold --full -o graph.jsonl.zst --compress zstd:9\n"
    "  manifold backup graph.manifold --incremental --since graph.jsonl.zst -o 1.jsonl.zst\n"
    "  manifold backup graph.manifold --full -o - | zstd | ssh host 'cat > graph.jsonl.zst'",
    backup_command::configure};

}  // namespace manifolddb::cli
