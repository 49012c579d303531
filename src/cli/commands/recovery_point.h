// `--to`: which point a restore shall reach.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "manifolddb/graph.h"

namespace manifolddb::cli {

struct RecoveryPoint {
  enum class Kind { latest, sequence, time } kind = Kind::latest;
  std::uint64_t sequence = 0;
  std::int64_t time_us = 0;  // since 1970
};

// "latest", "seq:N" or "time:T", where T carries an offset. Throws Error{usage}.
RecoveryPoint parse_recovery_point(const std::string& text);

// Where in the files of a chain that is: the end of one of them, none for the latest. Throws
// Error{not_restorable}, naming the points that they hold, when none ends there.
std::optional<SequenceNumber> find_point(const RecoveryPoint& wanted,
                                         const std::vector<std::filesystem::path>& files);

}  // namespace manifolddb::cli
