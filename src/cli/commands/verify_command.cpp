#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands/damage_list.h"
#include "cli/commands/repository_verify.h"
#include "cli/session.h"
#include "cli/standard_streams.h"
#include "common/format.h"
#include "common/text.h"
#include "manifolddb/backup.h"

namespace manifolddb::cli {

namespace {

using backup::VerifyLevel;

const std::vector<std::pair<std::string, VerifyLevel>> kLevels{
    {"structure", VerifyLevel::structure},
    {"records", VerifyLevel::records},
    {"chain", VerifyLevel::chain},
    {"restore", VerifyLevel::restore}};

std::string level_name(VerifyLevel level) {
  for (const auto& [name, value] : kLevels) {
    if (value == level) return name;
  }
  return "";
}

struct Arguments {
  std::string source;
  VerifyLevel level = VerifyLevel::chain;
  ResourceOptions resources;
};

void print_json(Output& out, const Arguments& arguments, const backup::VerifyReport& report) {
  JsonObject object = JsonObject::line();
  object.text("source", arguments.source).boolean("sound", report.ok());
  if (report.any_level_reached) {
    object.text("level_reached", level_name(report.level_reached));
  } else {
    object.null("level_reached");
  }
  object.text("level", level_name(arguments.level)).number("damage_count", report.damage_count);
  std::string list;
  for (const std::string& what : report.not_checked) {
    list.append(list.empty() ? "" : ",").append(json_text(what));
  }
  object.json("not_checked", "[" + list + "]");
  out.line(describe_summary(std::move(object), report.summary));
}

void print_text(Output& out, const Arguments& arguments, const backup::VerifyReport& report,
                const Stopwatch& watch) {
  const backup::BackupSummary& summary = report.summary;
  if (report.ok()) {
    out.line(format("verified {} at level {}: {} at {}, content digest {}, {} in {}",
                    arguments.source, level_name(report.level_reached),
                    describe_count(summary.statistics.total_records, "record", "records"),
                    describe_point(summary.sequence_number, summary.committed_at_us),
                    summary.content_digest.to_hex(),
                    describe_bytes(summary.statistics.uncompressed_size), watch.to_string()));
  }
  for (const std::string& what : report.not_checked) out.line("not checked: " + what);
}

Outcome run(Session& session, const Arguments& arguments) {
  const Stopwatch watch;
  backup::VerifyOptions options;
  set_resources(arguments.resources, options);
  options.level = arguments.level;
  if (const auto reference = find_repository(arguments.source)) {
    return verify_repository(session, *reference, options);
  }
  require_source(arguments.source);
  backup::VerifyReport report;
  {
    Progress progress(session.progress_mode(), "verifying", "records");
    options.progress = progress.callback();
    if (is_standard_stream(arguments.source)) {
      StandardInput in;
      report = backup::verify(in, options);
    } else {
      report = backup::verify(std::filesystem::path(arguments.source), options);
    }
  }
  Output& out = session.output();
  print_damages(out, report);
  if (out.json()) {
    print_json(out, arguments, report);
  } else {
    print_text(out, arguments, report, watch);
  }
  if (report.ok()) return Outcome::done;
  session.explain(explain_damages(arguments.source, report));
  return Outcome::damage_found;
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto arguments = std::make_shared<Arguments>();
  parser.positional("SOURCE", arguments->source,
                    "A backup, REPO or REPO@ID, or - for standard input");
  parser
      .choice("--level", arguments->level, kLevels,
              "structure: header, trailer, checkpoints, counts; records: also every line, order,\n"
              "references, digest; chain (the default): also that it can be restored without\n"
              "another backup; restore: also restored to a scratch directory and proved")
      .value_name("LEVEL");
  add_resource_options(parser, arguments->resources);
  return [arguments](Session& session) { return run(session, *arguments); };
}

}  // namespace

const Command kVerifyCommand{"verify",
                             "Read a backup from end to end and report every damage in it",
                             "  manifold verify graph.jsonl.zst\n"
                             "  manifold verify /backups/graph\n"
                             "  manifold verify graph.jsonl.zst --level restore\n"
                             "  ssh host cat graph.jsonl.zst | manifold verify -",
                             configure};

}  // namespace manifolddb::cli
