#include <memory>
#include <string>

#include "backup/catalogue.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/repository_source.h"
#include "cli/session.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

namespace copy_command {

namespace {

struct Arguments {
  std::string source, target;
};

void print_text(Output& out, const Arguments& arguments, const backup::CopySummary& summary,
                const Stopwatch& watch) {
  for (const backup::Manifest& manifest : summary.copied) {
    out.line(
        format("copied {}, {}", backup::describe(manifest), describe_bytes(manifest.stored_bytes)));
  }
  const std::string present =
      describe_count(summary.present_before + summary.segments_present_before, "was", "were");
  if (summary.copied.empty() && summary.segments_copied == 0 && summary.segments_removed == 0 &&
      summary.not_copied.empty()) {
    return out.line(format("{} is up to date: {} there already, and not read again",
                           arguments.target, present));
  }
  std::string copied = describe_count(summary.copied.size(), "backup", "backups");
  if (summary.segments_copied + summary.segments_present_before != 0) {
    copied +=
        format(" and {}", describe_count(summary.segments_copied, "log segment", "log segments"));
  }
  out.line(format("{}copied {} ({}) to {} in {}, hashes checked on both sides; {} there already",
                  summary.target_created ? "made the repository and " : "", copied,
                  describe_bytes(summary.bytes_copied), arguments.target, watch.to_string(),
                  present));
  if (summary.segments_removed != 0) {
    out.line(format("removed {} from {}: larger ones hold the same",
                    describe_count(summary.segments_removed, "log segment", "log segments"),
                    arguments.target));
  }
}

void print_json(Output& out, const Arguments& arguments, const backup::CopySummary& summary) {
  for (const backup::Manifest& manifest : summary.copied) {
    out.line(describe_manifest(JsonObject::line(), manifest));
  }
  out.line(JsonObject::line()
               .text("source", arguments.source)
               .text("target", arguments.target)
               .number("copied_count", summary.copied.size())
               .number("present_count", summary.present_before)
               .number("copied_segment_count", summary.segments_copied)
               .number("present_segment_count", summary.segments_present_before)
               .number("removed_segment_count", summary.segments_removed)
               .number("not_copied_count", summary.not_copied.size())
               .number("bytes_copied", summary.bytes_copied)
               .boolean("target_created", summary.target_created));
}

Outcome run(Session& session, const Arguments& arguments) {
  const Stopwatch watch;
  const backup::Repository source = open_repository(arguments.source);
  backup::CopySummary summary;
  {
    Progress progress(session.progress_mode(), "copying", "bytes");
    backup::CopyOptions options;
    options.progress = progress.callback();
    summary = with_repository_name(arguments.target, [&] {
      return source.copy_to(repository_path(arguments.target), options);
    });
  }
  Output& out = session.output();
  for (const backup::RepositoryFault& fault : summary.not_copied) print_fault(out, fault);
  out.json() ? print_json(out, arguments, summary) : print_text(out, arguments, summary, watch);
  if (summary.not_copied.empty()) return Outcome::done;
  session.explain(Error(
      ErrorCode::failed,
      format("{} of {} not copied",
             describe_count(summary.not_copied.size(), "backup or segment", "backups and segments"),
             arguments.source),
      "everything else is in " + arguments.target, command_for("verify", arguments.source)));
  return Outcome::listed_exceptions;
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto arguments = std::make_shared<Arguments>();
  parser.positional("FROM", arguments->source, "The repository to copy");
  parser.positional("TO", arguments->target,
                    "The repository to bring up to date; made where nothing is");
  return [arguments](Session& session) { return run(session, *arguments); };
}

}  // namespace

}  // namespace copy_command

const Command kCopyCommand{"copy", "Bring a second repository up to date",
                           "  manifold copy /backups/graph /mnt/usb/graph",
                           copy_command::configure};

}  // namespace manifolddb::cli
