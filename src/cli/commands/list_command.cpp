#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "backup/manifest.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/repository_source.h"
#include "cli/session.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

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

std::vector<std::string> histories_of(const Catalogue& catalogue) {
  std::vector<std::string> histories;
  for (const CatalogueEntry& entry : catalogue.entries) {
    if (!entry.manifest) continue;
    std::string history = entry.manifest->history_id.to_string();
    if (std::find(histories.begin(), histories.end(), history) == histories.end()) {
      histories.push_back(std::move(history));
    }
  }
  return histories;
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
  for (const std::string& history : histories_of(catalogue)) {
    out.line(format("history {}", history));
    out.line(format("{:<{}}  {:<11}  {:>15}  {:<27}  {:>10}  {}", "id", letters + 2, "kind",
                    "sequence", "committed at", "size", "verified"));
    for (const std::size_t i : in_chains(catalogue, history)) {
      print_row(out, catalogue.entries[i], letters);
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
  print_window(out, "restorable_window", restorable);
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

const Command kListCommand{"list", "The backups in a repository, and what they can restore",
                           "  manifold list /backups/graph\n"
                           "  manifold list /backups/graph --json | jq -c 'select(.backup_id)'",
                           configure};

}  // namespace manifolddb::cli
