#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands/csv_arguments.h"
#include "cli/commands/import_printer.h"
#include "cli/session.h"
#include "cli/standard_streams.h"
#include "common/file_system.h"
#include "manifolddb/migrate.h"

namespace manifolddb::cli {

namespace import_command {

namespace {

using backup::OnConflict;
using migrate::IdChoice;
using migrate::OnDangling;

const std::vector<std::pair<std::string, OnConflict>> kPolicies{
    {"fail", OnConflict::fail}, {"skip", OnConflict::skip}, {"overwrite", OnConflict::overwrite}};
const std::vector<std::pair<std::string, OnDangling>> kDangling{
    {"fail", OnDangling::fail}, {"skip", OnDangling::skip}, {"create", OnDangling::create}};
const std::vector<std::pair<std::string, IdChoice>> kIds{{"assign", IdChoice::assign},
                                                         {"keep", IdChoice::keep}};

struct Arguments {
  std::string database;
  std::vector<std::string> files;
  std::string report;
  bool into_existing = false;
  bool on_conflict_given = false;
  std::string types_file;
  CsvCharacters characters;
  ResourceOptions resources;
  migrate::ImportOptions options;
};

std::vector<std::string> split(const std::string& text, char delimiter) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(delimiter, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

// [NAMES=]FILE[,FILE...]; what is a file by the whole argument is that.
migrate::Input parse_input(const std::string& argument) {
  migrate::Input input;
  std::string files = argument;
  if (is_standard_stream(argument) || name_exists(argument)) {
    input.files.emplace_back(argument);
    return input;
  }
  if (const std::size_t equals = argument.find('='); equals != std::string::npos) {
    if (equals != 0) input.names = split(argument.substr(0, equals), ':');
    files = argument.substr(equals + 1);
  }
  if (is_standard_stream(files) || name_exists(files)) {
    input.files.emplace_back(files);
    return input;
  }
  for (std::string& file : split(files, ',')) {
    require_source(file);
    input.files.emplace_back(std::move(file));
  }
  return input;
}

// Opens what comes through a pipe, so that a signal ends the wait for it.
std::vector<migrate::Input> open_inputs(const std::vector<std::string>& arguments,
                                        std::optional<InputStream>& stream) {
  std::vector<migrate::Input> inputs;
  for (const std::string& argument : arguments) {
    inputs.push_back(parse_input(argument));
    migrate::Input& input = inputs.back();
    for (const std::filesystem::path& file : input.files) {
      if (!is_input_stream(file.string())) continue;
      if (arguments.size() > 1 || input.files.size() > 1) {
        throw Error(ErrorCode::usage, file.string() + " must be the only input",
                    "nothing was changed", "give files, or one stream");
      }
      stream.emplace(file.string());
      input.stream = &*stream;
    }
    if (input.stream != nullptr) input.files.clear();
  }
  return inputs;
}

void complete(Arguments& arguments) {
  migrate::ImportOptions& options = arguments.options;
  set_resources(arguments.resources, options);
  set_characters(arguments.characters, options.csv);
  if (!arguments.types_file.empty()) options.types_file = arguments.types_file;
  if (arguments.on_conflict_given && (!arguments.into_existing || options.ids != IdChoice::keep)) {
    throw Error(ErrorCode::usage,
                "--on-conflict says nothing without --into-existing and --ids keep: assigned ids "
                "are new",
                "nothing was changed", "manifold import --help");
  }
  if (!arguments.report.empty()) require_new(arguments.report, "report");
  if (!arguments.into_existing) require_new(arguments.database, "database");
}

migrate::ImportReport import(const Arguments& arguments, const std::vector<migrate::Input>& inputs,
                             const migrate::ImportOptions& options) {
  if (!arguments.into_existing) {
    return migrate::import_graph(inputs, std::filesystem::path(arguments.database), options);
  }
  if (options.dry_run) {
    Database database = open_to_read(arguments.database);
    return migrate::import_graph(inputs, database, options);
  }
  DatabaseOptions existing;
  existing.create_if_missing = false;
  Database database = Database::open(arguments.database, existing);
  migrate::ImportReport report = migrate::import_graph(inputs, database, options);
  database.close();
  return report;
}

Outcome run(Session& session, Arguments& arguments) {
  const Stopwatch watch;
  complete(arguments);
  std::optional<InputStream> stream;
  const std::vector<migrate::Input> inputs = open_inputs(arguments.files, stream);
  migrate::ImportReport report;
  {
    Progress progress(session.progress_mode(), "importing", "KiB");
    migrate::ImportOptions options = arguments.options;
    options.progress = progress.callback();
    report = import(arguments, inputs, options);
  }
  print_import_report(session.output(), arguments.database, report, watch);
  if (!arguments.report.empty()) write_import_report(arguments.report, arguments.database, report);
  if (report.refusal_count == 0) return Outcome::done;
  session.explain(describe_refusals(report, arguments.database));
  return report.dry_run ? Outcome::damage_found : Outcome::listed_exceptions;
}

void add_csv_options(ArgumentParser& parser, Arguments& arguments) {
  migrate::CsvOptions& csv = arguments.options.csv;
  add_csv_characters(parser, arguments.characters);
  parser.option("--id", csv.id, "csv: the column with the id of a node (default id)")
      .value_name("COLUMN");
  parser
      .option("--source", csv.source,
              "csv: the column with the node that an edge leaves (default source or from)")
      .value_name("COLUMN");
  parser
      .option("--target", csv.target,
              "csv: the column with the node that it arrives at (default target or to)")
      .value_name("COLUMN");
  parser.option("--label", csv.label, "csv: the column with labels of nodes (default label)")
      .value_name("COLUMN");
  parser.option("--type", csv.edge_type, "csv: the column with types of edges (default type)")
      .value_name("COLUMN");
}

std::string format_help() {
  std::string help = "What the files are; auto (the default) recognises it by their content:";
  for (const migrate::FormatName& format : migrate::import_formats()) {
    help += "\n" + format.name + ": " + format.summary;
  }
  return help;
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto arguments = std::make_shared<Arguments>();
  migrate::ImportOptions& options = arguments->options;
  parser.positional("DB", arguments->database, "The database to make; nothing may be there");
  parser.positionals("FILE", arguments->files,
                     "What to import, compressed (gzip, zstd) or not; - for standard input;\n"
                     "or the folder of Kuzu's EXPORT DATABASE, alone.\n"
                     "LABEL[:LABEL]=FILE or TYPE=FILE names what the file does not;\n"
                     "FILE,FILE... are read as one, with the header in the first");
  parser.option("--from", options.format, format_help()).value_name("FORMAT");
  parser
      .choice("--ids", options.ids, kIds,
              "assign (the default): ids are the next of the database; keep: those of the source")
      .value_name("CHOICE");
  parser
      .choice("--on-dangling", options.on_dangling, kDangling,
              "For edges that name a node which is not there: fail (the default), skip the edge,\n"
              "create the node")
      .value_name("POLICY");
  parser
      .option("--edge-type", options.default_edge_type,
              "tables, graphml, gexf: the type of edges of which the input says none")
      .value_name("TYPE");
  parser
      .option(
          "--types", arguments->types_file,
          "neo4j-apoc: which texts are dates, times, durations: the mapping of apoc.import.json")
      .value_name("FILE");
  parser.flag("--infer-types", options.infer_types,
              "neo4j-apoc: a column is of the type that all its texts read as");
  add_csv_options(parser, *arguments);
  parser.flag("--into-existing", arguments->into_existing,
              "Into a database that has records, as one transaction of it");
  const Argument policy =
      parser
          .choice("--on-conflict", options.on_conflict, kPolicies,
                  "With --into-existing and --ids keep, for records that exist with another\n"
                  "content: fail (the default), skip or overwrite")
          .value_name("POLICY");
  parser.flag("--dry-run", options.dry_run, "Write nothing; list everything that would be refused");
  parser.option("--report", arguments->report, "Write the report there, as JSON")
      .value_name("FILE");
  add_resource_options(parser, arguments->resources, "64M");
  return [arguments, policy](Session& session) {
    arguments->on_conflict_given = policy.given();
    return run(session, *arguments);
  };
}

}  // namespace

}  // namespace import_command

const Command kImportCommand{
    "import", "Bring a graph from another system into a database",
    "  manifold import graph.manifold nodes.csv.gz edges.csv.gz\n"
    "  manifold import graph.manifold Person=people.csv KNOWS=knows.csv --dry-run\n"
    "  manifold import graph.manifold Person=header.csv,part1.csv,part2.csv ACTED_IN=roles.csv\n"
    "  manifold import graph.manifold more.csv --into-existing --ids keep --on-conflict skip\n"
    "  manifold import votes.manifold VOTES=edges.csv --source voter --target candidate "
    "--on-dangling create",
    import_command::configure};

}  // namespace manifolddb::cli
