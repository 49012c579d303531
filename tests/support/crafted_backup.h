// Backups whose envelope is right whatever their lines are: what only a check of the lines can
// find.
#pragma once

#include <string>
#include <vector>

#include "backup/file_writer.h"
#include "backup/record_codec.h"

namespace manifolddb::test_support {

// Statistics, digest and id counters that fit `lines` (each with its '\n'), as far as they are
// records.
backup::Header header_for(const std::vector<std::string>& lines);

// Header, blocks, checkpoints and trailer around any lines.
std::string craft_backup(const backup::Header& header, const std::vector<std::string>& lines);
std::string craft_backup(const std::vector<std::string>& lines);

std::string entity_with_id(std::uint64_t id);
std::string edge_with_ends(std::uint64_t id, std::uint64_t source, std::uint64_t target);

}  // namespace manifolddb::test_support
