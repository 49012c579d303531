#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backup/manifest.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands/damage_list.h"
#include "cli/commands/predecessor_backup.h"
#include "cli/commands/repository_verify.h"
#include "cli/repository_source.h"
#include "cli/session.h"
#include "cli/standard_streams.h"
#include "common/format.h"
#include "common/text.h"
#include "manifolddb/backup.h"

namespace manifolddb::cli {

namespace verify_command {

namespace {

using backup::VerifyLevel;

const std::vector<std::pair<std::string, VerifyLevel>> kLevels{
    {"structure", VerifyLevel::structure},
    {"records", VerifyLevel::records},
    {"chain", VerifyLevel::chain},
    {"restore", VerifyLevel::restore}};

struct Arguments {
  std::vector<std::string> sources;
  VerifyLevel level = VerifyLevel::chain;
  ResourceOptions resources;
};

void print_json(Output& out, const Arguments& arguments, const std::string& source,
                const backup::VerifyReport& report) {
  JsonObject object = JsonObject::line();
  object.text("source", source).boolean("sound", report.ok());
  if (report.any_level_reached) {
    object.text("level_reached", backup::level_name(report.level_reached));
  } else {
    object.null("level_reached");
  }
  object.text("level", backup::level_name(arguments.level))
      .number("damage_count", report.damage_count);
  std::string list;
  for (const std::string& what : report.not_checked) {
    list.append(list.empty() ? "" : ",").append(json_text(what));
  }
  object.json("not_checked", "[" + list + "]");
  out.line(describe_summary(std::move(object), report.summary));
}

void print_text(Output& out, const std::string& source, const backup::VerifyReport& report,
                const Stopwatch& watch) {
  const backup::BackupSummary& summary = report.summary;
  if (report.ok()) {
    out.line(format("verified {} at level {}: {} at {}, content digest {}, {} in {}", source,
                    backup::level_name(report.level_reached),
                    describe_count(summary.statistics.total_records, "record", "records"),
                    describe_point(summary.sequence_number, summary.committed_at_us),
                    summary.content_digest.to_hex(),
                    describe_bytes(summary.statistics.uncompressed_size), watch.to_string()));
  }
  for (const std::string& what : report.not_checked) out.line("not checked: " + what);
}

backup::VerifyReport verify_source(const std::string& source,
                                   const backup::VerifyOptions& options) {
  if (!is_input_stream(source)) return backup::verify(std::filesystem::path(source), options);
  InputStream in(source);
  return backup::verify(in, options);
}

Outcome verify_one(Session& session, const Arguments& arguments, backup::VerifyOptions& options) {
  const Stopwatch watch;
  const std::string& source = arguments.sources.front();
  require_source(source);
  backup::VerifyReport report;
  {
    Progress progress(session.progress_mode(), "verifying", "records");
    options.progress = progress.callback();
    report = verify_source(source, options);
  }
  Output& out = session.output();
  print_damages(out, report);
  if (out.json()) {
    print_json(out, arguments, source, report);
  } else {
    print_text(out, source, report, watch);
  }
  if (report.ok()) return Outcome::done;
  session.explain(explain_damages(source, report));
  return Outcome::damage_found;
}

void print_chain(Output& out, const Arguments& arguments, const backup::ChainReport& report,
                 const Stopwatch& watch) {
  const std::string reached =
      report.level_reached ? std::string(backup::level_name(*report.level_reached)) : "";
  if (out.json()) {
    JsonObject object = JsonObject::line();
    object.number("files", report.files.size()).boolean("sound", report.ok());
    if (report.level_reached) {
      object.text("level_reached", reached);
    } else {
      object.null("level_reached");
    }
    out.line(object.text("level", backup::level_name(arguments.level)));
  } else if (report.ok()) {
    out.line(format("verified {} files together at level {} in {}", report.files.size(), reached,
                    watch.to_string()));
  }
}

// Every file by itself, then whether they are chains.
Outcome verify_files(Session& session, const Arguments& arguments, backup::VerifyOptions& options) {
  const Stopwatch watch;
  std::vector<std::filesystem::path> files;
  for (const std::string& source : arguments.sources) {
    if (is_standard_stream(source) || find_repository(source)) {
      throw Error(ErrorCode::usage, source + " must be the only source", "nothing was done",
                  "several sources are the files of chains");
    }
    require_source(source);
    files.emplace_back(source);
  }
  backup::ChainReport report;
  {
    Progress progress(session.progress_mode(), "verifying", "records");
    options.progress = progress.callback();
    report = backup::verify(files, options);
  }
  Output& out = session.output();
  std::uint64_t damaged = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const backup::VerifyReport& file = report.files[i];
    print_damages(out, file);
    if (out.json()) print_json(out, arguments, arguments.sources[i], file);
    if (file.ok()) continue;
    ++damaged;
    if (damaged == 1) session.explain(explain_damages(arguments.sources[i], file));
  }
  print_chain(out, arguments, report, watch);
  if (damaged != 0) return Outcome::damage_found;
  if (report.fault) throw *report.fault;
  return Outcome::done;
}

Outcome run(Session& session, const Arguments& arguments) {
  backup::VerifyOptions options;
  set_resources(arguments.resources, options);
  options.level = arguments.level;
  if (are_predecessor_backups(arguments.sources)) {
    return restore_predecessor_backups(session, arguments.sources, {}, arguments.resources);
  }
  if (arguments.sources.size() > 1) return verify_files(session, arguments, options);
  if (const auto reference = find_repository(arguments.sources.front())) {
    return verify_repository(session, *reference, options);
  }
  return verify_one(session, arguments, options);
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto arguments = std::make_shared<Arguments>();
  parser.positionals("SOURCE", arguments->sources,
                     "A backup, the files of a chain in any order, REPO or REPO@ID, or - for\n"
                     "standard input");
  parser
      .choice("--level", arguments->level, kLevels,
              "structure: header, trailer, checkpoints, counts; records: also every line, order,\n"
              "references, digest; chain (the default): also that all links are there and lead\n"
              "to the digests that they state; restore: also restored to a scratch directory and "
              "proved")
      .value_name("LEVEL");
  add_resource_options(parser, arguments->resources);
  return [arguments](Session& session) { return run(session, *arguments); };
}

}  // namespace

}  // namespace verify_command

const Command kVerifyCommand{"verify",
                             "Read a backup from end to end and report every damage in it",
                             "  manifold verify graph.jsonl.zst\n"
                             "  manifold verify graph.jsonl.zst 1.jsonl.zst 2.jsonl.zst\n"
                             "  manifold verify /backups/graph\n"
                             "  manifold verify graph.jsonl.zst --level restore\n"
                             "  ssh host cat graph.jsonl.zst | manifold verify -",
                             verify_command::configure};

}  // namespace manifolddb::cli
