#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/session.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

namespace stats_command {

namespace {

std::string describe_parent(const DatabaseStatistics& statistics) {
  if (!statistics.parent_history_id) return "";
  return format(", continues {} at seq {}", statistics.parent_history_id->to_string(),
                statistics.parent_sequence_number.value);
}

struct Lag {
  std::uint64_t transactions = 0;
  double seconds = 0;
};

// The age of the newest point that can be restored, as long as something is missing behind it.
Lag lag_of(const DatabaseStatistics& now, const ArchiveStatus& archive) {
  Lag lag;
  if (archive.history_id == now.history_id && archive.sequence_number >= now.sequence_number) {
    return lag;
  }
  const bool same = archive.history_id == now.history_id;
  lag.transactions = now.sequence_number.value - (same ? archive.sequence_number.value : 0);
  const auto present = std::chrono::duration_cast<std::chrono::microseconds>(
                           std::chrono::system_clock::now().time_since_epoch())
                           .count();
  lag.seconds = std::max(0.0, static_cast<double>(present - archive.committed_at_us) / 1e6);
  return lag;
}

std::string describe_archive(const DatabaseStatistics& now, const ArchiveStatus& archive) {
  const Lag lag = lag_of(now, archive);
  std::string text = archive.repository.string() + ": up to " +
                     describe_point(archive.sequence_number, archive.committed_at_us);
  if (lag.transactions != 0) {
    text += format(", {} and {} behind, {:.1f} s old",
                   describe_count(lag.transactions, "transaction", "transactions"),
                   describe_bytes(archive.log_bytes_behind), lag.seconds);
  }
  if (!archive.failure.empty()) text += "; failing: " + archive.failure;
  if (archive.gap_first) {
    text += format("; gap from seq {} to {}", archive.gap_first->value, archive.gap_last->value);
  }
  return text + "; reported " + format_time_us(archive.updated_at_us);
}

std::string archives_json(const DatabaseStatistics& now) {
  std::string list;
  for (const ArchiveStatus& archive : now.archives) {
    const Lag lag = lag_of(now, archive);
    JsonObject object;
    object.text("repository", archive.repository.string())
        .text("history_id", archive.history_id.to_string())
        .number("sequence_number", archive.sequence_number.value)
        .time("committed_at", archive.committed_at_us)
        .time("complete_until", archive.complete_until_us)
        .time("updated_at", archive.updated_at_us)
        .number("lag_transactions", lag.transactions)
        .json("lag_seconds", format("{:.3f}", lag.seconds))
        .number("lag_bytes", archive.log_bytes_behind);
    archive.failure.empty() ? object.null("failure") : object.text("failure", archive.failure);
    if (archive.gap_first) {
      object.object("gap", JsonObject()
                               .number("first", archive.gap_first->value)
                               .number("last", archive.gap_last->value));
    } else {
      object.null("gap");
    }
    list.append(list.empty() ? "" : ",").append(object.to_string());
  }
  return "[" + list + "]";
}

void print_text(Output& out, const Database& database) {
  const DatabaseStatistics now = database.statistics();
  const auto row = [&out](std::string_view name, std::string_view value) {
    out.line(format("{:<18}{}", name, value));
  };
  row("entities", group_digits(now.counts.entity_count));
  row("edges", group_digits(now.counts.edge_count));
  row("metadata entries", group_digits(now.counts.metadata_count));
  row("sequence", describe_point(now.sequence_number, now.committed_at_us.value_or(0)));
  row("durable sequence", format("seq {}", now.durable_sequence_number.value));
  row("content digest", now.content_digest.to_hex());
  row("database", now.database_id.to_string());
  row("history", now.history_id.to_string() + describe_parent(now));
  row("horizon", format("seq {}", now.horizon.value));
  row("next ids", format("entity {}, edge {}", now.next_entity_id, now.next_edge_id));
  row("tombstones", group_digits(now.tombstone_count));
  row("tables", describe_bytes(now.table_bytes));
  row("log", describe_bytes(now.log_bytes));
  for (const ArchiveStatus& archive : now.archives) row("archive", describe_archive(now, archive));
  const auto count = [&out](const std::string& name, std::uint64_t number) {
    out.line(format("{:>16}  {}", group_digits(number), printable(name)));
  };
  out.line("entities by label");
  database.for_each_label_count(count);
  out.line("edges by type");
  database.for_each_edge_type_count(count);
}

JsonObject describe(const DatabaseStatistics& now) {
  JsonObject counts;
  counts.number("entity_count", now.counts.entity_count)
      .number("edge_count", now.counts.edge_count)
      .number("metadata_count", now.counts.metadata_count);
  JsonObject object = JsonObject::line();
  object.object("statistics", counts)
      .number("sequence_number", now.sequence_number.value)
      .time("committed_at", now.committed_at_us)
      .number("durable_sequence_number", now.durable_sequence_number.value)
      .text("content_digest", now.content_digest.to_hex())
      .text("database_id", now.database_id.to_string())
      .text("history_id", now.history_id.to_string());
  if (now.parent_history_id) {
    JsonObject parent;
    parent.text("history_id", now.parent_history_id->to_string())
        .number("sequence_number", now.parent_sequence_number.value);
    object.object("parent", parent);
  } else {
    object.null("parent");
  }
  return object.number("horizon", now.horizon.value)
      .number("next_entity_id", now.next_entity_id)
      .number("next_edge_id", now.next_edge_id)
      .number("tombstone_count", now.tombstone_count)
      .number("table_bytes", now.table_bytes)
      .number("log_bytes", now.log_bytes)
      .json("archives", archives_json(now));
}

// One object; the counts go out as they come, since there may be any number of labels.
void print_json(Output& out, const Database& database) {
  std::string object = describe(database.statistics()).to_string();
  object.pop_back();
  out.write(object);
  std::string_view separator;
  const auto count = [&](const std::string& name, std::uint64_t number) {
    out.write(format("{}{}:{}", separator, json_text(name), number));
    separator = ",";
  };
  out.write(",\"labels\":{");
  database.for_each_label_count(count);
  separator = "";
  out.write("},\"edge_types\":{");
  database.for_each_edge_type_count(count);
  out.write("}}\n");
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto path = std::make_shared<std::string>();
  parser.positional("DB", *path, "The database's folder");
  return [path](Session& session) {
    const Database database = open_to_read(*path);
    if (session.output().json()) {
      print_json(session.output(), database);
    } else {
      print_text(session.output(), database);
    }
    return Outcome::done;
  };
}

}  // namespace

}  // namespace stats_command

const Command kStatsCommand{"stats", "Counts by label and type, sequence, history, digest, sizes",
                            "  manifold stats graph.manifold\n"
                            "  manifold stats graph.manifold --json | jq .statistics.entity_count",
                            stats_command::configure};

}  // namespace manifolddb::cli
