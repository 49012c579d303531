#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backup/catalogue.h"
#include "backup/chain.h"
#include "backup/contents.h"
#include "backup/damage.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands/damage_list.h"
#include "cli/commands/differences.h"
#include "cli/commands/plan_printer.h"
#include "cli/commands/predecessor_backup.h"
#include "cli/commands/recovery_point.h"
#include "cli/repository_source.h"
#include "cli/session.h"
#include "cli/standard_streams.h"
#include "common/file_system.h"
#include "common/format.h"
#include "common/text.h"
#include "database/database_core.h"
#include "manifolddb/backup.h"

namespace manifolddb::cli {

namespace restore_command {

namespace {

using backup::OnConflict;
using backup::RestoreSummary;

const std::vector<std::pair<std::string, OnConflict>> kPolicies{
    {"fail", OnConflict::fail}, {"skip", OnConflict::skip}, {"overwrite", OnConflict::overwrite}};

struct Arguments {
  std::vector<std::string> sources;
  std::string database;
  std::string to = "latest";
  std::string history;
  std::string diff;  // a database
  bool dry_run = false;
  bool into_existing = false;
  OnConflict on_conflict = OnConflict::fail;
  bool on_conflict_given = false;
  ResourceOptions resources;
};

// What is restored: standard input or a pipe, the files of a chain, or a point of a repository.
struct Source {
  std::optional<std::string> stream;
  std::vector<std::filesystem::path> files;
  std::optional<SequenceNumber> to;
  std::optional<backup::Repository> repository;
  std::optional<backup::BackupChain> chain;  // of the repository
};

void check(const Arguments& arguments) {
  if (!arguments.diff.empty() && (!arguments.dry_run || arguments.into_existing)) {
    throw Error(ErrorCode::usage,
                "--diff shows what a restore would change: it goes with --dry-run, and without "
                "--into-existing",
                "nothing was done", "manifold restore REPO DB --dry-run --diff DB");
  }
  if (arguments.on_conflict_given && !arguments.into_existing) {
    throw Error(ErrorCode::usage, "--on-conflict says nothing without --into-existing",
                "nothing was done", "manifold restore --help");
  }
}

std::string describe_sources(const Arguments& arguments) {
  std::string text;
  for (const std::string& source : arguments.sources) {
    text.append(text.empty() ? "" : " ").append(source);
  }
  return text;
}

void require_sound(const backup::VerifyReport& report, const Arguments& arguments) {
  if (report.ok()) return;
  throw Error(ErrorCode::damaged, backup::describe(report.damages.front()),
              "nothing was written to " + arguments.database,
              "manifold verify " + describe_sources(arguments) + "    lists every damage");
}

RestoreSummary summary_of(const backup::BackupSummary& backup) {
  RestoreSummary summary;
  summary.statistics = backup.statistics;
  summary.sequence_number = backup.sequence_number;
  summary.committed_at_us = backup.committed_at_us;
  summary.content_digest = backup.content_digest;
  summary.database_id = backup.database_id;
  return summary;
}

Source open_files(const Arguments& arguments) {
  if (!arguments.history.empty()) {
    throw Error(ErrorCode::usage, "--history selects in a repository, and none is given",
                "nothing was done", "leave it out: files are of one history");
  }
  const RecoveryPoint point = parse_recovery_point(arguments.to);
  Source source;
  for (const std::string& file : arguments.sources) {
    if (is_standard_stream(file) || find_repository(file)) {
      throw Error(ErrorCode::usage, file + " must be the only source", "nothing was done",
                  "several sources are the files of one chain");
    }
    require_source(file);
    source.files.emplace_back(file);
  }
  source.to = find_point(point, source.files);
  return source;
}

Source open_source(const Arguments& arguments) {
  if (arguments.sources.size() > 1) return open_files(arguments);
  const std::string& argument = arguments.sources.front();
  Source source;
  if (is_input_stream(argument)) {
    if (parse_recovery_point(arguments.to).kind != RecoveryPoint::Kind::latest) {
      throw Error(ErrorCode::usage,
                  "--to " + arguments.to + " needs a file that can be looked into",
                  "nothing was done", "restore standard input without --to");
    }
    source.stream = argument;
  } else if (const auto reference = find_repository(argument)) {
    source.repository = open_repository(reference->path.string());
    source.chain = open_chain(*reference, arguments.to, arguments.history);
  } else {
    return open_files(arguments);
  }
  return source;
}

// Calls fn with the stream, the files, or the point of a repository; with that again where there is
// a way around damaged files.
template <typename Function>
RestoreSummary with_source(const Source& source, const backup::Options& options,
                           const Function& fn) {
  if (source.chain) {
    RestoreSummary summary;
    source.repository->with_other_ways(
        *source.chain, [&](const backup::BackupChain& chain) { summary = fn(chain); },
        [](const backup::RepositoryFault& fault) {
          talk(format("note: {} is damaged: {}; another way to the same point is looked for\n",
                      printable(fault.file), fault.what));
        },
        options);
    return summary;
  }
  if (!source.stream) return fn(source.files);
  InputStream in(*source.stream);
  std::istream& stream = in;
  return fn(stream);
}

RestoreSummary restore(const Arguments& arguments, const Source& source,
                       const backup::ImportOptions& options) {
  if (!arguments.into_existing) {
    return with_source(source, options, [&](auto& from) {
      return backup::restore(from, std::filesystem::path(arguments.database), options);
    });
  }
  DatabaseOptions existing;
  existing.create_if_missing = false;
  Database database = Database::open(arguments.database, existing);
  const RestoreSummary summary = with_source(
      source, options, [&](auto& from) { return backup::import(database, from, options); });
  database.close();
  return summary;
}

RestoreSummary preview(std::istream& in, const Arguments& arguments,
                       const backup::VerifyOptions& options) {
  const backup::VerifyReport report = backup::verify(in, options);
  require_sound(report, arguments);
  return summary_of(report.summary);
}

// The files that a restore to `to` reads: what comes behind is none of its business.
std::vector<std::filesystem::path> files_up_to(const std::vector<std::filesystem::path>& files,
                                               SequenceNumber to) {
  std::vector<std::filesystem::path> read;
  for (const backup::ChainFile& file :
       backup::find_chain(backup::read_headers(files), to.value, "nothing was written")) {
    read.push_back(file.path);
  }
  return read;
}

RestoreSummary preview(const std::vector<std::filesystem::path>& files, const Arguments& arguments,
                       const backup::VerifyOptions& options) {
  const backup::ChainReport report = backup::verify(files, options);
  for (const backup::VerifyReport& file : report.files) require_sound(file, arguments);
  if (report.fault) throw *report.fault;
  const auto reaches_further = [](const backup::VerifyReport& a, const backup::VerifyReport& b) {
    return a.summary.sequence_number < b.summary.sequence_number;
  };
  RestoreSummary summary = summary_of(
      std::max_element(report.files.begin(), report.files.end(), reaches_further)->summary);
  if (report.content) summary.statistics = *report.content;
  return summary;
}

// The same errors, and nothing written.
RestoreSummary dry_run(const Arguments& arguments, const Source& source,
                       const backup::ImportOptions& options) {
  if (arguments.into_existing) {
    const Database database = open_to_read(arguments.database);
    return with_source(source, options,
                       [&](auto& from) { return backup::preview_import(database, from, options); });
  }
  require_new(arguments.database, "database");
  backup::VerifyOptions verify_options;
  static_cast<backup::Options&>(verify_options) = options;
  if (!source.stream) {
    return preview(source.to ? files_up_to(source.files, *source.to) : source.files, arguments,
                   verify_options);
  }
  InputStream in(*source.stream);
  return preview(in, arguments, verify_options);
}

// Names and headers only: reading everything is what verify is for.
Outcome show_plan(Session& session, const Arguments& arguments, const backup::RestorePlan& plan) {
  require_new(arguments.database, "database");
  print_plan(session.output(), describe_sources(arguments), arguments.database, plan);
  return Outcome::done;
}

// From the database as it is to what would be restored.
void show_differences(Session& session, const Arguments& arguments, Source source) {
  if (source.stream) {
    throw Error(ErrorCode::usage, *source.stream + " cannot be compared: it is no file",
                "nothing was done", "give a repository or files");
  }
  backup::Options options;
  set_resources(arguments.resources, options);
  options.memory_limit_bytes /= 2;  // for each side
  const Database present = open_to_read(arguments.diff);
  const auto before = backup::RecordStream::of_snapshot(present.core().durable_snapshot());
  const auto after =
      source.chain ? backup::RecordStream::of_chain(*std::move(source.chain), options)
                   : backup::RecordStream::of_chain(std::move(source.files), options, source.to);
  print_differences(session.output(), *before, *after, {});
}

// `latest` is the end of what can be restored; that there is more is not kept from anybody.
void tell_of_more(const backup::RestorePlan& plan) {
  if (plan.wanted.kind != backup::RecoveryTarget::Kind::latest) return;
  if (plan.highest_known <= plan.sequence_number) return;
  talk(
      format("note: the repository names transactions up to seq {}; behind seq {} none can be "
             "restored\n",
             plan.highest_known.value, plan.sequence_number.value));
}

void print_json(Output& out, const Arguments& arguments, const RestoreSummary& summary) {
  out.line(JsonObject::line()
               .text("source", describe_sources(arguments))
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

Outcome restore_predecessor(Session& session, const Arguments& arguments) {
  if (arguments.to != "latest" || !arguments.history.empty() || !arguments.diff.empty()) {
    throw Error(ErrorCode::usage,
                "a backup of ManifoldDB for Rust has no sequence numbers or history: --to, "
                "--history and --diff say nothing",
                "nothing was done", "leave them out");
  }
  return restore_predecessor_backups(
      session, arguments.sources,
      {arguments.database, arguments.dry_run, arguments.into_existing, arguments.on_conflict},
      arguments.resources);
}

Outcome run(Session& session, const Arguments& arguments) {
  const Stopwatch watch;
  backup::ImportOptions options;
  set_resources(arguments.resources, options);
  options.on_conflict = arguments.on_conflict;
  check(arguments);
  if (are_predecessor_backups(arguments.sources)) return restore_predecessor(session, arguments);
  Source source = open_source(arguments);
  if (source.chain) tell_of_more(source.chain->plan);
  if (!arguments.diff.empty()) {
    if (source.chain) {
      print_plan(session.output(), describe_sources(arguments), arguments.database,
                 source.chain->plan);
    }
    show_differences(session, arguments, std::move(source));
    return Outcome::done;
  }
  if (source.chain && arguments.dry_run && !arguments.into_existing) {
    return show_plan(session, arguments, source.chain->plan);
  }
  RestoreSummary summary;
  {
    Progress progress(session.progress_mode(), "restoring", "records");
    options.progress = progress.callback();
    options.to = source.to;
    summary = arguments.dry_run ? dry_run(arguments, source, options)
                                : restore(arguments, source, options);
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
  parser.positionals_then("SOURCE", arguments->sources,
                          "A backup, the files of a chain in any order, REPO, REPO@POINT or "
                          "REPO@ID,\nor - for standard "
                          "input; files may also be backups of ManifoldDB for Rust",
                          "DB", arguments->database, "The database to make; nothing may be there");
  parser.option("--to", arguments->to, "latest (the default), seq:N or time:T with an offset")
      .value_name("POINT");
  parser
      .option("--history", arguments->history,
              "In a repository with several: the first letters of the one that is meant")
      .value_name("ID");
  parser.flag("--dry-run", arguments->dry_run,
              "Write nothing: check the files, or show the plan for a repository");
  parser
      .option("--diff", arguments->diff,
              "With --dry-run: what the restore would change against this database")
      .value_name("DB");
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

}  // namespace restore_command

const Command kRestoreCommand{
    "restore", "Make a database from a backup, and prove that it is the same",
    "  manifold restore graph.jsonl.zst copy.manifold\n"
    "  manifold restore graph.jsonl.zst copy.manifold --to seq:20483 --dry-run\n"
    "  manifold restore graph.jsonl.zst graph.manifold --into-existing --on-conflict skip\n"
    "  manifold restore graph.jsonl.zst 1.jsonl.zst 2.jsonl.zst copy.manifold\n"
    "  manifold restore /backups/graph@seq:20483 copy.manifold\n"
    "  manifold restore /backups/graph copy.manifold --to time:2026-11-22T14:03:07+01:00 "
    "--dry-run\n"
    "  ssh host cat graph.jsonl.zst | manifold restore - copy.manifold",
    restore_command::configure};

}  // namespace manifolddb::cli
