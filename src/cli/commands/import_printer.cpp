#include "cli/commands/import_printer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "common/file_system.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

namespace {

using migrate::Conversion;
using migrate::ImportReport;
using migrate::Refusal;
using migrate::SourcePlace;

JsonObject describe(const SourcePlace& place) {
  return JsonObject()
      .text("file", place.file)
      .number("line", place.line)
      .number("byte", place.byte);
}

std::string conversions_json(const ImportReport& report) {
  std::string json = "[";
  for (const Conversion& conversion : report.conversions) {
    json += json.size() == 1 ? "" : ",";
    json += JsonObject()
                .text("kind", conversion.kind)
                .number("count", conversion.count)
                .object("first", describe(conversion.first))
                .to_string();
  }
  return json + "]";
}

std::string refusals_json(const ImportReport& report) {
  std::string json = "[";
  for (const Refusal& refusal : report.refusals) {
    json += json.size() == 1 ? "" : ",";
    json += describe(refusal.place).text("what", refusal.what).to_string();
  }
  return json + "]";
}

JsonObject to_json(const ImportReport& report) {
  JsonObject object = JsonObject::line();
  object.text("format", report.format)
      .boolean("dry_run", report.dry_run)
      .number("nodes_read", report.nodes_read)
      .number("edges_read", report.edges_read)
      .number("entities_kept", report.entities_kept)
      .number("edges_kept", report.edges_kept)
      .number("metadata_kept", report.metadata_kept)
      .number("entities_created", report.entities_created)
      .number("skipped_count", report.skipped_count)
      .number("overwritten_count", report.overwritten_count)
      .json("conversions", conversions_json(report))
      .number("refusal_count", report.refusal_count)
      .json("refusals", refusals_json(report));
  if (report.dry_run) return object;
  object.point(report.sequence_number, report.committed_at_us)
      .text("content_digest", report.content_digest.to_hex());
  return object;
}

void write_durably(const std::filesystem::path& file, const std::string& text) {
  const std::filesystem::path temporary = temporary_sibling(file);
  const FileDescriptor fd = open_file(temporary, O_WRONLY | O_CREAT | O_EXCL);
  try {
    for (std::size_t written = 0; written < text.size();) {
      const ssize_t n = ::write(fd.get(), text.data() + written, text.size() - written);
      if (n < 0 && errno != EINTR) throw_file_error(errno, "write", file);
      if (n > 0) written += static_cast<std::size_t>(n);
    }
    sync_file(fd.get(), file);
    rename_durably(temporary, file);
  } catch (const Error&) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    throw;
  }
}

std::string at(const SourcePlace& place) {
  return format("{}: line {}", printable(place.file), place.line);
}

}  // namespace

void print_import_report(Output& out, const std::string& database, const ImportReport& report,
                         const Stopwatch& watch) {
  if (out.json()) return out.line(to_json(report));
  for (const Conversion& conversion : report.conversions) {
    out.line(format("converted: {} ({}, first in {})", conversion.kind,
                    describe_count(conversion.count, "time", "times"), at(conversion.first)));
  }
  for (const Refusal& refusal : report.refusals) {
    out.line(format("refused: {}: {}", at(refusal.place), refusal.what));
  }
  if (report.refusal_count > report.refusals.size()) {
    out.line(
        format("refused: {} more", group_digits(report.refusal_count - report.refusals.size())));
  }
  std::string kept = format("{} and {}", describe_count(report.entities_kept, "entity", "entities"),
                            describe_count(report.edges_kept, "edge", "edges"));
  if (report.metadata_kept != 0) {
    kept += format(" and {}",
                   describe_count(report.metadata_kept, "metadata entry", "metadata entries"));
  }
  const std::string of = format(
      "{} of {} and {}{}{}{}", report.format, describe_count(report.nodes_read, "node", "nodes"),
      describe_count(report.edges_read, "edge", "edges"),
      report.entities_created == 0
          ? ""
          : format("; {} made for edges that name them", group_digits(report.entities_created)),
      report.skipped_count == 0 ? "" : format("; {} skipped", group_digits(report.skipped_count)),
      report.overwritten_count == 0
          ? ""
          : format("; {} overwritten", group_digits(report.overwritten_count)));
  if (report.dry_run) {
    out.line(format("would import {} from {}, checked in {}", kept, of, watch.to_string()));
    return;
  }
  out.line(format("imported {} from {} into {} in {}; now at {}, content digest {}", kept, of,
                  database, watch.to_string(),
                  describe_point(report.sequence_number, report.committed_at_us),
                  report.content_digest.to_hex()));
}

void write_import_report(const std::filesystem::path& file, const std::string& database,
                         const ImportReport& report) {
  try {
    write_durably(file, to_json(report).to_string() + "\n");
  } catch (const Error& error) {
    throw Error(error.code(), error.what(),
                report.dry_run
                    ? "nothing was imported"
                    : "the import is complete in " + database + "; only the report is missing",
                "it was printed as well, with --json in the same form");
  }
}

Error describe_refusals(const ImportReport& report, const std::string& database) {
  const std::string first =
      report.refusals.empty() ? "" : ", the first in " + at(report.refusals.front().place);
  if (report.dry_run) {
    return Error(
        ErrorCode::damaged,
        describe_count(report.refusal_count, "record", "records") + " would be refused" + first,
        "nothing was written", "correct the input; what is refused is listed above");
  }
  return Error(ErrorCode::failed,
               describe_count(report.refusal_count, "edge was", "edges were") + " left out" + first,
               "everything else is in " + database,
               "what was left out is listed above; --on-dangling create makes the missing nodes");
}

}  // namespace manifolddb::cli
