// How a restore plan is shown.
#pragma once

#include <string>

#include "cli/output.h"
#include "manifolddb/repository.h"

namespace manifolddb::cli {

// As measured (docs/performance.md, "What a dry run estimates with"); another machine is faster or
// slower in proportion.
inline constexpr double kRestoreRecordsPerSecond = 440'000;  // of backups
inline constexpr double kRestoreLogBytesPerSecond = 12e6;    // of segments, as stored

double estimated_seconds(const backup::RestorePlan& plan);

// Backups and log in the order in which they are read, then what they come to; one line of JSON.
void print_plan(Output& out, const std::string& source, const std::string& database,
                const backup::RestorePlan& plan);

}  // namespace manifolddb::cli
