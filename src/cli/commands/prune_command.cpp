#include <algorithm>
#include <memory>
#include <string>

#include "backup/manifest.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands/window_printer.h"
#include "cli/repository_source.h"
#include "cli/session.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

namespace prune_command {

namespace {

struct Arguments {
  std::string repository;
  std::uint64_t keep_last = 0, keep_daily = 0, keep_weekly = 0, keep_monthly = 0;
  std::string keep_within;
  bool confirm = false;
};

// "12h", "7d", "4w".
std::chrono::seconds parse_duration(const std::string& text) {
  static constexpr std::uint64_t kCountMax = 1'000'000;
  std::uint64_t count = 0;
  std::uint64_t unit = 0;
  if (text.ends_with('h')) unit = 3600;
  if (text.ends_with('d')) unit = 86'400;
  if (text.ends_with('w')) unit = 7 * 86'400;
  if (unit == 0 || !parse_unsigned(std::string_view(text).substr(0, text.size() - 1), count) ||
      count == 0 || count > kCountMax) {
    throw Error(ErrorCode::usage, "--keep-within " + text + ": it is a number with h, d or w",
                "nothing was removed", "as in --keep-within 7d");
  }
  return std::chrono::seconds(static_cast<std::int64_t>(count * unit));
}

backup::PrunePolicy policy_of(const Arguments& arguments) {
  backup::PrunePolicy policy;
  policy.keep_last = arguments.keep_last;
  policy.keep_daily = arguments.keep_daily;
  policy.keep_weekly = arguments.keep_weekly;
  policy.keep_monthly = arguments.keep_monthly;
  if (!arguments.keep_within.empty()) policy.keep_within = parse_duration(arguments.keep_within);
  return policy;
}

void print_decision(Output& out, const backup::PruneDecision& decision, bool done) {
  const char* const verb = decision.keep ? "stays" : done ? "went" : "goes";
  if (out.json()) {
    JsonObject object = JsonObject::line();
    if (decision.manifest) {
      object = describe_manifest(std::move(object), *decision.manifest);
    } else {
      object.text("backup_id", decision.id);
    }
    return out.line(object.boolean("keep", decision.keep).text("reason", decision.reason));
  }
  if (!decision.manifest) {
    return out.line(format("{:<5}  {}  ({})", verb, decision.id, decision.reason));
  }
  const backup::Manifest& m = *decision.manifest;
  out.line(format("{:<5}  {}  {:<11}  seq {:<10}  made {}  {:>10}  {}", verb,
                  decision.id.substr(0, 8), backup::kind_name(m.kind), m.sequence_number.value,
                  format_time_us(m.created_at_us), describe_bytes(m.stored_bytes),
                  decision.reason));
}

// Ranges of segments of one history that go.
void print_segments(Output& out, const backup::PrunePlan& plan) {
  for (std::size_t i = 0; i < plan.segments.size();) {
    const backup::LogSegment& first = plan.segments[i];
    std::uint64_t last = first.last.value;
    std::uint64_t bytes = 0;
    std::size_t count = 0;
    for (; i < plan.segments.size() && plan.segments[i].history_id == first.history_id; ++i) {
      last = std::max(last, plan.segments[i].last.value);
      bytes += plan.segments[i].stored_bytes;
      ++count;
    }
    const char* const reason = "no backup that stays is older";
    if (out.json()) {
      JsonObject log;
      log.text("history_id", first.history_id.to_string())
          .number("first", first.first.value)
          .number("last", last)
          .number("segment_count", count)
          .number("stored_bytes", bytes);
      out.line(JsonObject::line().object("log", log).boolean("keep", false).text("reason", reason));
    } else {
      out.line(format("{:<5}  log of {}, seq {} to {}, {}, {}  {}", plan.done ? "went" : "goes",
                      first.history_id.to_string(), first.first.value, last,
                      describe_count(count, "segment", "segments"), describe_bytes(bytes), reason));
    }
  }
}

Outcome run(Session& session, const Arguments& arguments) {
  const backup::PrunePolicy policy = policy_of(arguments);
  const backup::Repository repository = open_repository(arguments.repository);
  const backup::PrunePlan plan = with_repository_name(arguments.repository, [&] {
    return arguments.confirm ? repository.prune(policy) : repository.plan_prune(policy);
  });
  Output& out = session.output();
  std::vector<backup::Manifest> before, after;
  std::uint64_t count = 0;
  for (const backup::PruneDecision& decision : plan.decisions) {
    print_decision(out, decision, plan.done);
    if (!decision.keep) ++count;
    if (!decision.restorable) continue;
    before.push_back(*decision.manifest);
    if (decision.keep) after.push_back(*decision.manifest);
  }
  print_segments(out, plan);
  print_window(out, "window_before", before, plan.window_before);
  print_window(out, "window_after", after, plan.window_after);
  const std::string removed =
      describe_count(count, "backup", "backups") +
      (plan.segments.empty()
           ? ""
           : " and " + describe_count(plan.segments.size(), "log segment", "log segments"));
  if (out.json()) {
    out.line(JsonObject::line()
                 .text("repository", arguments.repository)
                 .boolean("done", plan.done)
                 .number("removed_count", count)
                 .number("removed_segment_count", plan.segments.size())
                 .number("bytes_freed", plan.bytes_freed));
  } else if (plan.done) {
    out.line(format("removed {}, {}", removed, describe_bytes(plan.bytes_freed)));
  } else {
    out.line(format("would remove {}, {}; nothing was changed: --confirm does it", removed,
                    describe_bytes(plan.bytes_freed)));
  }
  return Outcome::done;
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto arguments = std::make_shared<Arguments>();
  parser.positional("REPO", arguments->repository, "A repository: a folder or a file:// URL");
  parser.option("--keep-last", arguments->keep_last, "The newest N backups").value_name("N");
  parser
      .option("--keep-daily", arguments->keep_daily,
              "The newest backup of each of the last N days that have one (UTC)")
      .value_name("N");
  parser.option("--keep-weekly", arguments->keep_weekly, "The same by week, from Monday on")
      .value_name("N");
  parser.option("--keep-monthly", arguments->keep_monthly, "The same by month").value_name("N");
  parser
      .option("--keep-within", arguments->keep_within,
              "All that are not older than this, before the newest: 12h, 7d, 4w")
      .value_name("TIME");
  parser.flag("--confirm", arguments->confirm, "Do it; without it, only say what would be done");
  return [arguments](Session& session) { return run(session, *arguments); };
}

}  // namespace

}  // namespace prune_command

const Command kPruneCommand{
    "prune", "Remove old backups from a repository, by rules for what stays",
    "  manifold prune /backups/graph --keep-daily 7 --keep-weekly 4\n"
    "  manifold prune /backups/graph --keep-daily 7 --keep-weekly 4 --confirm",
    prune_command::configure};

}  // namespace manifolddb::cli
