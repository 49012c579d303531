#include <filesystem>
#include <memory>
#include <string>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands/csv_arguments.h"
#include "cli/session.h"
#include "cli/standard_streams.h"
#include "common/format.h"
#include "common/text.h"
#include "manifolddb/migrate.h"

namespace manifolddb::cli {

namespace export_command {

namespace {

struct Arguments {
  std::string database;
  std::string output;
  CsvCharacters characters;
  migrate::ExportOptions options;
};

void print_json(Output& out, const Arguments& arguments, const migrate::ExportReport& report) {
  std::string conversions = "[";
  for (const migrate::ExportConversion& conversion : report.conversions) {
    conversions += conversions.size() == 1 ? "" : ",";
    conversions += JsonObject()
                       .text("kind", conversion.kind)
                       .number("count", conversion.count)
                       .text("first", conversion.first)
                       .to_string();
  }
  out.line(JsonObject::line()
               .text("form", report.form)
               .text("output", arguments.output)
               .number("file_count", report.file_count)
               .number("entities_written", report.entities_written)
               .number("edges_written", report.edges_written)
               .json("conversions", conversions + "]")
               .point(report.sequence_number, report.committed_at_us)
               .text("content_digest", report.content_digest.to_hex()));
}

void print_text(Output& out, const Arguments& arguments, const migrate::ExportReport& report,
                const Stopwatch& watch) {
  for (const migrate::ExportConversion& conversion : report.conversions) {
    out.line(format("converted: {} ({}, first in {})", conversion.kind,
                    describe_count(conversion.count, "time", "times"), conversion.first));
  }
  out.line(format("exported {} and {} at {} as {} to {} in {}; {}",
                  describe_count(report.entities_written, "entity", "entities"),
                  describe_count(report.edges_written, "edge", "edges"),
                  describe_point(report.sequence_number, report.committed_at_us), report.form,
                  arguments.output, watch.to_string(),
                  describe_count(report.file_count, "file", "files")));
}

Outcome run(Session& session, Arguments& arguments) {
  const Stopwatch watch;
  set_characters(arguments.characters, arguments.options.csv);
  const bool to_stdout = is_standard_stream(arguments.output);
  if (to_stdout) session.output().use_stderr();
  const Database database = open_to_read(arguments.database);
  migrate::ExportReport report;
  {
    Progress progress(session.progress_mode(), "exporting", "records");
    arguments.options.progress = progress.callback();
    if (to_stdout) {
      StandardOutput out;
      report = migrate::export_graph(database, out, arguments.options);
    } else {
      report = migrate::export_graph(database, std::filesystem::path(arguments.output),
                                     arguments.options);
    }
  }
  if (session.output().json()) {
    print_json(session.output(), arguments, report);
  } else {
    print_text(session.output(), arguments, report, watch);
  }
  return Outcome::done;
}

std::string form_help() {
  std::string help = "The form:";
  for (const migrate::FormatName& form : migrate::export_forms()) {
    help += "\n" + form.name + ": " + form.summary;
  }
  return help;
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto arguments = std::make_shared<Arguments>();
  parser.positional("DB", arguments->database, "The database; an application may have it open");
  parser.option("--to", arguments->options.form, form_help()).value_name("FORM").required();
  parser
      .option("-o,--output", arguments->output,
              "The folder or file to make, where nothing may be, or - for standard output (not\n"
              "csv and neo4j-csv, which are folders)")
      .value_name("PATH|-")
      .required();
  add_csv_characters(parser, arguments->characters);
  return [arguments](Session& session) { return run(session, *arguments); };
}

}  // namespace

}  // namespace export_command

const Command kExportCommand{
    "export", "Write the graph as files that other systems read",
    "  manifold export graph.manifold --to neo4j-csv -o graph-csv\n"
    "  manifold export graph.manifold --to csv -o tables --delimiter ';' --array-delimiter '|'",
    export_command::configure};

}  // namespace manifolddb::cli
