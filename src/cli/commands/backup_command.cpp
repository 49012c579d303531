#include <charconv>
#include <memory>
#include <optional>
#include <string>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands/damage_list.h"
#include "cli/session.h"
#include "cli/standard_streams.h"
#include "common/format.h"
#include "common/text.h"
#include "manifolddb/backup.h"

namespace manifolddb::cli {

namespace {

struct Arguments {
  std::string database;
  std::string output;
  bool full = false;
  std::string compress;
  std::optional<std::string> description;
  ResourceOptions resources;
};

void set_compression(const Arguments& arguments, backup::ExportOptions& options) {
  const std::string& text = arguments.compress;
  if (text.empty() && arguments.output.ends_with(".zst")) {
    options.compression = backup::Compression::zstd;
  }
  if (text.empty() || text == "none") return;
  options.compression = backup::Compression::zstd;
  if (text == "zstd") return;
  static constexpr std::string_view kWithLevel = "zstd:";
  const char* const end = text.data() + text.size();
  if (text.starts_with(kWithLevel)) {
    const auto [rest, error] =
        std::from_chars(text.data() + kWithLevel.size(), end, options.compression_level);
    if (error == std::errc() && rest == end && options.compression_level >= 1 &&
        options.compression_level <= 19) {
      return;
    }
  }
  throw Error(ErrorCode::usage, "--compress " + text + ": it is none, zstd or zstd:LEVEL (1 to 19)",
              "nothing was done", "manifold backup --help");
}

backup::ExportOptions export_options(const Arguments& arguments) {
  if (!arguments.full) {
    throw Error(ErrorCode::usage, "which kind of backup? --full is needed", "nothing was done",
                "manifold backup DB --full -o FILE");
  }
  backup::ExportOptions options;
  set_resources(arguments.resources, options);
  set_compression(arguments, options);
  options.description = arguments.description;
  return options;
}

backup::BackupSummary export_to(const Database& database, const std::string& output,
                                const backup::ExportOptions& options) {
  if (!is_standard_stream(output)) {
    return backup::export_full(database, std::filesystem::path(output), options);
  }
  StandardOutput out;
  return backup::export_full(database, out, options);
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

Outcome run(Session& session, const Arguments& arguments) {
  const Stopwatch watch;
  backup::ExportOptions options = export_options(arguments);
  if (is_standard_stream(arguments.output)) session.output().use_stderr();
  const Database database = open_to_read(arguments.database);
  backup::BackupSummary summary;
  {
    Progress progress(session.progress_mode(), "backing up", "records");
    options.progress = progress.callback();
    summary = export_to(database, arguments.output, options);
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
      .value_name("FILE|-")
      .required();
  parser.flag("--full", arguments->full, "Everything at one sequence number");
  parser
      .option("--compress", arguments->compress,
              "none, zstd or zstd:LEVEL; without it, by the file's name (.zst)")
      .value_name("HOW");
  parser.option("--description", arguments->description, "Text for the backup's header")
      .value_name("TEXT");
  add_resource_options(parser, arguments->resources);
  return [arguments](Session& session) { return run(session, *arguments); };
}

}  // namespace

const Command kBackupCommand{
    "backup", "Back up a database, while it is written to",
    "  manifold backup graph.manifold --full -o graph.jsonl.zst\n"
    "  manifold backup graph.manifold --full -o graph.jsonl.zst --compress zstd:9\n"
    "  manifold backup graph.manifold --full -o - | zstd | ssh host 'cat > graph.jsonl.zst'",
    configure};

}  // namespace manifolddb::cli
