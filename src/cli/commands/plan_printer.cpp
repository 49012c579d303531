#include "cli/commands/plan_printer.h"

#include "backup/manifest.h"
#include "cli/arguments.h"
#include "cli/repository_source.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

namespace {

std::uint64_t segment_bytes(const backup::RestorePlan& plan) {
  std::uint64_t bytes = 0;
  for (const backup::LogSegment& segment : plan.segments) bytes += segment.stored_bytes;
  return bytes;
}

std::string transactions_of(const backup::RestorePlan& plan) {
  const std::uint64_t first = plan.backups.back().sequence_number.value + 1;
  const std::uint64_t last = plan.sequence_number.value;
  return first == last ? std::to_string(last) : format("{}-{}", first, last);
}

std::string range_of(const backup::Manifest& m) {
  if (!m.previous_sequence) return std::to_string(m.sequence_number.value);
  return format("{}-{}", m.previous_sequence->value + 1, m.sequence_number.value);
}

void print_text(Output& out, const std::string& database, const backup::RestorePlan& plan) {
  for (const backup::Manifest& m : plan.backups) {
    out.line(format("{:<11}  {}  seq {:<17}  {:>10}  {}", backup::kind_name(m.kind),
                    m.backup_id.to_string().substr(0, 8), range_of(m),
                    describe_bytes(m.stored_bytes),
                    describe_count(m.statistics.total_records, "record", "records")));
  }
  if (!plan.segments.empty()) {
    out.line(format("{:<11}  {:<8}  seq {:<17}  {:>10}  {}", "log", "", transactions_of(plan),
                    describe_bytes(segment_bytes(plan)),
                    describe_count(plan.segments.size(), "segment", "segments")));
  }
  const std::string time =
      plan.committed_at_us ? format(" ({})", format_time_us(*plan.committed_at_us)) : "";
  out.line(format("point: seq {}{} of history {}; content digest {}", plan.sequence_number.value,
                  time, plan.history_id.to_string(),
                  plan.content_digest ? plan.content_digest->to_hex() : "known when it is read"));
  out.line(format(
      "would restore {}{} to {}: {} in {}, about {:.1f} s at {} records and {} of log a "
      "second; nothing was read but names and headers",
      describe_count(plan.record_count, "record", "records"),
      plan.segments.empty() ? "" : " and those of the log", database,
      describe_bytes(plan.stored_bytes),
      describe_count(plan.backups.size() + plan.segments.size(), "file", "files"),
      estimated_seconds(plan), group_digits(static_cast<std::uint64_t>(kRestoreRecordsPerSecond)),
      describe_bytes(static_cast<std::uint64_t>(kRestoreLogBytesPerSecond))));
}

std::string backups_json(const backup::RestorePlan& plan) {
  std::string list;
  for (const backup::Manifest& m : plan.backups) {
    JsonObject one;
    one.text("backup_id", m.backup_id.to_string())
        .text("kind", backup::kind_name(m.kind))
        .number("sequence_number", m.sequence_number.value)
        .number("stored_bytes", m.stored_bytes)
        .number("total_records", m.statistics.total_records);
    list.append(list.empty() ? "" : ",").append(one.to_string());
  }
  return "[" + list + "]";
}

std::string segments_json(const backup::RestorePlan& plan) {
  std::string list;
  for (const backup::LogSegment& segment : plan.segments) {
    JsonObject one;
    one.number("first", segment.first.value)
        .number("last", segment.last.value)
        .number("stored_bytes", segment.stored_bytes)
        .text("object", segment.object);
    list.append(list.empty() ? "" : ",").append(one.to_string());
  }
  return "[" + list + "]";
}

}  // namespace

double estimated_seconds(const backup::RestorePlan& plan) {
  return static_cast<double>(plan.record_count) / kRestoreRecordsPerSecond +
         static_cast<double>(segment_bytes(plan)) / kRestoreLogBytesPerSecond;
}

void print_plan(Output& out, const std::string& source, const std::string& database,
                const backup::RestorePlan& plan) {
  if (!out.json()) return print_text(out, database, plan);
  JsonObject object = JsonObject::line();
  object.text("source", source)
      .text("database", database)
      .boolean("dry_run", true)
      .number("sequence_number", plan.sequence_number.value)
      .time("committed_at", plan.committed_at_us);
  plan.content_digest ? object.text("content_digest", plan.content_digest->to_hex())
                      : object.null("content_digest");
  out.line(object.text("database_id", plan.database_id.to_string())
               .text("history_id", plan.history_id.to_string())
               .json("backups", backups_json(plan))
               .json("segments", segments_json(plan))
               .number("stored_bytes", plan.stored_bytes)
               .number("record_count", plan.record_count)
               .number("highest_known", plan.highest_known.value)
               .json("estimated_seconds", format("{:.3f}", estimated_seconds(plan))));
}

}  // namespace manifolddb::cli
