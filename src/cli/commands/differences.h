// What `diff` prints, for commands that compare something of their own.
#pragma once

#include "backup/record_stream.h"
#include "cli/output.h"

namespace manifolddb::cli {

struct DifferencesForm {
  bool stat = false;        // only how many records differ
  bool apply_form = false;  // lines that `apply` takes to make the second side of the first
};

// Reads both streams to the end, or until nobody reads the output any more.
void print_differences(Output& out, backup::RecordStream& before, backup::RecordStream& after,
                       DifferencesForm form);

}  // namespace manifolddb::cli
