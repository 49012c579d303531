// Backups of ManifoldDB for Rust, which `restore`, `verify` and `show` take as they take ours.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/session.h"
#include "manifolddb/migrate.h"

namespace manifolddb::cli {

// Whether each of them is a regular file that begins as such a backup.
bool are_predecessor_backups(const std::vector<std::string>& sources);

struct PredecessorRestore {
  std::string database;  // nothing is written when it is empty
  bool dry_run = false;
  bool into_existing = false;
  backup::OnConflict on_conflict = backup::OnConflict::fail;
};

// Ends with the report of an import.
Outcome restore_predecessor_backups(Session& session, const std::vector<std::string>& sources,
                                    const PredecessorRestore& restore,
                                    const ResourceOptions& resources);

}  // namespace manifolddb::cli
