// Which backups continue which (docs/backup_format.md, section 5).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "backup/record_codec.h"

namespace manifolddb::backup {

struct ChainFile {
  std::filesystem::path path;
  Header header;
};

// A full backup, then each incremental that continues the one before it.
using Chain = std::vector<ChainFile>;

// Reads the headers; throws not_found, damaged, newer_format.
std::vector<ChainFile> read_headers(const std::vector<std::filesystem::path>& files);

// The chain among `files`, given in any order, that ends at `to` (none: at the highest sequence
// number). A backup that is there twice is used once. Every incremental that begins before the end
// must continue a file given, whether it is on the way or not: a set that does not fit together
// was not meant. Throws Error{not_restorable} for no full backup, a missing link, a wrong parent,
// an overlap, or when none ends at `to`; {wrong_history} for two databases or histories, also when
// they share their number; both values are named. `safe` says what is untouched.
Chain find_chain(const std::vector<ChainFile>& files, std::optional<std::uint64_t> to,
                 const std::string& safe);

// All chains that are no part of a longer one, each to its end. Throws as above.
std::vector<Chain> find_chains(const std::vector<ChainFile>& files, const std::string& safe);

}  // namespace manifolddb::backup
