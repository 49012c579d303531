#include <memory>
#include <string>

#include "backup/contents.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands/damage_list.h"
#include "cli/commands/predecessor_backup.h"
#include "cli/repository_source.h"
#include "cli/session.h"
#include "cli/standard_streams.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

namespace show_command {

namespace {

std::string names(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& name : list)
    text.append(text.empty() ? "" : ", ").append(printable(name));
  return text;
}

void print_header(Output& out, const backup::Header& header) {
  const auto row = [&out](std::string_view name, const std::string& value) {
    out.line(format("{:<18}{}", name, value));
  };
  row("format", format("{} version {}, {}", header.format, header.version, header.kind));
  row("created", format_time_us(header.created_at_us));
  row("sequence", describe_point({header.sequence_number}, header.committed_at_us.value_or(0)));
  row("backup", header.backup_id.to_string());
  row("database", header.database_id.to_string());
  row("history", header.history_id.to_string());
  if (header.kind == "log" && header.previous_sequence) {
    row("transactions",
        format("seq {} to {}", *header.previous_sequence + 1, header.sequence_number));
  } else {
    row("parent backup", header.parent_backup_id ? header.parent_backup_id->to_string() : "none");
  }
  if (header.previous_sequence) row("continues", format("seq {}", *header.previous_sequence));
  row("entities", group_digits(header.statistics.entity_count));
  row("edges", group_digits(header.statistics.edge_count));
  row("metadata entries", group_digits(header.statistics.metadata_count));
  row("deletions", group_digits(header.statistics.deleted_count));
  row("records", group_digits(header.statistics.total_records));
  row("content digest", header.content_digest.to_hex());
  row("next ids", format("entity {}, edge {}", header.next_entity_id, header.next_edge_id));
  row("generator", printable(header.generator));
  if (header.description) row("description", printable(*header.description));
  if (!header.must_understand.empty()) row("must understand", names(header.must_understand));
  if (!header.may_ignore.empty()) row("may ignore", names(header.may_ignore));
  for (const auto& [key, value] : header.extra) {
    row("extra", printable(key) + " = " + printable(value));
  }
}

void print_text(Output& out, const backup::Overview& overview) {
  if (overview.header) print_header(out, *overview.header);
  const backup::VerifyReport& report = overview.report;
  out.line(format("{:<18}{} of lines, {} stored", "size",
                  describe_bytes(report.summary.statistics.uncompressed_size),
                  describe_bytes(report.summary.stored_bytes)));
  if (report.ok()) out.line(format("{:<18}agrees with the header and all checkpoints", "trailer"));
}

// The header's members as they stand in the file, and what was found by reading on.
void print_json(Output& out, const std::string& source, const backup::Overview& overview) {
  std::string object = JsonObject::line().text("source", source).to_string();
  object.pop_back();
  if (overview.header) {
    std::string header = backup::header_json(*overview.header);
    header.pop_back();
    object.append(",").append(header, 1);
  }
  const backup::VerifyReport& report = overview.report;
  JsonObject found;
  found.boolean("sound", report.ok())
      .number("damage_count", report.damage_count)
      .number("uncompressed_size", report.summary.statistics.uncompressed_size)
      .number("stored_bytes", report.summary.stored_bytes);
  out.line(object + "," + found.to_string().substr(1));
}

// What the source is: itself, or the data of a backup in a repository. It is shown also when it, or
// what it continues, cannot be restored.
std::string file_of(const std::string& source) {
  const auto reference = find_repository(source);
  if (!reference) return source;
  const std::string name = reference->path.string();
  return with_repository_name(name, [&] {
    return backup::Repository::open(reference->path)
        .data_file(reference->which_or_latest())
        .string();
  });
}

Outcome run(Session& session, const std::string& argument) {
  const std::string source = file_of(argument);
  require_source(source);
  if (are_predecessor_backups({source})) {
    return restore_predecessor_backups(session, {source}, {}, {});
  }
  backup::Overview overview;
  {
    Progress progress(session.progress_mode(), "reading", "records");
    backup::Options options;
    options.progress = progress.callback();
    if (is_input_stream(source)) {
      InputStream in(source);
      overview = backup::read_overview(in, options);
    } else {
      overview = backup::read_overview(std::filesystem::path(source), options);
    }
  }
  Output& out = session.output();
  print_damages(out, overview.report);
  if (out.json()) {
    print_json(out, source, overview);
  } else {
    print_text(out, overview);
  }
  if (overview.report.ok()) return Outcome::done;
  session.explain(explain_damages(source, overview.report));
  return Outcome::damage_found;
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto source = std::make_shared<std::string>();
  parser.positional("SOURCE", *source, "A backup, REPO or REPO@ID, or - for standard input");
  return [source](Session& session) { return run(session, *source); };
}

}  // namespace

}  // namespace show_command

const Command kShowCommand{"show", "What a backup says about itself: header, counts, parent",
                           "  manifold show graph.jsonl.zst\n"
                           "  manifold show /backups/graph@1a2b3c4d\n"
                           "  manifold show graph.jsonl.zst --json | jq .statistics",
                           show_command::configure};

}  // namespace manifolddb::cli
