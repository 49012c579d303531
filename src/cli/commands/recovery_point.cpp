#include "cli/commands/recovery_point.h"

#include <charconv>
#include <string_view>

#include "backup/contents.h"
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

std::optional<SequenceNumber> find_point(const RecoveryPoint& wanted,
                                         const std::vector<std::filesystem::path>& files) {
  if (wanted.kind == RecoveryPoint::Kind::latest) return std::nullopt;
  std::string points;
  std::uint64_t last = 0;
  for (const std::filesystem::path& file : files) {
    const backup::Header header = backup::read_header(file);
    const bool is_wanted = wanted.kind == RecoveryPoint::Kind::sequence
                               ? wanted.sequence == header.sequence_number
                               : wanted.time_us == header.committed_at_us;
    if (is_wanted) return SequenceNumber{header.sequence_number};
    points += points.empty() ? "" : ", ";
    points += describe_point({header.sequence_number}, header.committed_at_us.value_or(0));
    last = header.sequence_number;
  }
  const std::string asked = wanted.kind == RecoveryPoint::Kind::sequence
                                ? format("seq {}", wanted.sequence)
                                : format_time_us(wanted.time_us);
  throw Error(ErrorCode::not_restorable,
              files.size() == 1 ? format("{} cannot be restored to {}: it holds one point, {}",
                                         files.front().string(), asked, points)
                                : format("no file given ends at {}; they end at {}", asked, points),
              "nothing was written", format("use --to seq:{}", last));
}

}  // namespace manifolddb::cli
