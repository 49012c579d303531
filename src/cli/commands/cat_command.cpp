#include <memory>
#include <optional>
#include <string>

#include "backup/contents.h"
#include "backup/damage.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands/damage_list.h"
#include "cli/commands/record_filter.h"
#include "cli/interrupt.h"
#include "cli/repository_source.h"
#include "cli/session.h"
#include "cli/standard_streams.h"
#include "database/database_core.h"
#include "database/key_codec.h"
#include "database/transaction_state.h"

namespace manifolddb::cli {

namespace cat_command {

namespace {

struct Arguments {
  std::string source;
  RecordFilter filter;
};

using backup::RecordFunction;

constexpr std::uint64_t kDamagesToldMax = 10;  // verify lists all of them

void for_each_of(const Snapshot& snapshot, RecordKind kind, const RecordFunction& fn) {
  RecordScan scan = snapshot.scan(kind);
  RecordView record;
  while (scan.next(record) && fn(record)) {
  }
}

// The label index and the ids spare the look at every record.
void for_each_wanted(const Database& database, const RecordFilter& filter,
                     const RecordFunction& fn) {
  const ReadTransaction read = database.begin_read();
  const Snapshot& snapshot = *read.state().snapshot;
  const GraphReader& reader = *read.state().reader;
  bool more = true;
  const RecordFunction once = [&](const RecordView& record) { return more = fn(record); };
  std::string body;
  const auto visit = [&](RecordKind kind, std::uint64_t id) {
    const std::string key = id_key(id);
    if (more && reader.get(kind, key, body)) once({kind, key, body});
  };
  if (filter.takes_all()) for_each_of(snapshot, RecordKind::key_value, once);
  if (filter.id) {
    visit(RecordKind::entity, *filter.id);
    visit(RecordKind::edge, *filter.id);
    return;
  }
  if (filter.label) {
    EntityIdCursor ids = reader.with_label(*filter.label);
    for (EntityId id; more && ids.next(id);) visit(RecordKind::entity, id.value);
  } else if (more && !filter.edge_type) {
    for_each_of(snapshot, RecordKind::entity, once);
  }
  if (more && (filter.edge_type || !filter.label)) for_each_of(snapshot, RecordKind::edge, once);
}

Outcome cat_backup(Session& session, const Arguments& arguments, RecordPrinter& printer) {
  backup::VerifyReport report;
  const backup::DamageFunction on_damage = [&](const backup::Damage& damage) {
    if (++report.damage_count <= kDamagesToldMax) talk(backup::describe(damage) + "\n");
  };
  const RecordFunction on_record = [&](const RecordView& record) { return printer.print(record); };
  backup::Options options;
  options.progress = [](std::uint64_t, std::uint64_t) { return !interrupted(); };
  if (is_input_stream(arguments.source)) {
    InputStream in(arguments.source);
    backup::for_each_record(in, options, on_record, on_damage);
  } else {
    backup::for_each_record(std::filesystem::path(arguments.source), options, on_record, on_damage);
  }
  if (report.damage_count == 0) return Outcome::done;
  session.explain(explain_damages(arguments.source, report));
  return Outcome::damage_found;
}

Outcome run(Session& session, const Arguments& arguments) {
  RecordPrinter printer(session.output(), arguments.filter);
  if (const auto reference = find_repository(arguments.source)) {
    const backup::BackupChain chain = open_chain(*reference);
    backup::Options options;
    options.progress = [](std::uint64_t, std::uint64_t) { return !interrupted(); };
    backup::for_each_record(chain, options,
                            [&](const RecordView& record) { return printer.print(record); });
    return Outcome::done;
  }
  require_source(arguments.source);
  std::error_code ignored;
  if (!std::filesystem::is_directory(arguments.source, ignored)) {
    return cat_backup(session, arguments, printer);
  }
  const Database database = open_to_read(arguments.source);
  for_each_wanted(database, arguments.filter,
                  [&](const RecordView& record) { return printer.print(record); });
  return Outcome::done;
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto arguments = std::make_shared<Arguments>();
  parser.positional("DB|SOURCE", arguments->source, "A database, a backup, REPO or REPO@ID");
  RecordFilter& filter = arguments->filter;
  parser.option("--label", filter.label, "Entities with this label").value_name("L");
  parser.option("--type", filter.edge_type, "Edges of this type").value_name("T");
  parser.option("--id", filter.id, "The entity and the edge of this id").value_name("N");
  parser.option("--limit", filter.limit, "At most so many records").value_name("N");
  return [arguments](Session& session) { return run(session, *arguments); };
}

}  // namespace

}  // namespace cat_command

const Command kCatCommand{"cat", "Records of a database or a backup as JSON lines",
                          "  manifold cat graph.manifold --label Person --limit 10\n"
                          "  manifold cat /backups/graph@seq:20483 --label Person\n"
                          "  manifold cat graph.jsonl.zst --type KNOWS | jq .data.properties\n"
                          "  manifold cat graph.manifold | manifold apply copy.manifold",
                          cat_command::configure};

}  // namespace manifolddb::cli
