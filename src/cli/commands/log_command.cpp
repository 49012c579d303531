#include <array>
#include <memory>
#include <optional>
#include <string>

#include "backup/record_history.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands/change_printer.h"
#include "cli/commands/history_source.h"
#include "cli/commands/unknown_transactions.h"
#include "cli/interrupt.h"
#include "cli/repository_source.h"
#include "cli/session.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

namespace log_command {

namespace {

using backup::Known;
using backup::SourceTransaction;

struct Arguments {
  std::string source;
  std::string from, to;
  std::string history;
  std::optional<std::uint64_t> entity, edge;
  std::optional<std::string> label;
};

void print_parent(Output& out, const backup::TransactionSource::Extent& extent) {
  if (!extent.parent_history_id) return;
  const std::string parent = extent.parent_history_id->to_string();
  if (out.json()) {
    JsonObject point;
    point.text("history_id", parent).number("sequence_number", extent.parent_sequence_number.value);
    out.line(JsonObject::line()
                 .text("history_id", extent.history_id.to_string())
                 .object("parent", point));
  } else {
    out.line(format("history {} continues history {} at seq {}", extent.history_id.to_string(),
                    parent, extent.parent_sequence_number.value));
  }
}

// --- a line for each transaction -----------------------------------------------------------------

struct CountsOfKind {
  const char* name;
  backup::ChangeCounts counts;
};

std::array<CountsOfKind, 3> by_kind(const backup::TransactionCounts& counts) {
  return {{{"entities", counts.entities}, {"edges", counts.edges}, {"metadata", counts.metadata}}};
}

std::string counts_text(const backup::TransactionCounts& counts) {
  std::string text;
  for (const auto& [name, of_kind] : by_kind(counts)) {
    std::string part;
    if (of_kind.created != 0) part += " +" + group_digits(of_kind.created);
    if (of_kind.changed != 0) part += " ~" + group_digits(of_kind.changed);
    if (of_kind.deleted != 0) part += " -" + group_digits(of_kind.deleted);
    if (!part.empty()) text += std::string("  ") + name + part;
  }
  return text;
}

class TransactionPrinter {
 public:
  explicit TransactionPrinter(Output& out) : out_(out) {}

  void print(const SourceTransaction& transaction) {
    if (transaction.known == Known::missing) {
      unknown_.add(transaction.known, transaction.first, transaction.last);
    }
    if (!transaction.commit) return print_missing(transaction);
    if (out_.json()) return print_json(transaction, *transaction.commit);
    print_text(transaction, *transaction.commit);
  }

  // What none of the lines says.
  void finish() {
    if (out_.json() || unknown_.empty()) return;
    out_.flush();
    talk(format("note: what {} did to which records is not known: it is not in the log\n",
                unknown_.describe()));
  }

 private:
  void print_missing(const SourceTransaction& missing) {
    if (out_.json()) {
      JsonObject stretch;
      stretch.number("first_sequence_number", missing.first.value)
          .number("last_sequence_number", missing.last.value);
      return out_.line(JsonObject::line().object("missing", stretch));
    }
    out_.line(missing.first == missing.last ? format("seq {}  not in the log", missing.first.value)
                                            : format("seq {} to {}  not in the log",
                                                     missing.first.value, missing.last.value));
  }

  void print_json(const SourceTransaction& transaction, const CommitRecord& commit) {
    JsonObject object = JsonObject::line();
    object.number("sequence_number", commit.sequence_number.value)
        .time("committed_at", commit.committed_at_us);
    if (counts_are_known(commit)) {
      object.number("records", commit.put_count + commit.deleted_count)
          .number("put_count", commit.put_count)
          .number("deleted_count", commit.deleted_count);
    }
    object.text("content_digest", commit.content_digest.to_hex()).boolean("bulk", commit.bulk);
    if (transaction.known == Known::changes) {
      for (const auto& [name, of_kind] : by_kind(backup::count_changes(transaction))) {
        JsonObject part;
        part.number("added", of_kind.created)
            .number("changed", of_kind.changed)
            .number("removed", of_kind.deleted);
        object.object(name, part);
      }
    }
    out_.line(object);
  }

  void print_text(const SourceTransaction& transaction, const CommitRecord& commit) {
    std::string line = format("seq {}  {}  ", commit.sequence_number.value,
                              format_time_us(commit.committed_at_us));
    if (counts_are_known(commit)) {
      line += format("put {}  deleted {}  ", group_digits(commit.put_count),
                     group_digits(commit.deleted_count));
    }
    line += "digest " + commit.content_digest.to_hex();
    if (commit.bulk) line += "  bulk";
    if (transaction.known == Known::changes) {
      line += counts_text(backup::count_changes(transaction));
    }
    out_.line(line);
  }

  // Every transaction changes something; an archive does not say how much a bulk transaction did.
  static bool counts_are_known(const CommitRecord& commit) {
    return commit.put_count + commit.deleted_count != 0;
  }

  Output& out_;
  UnknownTransactions unknown_;
};

// --- what each did to a record or a label --------------------------------------------------------

class ChangeHistoryPrinter {
 public:
  ChangeHistoryPrinter(Output& out, backup::RecordSelector selector)
      : out_(out), selection_(std::move(selector)), printer_(out, "  ") {}

  void print(const SourceTransaction& transaction) {
    if (transaction.known != Known::changes) {
      return unknown_.add(transaction.known, transaction.first, transaction.last);
    }
    bool is_first = true;
    for (std::size_t i = 0; i < transaction.change_count && !out_.closed(); ++i) {
      const LoggedRecordChange change = transaction.change(i);
      if (!selection_.takes(change)) continue;
      backup::Difference difference{change.kind, change.key, {}, {}};
      if (change.has_before) difference.before = change.before;
      if (change.has_after) difference.after = change.after;
      print(*transaction.commit, difference, is_first);
      is_first = false;
    }
  }

  const UnknownTransactions& unknown() const { return unknown_; }

 private:
  void print(const CommitRecord& commit, const backup::Difference& difference, bool is_first) {
    if (out_.json()) {
      JsonObject object = JsonObject::line();
      object.number("sequence_number", commit.sequence_number.value)
          .time("committed_at", commit.committed_at_us);
      printer_.add_members(difference, object);
      return out_.line(object);
    }
    if (is_first) {
      out_.line(format("seq {}  {}", commit.sequence_number.value,
                       format_time_us(commit.committed_at_us)));
    }
    printer_.print_text(difference);
  }

  Output& out_;
  backup::RecordSelection selection_;
  ChangePrinter printer_;
  UnknownTransactions unknown_;
};

template <typename Printer>
void print_all(backup::TransactionSource& source, const backup::HistoryRange& range,
               Printer& printer, const Output& out) {
  source.for_each(range, [&](const SourceTransaction& transaction) {
    if (interrupted()) throw_interrupted();
    printer.print(transaction);
    return !out.closed();
  });
}

std::string name_of(const Arguments& arguments) {
  if (arguments.entity) return format("entity {}", *arguments.entity);
  if (arguments.edge) return format("edge {}", *arguments.edge);
  return "label " + quote_text(*arguments.label);
}

Outcome print_changes(Session& session, const Arguments& arguments,
                      backup::TransactionSource& source, const backup::HistoryRange& range) {
  backup::RecordSelector selector;
  if (arguments.entity) selector.entity = EntityId{*arguments.entity};
  if (arguments.edge) selector.edge = EdgeId{*arguments.edge};
  selector.label = arguments.label;
  ChangeHistoryPrinter printer(session.output(), std::move(selector));
  print_all(source, range, printer, session.output());
  if (printer.unknown().empty()) return Outcome::done;
  session.explain(Error(ErrorCode::not_restorable,
                        format("the history of {} is incomplete: what {} did is not in the log",
                               name_of(arguments), printer.unknown().describe()),
                        "all that is known was listed",
                        "compare what can be restored: manifold diff REPO@seq:N REPO@seq:M"));
  return Outcome::listed_exceptions;
}

Outcome run(Session& session, const Arguments& arguments) {
  const backup::HistoryRange range = parse_history_range(arguments.from, arguments.to);
  const HistoryPlace place = find_history(arguments.source, arguments.history);
  return with_repository_name(arguments.source, [&] {
    const auto source = open_transactions(place);
    Output& out = session.output();
    print_parent(out, source->extent());
    if (arguments.entity || arguments.edge || arguments.label) {
      return print_changes(session, arguments, *source, range);
    }
    TransactionPrinter printer(out);
    print_all(*source, range, printer, out);
    printer.finish();
    return Outcome::done;
  });
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto arguments = std::make_shared<Arguments>();
  parser.positional("DB|REPO", arguments->source,
                    "A database, which may be in use, or a repository into which it is archived");
  parser.option("--from", arguments->from, "First one: a number, seq:N, or time:T with an offset")
      .value_name("POINT");
  parser.option("--to", arguments->to, "Last one, included, likewise").value_name("POINT");
  const Argument entity =
      parser.option("--entity", arguments->entity, "What was done to this entity").value_name("ID");
  const Argument edge = parser.option("--edge", arguments->edge, "What was done to this edge")
                            .value_name("ID")
                            .excludes(entity);
  parser
      .option("--label", arguments->label,
              "What was done to entities that had this label before or after")
      .value_name("L")
      .excludes(entity)
      .excludes(edge);
  parser
      .option("--history", arguments->history,
              "With REPO: first letters of a history_id (default: the newest)")
      .value_name("H");
  return [arguments](Session& session) { return run(session, *arguments); };
}

}  // namespace

}  // namespace log_command

const Command kLogCommand{
    "log", "Committed transactions, and what each did",
    "  manifold log graph.manifold\n"
    "  manifold log graph.manifold --from 20480 --to 20483\n"
    "  manifold log /backups/graph --from time:2026-11-22T14:00:00+01:00\n"
    "  manifold log graph.manifold --entity 7\n"
    "  manifold log graph.manifold --label Person --json | jq '[.sequence_number, .change]'\n"
    "  manifold log graph.manifold --json | jq -r '[.sequence_number, .content_digest] | @tsv'",
    log_command::configure};

}  // namespace manifolddb::cli
