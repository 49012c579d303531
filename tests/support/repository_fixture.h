// A database and a repository to back it up into, for tests.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifolddb/database.h"
#include "manifolddb/repository.h"
#include "support/temp_dir.h"

namespace manifolddb::test {

// One commit that stores entities first … last.
inline void commit_entities(Database& database, std::uint64_t first, std::uint64_t last,
                            std::int64_t value = 0) {
  WriteTransaction transaction = database.begin();
  for (std::uint64_t id = first; id <= last; ++id) {
    Entity entity;
    entity.id = {id};
    entity.labels = {"Thing"};
    entity.properties = {{"value", value}};
    transaction.put_entity(entity);
  }
  transaction.commit();
}

inline std::filesystem::path backup_path(const backup::Repository& repository,
                                         const backup::Manifest& manifest,
                                         const std::string& name) {
  return repository.path() / "backups" / manifest.backup_id.to_string() / name;
}

inline std::filesystem::path data_path(const backup::Repository& repository,
                                       const backup::Manifest& manifest) {
  return backup_path(repository, manifest, manifest.data_file);
}

// Every file by its path with its bytes, but for the lock, which names whoever had it last.
inline std::map<std::string, std::string> contents_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> contents;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    if (name == "writer.lock") continue;
    contents[name] = entry.is_regular_file() ? read_file(entry.path()) : "folder";
  }
  return contents;
}

class RepositoryTest : public ::testing::Test {
 protected:
  RepositoryTest() : database_(Database::open(folder_ / "db")) {
    commit_entities(database_, 1, 3);
    repository_.emplace(make("repo"));
  }

  backup::Repository make(const std::string& name) {
    return backup::Repository::open_or_create(folder_ / name, database_.statistics().database_id);
  }

  backup::StoredBackup back_up(backup::BackupChoice choice = backup::BackupChoice::automatic) {
    backup::RepositoryBackupOptions options;
    options.choice = choice;
    options.threads = 1;
    return repository_->back_up(database_, options);
  }

  backup::BackupChain open(std::string_view which) const {
    return repository_->open_chain(backup::Repository::parse_target(which));
  }

  // A full and two incrementals.
  std::vector<backup::Manifest> make_chain() {
    std::vector<backup::Manifest> chain;
    for (std::uint64_t i = 0; i < 3; ++i) {
      if (i != 0) commit_entities(database_, 10 * i, 10 * i + 1);
      chain.push_back(back_up().manifest);
    }
    return chain;
  }

  TempDir folder_;
  Database database_;
  std::optional<backup::Repository> repository_;
};

}  // namespace manifolddb::test
