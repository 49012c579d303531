#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands/history_source.h"
#include "cli/repository_source.h"
#include "cli/session.h"
#include "cli/standard_streams.h"
#include "common/format.h"
#include "common/text.h"
#include "manifolddb/history.h"

namespace manifolddb::cli {

namespace undo_command {

namespace {

constexpr std::uint64_t kConflictsToldMax = 100;  // the others are counted

struct Arguments {
  std::string source;
  std::string sequences;
  std::string output = "-";
  std::string history;
  bool force = false;
  ResourceOptions resources;
};

struct Sequences {
  SequenceNumber first, last;
};

// "N" or "N..M".
Sequences parse_sequences(const std::string& text) {
  const std::size_t dots = text.find("..");
  const std::string_view first = std::string_view(text).substr(0, dots);
  const std::string_view last =
      dots == std::string::npos ? first : std::string_view(text).substr(dots + 2);
  Sequences sequences;
  if (parse_unsigned(first, sequences.first.value) && parse_unsigned(last, sequences.last.value) &&
      sequences.first.value != 0 && sequences.first <= sequences.last) {
    return sequences;
  }
  throw Error(ErrorCode::usage, format("--seq {}: it is N or N..M, ascending, from 1 on", text),
              "nothing was done", "as in --seq 20483 or --seq 20480..20483");
}

class ConflictPrinter {
 public:
  explicit ConflictPrinter(Output& out) : out_(out) {}

  void print(const backup::UndoConflict& conflict) {
    if (++count_ > kConflictsToldMax) return;
    if (!out_.json()) return out_.line("conflict: " + conflict.what);
    static constexpr const char* kKinds[] = {"changed_later", "new_edge", "missing_end"};
    JsonObject details;
    details.text("kind", kKinds[static_cast<std::size_t>(conflict.kind)])
        .text("record", conflict.record);
    conflict.sequence_number ? details.number("sequence_number", conflict.sequence_number->value)
                             : details.null("sequence_number");
    details.text("what", conflict.what);
    out_.line(JsonObject::line().object("conflict", details));
  }

  void finish() {
    if (count_ <= kConflictsToldMax) return;
    const std::uint64_t untold = count_ - kConflictsToldMax;
    if (!out_.json()) return out_.line(format("and {} more conflicts", group_digits(untold)));
    out_.line(JsonObject::line().number("conflict_count", count_).number("untold_count", untold));
  }

 private:
  Output& out_;
  std::uint64_t count_ = 0;
};

template <typename Target>
backup::UndoSummary undo(const HistoryPlace& place, const Sequences& sequences, Target&& target,
                         const backup::UndoOptions& options) {
  if (place.database) {
    return backup::export_undo(*place.database, sequences.first, sequences.last, target, options);
  }
  return backup::export_undo(*place.repository, place.history_id, sequences.first, sequences.last,
                             target, options);
}

backup::UndoSummary undo(Session& session, const Arguments& arguments, const HistoryPlace& place,
                         const Sequences& sequences) {
  backup::UndoOptions options;
  set_resources(arguments.resources, options);
  options.force = arguments.force;
  if (arguments.output.ends_with(".zst")) options.compression = backup::Compression::zstd;
  ConflictPrinter conflicts(session.output());
  options.on_conflict = [&](const backup::UndoConflict& conflict) { conflicts.print(conflict); };
  Progress progress(session.progress_mode(), "reading", "changes");
  options.progress = progress.callback();
  try {
    backup::UndoSummary summary;
    if (is_standard_stream(arguments.output)) {
      StandardOutput out;
      summary = undo(place, sequences, out, options);
    } else {
      summary = undo(place, sequences, std::filesystem::path(arguments.output), options);
    }
    conflicts.finish();
    return summary;
  } catch (const Error&) {
    conflicts.finish();
    throw;
  }
}

void print_summary(Output& out, const Arguments& arguments, const backup::UndoSummary& summary) {
  if (out.json()) {
    return out.line(JsonObject::line()
                        .number("first_sequence_number", summary.first.value)
                        .number("last_sequence_number", summary.last.value)
                        .text("history_id", summary.history_id.to_string())
                        .number("as_of", summary.as_of.value)
                        .number("put_count", summary.put_count)
                        .number("deleted_count", summary.deleted_count)
                        .number("unneeded_count", summary.unneeded_count)
                        .number("conflict_count", summary.conflict_count)
                        .number("left_out_count", summary.left_out_count)
                        .text("output", arguments.output));
  }
  const std::string which = summary.first == summary.last
                                ? format("seq {}", summary.first.value)
                                : format("seq {} to {}", summary.first.value, summary.last.value);
  const bool to_stdout = is_standard_stream(arguments.output);
  std::string text =
      format("the inverse of {} as of seq {}: {} put, {} deleted, to {}", which,
             summary.as_of.value, describe_count(summary.put_count, "record", "records"),
             group_digits(summary.deleted_count), to_stdout ? "standard output" : arguments.output);
  if (!to_stdout) text += format("; manifold apply DB {} makes it so", arguments.output);
  out.line(text);
}

Outcome run(Session& session, const Arguments& arguments) {
  const Sequences sequences = parse_sequences(arguments.sequences);
  if (is_standard_stream(arguments.output)) session.output().use_stderr();
  const HistoryPlace place = find_history(arguments.source, arguments.history);
  const auto work = [&] { return undo(session, arguments, place, sequences); };
  const backup::UndoSummary summary =
      place.repository ? with_repository_name(arguments.source, work) : work();
  print_summary(session.output(), arguments, summary);
  if (summary.left_out_count == 0) return Outcome::done;
  session.explain(Error(ErrorCode::conflict,
                        format("{} cannot come back, since an entity at an end was deleted later",
                               describe_count(summary.left_out_count, "edge", "edges")),
                        "the other records are in the output",
                        "undo what deleted the entities too, then nothing needs to be left out"));
  return Outcome::listed_exceptions;
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto arguments = std::make_shared<Arguments>();
  parser.positional("DB|REPO", arguments->source,
                    "A database, which may be in use, or a repository into which it is archived");
  parser.option("--seq", arguments->sequences, "The transactions to undo, both ends included")
      .value_name("N[..M]")
      .required();
  parser.option("-o,--output", arguments->output, "The file to make (default: standard output)")
      .value_name("FILE|-");
  parser.flag("--force", arguments->force,
              "Also over what later transactions did to the same records");
  parser
      .option("--history", arguments->history,
              "With REPO: first letters of a history_id (default: the newest)")
      .value_name("H");
  add_resource_options(parser, arguments->resources);
  return [arguments](Session& session) { return run(session, *arguments); };
}

}  // namespace

}  // namespace undo_command

const Command kUndoCommand{"undo", "The inverse of transactions, as lines for apply",
                           "  manifold undo graph.manifold --seq 20483 -o undo.jsonl\n"
                           "  manifold undo /backups/graph --seq 20480..20483 -o undo.jsonl\n"
                           "  manifold undo graph.manifold --seq 20480 --force -o undo.jsonl\n"
                           "  manifold apply graph.manifold undo.jsonl",
                           undo_command::configure};

}  // namespace manifolddb::cli
