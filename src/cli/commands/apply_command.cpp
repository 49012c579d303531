#include <memory>
#include <optional>
#include <string>

#include "backup/apply.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/session.h"
#include "cli/standard_streams.h"
#include "common/file_system.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

namespace apply_command {

namespace {

struct Arguments {
  std::string database;
  std::string input = "-";
  std::uint64_t batch_lines = 0;
  std::string line_limit = "8M";
};

// The target of apply: created when nothing is there, and removed again when nothing came of it.
class Target {
 public:
  Target(const std::string& path, std::size_t line_bytes_max)
      : path_(path), created_(!name_exists(path)) {
    DatabaseOptions options;
    options.line_bytes_max = line_bytes_max;
    database_.emplace(Database::open(path, options));
  }
  Database& database() { return *database_; }
  bool created() const { return created_; }
  void close() { database_->close(); }

  // After a failure. What was created and never committed to goes, unless that is not known.
  void give_up(ErrorCode why) {
    const bool unknown = why == ErrorCode::outcome_unknown || why == ErrorCode::reopen_needed;
    if (!created_ || unknown || database_->sequence_number().value != 0) return;
    database_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

 private:
  std::filesystem::path path_;
  bool created_;
  std::optional<Database> database_;
};

backup::ApplySummary apply_input(Database& database, const Arguments& arguments,
                                 ProgressCallback progress) {
  backup::ApplyOptions options;
  if (arguments.batch_lines != 0) options.batch_lines = arguments.batch_lines;
  options.progress = std::move(progress);
  if (!is_input_stream(arguments.input)) {
    return backup::apply(database, std::filesystem::path(arguments.input), options);
  }
  InputStream in(arguments.input);
  return backup::apply(database, in, arguments.input, options);
}

void print_summary(Output& out, const Arguments& arguments, const backup::ApplySummary& summary,
                   bool created, const Stopwatch& watch) {
  if (out.json()) {
    out.line(JsonObject::line()
                 .number("put_count", summary.put_count)
                 .number("deleted_count", summary.deleted_count)
                 .number("skipped_count", summary.skipped_count)
                 .number("line_count", summary.line_count)
                 .number("transaction_count", summary.transaction_count)
                 .point(summary.sequence_number, summary.committed_at_us)
                 .text("content_digest", summary.content_digest.to_hex())
                 .boolean("created", created)
                 .boolean("complete", !summary.stopped_by));
    return;
  }
  out.line(format(
      "applied {}: put {}, deleted {}, skipped {}, in {}, {}{}; now at {}, content digest {}",
      describe_count(summary.line_count, "line", "lines"), group_digits(summary.put_count),
      group_digits(summary.deleted_count), group_digits(summary.skipped_count),
      describe_count(summary.transaction_count, "transaction", "transactions"), watch.to_string(),
      created ? format("; {} was created", arguments.database) : "",
      describe_point(summary.sequence_number, summary.committed_at_us),
      summary.content_digest.to_hex()));
}

Outcome run(Session& session, const Arguments& arguments) {
  const Stopwatch watch;
  const std::size_t line_bytes_max = parse_size("--line-limit", arguments.line_limit);
  require_source(arguments.input);
  Target target(arguments.database, line_bytes_max);
  backup::ApplySummary summary;
  try {
    Progress progress(session.progress_mode(), "applying", "lines");
    summary = apply_input(target.database(), arguments, progress.callback());
  } catch (const Error& error) {
    target.give_up(error.code());
    throw;
  }
  target.close();
  print_summary(session.output(), arguments, summary, target.created(), watch);
  if (!summary.stopped_by) return Outcome::done;
  session.explain(*summary.stopped_by);
  return Outcome::listed_exceptions;
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto arguments = std::make_shared<Arguments>();
  parser.positional("DB", arguments->database, "The database; created when nothing is there");
  parser.optional_positional(
      "FILE", arguments->input,
      "Lines of records and deletions, or a backup; also compressed (default: -)");
  parser
      .option("--batch", arguments->batch_lines,
              "One transaction for each N lines instead of one for all")
      .value_name("N")
      .positive();
  parser
      .option("--line-limit", arguments->line_limit,
              "Longest line that a record's backup may need, 8M to 32M (default 8M)")
      .value_name("SIZE");
  return [arguments](Session& session) { return run(session, *arguments); };
}

}  // namespace

}  // namespace apply_command

const Command kApplyCommand{
    "apply", "Put and delete records given as JSON lines, as one transaction",
    "  manifold apply graph.manifold changes.jsonl\n"
    "  manifold apply copy.manifold graph.jsonl.zst\n"
    "  echo '{\"type\":\"entity\",\"data\":{\"id\":1,\"labels\":[\"Person\"],\"properties\":{}}}' "
    "|\n"
    "    manifold apply graph.manifold\n"
    "  manifold apply graph.manifold huge.jsonl --batch 100000",
    apply_command::configure};

}  // namespace manifolddb::cli
