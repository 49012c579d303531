// What the calls of Repository have in common.
#pragma once

#include <cstdint>
#include <string>

#include "io/hashing_stream.h"
#include "manifolddb/repository.h"
#include "repository/object_store.h"

namespace manifolddb::backup {

std::int64_t now_us();  // since 1970

// Throws Error{damaged} or {not_restorable}, saying why and what can be restored.
void require_restorable(const Catalogue& catalogue, const CatalogueEntry& entry);

// What Repository::decide says. The database was looked at after the catalogue was read: else what
// was committed and backed up in between would make it look like an old copy.
BackupDecision decide_backup(const Catalogue& catalogue, const Database& database,
                             BackupChoice choice);

// Length and hash of a stored object. `progress` gets the bytes so far, over `done_before`.
HashedBytes hash_object(const repository::ObjectStore& store, const std::string& name,
                        const ProgressCallback& progress = {}, std::uint64_t done_before = 0,
                        std::uint64_t total = 0);

// SHA256SUMS of a backup, with a path from the repository's root.
std::string checksums_text(const Manifest& manifest);

// The steps that make a backup appear. Not thread-safe; the caller holds the writer's lock.
class BackupEntryWriter {
 public:
  // From now on the folder is there, marked as unfinished.
  BackupEntryWriter(const repository::ObjectStore& store, const Uuid& backup_id);
  // Without finish(): takes everything away again, as far as that is possible.
  ~BackupEntryWriter();
  BackupEntryWriter(const BackupEntryWriter&) = delete;
  BackupEntryWriter& operator=(const BackupEntryWriter&) = delete;

  std::string object(std::string_view name) const;
  // The data are stored and found right: checksums, manifest. Now it is listed.
  void finish(const Manifest& manifest, const std::string& manifest_bytes);

 private:
  const repository::ObjectStore& store_;
  std::string id_;
  bool finished_ = false;
};

}  // namespace manifolddb::backup
