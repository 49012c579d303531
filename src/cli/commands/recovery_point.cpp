#include "cli/commands/recovery_point.h"

#include <charconv>
#include <string_view>

#include "cli/arguments.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

RecoveryPoint parse_recovery_point(const std::string& text) {
  static constexpr std::string_view kSequence = "seq:";
  static constexpr std::string_view kTime = "time:";
  RecoveryPoint point;
  if (text == "latest") return point;
  if (text.starts_with(kSequence)) {
    point.kind = RecoveryPoint::Kind::sequence;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + kSequence.size(), end, point.sequence);
    if (error == std::errc() && rest == end) return point;
  }
  if (text.starts_with(kTime)) {
    point.kind = RecoveryPoint::Kind::time;
    if (parse_time_us(std::string_view(text).substr(kTime.size()), point.time_us)) return point;
  }
  throw Error(ErrorCode::usage,
              format("--to {}: it is latest, seq:N, or time:T with an offset or Z", text),
              "nothing was done", "as in --to seq:20483 or --to time:2026-11-22T21:47:00Z");
}

void require_point(const RecoveryPoint& wanted, const backup::Header& header,
                   const std::string& source) {
  std::string asked;
  if (wanted.kind == RecoveryPoint::Kind::sequence && wanted.sequence != header.sequence_number) {
    asked = format("seq {}", wanted.sequence);
  }
  if (wanted.kind == RecoveryPoint::Kind::time && wanted.time_us != header.committed_at_us) {
    asked = format_time_us(wanted.time_us);
  }
  if (asked.empty()) return;
  throw Error(ErrorCode::not_restorable,
              format("{} cannot be restored to {}: it holds one point, {}", source, asked,
                     describe_point({header.sequence_number}, header.committed_at_us.value_or(0))),
              "nothing was written", format("use --to seq:{}", header.sequence_number));
}

}  // namespace manifolddb::cli
