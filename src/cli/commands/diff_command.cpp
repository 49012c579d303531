#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backup/diff.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands/differences.h"
#include "cli/interrupt.h"
#include "cli/repository_source.h"
#include "cli/session.h"
#include "common/file_system.h"
#include "common/format.h"
#include "common/json_writer.h"
#include "common/text.h"
#include "common/varint.h"
#include "database/database_core.h"
#include "database/key_codec.h"

namespace manifolddb::cli {

namespace {

using backup::Difference;
using backup::RecordStream;

struct Arguments {
  std::string before, after;
  bool stat = false;
  bool apply_form = false;
  ResourceOptions resources;
};

// One side, with what must live as long as its records are read.
struct Side {
  std::optional<Database> database;
  std::unique_ptr<RecordStream> records;
};

// Several files of a chain are one argument, with commas between them.
std::vector<std::filesystem::path> split_files(const std::string& argument) {
  if (name_exists(argument)) return {argument};
  std::vector<std::filesystem::path> files;
  std::size_t begin = 0;
  while (begin <= argument.size()) {
    const std::size_t end = std::min(argument.find(',', begin), argument.size());
    const std::string file = argument.substr(begin, end - begin);
    require_source(file);
    files.emplace_back(file);
    begin = end + 1;
  }
  return files;
}

void open_side(const std::string& argument, const backup::Options& options, Side& side) {
  if (is_standard_stream(argument)) {
    throw Error(ErrorCode::usage, "standard input cannot be compared", "nothing was done",
                "give a database, a backup or REPO@POINT");
  }
  std::error_code ignored;
  if (const auto reference = find_repository(argument)) {
    side.records = RecordStream::of_chain(open_chain(*reference), options);
  } else if (std::filesystem::is_directory(argument, ignored)) {
    side.database = open_to_read(argument);
    side.records = RecordStream::of_snapshot(side.database->core().durable_snapshot());
  } else {
    side.records = RecordStream::of_chain(split_files(argument), options);
  }
}

struct KindCounts {
  std::uint64_t added = 0, changed = 0, removed = 0;
};

class DiffPrinter {
 public:
  DiffPrinter(Output& out, const Arguments& arguments) : out_(out), arguments_(arguments) {}

  // False when nobody reads any more.
  bool take(const Difference& difference) {
    if (interrupted()) throw_interrupted();
    KindCounts& counts = counts_[index(difference.kind)];
    if (!difference.before) {
      ++counts.added;
    } else if (!difference.after) {
      ++counts.removed;
    } else {
      ++counts.changed;
    }
    if (arguments_.apply_form) {
      print_line(difference);
    } else if (arguments_.stat) {
      return true;
    } else if (out_.json()) {
      print_json(difference);
    } else {
      print_text(difference);
    }
    return !out_.closed();
  }

  void finish() {
    if (arguments_.apply_form) return;
    static constexpr std::array kNames{"metadata entries", "entities", "edges"};
    static constexpr std::array kMembers{"metadata", "entities", "edges"};
    JsonObject object = JsonObject::line();
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      const KindCounts& counts = counts_[i];
      if (out_.json()) {
        JsonObject part;
        part.number("added", counts.added)
            .number("changed", counts.changed)
            .number("removed", counts.removed);
        object.object(kMembers[i], part);
      } else {
        out_.line(format("{:<16}  {} added, {} changed, {} removed", kNames[i],
                         group_digits(counts.added), group_digits(counts.changed),
                         group_digits(counts.removed)));
      }
    }
    if (out_.json()) out_.line(object);
  }

 private:
  static std::size_t index(RecordKind kind) {
    return kind == RecordKind::key_value ? 0 : kind == RecordKind::entity ? 1 : 2;
  }

  // What apply takes to make the second side of the first.
  void print_line(const Difference& difference) {
    line_.clear();
    if (difference.after) {
      append_record_line({difference.kind, difference.key, *difference.after}, line_);
    } else {
      append_deletion_line(difference.kind, difference.key, line_);
    }
    out_.write(line_);
  }

  // The record's "data", as in its line.
  std::string data(const Difference& difference, std::string_view body) {
    line_.clear();
    append_record_line({difference.kind, difference.key, body}, line_);
    const std::size_t begin = line_.find("\"data\":") + 7;
    return line_.substr(begin, line_.size() - begin - 2);  // without "}\n"
  }

  void print_json(const Difference& difference) {
    JsonObject object = JsonObject::line();
    static constexpr std::array kTypes{"key_value", "entity", "edge"};
    object.text("change", !difference.before  ? "added"
                          : !difference.after ? "removed"
                                              : "changed")
        .text("type", kTypes[index(difference.kind)]);
    object.json("before", difference.before ? data(difference, *difference.before) : "null");
    object.json("after", difference.after ? data(difference, *difference.after) : "null");
    out_.line(object);
  }

  void print_text(const Difference& difference) {
    const std::string name = describe_record(difference.kind, difference.key);
    if (!difference.before) {
      return out_.line("+ " + name + " " + data(difference, *difference.after));
    }
    if (!difference.after) {
      return out_.line("- " + name + " " + data(difference, *difference.before));
    }
    out_.line("~ " + name);
    for (const backup::FieldDifference& field : backup::compare_fields(difference)) {
      const std::string label = field.is_property ? json_text(field.name) : field.name;
      if (!field.before) {
        out_.line(format("    + {}: {}", label, *field.after));
      } else if (!field.after) {
        out_.line(format("    - {}: {}", label, *field.before));
      } else {
        out_.line(format("    ~ {}: {} -> {}", label, *field.before, *field.after));
      }
    }
  }

  Output& out_;
  const Arguments& arguments_;
  std::array<KindCounts, 3> counts_;
  std::string line_;
};

Outcome run(Session& session, const Arguments& arguments) {
  backup::Options options;
  set_resources(arguments.resources, options);
  options.memory_limit_bytes /= 2;  // for each side
  Side before;
  Side after;
  open_side(arguments.before, options, before);
  open_side(arguments.after, options, after);
  print_differences(session.output(), *before.records, *after.records,
                    {arguments.stat, arguments.apply_form});
  return Outcome::done;
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto arguments = std::make_shared<Arguments>();
  parser.positional("A", arguments->before,
                    "A database, a backup, FULL,LINK,... of a chain, REPO, REPO@POINT or\nREPO@ID");
  parser.positional("B", arguments->after, "What it is compared with, likewise");
  const Argument stat = parser.flag("--stat", arguments->stat, "Only how many records differ");
  parser
      .flag("--apply-form", arguments->apply_form,
            "Lines that `manifold apply` takes to make B of A")
      .excludes(stat);
  add_resource_options(parser, arguments->resources);
  return [arguments](Session& session) { return run(session, *arguments); };
}

}  // namespace

void print_differences(Output& out, RecordStream& before, RecordStream& after,
                       DifferencesForm form) {
  Arguments arguments;
  arguments.stat = form.stat;
  arguments.apply_form = form.apply_form;
  DiffPrinter printer(out, arguments);
  backup::for_each_difference(
      before, after, [&printer](const Difference& difference) { return printer.take(difference); });
  printer.finish();
}

const Command kDiffCommand{
    "diff", "Records that were added, changed and removed from A to B",
    "  manifold diff yesterday.jsonl.zst graph.manifold --stat\n"
    "  manifold diff /backups/graph@seq:20483 /backups/graph@seq:20490\n"
    "  manifold diff copy.manifold graph.manifold --apply-form | manifold apply copy.manifold",
    configure};

}  // namespace manifolddb::cli
