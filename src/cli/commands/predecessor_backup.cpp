#include "cli/commands/predecessor_backup.h"

#include <algorithm>
#include <filesystem>

#include "cli/commands/import_printer.h"

namespace manifolddb::cli {

namespace {

constexpr const char* kPredecessorFormat = "manifoldb-v1";

migrate::ImportReport import_backups(const std::vector<migrate::Input>& inputs,
                                     const PredecessorRestore& restore,
                                     const migrate::ImportOptions& options) {
  if (!restore.into_existing) {
    return migrate::import_graph(inputs, std::filesystem::path(restore.database), options);
  }
  if (options.dry_run) {
    Database database = open_to_read(restore.database);
    return migrate::import_graph(inputs, database, options);
  }
  DatabaseOptions existing;
  existing.create_if_missing = false;
  Database database = Database::open(restore.database, existing);
  return migrate::import_graph(inputs, database, options);
}

}  // namespace

bool are_predecessor_backups(const std::vector<std::string>& sources) {
  return std::all_of(sources.begin(), sources.end(), [](const std::string& source) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(source, ignored)) return false;
    try {
      return migrate::recognise_format(source) == kPredecessorFormat;
    } catch (const Error&) {
      return false;  // whoever reads it says what is wrong with it
    }
  });
}

Outcome restore_predecessor_backups(Session& session, const std::vector<std::string>& sources,
                                    const PredecessorRestore& restore,
                                    const ResourceOptions& resources) {
  const Stopwatch watch;
  migrate::ImportOptions options;
  set_resources(resources, options);
  options.format = kPredecessorFormat;
  options.dry_run = restore.dry_run || restore.database.empty();
  options.on_conflict = restore.on_conflict;
  std::vector<migrate::Input> inputs;
  for (const std::string& source : sources) inputs.emplace_back().files = {source};
  migrate::ImportReport report;
  {
    Progress progress(session.progress_mode(), "reading", "KiB");
    options.progress = progress.callback();
    report = import_backups(inputs, restore, options);
  }
  print_import_report(session.output(), restore.database, report, watch);
  if (report.refusal_count == 0) return Outcome::done;
  session.explain(describe_refusals(report, restore.database));
  return Outcome::damage_found;
}

}  // namespace manifolddb::cli
