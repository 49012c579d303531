#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backup/record_stream.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands/differences.h"
#include "cli/repository_source.h"
#include "cli/session.h"
#include "common/file_system.h"
#include "database/database_core.h"

namespace manifolddb::cli {

namespace diff_command {

namespace {

using backup::RecordStream;

struct Arguments {
  std::string before, after;
  bool stat = false;
  bool apply_form = false;
  ResourceOptions resources;
};

// One side, with what must live as long as its records are read.
struct Side {
  std::optional<Database> database;
  std::unique_ptr<RecordStream> records;
};

// Several files of a chain are one argument, with commas between them.
std::vector<std::filesystem::path> split_files(const std::string& argument) {
  if (name_exists(argument)) return {argument};
  std::vector<std::filesystem::path> files;
  std::size_t begin = 0;
  while (begin <= argument.size()) {
    const std::size_t end = std::min(argument.find(',', begin), argument.size());
    const std::string file = argument.substr(begin, end - begin);
    require_source(file);
    files.emplace_back(file);
    begin = end + 1;
  }
  return files;
}

void open_side(const std::string& argument, const backup::Options& options, Side& side) {
  if (is_standard_stream(argument)) {
    throw Error(ErrorCode::usage, "standard input cannot be compared", "nothing was done",
                "give a database, a backup or REPO@POINT");
  }
  std::error_code ignored;
  if (const auto reference = find_repository(argument)) {
    side.records = RecordStream::of_chain(open_chain(*reference), options);
  } else if (std::filesystem::is_directory(argument, ignored)) {
    side.database = open_to_read(argument);
    side.records = RecordStream::of_snapshot(side.database->core().durable_snapshot());
  } else {
    side.records = RecordStream::of_chain(split_files(argument), options);
  }
}

Outcome run(Session& session, const Arguments& arguments) {
  backup::Options options;
  set_resources(arguments.resources, options);
  options.memory_limit_bytes /= 2;  // for each side
  Side before;
  Side after;
  open_side(arguments.before, options, before);
  open_side(arguments.after, options, after);
  print_differences(session.output(), *before.records, *after.records,
                    {arguments.stat, arguments.apply_form});
  return Outcome::done;
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto arguments = std::make_shared<Arguments>();
  parser.positional("A", arguments->before,
                    "A database, a backup, FULL,LINK,... of a chain, REPO, REPO@POINT or\nREPO@ID");
  parser.positional("B", arguments->after, "What it is compared with, likewise");
  const Argument stat = parser.flag("--stat", arguments->stat, "Only how many records differ");
  parser
      .flag("--apply-form", arguments->apply_form,
            "Lines that `manifold apply` takes to make B of A")
      .excludes(stat);
  add_resource_options(parser, arguments->resources);
  return [arguments](Session& session) { return run(session, *arguments); };
}

}  // namespace

}  // namespace diff_command

const Command kDiffCommand{
    "diff", "Records that were added, changed and removed from A to B",
    "  manifold diff yesterday.jsonl.zst graph.manifold --stat\n"
    "  manifold diff /backups/graph@seq:20483 /backups/graph@seq:20490\n"
    "  manifold diff copy.manifold graph.manifold --apply-form | manifold apply copy.manifold",
    diff_command::configure};

}  // namespace manifolddb::cli
