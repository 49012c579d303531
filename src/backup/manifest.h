// The small JSON files of a repository: what it is, and what is known of each backup
// (docs/repository_format.md). One line each; the last member is the XXH3-128 of the bytes before
// it, so that any change to the file is found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "backup/record_codec.h"
#include "manifolddb/repository.h"

namespace manifolddb::backup {

inline constexpr std::size_t kManifestBytesMax = 64u << 10;

struct RepositoryIdentity {
  Uuid database_id;
  std::int64_t created_at_us = 0;
};

std::string repository_file_text(const RepositoryIdentity& identity);
// Throws Error{damaged}, {newer_format}; `name` is for messages.
RepositoryIdentity parse_repository_file(std::string_view text, const std::string& name);

std::string manifest_text(const Manifest& manifest);
Manifest parse_manifest(std::string_view text, const std::string& name);

// What the header says that a manifest repeats.
Manifest manifest_of(const Header& header);
// The first member in which they differ, with both values; empty when the file is the one that the
// manifest speaks of.
std::string find_difference(const Manifest& manifest, const Header& header);

std::string_view level_name(VerifyLevel level);
std::string_view kind_name(BackupKind kind);

}  // namespace manifolddb::backup
