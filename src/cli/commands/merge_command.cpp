#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands/compression.h"
#include "cli/commands/damage_list.h"
#include "cli/commands/recovery_point.h"
#include "cli/session.h"
#include "cli/standard_streams.h"
#include "common/format.h"
#include "common/text.h"
#include "manifolddb/backup.h"

namespace manifolddb::cli {

namespace merge_command {

namespace {

struct Arguments {
  std::vector<std::string> files;
  std::string output;
  std::string to = "latest";
  std::string compress;
  std::optional<std::string> description;
  ResourceOptions resources;
};

void print_summary(Output& out, const Arguments& arguments, const backup::BackupSummary& summary,
                   const Stopwatch& watch) {
  if (out.json()) {
    out.line(describe_summary(JsonObject::line(), summary).text("output", arguments.output));
    return;
  }
  out.line(format("merged {} to a full backup of {} at {}, {}, in {}; content digest {} equals {}",
                  describe_count(arguments.files.size(), "file", "files"),
                  describe_count(summary.statistics.total_records, "record", "records"),
                  describe_point(summary.sequence_number, summary.committed_at_us),
                  describe_bytes(summary.stored_bytes), watch.to_string(),
                  summary.content_digest.to_hex(), "the last link's"));
}

Outcome run(Session& session, const Arguments& arguments) {
  const Stopwatch watch;
  std::vector<std::filesystem::path> files;
  for (const std::string& file : arguments.files) {
    if (is_standard_stream(file)) {
      throw Error(ErrorCode::usage, "files are read twice, so standard input cannot be one",
                  "nothing was done", "manifold merge --help");
    }
    require_source(file);
    files.emplace_back(file);
  }
  backup::MergeOptions options;
  set_resources(arguments.resources, options);
  set_compression(arguments.compress, arguments.output, options);
  options.description = arguments.description;
  options.to = find_point(parse_recovery_point(arguments.to), files);
  const bool to_stdout = is_standard_stream(arguments.output);
  if (to_stdout) session.output().use_stderr();
  backup::BackupSummary summary;
  {
    Progress progress(session.progress_mode(), "merging", "records");
    options.progress = progress.callback();
    if (to_stdout) {
      StandardOutput out;
      summary = backup::merge(files, out, options);
    } else {
      summary = backup::merge(files, std::filesystem::path(arguments.output), options);
    }
  }
  print_summary(session.output(), arguments, summary, watch);
  return Outcome::done;
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto arguments = std::make_shared<Arguments>();
  parser.positionals("FILE", arguments->files, "A full backup and incrementals, in any order");
  parser
      .option("-o,--output", arguments->output, "The full backup to make, or - for standard output")
      .value_name("FULL|-")
      .required();
  parser.option("--to", arguments->to, "latest (the default), seq:N or time:T: the end of a link")
      .value_name("POINT");
  add_compress_option(parser, arguments->compress);
  parser.option("--description", arguments->description, "Text for the backup's header")
      .value_name("TEXT");
  add_resource_options(parser, arguments->resources);
  return [arguments](Session& session) { return run(session, *arguments); };
}

}  // namespace

}  // namespace merge_command

const Command kMergeCommand{
    "merge", "Write a chain as one new full backup, without a database",
    "  manifold merge graph.jsonl.zst 1.jsonl.zst 2.jsonl.zst -o merged.jsonl.zst\n"
    "  manifold merge graph.jsonl.zst *.inc.zst -o merged.jsonl.zst --to seq:20483",
    merge_command::configure};

}  // namespace manifolddb::cli
