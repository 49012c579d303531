// How commands tell the damages of a backup.
#pragma once

#include <string>

#include "cli/output.h"
#include "manifolddb/backup.h"

namespace manifolddb::cli {

void print_damage(Output& out, const backup::Damage& damage);
void print_damages(Output& out, const backup::VerifyReport& report);

// The three lines for a backup in which damage was found.
Error explain_damages(const std::string& source, const backup::VerifyReport& report);

// Adds what the backup says about itself, in the words of its header.
JsonObject describe_summary(JsonObject object, const backup::BackupSummary& summary);
JsonObject describe(const backup::BackupStatistics& statistics);

}  // namespace manifolddb::cli
