#include <memory>
#include <string>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/session.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

namespace check_command {

namespace {

void print_findings(Output& out, const CheckReport& report) {
  for (const CheckFinding& finding : report.findings) {
    if (out.json()) {
      JsonObject details;
      details.text("where", finding.where).text("what", finding.what);
      out.line(JsonObject::line().object("finding", details));
    } else {
      out.line(printable(finding.where) + ": " + printable(finding.what));
    }
  }
  const std::uint64_t unlisted = report.finding_count - report.findings.size();
  if (unlisted != 0 && !out.json()) out.line(format("and {} more", group_digits(unlisted)));
}

Outcome run(Session& session, const std::string& path) {
  const Database database = open_to_read(path);
  CheckReport report;
  {
    Progress progress(session.progress_mode(), "checking", "records");
    report = database.check(progress.callback());
  }
  const bool clean = report.finding_count == 0;
  Output& out = session.output();
  print_findings(out, report);
  if (out.json()) {
    out.line(JsonObject::line()
                 .boolean("clean", clean)
                 .number("finding_count", report.finding_count)
                 .number("records_checked", report.records_checked)
                 .number("sequence_number", database.sequence_number().value)
                 .text("content_digest", report.computed_digest.to_hex())
                 .text("recorded_content_digest", report.stored_digest.to_hex()));
  } else if (clean) {
    out.line(format(
        "checked {} at seq {}: indexes, counters and commits agree with them, every edge has its "
        "ends, content digest {} equals the recorded one",
        describe_count(report.records_checked, "record", "records"),
        database.sequence_number().value, report.computed_digest.to_hex()));
  }
  if (clean) return Outcome::done;
  session.explain(Error(
      ErrorCode::damaged,
      format("{}: {}", path, describe_count(report.finding_count, "disagreement", "disagreements")),
      "the database was only read; backups made before the damage are unaffected",
      "manifold restore BACKUP COPY    a verified backup into a new database"));
  return Outcome::damage_found;
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto path = std::make_shared<std::string>();
  parser.positional("DB", *path, "The database's folder");
  return [path](Session& session) { return run(session, *path); };
}

}  // namespace

}  // namespace check_command

const Command kCheckCommand{"check",
                            "Compare records, indexes, counters and digest with each other",
                            "  manifold check graph.manifold\n"
                            "  manifold check graph.manifold --json",
                            check_command::configure};

}  // namespace manifolddb::cli
