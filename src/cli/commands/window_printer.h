// What a repository can restore, as commands print it.
#pragma once

#include <string>
#include <vector>

#include "cli/output.h"
#include "manifolddb/repository.h"

namespace manifolddb::cli {

// Of each history the numbers at which backups end (`restorable`: those that can be restored) and
// the ranges that the log adds. JSON: an array.
std::string window_json(const std::vector<backup::Manifest>& restorable,
                        const std::vector<backup::RestorableRange>& ranges);

// The same as lines of text, or as a JSON line with `name` as its member.
void print_window(Output& out, const std::string& name,
                  const std::vector<backup::Manifest>& restorable,
                  const std::vector<backup::RestorableRange>& ranges);

}  // namespace manifolddb::cli
