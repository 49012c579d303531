// What an import says at its end.
#pragma once

#include <filesystem>
#include <string>

#include "cli/arguments.h"
#include "cli/output.h"
#include "manifolddb/migrate.h"

namespace manifolddb::cli {

void print_import_report(Output& out, const std::string& database,
                         const migrate::ImportReport& report, const Stopwatch& watch);

// The same as one JSON object, synced; Error{would_overwrite} when the file exists.
void write_import_report(const std::filesystem::path& file, const std::string& database,
                         const migrate::ImportReport& report);

// The three lines after an import that left something out, or a dry run that refused something.
Error describe_refusals(const migrate::ImportReport& report, const std::string& database);

}  // namespace manifolddb::cli
