#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backup/catalogue.h"
#include "backup/contents.h"
#include "backup/damage.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands/damage_list.h"
#include "cli/commands/recovery_point.h"
#include "cli/repository_source.h"
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
  std::vector<std::string> sources;
  std::string database;
  std::string to = "latest";
  bool dry_run = false;
  bool into_existing = false;
  OnConflict on_conflict = OnConflict::fail;
  bool on_conflict_given = false;
  ResourceOptions resources;
};

// What is restored: standard input or a pipe, or the files of a chain.
struct Source {
  std::optional<std::string> stream;
  std::vector<std::filesystem::path> files;
  std::optional<SequenceNumber> to;
  std::optional<backup::BackupChain> held;  // of a repository: nothing is removed meanwhile
};

void check(const Arguments& arguments) {
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

void require_new(const std::string& database) {
  if (!name_exists(database)) return;
  throw Error(ErrorCode::would_overwrite, "'" + database + "' exists", "it was not touched",
              "restore to another path, or remove it first");
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

// Which backup of a repository `--to` means.
std::string point_in(const RepositoryReference& reference, const std::string& to) {
  const RecoveryPoint point = parse_recovery_point(to);
  if (point.kind != RecoveryPoint::Kind::time) return to;
  const backup::Catalogue catalogue = open_repository(reference.path.string()).catalogue();
  for (const backup::CatalogueEntry& entry : catalogue.entries) {
    if (entry.restorable && entry.manifest->committed_at_us == point.time_us) return entry.id;
  }
  throw Error(ErrorCode::not_restorable,
              format("no backup ends with what was committed at {}, and without an archive of the "
                     "log there is nothing between backups",
                     format_time_us(point.time_us)),
              "nothing was written", describe_window(catalogue));
}

Source open_files(const Arguments& arguments) {
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
    source.held = open_chain(*reference, point_in(*reference, arguments.to));
    source.files = source.held->files;
  } else {
    return open_files(arguments);
  }
  return source;
}

// Calls fn with the stream or with the files.
template <typename Function>
auto with_source(const Source& source, const Function& fn) {
  if (!source.stream) return fn(source.files);
  InputStream in(*source.stream);
  std::istream& stream = in;
  return fn(stream);
}

RestoreSummary restore(const Arguments& arguments, const Source& source,
                       const backup::ImportOptions& options) {
  if (!arguments.into_existing) {
    return with_source(source, [&](auto& from) {
      return backup::restore(from, std::filesystem::path(arguments.database), options);
    });
  }
  DatabaseOptions existing;
  existing.create_if_missing = false;
  Database database = Database::open(arguments.database, existing);
  const RestoreSummary summary =
      with_source(source, [&](auto& from) { return backup::import(database, from, options); });
  database.close();
  return summary;
}

RestoreSummary preview(std::istream& in, const Arguments& arguments,
                       const backup::VerifyOptions& options) {
  const backup::VerifyReport report = backup::verify(in, options);
  require_sound(report, arguments);
  return summary_of(report.summary);
}

RestoreSummary preview(const std::vector<std::filesystem::path>& files, const Arguments& arguments,
                       const backup::VerifyOptions& options) {
  const backup::ChainReport report = backup::verify(files, options);
  for (const backup::VerifyReport& file : report.files) require_sound(file, arguments);
  if (report.fault) throw *report.fault;
  const auto reaches_further = [](const backup::VerifyReport& a, const backup::VerifyReport& b) {
    return a.summary.sequence_number < b.summary.sequence_number;
  };
  return summary_of(
      std::max_element(report.files.begin(), report.files.end(), reaches_further)->summary);
}

// The same errors, and nothing written.
RestoreSummary dry_run(const Arguments& arguments, const Source& source,
                       const backup::ImportOptions& options) {
  if (arguments.into_existing) {
    const Database database = open_to_read(arguments.database);
    return with_source(source,
                       [&](auto& from) { return backup::preview_import(database, from, options); });
  }
  require_new(arguments.database);
  backup::VerifyOptions verify_options;
  static_cast<backup::Options&>(verify_options) = options;
  return with_source(source, [&](auto& from) { return preview(from, arguments, verify_options); });
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
    const Source source = open_source(arguments);
    options.to = source.to;
    if (source.held) {
      options.next_entity_id_min = source.held->next_entity_id;
      options.next_edge_id_min = source.held->next_edge_id;
    }
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
  parser.positionals_then(
      "SOURCE", arguments->sources,
      "A backup, the files of a chain in any order, REPO or REPO@ID, or - for\nstandard input",
      "DB", arguments->database, "The database to make; nothing may be there");
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
    "  manifold restore graph.jsonl.zst 1.jsonl.zst 2.jsonl.zst copy.manifold\n"
    "  manifold restore /backups/graph@seq:20483 copy.manifold\n"
    "  ssh host cat graph.jsonl.zst | manifold restore - copy.manifold",
    configure};

}  // namespace manifolddb::cli
