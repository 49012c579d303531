#include "cli/commands/damage_list.h"

#include "backup/damage.h"
#include "cli/arguments.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

void print_damage(Output& out, const backup::Damage& damage) {
  if (!out.json()) return out.line(backup::describe(damage));
  JsonObject details;
  details.text("source", damage.source)
      .number("first_line", damage.first_line)
      .number("last_line", damage.last_line)
      .number("first_byte", damage.first_byte)
      .number("last_byte", damage.last_byte)
      .text("what", damage.what);
  out.line(JsonObject::line().object("damage", details));
}

void print_damages(Output& out, const backup::VerifyReport& report) {
  for (const backup::Damage& damage : report.damages) print_damage(out, damage);
  const std::uint64_t unlisted = report.damage_count - report.damages.size();
  if (unlisted != 0 && !out.json()) out.line(format("and {} more", group_digits(unlisted)));
}

Error explain_damages(const std::string& source, const backup::VerifyReport& report) {
  return Error(
      ErrorCode::damaged,
      format("{}: {} found", source, describe_count(report.damage_count, "damage", "damages")),
      "the backup was only read; restore refuses it",
      "verify another copy, or make a new backup: manifold backup DB --full -o FILE");
}

JsonObject describe(const backup::BackupStatistics& statistics) {
  JsonObject object;
  object.number("entity_count", statistics.entity_count)
      .number("edge_count", statistics.edge_count)
      .number("metadata_count", statistics.metadata_count)
      .number("schema_count", statistics.schema_count)
      .number("deleted_count", statistics.deleted_count)
      .number("total_records", statistics.total_records);
  return object;
}

JsonObject describe_summary(JsonObject object, const backup::BackupSummary& summary) {
  object.text("backup_id", summary.backup_id.to_string())
      .text("database_id", summary.database_id.to_string())
      .text("history_id", summary.history_id.to_string())
      .number("sequence_number", summary.sequence_number.value)
      .time("committed_at", summary.sequence_number.value == 0
                                ? std::nullopt
                                : std::optional(summary.committed_at_us))
      .text("content_digest", summary.content_digest.to_hex())
      .object("statistics", describe(summary.statistics))
      .number("uncompressed_size", summary.statistics.uncompressed_size)
      .number("stored_bytes", summary.stored_bytes);
  return object;
}

}  // namespace manifolddb::cli
