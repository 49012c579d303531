#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "backup/manifest.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/commands/window_printer.h"
#include "cli/repository_source.h"
#include "cli/session.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

namespace list_command {

namespace {

using backup::Catalogue;
using backup::CatalogueEntry;
using backup::Manifest;

const char* state_of(const CatalogueEntry& entry) {
  if (!entry.manifest) return "unreadable";
  if (entry.restorable) return "restorable";
  if (!entry.manifest->digest_matches) return "unproved";
  return entry.proved ? "broken" : "damaged";
}

// What the backup adds: "7", "8-12", or "-" for an incremental in which nothing had changed.
std::string range_of(const Manifest& manifest) {
  const std::uint64_t last = manifest.sequence_number.value;
  if (!manifest.previous_sequence) return std::to_string(last);
  const std::uint64_t first = manifest.previous_sequence->value + 1;
  if (first > last) return format("{} (empty)", last);
  return first == last ? std::to_string(last) : format("{}-{}", first, last);
}

// Every chain together, in the order in which they began; what continues something stands under it.
void append_tree(const std::multimap<std::size_t, std::size_t>& continued_by, std::size_t root,
                 std::vector<std::size_t>& out) {
  std::vector<std::size_t> open{root};
  while (!open.empty()) {
    const std::size_t at = open.back();
    open.pop_back();
    out.push_back(at);
    const auto [first, last] = continued_by.equal_range(at);
    std::vector<std::size_t> next;
    for (auto it = first; it != last; ++it) next.push_back(it->second);
    open.insert(open.end(), next.rbegin(), next.rend());
  }
}

std::vector<std::size_t> in_chains(const Catalogue& catalogue, const std::string& history) {
  std::multimap<std::size_t, std::size_t> continued_by;
  for (std::size_t i = 0; i < catalogue.entries.size(); ++i) {
    if (const auto parent = catalogue.entries[i].parent) continued_by.emplace(*parent, i);
  }
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < catalogue.entries.size(); ++i) {
    const CatalogueEntry& entry = catalogue.entries[i];
    if (entry.parent || !entry.manifest) continue;
    if (entry.manifest->history_id.to_string() != history) continue;
    append_tree(continued_by, i, order);
  }
  return order;
}

// Parents stand before what came from them.
void print_tree(Output& out, const Catalogue& catalogue) {
  if (catalogue.histories.size() < 2) return;
  out.line("histories");
  std::map<std::string, std::size_t> depths;
  for (const backup::HistoryNode& node : catalogue.histories) {
    const std::string id = node.history_id.to_string();
    if (!node.parent_history_id) {
      depths[id] = 0;
      out.line("  " + id);
      continue;
    }
    const std::string parent = node.parent_history_id->to_string();
    const auto above = depths.find(parent);
    const std::size_t depth = depths[id] = above == depths.end() ? 0 : above->second + 1;
    out.line(format("  {:{}}{}  from seq {}{}", "", 2 * depth, id,
                    node.parent_sequence_number.value,
                    above == depths.end() ? " of history " + parent + ", which is not here" : ""));
  }
}

void print_log(Output& out, const backup::ArchivedLog& log) {
  if (!log.segments.empty()) {
    std::uint64_t bytes = 0;
    for (const backup::LogSegment& segment : log.segments) bytes += segment.stored_bytes;
    out.line(format("log: seq {} to {} in {}, {}", log.segments.front().first.value,
                    log.segments.back().last.value,
                    describe_count(log.segments.size(), "segment", "segments"),
                    describe_bytes(bytes)));
  }
  if (log.note) {
    out.line(
        format("archived up to {}, complete until {}",
               describe_point(log.note->sequence_number, log.note->committed_at_us.value_or(0)),
               format_time_us(log.note->complete_until_us)));
  }
  for (const backup::LogGap& gap : log.gaps) print_gap(out, log.history_id, gap);
}

std::string histories_json(const Catalogue& catalogue) {
  std::string list;
  for (const backup::HistoryNode& node : catalogue.histories) {
    JsonObject one;
    one.text("history_id", node.history_id.to_string());
    if (node.parent_history_id) {
      one.text("parent_history_id", node.parent_history_id->to_string())
          .number("parent_sequence_number", node.parent_sequence_number.value);
    } else {
      one.null("parent_history_id").null("parent_sequence_number");
    }
    list.append(list.empty() ? "" : ",").append(one.to_string());
  }
  return "[" + list + "]";
}

// Segments without a gap between them are one range.
std::string log_ranges_json(const backup::ArchivedLog& log) {
  std::string list;
  for (std::size_t i = 0; i < log.segments.size();) {
    const std::uint64_t first = log.segments[i].first.value;
    std::uint64_t last = log.segments[i].last.value;
    for (++i; i < log.segments.size() && log.segments[i].first.value <= last + 1; ++i) {
      last = log.segments[i].last.value;
    }
    list.append(list.empty() ? "" : ",")
        .append(JsonObject().number("first", first).number("last", last).to_string());
  }
  return "[" + list + "]";
}

std::string logs_json(const Catalogue& catalogue) {
  std::string list;
  for (const backup::ArchivedLog& log : catalogue.logs) {
    std::uint64_t bytes = 0;
    for (const backup::LogSegment& segment : log.segments) bytes += segment.stored_bytes;
    std::string gaps;
    for (const backup::LogGap& gap : log.gaps) {
      gaps.append(gaps.empty() ? "" : ",")
          .append(JsonObject()
                      .number("first", gap.first.value)
                      .number("last", gap.last.value)
                      .to_string());
    }
    JsonObject one;
    one.text("history_id", log.history_id.to_string())
        .number("segment_count", log.segments.size())
        .number("stored_bytes", bytes)
        .json("ranges", log_ranges_json(log))
        .json("gaps", "[" + gaps + "]");
    if (log.note) {
      one.number("sequence_number", log.note->sequence_number.value)
          .time("committed_at", log.note->committed_at_us)
          .text("content_digest", log.note->content_digest.to_hex())
          .time("complete_until", log.note->complete_until_us);
    }
    list.append(list.empty() ? "" : ",").append(one.to_string());
  }
  return "[" + list + "]";
}

void print_row(Output& out, const CatalogueEntry& entry, std::size_t letters) {
  const Manifest& m = *entry.manifest;
  const std::string id = std::string(entry.parent ? "  " : "") + entry.id.substr(0, letters);
  const std::string time = m.committed_at_us ? format_time_us(*m.committed_at_us) : "-";
  out.line(format("{:<{}}  {:<11}  {:>15}  {:<27}  {:>10}  {}{}", id, letters + 2,
                  backup::kind_name(m.kind), range_of(m), time, describe_bytes(m.stored_bytes),
                  describe_levels(m), entry.restorable ? "" : format("  {}", state_of(entry))));
}

void print_table(Output& out, const Catalogue& catalogue) {
  const std::size_t letters = id_letters(catalogue);
  print_tree(out, catalogue);
  for (const backup::HistoryNode& node : catalogue.histories) {
    const std::vector<std::size_t> rows = in_chains(catalogue, node.history_id.to_string());
    out.line(format("history {}", node.history_id.to_string()));
    if (!rows.empty()) {
      out.line(format("{:<{}}  {:<11}  {:>15}  {:<27}  {:>10}  {}", "id", letters + 2, "kind",
                      "sequence", "committed at", "size", "verified"));
    }
    for (const std::size_t i : rows) print_row(out, catalogue.entries[i], letters);
    if (const backup::ArchivedLog* const log = catalogue.log_of(node.history_id)) {
      print_log(out, *log);
    }
  }
}

void print_json_rows(Output& out, const Catalogue& catalogue) {
  for (const CatalogueEntry& entry : catalogue.entries) {
    JsonObject object = JsonObject::line();
    if (entry.manifest) {
      object = describe_manifest(std::move(object), *entry.manifest);
    } else {
      object.text("backup_id", entry.id);
    }
    object.text("state", state_of(entry)).boolean("restorable", entry.restorable);
    out.line(object);
  }
}

Outcome run(Session& session, const std::string& argument) {
  const backup::Repository repository = open_repository(argument);
  const Catalogue catalogue = repository.catalogue();
  Output& out = session.output();
  out.json() ? print_json_rows(out, catalogue) : print_table(out, catalogue);
  std::uint64_t faults = 0;
  const auto print_faults = [&](const std::vector<backup::RepositoryFault>& list) {
    for (const backup::RepositoryFault& fault : list) print_fault(out, fault);
    faults += list.size();
  };
  std::vector<Manifest> restorable;
  std::uint64_t unproved = 0;
  for (const CatalogueEntry& entry : catalogue.entries) {
    print_faults(entry.faults);
    if (entry.restorable) restorable.push_back(*entry.manifest);
    if (entry.manifest && !entry.manifest->digest_matches) ++unproved;
  }
  print_faults(catalogue.faults);
  if (!catalogue.unfinished.empty() && !out.json()) {
    out.line(describe_count(catalogue.unfinished.size(), "backup is", "backups are") +
             " being made, or were left unfinished; the next backup cleans up");
  }
  const std::vector<backup::RestorableRange> window = repository.window();
  if (out.json()) {
    out.line(JsonObject::line()
                 .json("restorable_window", window_json(restorable, window))
                 .json("histories", histories_json(catalogue))
                 .json("logs", logs_json(catalogue)));
  } else {
    print_window(out, "restorable_window", restorable, window);
  }
  if (faults + unproved == 0) return Outcome::done;
  session.explain(Error(
      ErrorCode::failed,
      format("{}: {}", argument,
             faults != 0 ? describe_count(faults, "fault", "faults") + " seen in names, sizes and "
                                                                       "manifests"
                         : describe_count(unproved, "backup", "backups") +
                               " whose content never had the digest that was committed"),
      "nothing was changed", command_for("verify", argument)));
  return Outcome::listed_exceptions;
}

std::function<Outcome(Session&)> configure(ArgumentParser& parser) {
  const auto repository = std::make_shared<std::string>();
  parser.positional("REPO", *repository, "A repository: a folder or a file:// URL");
  return [repository](Session& session) { return run(session, *repository); };
}

}  // namespace

}  // namespace list_command

const Command kListCommand{"list",
                           "The backups and the log in a repository, and what can be restored",
                           "  manifold list /backups/graph\n"
                           "  manifold list /backups/graph --json | jq -c 'select(.backup_id)'",
                           list_command::configure};

}  // namespace manifolddb::cli
