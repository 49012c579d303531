// `--compress`: how a backup is stored.
#pragma once

#include <string>

#include "cli/argument_parser.h"
#include "manifolddb/backup.h"

namespace manifolddb::cli {

void add_compress_option(ArgumentParser& parser, std::string& compress);

// "none", "zstd" or "zstd:LEVEL"; empty: by the output's name. Throws Error{usage}.
void set_compression(const std::string& compress, const std::string& output,
                     backup::ExportOptions& options);

}  // namespace manifolddb::cli
