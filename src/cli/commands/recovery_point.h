// `--to`: which point a restore shall reach.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "backup/record_codec.h"

namespace manifolddb::cli {

struct RecoveryPoint {
  enum class Kind { latest, sequence, time } kind = Kind::latest;
  std::uint64_t sequence = 0;
  std::int64_t time_us = 0;  // since 1970
};

// "latest", "seq:N" or "time:T", where T carries an offset. Throws Error{usage}.
RecoveryPoint parse_recovery_point(const std::string& text);

// A single backup holds one point: throws Error{not_restorable}, naming it, for any other.
void require_point(const RecoveryPoint& wanted, const backup::Header& header,
                   const std::string& source);

}  // namespace manifolddb::cli
