// What a repository holds, from names, sizes and manifests: no data is read.
#pragma once

#include <string>

#include "manifolddb/repository.h"
#include "repository/object_store.h"

namespace manifolddb::backup {

Catalogue read_catalogue(const repository::ObjectStore& store, const Uuid& database_id);

// Sets proved, restorable and parent of every entry, and adds a fault where a chain is broken.
void link_chains(Catalogue& catalogue);

// "12345678 (full at seq 7, 2026-11-22T21:47:00.123456Z)", for messages.
std::string describe(const Manifest& manifest);
// The first letters of an id, as lists show it.
std::string short_id(const Uuid& backup_id);
// The points that can be restored: "no backup can be restored", or "it can be restored to seq 7,
// 9, 12 of history …", at most some of them.
std::string describe_window(const Catalogue& catalogue);

// Removes what writers that were killed have left; the caller holds the writer's lock. Returns the
// number of unfinished backups that went.
std::size_t remove_leftovers(const repository::ObjectStore& store);
// The folder of one backup with everything in it, the manifest first; the caller has made sure that
// it may go.
void remove_backup_files(const repository::ObjectStore& store, const std::string& id);

}  // namespace manifolddb::backup
