#include <memory>
#include <string>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/session.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

namespace {

struct Arguments {
  std::string path;
  std::uint64_t from = 1;
  std::uint64_t to = UINT64_MAX;
};

void print_parent(Output& out, const DatabaseStatistics& now) {
  if (!now.parent_history_id) return;
  const std::string parent = now.parent_history_id->to_string();
  if (out.json()) {
    JsonObject point;
    point.text("history_id", parent).number("sequence_number", now.parent_sequence_number.value);
    out.line(
        JsonObject::line().text("history_id", now.history_id.to_string()).object("parent", point));
  } else {
    out.line(format("history {} continues history {} at seq {}", now.history_id.to_string(), parent,
                    now.parent_sequence_number.value));
  }
}

void print_commit(Output& out, const CommitRecord& commit) {
  if (out.json()) {
    out.line(JsonObject::line()
                 .number("sequence_number", commit.sequence_number.value)
                 .time("committed_at", commit.committed_at_us)
                 .number("records", commit.put_count + commit.deleted_count)
                 .number("put_count", commit.put_count)
                 .number("deleted_count", commit.deleted_count)
                 .text("content_digest", commit.content_digest.to_hex())
                 .boolean("bulk", commit.bulk));
    return;
  }
  out.line(format("seq {}  {}  put {}  deleted {}  digest {}{}", commit.sequence_number.value,
                  format_time_us(commit.committed_at_us), group_digits(commit.put_count),
                  group_digits(commit.deleted_count), commit.content_digest.to_hex(),
                  commit.bulk ? "  bulk" : ""));
}

Outcome run(Session& session, const Arguments& arguments) {
  if (arguments.from > arguments.to) {
    throw Error(ErrorCode::usage,
                format("--from {} lies behind --to {}", arguments.from, arguments.to),
                "nothing was done", "manifold log --help");
  }
  const Database database = open_to_read(arguments.path);
  Output& out = session.output();
  print_parent(out, database.statistics());
  database.for_each_commit({arguments.from}, {arguments.to}, [&out](const CommitRecord& commit) {
    if (interrupted()) throw_interrupted();
    print_commit(out, commit);
    return !out.closed();
  });
  return Outcome::done;
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto arguments = std::make_shared<Arguments>();
  parser.positional("DB", arguments->path, "The database's folder");
  parser.option("--from", arguments->from, "First sequence number").value_name("N");
  parser.option("--to", arguments->to, "Last sequence number, included").value_name("N");
  return [arguments](Session& session) { return run(session, *arguments); };
}

}  // namespace

const Command kLogCommand{
    "log", "Committed transactions: number, time, counts, content digest",
    "  manifold log graph.manifold\n"
    "  manifold log graph.manifold --from 20480 --to 20483\n"
    "  manifold log graph.manifold --json | jq -r '[.sequence_number, .content_digest] | @tsv'",
    configure};

}  // namespace manifolddb::cli
