#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backup/contents.h"
#include "backup/damage.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands/damage_list.h"
#include "cli/commands/recovery_point.h"
#include "cli/session.h"
#include "cli/standard_streams.h"
#include "common/file_system.h"
#include "common/format.h"
#include "common/text.h"
#include "manifolddb/backup.h"

namespace manifolddb::cli {

namespace {

using backup::OnConflict;
using backup::RestoreSummary;

const std::vector<std::pair<std::string, OnConflict>> kPolicies{
    {"fail", OnConflict::fail}, {"skip", OnConflict::skip}, {"overwrite", OnConflict::overwrite}};

struct Arguments {
  std::string source, database;
  std::string to = "latest";
  bool dry_run = false;
  bool into_existing = false;
  OnConflict on_conflict = OnConflict::fail;
  bool on_conflict_given = false;
  ResourceOptions resources;
};

void check(const Arguments& arguments) {
  const RecoveryPoint point = parse_recovery_point(arguments.to);
  if (arguments.on_conflict_given && !arguments.into_existing) {
    throw Error(ErrorCode::usage, "--on-conflict says nothing without --into-existing",
                "nothing was done", "manifold restore --help");
  }
  require_source(arguments.source);
  if (point.kind == RecoveryPoint::Kind::latest) return;
  if (is_standard_stream(arguments.source)) {
    throw Error(ErrorCode::usage, "--to " + arguments.to + " needs a file that can be looked into",
                "nothing was done", "restore standard input without --to");
  }
  require_point(point, backup::read_header(arguments.source), arguments.source);
}

// Calls fn with the source as a file or as a stream.
template <typename Function>
auto with_source(const std::string& source, const Function& fn) {
  if (!is_standard_stream(source)) return fn(std::filesystem::path(source));
  StandardInput in;
  return fn(in);
}

RestoreSummary restore(const Arguments& arguments, const backup::ImportOptions& options) {
  if (!arguments.into_existing) {
    return with_source(arguments.source, [&](auto&& source) {
      return backup::restore(source, std::filesystem::path(arguments.database), options);
    });
  }
  DatabaseOptions existing;
  existing.create_if_missing = false;
  Database database = Database::open(arguments.database, existing);
  const RestoreSummary summary = with_source(
      arguments.source, [&](auto&& source) { return backup::import(database, source, options); });
  database.close();
  return summary;
}

// The same errors, and nothing written.
RestoreSummary dry_run(const Arguments& arguments, const backup::ImportOptions& options) {
  if (arguments.into_existing) {
    const Database database = open_to_read(arguments.database);
    return with_source(arguments.source, [&](auto&& source) {
      return backup::preview_import(database, source, options);
    });
  }
  if (name_exists(arguments.database)) {
    throw Error(ErrorCode::would_overwrite, "'" + arguments.database + "' exists",
                "it was not touched", "restore to another path, or remove it first");
  }
  backup::VerifyOptions verify_options;
  static_cast<backup::Options&>(verify_options) = options;
  const backup::VerifyReport report = with_source(
      arguments.source, [&](auto&& source) { return backup::verify(source, verify_options); });
  if (!report.ok()) {
    throw Error(ErrorCode::damaged, backup::describe(report.damages.front()),
                "nothing was written to " + arguments.database,
                "manifold verify " + arguments.source + "    lists every damage");
  }
  RestoreSummary summary;
  summary.statistics = report.summary.statistics;
  summary.sequence_number = report.summary.sequence_number;
  summary.committed_at_us = report.summary.committed_at_us;
  summary.content_digest = report.summary.content_digest;
  summary.database_id = report.summary.database_id;
  return summary;
}

void print_json(Output& out, const Arguments& arguments, const RestoreSummary& summary) {
  out.line(JsonObject::line()
               .text("source", arguments.source)
               .text("database", arguments.database)
               .boolean("dry_run", arguments.dry_run)
               .object("statistics", describe(summary.statistics))
               .number("uncompressed_size", summary.statistics.uncompressed_size)
               .point(summary.sequence_number, summary.committed_at_us)
               .text("content_digest", summary.content_digest.to_hex())
               .text("database_id", summary.database_id.to_string())
               .number("skipped_count", summary.skipped_count)
               .number("overwritten_count", summary.overwritten_count));
}

void print_text(Output& out, const Arguments& arguments, const RestoreSummary& summary,
                const Stopwatch& watch) {
  const std::string records = describe_count(summary.statistics.total_records, "record", "records");
  const std::string point = describe_point(summary.sequence_number, summary.committed_at_us);
  const std::string digest = summary.content_digest.to_hex();
  if (!arguments.into_existing) {
    out.line(arguments.dry_run
                 ? format("would restore {} to {} (checked in {}); content digest {}", records,
                          point, watch.to_string(), digest)
                 : format("restored {} to {} in {}; content digest {} equals the source", records,
                          point, watch.to_string(), digest));
    return;
  }
  out.line(format("{}{} into {}, {} at {}, in {}; {} skipped, {} overwritten",
                  arguments.dry_run ? "would restore " : "restored ", records, arguments.database,
                  arguments.dry_run ? "which is" : "now", point, watch.to_string(),
                  group_digits(summary.skipped_count), group_digits(summary.overwritten_count)));
}

Outcome run(Session& session, const Arguments& arguments) {
  const Stopwatch watch;
  backup::ImportOptions options;
  set_resources(arguments.resources, options);
  options.on_conflict = arguments.on_conflict;
  check(arguments);
  RestoreSummary summary;
  {
    Progress progress(session.progress_mode(), "restoring", "records");
    options.progress = progress.callback();
    summary = arguments.dry_run ? dry_run(arguments, options) : restore(arguments, options);
  }
  if (session.output().json()) {
    print_json(session.output(), arguments, summary);
  } else {
    print_text(session.output(), arguments, summary, watch);
  }
  return Outcome::done;
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto arguments = std::make_shared<Arguments>();
  parser.positional("SOURCE", arguments->source, "A backup, or - for standard input");
  parser.positional("DB", arguments->database, "The database to make; nothing may be there");
  parser.option("--to", arguments->to, "latest (the default), seq:N or time:T with an offset")
      .value_name("POINT");
  parser.flag("--dry-run", arguments->dry_run, "Check everything, write nothing");
  parser.flag("--into-existing", arguments->into_existing,
              "Into a database that has records, as one transaction of it");
  const Argument policy =
      parser
          .choice("--on-conflict", arguments->on_conflict, kPolicies,
                  "With --into-existing, for records that exist with another content: fail\n"
                  "(the default), skip or overwrite")
          .value_name("POLICY");
  add_resource_options(parser, arguments->resources);
  return [arguments, policy](Session& session) {
    arguments->on_conflict_given = policy.given();
    return run(session, *arguments);
  };
}

}  // namespace

const Command kRestoreCommand{
    "restore", "Make a database from a backup, and prove that it is the same",
    "  manifold restore graph.jsonl.zst copy.manifold\n"
    "  manifold restore graph.jsonl.zst copy.manifold --to seq:20483 --dry-run\n"
    "  manifold restore graph.jsonl.zst graph.manifold --into-existing --on-conflict skip\n"
    "  ssh host cat graph.jsonl.zst | manifold restore - copy.manifold",
    configure};

}  // namespace manifolddb::cli
