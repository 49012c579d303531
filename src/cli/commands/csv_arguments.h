// --delimiter, --array-delimiter and --quote, which import and export have in common.
#pragma once

#include <string>

#include "cli/argument_parser.h"
#include "manifolddb/migrate.h"

namespace manifolddb::cli {

struct CsvCharacters {
  std::string delimiter, array_delimiter, quote;  // empty: not given
};
void add_csv_characters(ArgumentParser& parser, CsvCharacters& characters);

// Throws Error{usage} for what is not one character.
void set_characters(const CsvCharacters& from, migrate::CsvOptions& to);

}  // namespace manifolddb::cli
