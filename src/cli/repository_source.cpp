#include "cli/repository_source.h"

#include <algorithm>

#include "backup/catalogue.h"
#include "backup/manifest.h"
#include "cli/commands/damage_list.h"
#include "common/file_system.h"
#include "common/format.h"

namespace manifolddb::cli {

namespace {

constexpr std::size_t kIdLettersMin = 8;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decode_percent(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      plain.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
      i += 2;
    } else {
      plain.push_back(text[i]);
    }
  }
  return plain;
}

}  // namespace

std::filesystem::path repository_path(const std::string& argument) {
  static constexpr std::string_view kScheme = "file://";
  if (!argument.starts_with(kScheme)) return argument;
  std::string rest = argument.substr(kScheme.size());
  if (rest.starts_with("localhost/")) rest.erase(0, std::string_view("localhost").size());
  if (!rest.starts_with('/')) {
    throw Error(ErrorCode::usage, argument + ": a file URL names a path of this machine",
                "nothing was done", "as in file:///backups/graph");
  }
  return decode_percent(rest);
}

std::optional<RepositoryReference> find_repository(const std::string& argument) {
  if (argument == "-" || argument.empty()) return std::nullopt;
  const std::filesystem::path whole = repository_path(argument);
  if (name_exists(whole)) {
    if (!backup::Repository::is_repository(whole)) return std::nullopt;
    return RepositoryReference{whole, "", argument};
  }
  const std::size_t at = argument.rfind('@');
  if (at == std::string::npos || at == 0) return std::nullopt;
  const std::filesystem::path path = repository_path(argument.substr(0, at));
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) return std::nullopt;
  if (!backup::Repository::is_repository(path)) {
    throw Error(ErrorCode::not_found, format("'{}' is no repository", path.string()),
                "nothing was created or changed",
                "check the name, or make it: manifold backup DB -r " + path.string());
  }
  return RepositoryReference{path, argument.substr(at + 1), argument};
}

backup::Repository open_repository(const std::string& argument) {
  return with_repository_name(argument,
                              [&] { return backup::Repository::open(repository_path(argument)); });
}

backup::RecoveryTarget target_of(const RepositoryReference& reference, const std::string& to,
                                 const std::string& history) {
  if (!reference.which.empty() && to != "latest") {
    throw Error(ErrorCode::usage,
                format("{} names one point and --to {} another", reference.argument, to),
                "nothing was done", "leave one of them out");
  }
  // HISTORY:seq:N, HISTORY:time:T or HISTORY:latest
  std::string point = to == "latest" ? reference.which_or_latest() : to;
  std::string of_history = history;
  const std::size_t colon = point.find(':');
  const std::string word = point.substr(0, colon);
  if (colon != std::string::npos && word != "seq" && word != "time") {
    if (!history.empty()) {
      throw Error(ErrorCode::usage,
                  format("{} names one history and --history {} another", point, history),
                  "nothing was done", "leave one of them out");
    }
    of_history = word;
    point.erase(0, colon + 1);
  }
  return with_repository_name(reference.path.string(), [&] {
    backup::RecoveryTarget target = backup::Repository::parse_target(point);
    if (!of_history.empty()) {
      target.history_id =
          backup::Repository::open(reference.path).catalogue().resolve_history(of_history);
    }
    return target;
  });
}

backup::BackupChain open_chain(const RepositoryReference& reference, const std::string& to,
                               const std::string& history) {
  const backup::RecoveryTarget target = target_of(reference, to, history);
  return with_repository_name(reference.path.string(), [&] {
    return backup::Repository::open(reference.path).open_chain(target);
  });
}

Error with_name(const Error& error, const std::string& repository) {
  std::string next = error.next();
  for (std::size_t at = 0; (at = next.find("REPO", at)) != std::string::npos;) {
    next.replace(at, 4, repository);
    at += repository.size();
  }
  return Error(error.code(), error.what(), error.safe(), next);
}

std::size_t id_letters(const backup::Catalogue& catalogue) {
  std::vector<std::string> ids;
  for (const backup::CatalogueEntry& entry : catalogue.entries) ids.push_back(entry.id);
  std::sort(ids.begin(), ids.end());
  std::size_t letters = kIdLettersMin;
  for (std::size_t i = 1; i < ids.size(); ++i) {
    const auto differ = std::mismatch(ids[i].begin(), ids[i].end(), ids[i - 1].begin()).first;
    letters = std::max(letters, static_cast<std::size_t>(differ - ids[i].begin()) + 1);
  }
  return letters;
}

std::string describe_levels(const backup::Manifest& manifest) {
  return std::string(backup::level_name(manifest.verified_level)) +
         (manifest.digest_matches ? "" : ", digest differs");
}

JsonObject describe_manifest(JsonObject object, const backup::Manifest& m) {
  const auto optional_number = [&object](const char* name,
                                         const std::optional<SequenceNumber>& value) {
    value ? object.number(name, value->value) : object.null(name);
  };
  object.text("backup_id", m.backup_id.to_string())
      .text("kind", backup::kind_name(m.kind))
      .text("database_id", m.database_id.to_string())
      .text("history_id", m.history_id.to_string());
  m.parent_backup_id ? object.text("parent_backup_id", m.parent_backup_id->to_string())
                     : object.null("parent_backup_id");
  optional_number("previous_sequence", m.previous_sequence);
  object.number("sequence_number", m.sequence_number.value)
      .time("created_at", m.created_at_us)
      .time("committed_at", m.committed_at_us)
      .text("content_digest", m.content_digest.to_hex())
      .object("statistics", describe(m.statistics))
      .number("next_entity_id", m.next_entity_id)
      .number("next_edge_id", m.next_edge_id);
  m.parent_history_id ? object.text("parent_history_id", m.parent_history_id->to_string())
                      : object.null("parent_history_id");
  optional_number("parent_sequence_number", m.parent_sequence_number);
  m.description ? object.text("description", *m.description) : object.null("description");
  object.text("data_file", m.data_file)
      .number("stored_bytes", m.stored_bytes)
      .number("uncompressed_size", m.statistics.uncompressed_size)
      .text("sha256", m.sha256)
      .text("verified_level", backup::level_name(m.verified_level))
      .time("verified_at", m.verified_at_us)
      .boolean("digest_matches", m.digest_matches);
  return object;
}

const char* fault_name(backup::FaultKind kind) {
  using backup::FaultKind;
  switch (kind) {
    case FaultKind::damaged_manifest:
      return "damaged_manifest";
    case FaultKind::unreadable_manifest:
      return "unreadable_manifest";
    case FaultKind::missing_manifest:
      return "missing_manifest";
    case FaultKind::newer_format:
      return "newer_format";
    case FaultKind::missing_file:
      return "missing_file";
    case FaultKind::truncated:
      return "truncated";
    case FaultKind::damaged_data:
      return "damaged_data";
    case FaultKind::foreign:
      return "foreign";
    case FaultKind::extra_file:
      return "extra_file";
    case FaultKind::broken_chain:
      return "broken_chain";
    case FaultKind::missing_log:
      return "missing_log";
  }
  return "";
}

void print_fault(Output& out, const backup::RepositoryFault& fault) {
  if (out.json()) {
    JsonObject details;
    details.text("kind", fault_name(fault.kind))
        .text("backup_id", fault.backup_id)
        .text("file", fault.file)
        .text("what", fault.what);
    return out.line(JsonObject::line().object("fault", details));
  }
  std::string name = fault_name(fault.kind);
  std::replace(name.begin(), name.end(), '_', ' ');
  out.line(format("{}: {} {}", name, printable(fault.file), fault.what));
}

void print_gap(Output& out, const Uuid& history, const backup::LogGap& gap) {
  out.line(format("gap: the log lacks {} of history {}",
                  backup::describe_transactions(gap.first, gap.last), history.to_string()));
}

std::string command_for(const std::string& command, const std::string& repository) {
  return "manifold " + command + " " + repository;
}

}  // namespace manifolddb::cli
