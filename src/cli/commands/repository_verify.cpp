#include "cli/commands/repository_verify.h"

#include <algorithm>

#include "backup/catalogue.h"
#include "backup/manifest.h"
#include "cli/arguments.h"
#include "cli/commands/window_printer.h"
#include "cli/session.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

namespace {

void print_report(Output& out, const RepositoryReference& reference,
                  const backup::VerifyOptions& options, const backup::RepositoryReport& report,
                  const Stopwatch& watch) {
  for (const backup::RepositoryFault& fault : report.faults) print_fault(out, fault);
  const std::string level(backup::level_name(options.level));
  print_window(out, "still_restorable", report.restorable, report.window);
  if (out.json()) {
    out.line(JsonObject::line()
                 .text("source", reference.argument)
                 .boolean("sound", report.ok())
                 .text("level", level)
                 .number("fault_count", report.fault_count)
                 .number("backups_checked", report.backups_checked)
                 .number("segments_checked", report.segments_checked)
                 .number("bytes_checked", report.bytes_checked)
                 .number("gap_count", report.gaps.size())
                 .number("restorable_count", report.restorable.size())
                 .number("unproved_count", report.unproved.size())
                 .number("unfinished_count", report.unfinished.size()));
    return;
  }
  if (report.fault_count > report.faults.size()) {
    out.line(format("and {} more", group_digits(report.fault_count - report.faults.size())));
  }
  for (const backup::Manifest& manifest : report.unproved) {
    out.line(format("unproved: backup {}: what the database held was not what it had committed",
                    backup::describe(manifest)));
  }
  for (const std::string& id : report.unfinished) {
    out.line(format("unfinished: backups/{}: being made, or left by a run that was killed", id));
  }
  for (const auto& [history, gap] : report.gaps) print_gap(out, history, gap);
  std::string checked = describe_count(report.backups_checked, "backup", "backups");
  if (report.segments_checked != 0) {
    checked +=
        format(" and {}", describe_count(report.segments_checked, "log segment", "log segments"));
  }
  out.line(
      format("verified {} of {} at level {}: {} in {}, {}", checked, reference.argument, level,
             describe_bytes(report.bytes_checked), watch.to_string(),
             report.ok() ? "no fault" : describe_count(report.fault_count, "fault", "faults")));
}

std::string next_of(const backup::RepositoryReport& report, const std::string& name) {
  using backup::FaultKind;
  const auto any_is = [&report](auto... kinds) {
    return std::any_of(report.faults.begin(), report.faults.end(),
                       [=](const auto& fault) { return ((fault.kind == kinds) || ...); });
  };
  if (any_is(FaultKind::damaged_manifest, FaultKind::missing_manifest, FaultKind::missing_file,
             FaultKind::truncated, FaultKind::damaged_data, FaultKind::broken_chain,
             FaultKind::missing_log)) {
    return format("take a new full backup: manifold backup DB --full -r {}", name);
  }
  if (any_is(FaultKind::unreadable_manifest)) {
    return "look at why it cannot be read, then verify again";
  }
  if (any_is(FaultKind::newer_format)) return "read what is newer with a newer manifold";
  return "move what is named out of the repository: it belongs to none of its backups";
}

std::string what_is_safe(const backup::RepositoryReport& report) {
  if (report.window.empty()) return "nothing in it can be restored; it was only read";
  return format("{} can still be restored, the newest point is seq {}; it was only read",
                describe_count(report.restorable.size(), "backup", "backups"),
                report.window.back().last.value);
}

}  // namespace

Outcome verify_repository(Session& session, const RepositoryReference& reference,
                          backup::VerifyOptions options) {
  const Stopwatch watch;
  const std::string name = reference.path.string();
  backup::RepositoryReport report;
  {
    Progress progress(session.progress_mode(), "verifying", "bytes");
    options.progress = progress.callback();
    report = with_repository_name(name, [&] {
      return backup::Repository::open(reference.path).verify(options, reference.which);
    });
  }
  print_report(session.output(), reference, options, report, watch);
  if (report.ok()) return Outcome::done;
  session.explain(Error(ErrorCode::damaged,
                        format("{}: {} found", reference.argument,
                               describe_count(report.fault_count, "fault", "faults")),
                        what_is_safe(report), next_of(report, name)));
  return Outcome::damage_found;
}

}  // namespace manifolddb::cli
