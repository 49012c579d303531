// Repositories as arguments: a folder or a file:// URL, with @ and what is meant in it.
#pragma once

#include <optional>
#include <string>

#include "cli/json_object.h"
#include "cli/output.h"
#include "manifolddb/repository.h"

namespace manifolddb::cli {

// "REPO", "REPO@latest", "REPO@seq:N", "REPO@time:T", "REPO@1a2b3c4d".
struct RepositoryReference {
  std::filesystem::path path;
  std::string which;     // empty: the repository as a whole
  std::string argument;  // as it was given, for messages
  std::string which_or_latest() const { return which.empty() ? "latest" : which; }
};

// "/backups/graph" of "file:///backups/graph"; anything else as it is. Error{usage} for a URL that
// names another host.
std::filesystem::path repository_path(const std::string& argument);

// None when the argument names no repository: a file, a database, "-", nothing. A file whose name
// holds an @ stays a file.
std::optional<RepositoryReference> find_repository(const std::string& argument);

// An argument that must be a repository as a whole.
backup::Repository open_repository(const std::string& argument);

// The point that is meant: `to` unless it is "latest", else that of the reference; `history`: the
// first letters of one, or nothing. Error{usage} for two points.
backup::RecoveryTarget target_of(const RepositoryReference& reference, const std::string& to,
                                 const std::string& history);

// The files that lead there; nothing is removed while it lives.
backup::BackupChain open_chain(const RepositoryReference& reference,
                               const std::string& to = "latest", const std::string& history = {});

// What the library calls REPO in the next step gets its name.
Error with_name(const Error& error, const std::string& repository);

template <typename Work>
auto with_repository_name(const std::string& name, const Work& work) {
  try {
    return work();
  } catch (const Error& error) {
    throw with_name(error, name);
  }
}

// Letters of an id that are enough to tell it from the others, at least 8.
std::size_t id_letters(const backup::Catalogue& catalogue);

std::string describe_levels(const backup::Manifest& manifest);

// The members of a manifest, in the words of format.md.
JsonObject describe_manifest(JsonObject object, const backup::Manifest& manifest);

const char* fault_name(backup::FaultKind kind);
void print_fault(Output& out, const backup::RepositoryFault& fault);

// "gap: the log lacks transactions 31 to 35 of history …".
void print_gap(Output& out, const Uuid& history, const backup::LogGap& gap);

// `repository` and the command behind it, as in "manifold verify REPO".
std::string command_for(const std::string& command, const std::string& repository);

}  // namespace manifolddb::cli
