#include "cli/commands/history_source.h"

#include <string_view>

#include "cli/arguments.h"
#include "cli/repository_source.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& next) {
  throw Error(ErrorCode::usage, what, "nothing was done", next);
}

struct Bound {
  std::optional<std::uint64_t> sequence;
  std::optional<std::int64_t> time_us;
};

Bound parse_bound(const std::string& option, const std::string& text) {
  static constexpr std::string_view kSequence = "seq:";
  static constexpr std::string_view kTime = "time:";
  Bound bound;
  if (text.empty()) return bound;
  std::string_view rest = text;
  if (rest.starts_with(kTime)) {
    std::int64_t time_us = 0;
    if (parse_time_us(rest.substr(kTime.size()), time_us)) {
      bound.time_us = time_us;
      return bound;
    }
  } else {
    if (rest.starts_with(kSequence)) rest.remove_prefix(kSequence.size());
    std::uint64_t sequence = 0;
    if (parse_unsigned(rest, sequence)) {
      bound.sequence = sequence;
      return bound;
    }
  }
  refuse(
      format("{} {}: it is a sequence number, seq:N, or time:T with an offset or Z", option, text),
      format("as in {0} 20483 or {0} time:2026-11-22T21:47:00Z", option));
}

}  // namespace

HistoryPlace find_history(const std::string& argument, const std::string& history) {
  HistoryPlace place;
  if (const auto reference = find_repository(argument)) {
    if (!reference->which.empty()) {
      refuse(argument + " names one point; transactions are those of a whole repository",
             "name the repository alone: " + reference->path.string());
    }
    with_repository_name(argument, [&] {
      place.repository = backup::Repository::open(reference->path);
      if (!history.empty()) {
        place.history_id = place.repository->catalogue().resolve_history(history);
      }
    });
    return place;
  }
  if (!history.empty()) {
    refuse("--history goes with a repository: a database has one history", "leave it out");
  }
  place.database = open_to_read(argument);
  return place;
}

std::unique_ptr<backup::TransactionSource> open_transactions(const HistoryPlace& place) {
  if (place.database) return std::make_unique<backup::DatabaseTransactions>(*place.database);
  return std::make_unique<backup::RepositoryTransactions>(*place.repository, place.history_id);
}

backup::HistoryRange parse_history_range(const std::string& from, const std::string& to) {
  const Bound first = parse_bound("--from", from);
  const Bound last = parse_bound("--to", to);
  if ((first.sequence && last.sequence && *first.sequence > *last.sequence) ||
      (first.time_us && last.time_us && *first.time_us > *last.time_us)) {
    refuse(format("--from {} lies behind --to {}", from, to), "manifold log --help");
  }
  backup::HistoryRange range;
  if (first.sequence) range.first = {*first.sequence};
  if (last.sequence) range.last = {*last.sequence};
  range.from_us = first.time_us;
  range.to_us = last.time_us;
  return range;
}

}  // namespace manifolddb::cli
