// The rules for CsvOptions.
#pragma once

#include "manifolddb/migrate.h"

namespace manifolddb::migrate {

// Error{usage} for characters that could not be told apart from each other or from values.
void check_csv_options(const CsvOptions& options);

}  // namespace manifolddb::migrate
