#include "backup/catalogue.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "backup/manifest.h"
#include "common/format.h"
#include "common/text.h"
#include "repository/object_names.h"

namespace manifolddb::backup {

using repository::ObjectStore;

namespace {

constexpr std::size_t kShortIdLetters = 8;

bool is_own_name(std::string_view name) {
  return name == repository::kManifest || name == repository::kChecksums ||
         name == repository::kPlainData || name == repository::kCompressedData ||
         name == repository::kUnfinished || repository::is_temporary_name(name);
}

class FolderReader {
 public:
  FolderReader(const ObjectStore& store, const Uuid& database_id, const std::string& id)
      : store_(store),
        database_id_(database_id),
        files_(store.list(repository::backup_folder(id))) {
    entry_.id = id;
  }

  // Left by a writer that was killed, or being written at this moment.
  bool unfinished() const {
    if (has(repository::kManifest)) return false;
    return has(repository::kUnfinished) ||
           std::all_of(files_.begin(), files_.end(), [](const ObjectStore::Entry& file) {
             return repository::is_temporary_name(file.name);
           });
  }

  CatalogueEntry read() {
    read_manifest();
    if (entry_.manifest) check_manifest(*entry_.manifest);
    if (entry_.manifest) check_files(*entry_.manifest);
    for (const ObjectStore::Entry& file : files_) {
      const bool other_data = entry_.manifest && file.name != entry_.manifest->data_file &&
                              file.name.starts_with(repository::kPlainData);
      if (file.folder || other_data || !is_own_name(file.name)) {
        fault(FaultKind::extra_file, file.name, "belongs to no backup");
      }
    }
    return std::move(entry_);
  }

 private:
  const ObjectStore::Entry* find(std::string_view name) const {
    const auto found = std::find_if(files_.begin(), files_.end(),
                                    [name](const auto& file) { return file.name == name; });
    return found == files_.end() ? nullptr : &*found;
  }
  bool has(std::string_view name) const { return find(name) != nullptr; }

  void fault(FaultKind kind, std::string_view name, std::string what) {
    entry_.faults.push_back(
        {kind, entry_.id, repository::backup_object(entry_.id, name), std::move(what)});
  }

  void read_manifest() {
    if (!has(repository::kManifest)) {
      fault(FaultKind::missing_manifest, repository::kManifest,
            "is missing, and the backup was not left unfinished");
      return;
    }
    const std::string name = repository::backup_object(entry_.id, repository::kManifest);
    try {
      entry_.manifest = parse_manifest(store_.read_small(name, kManifestBytesMax), name);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::newer_format) {
        fault(FaultKind::newer_format, repository::kManifest, error.what());
      } else if (error.code() == ErrorCode::damaged) {
        fault(FaultKind::damaged_manifest, repository::kManifest, error.what());
      } else if (error.code() == ErrorCode::failed) {
        fault(FaultKind::unreadable_manifest, repository::kManifest, error.what());
      } else {
        throw;
      }
    }
  }

  void check_manifest(const Manifest& manifest) {
    if (manifest.backup_id.to_string() != entry_.id) {
      fault(FaultKind::foreign, repository::kManifest,
            "is that of backup " + manifest.backup_id.to_string());
    } else if (manifest.database_id != database_id_) {
      fault(FaultKind::foreign, repository::kManifest,
            format("is of database {}, and the repository of {}", manifest.database_id.to_string(),
                   database_id_.to_string()));
      entry_.is_of_another_database = true;
    } else {
      return;
    }
    entry_.manifest.reset();
  }

  void check_files(const Manifest& manifest) {
    if (!has(repository::kChecksums)) {
      fault(FaultKind::missing_file, repository::kChecksums, "is missing");
    }
    const ObjectStore::Entry* const data = find(manifest.data_file);
    if (data == nullptr || data->folder) {
      fault(FaultKind::missing_file, manifest.data_file, "is missing");
    } else if (data->size != manifest.stored_bytes) {
      fault(data->size < manifest.stored_bytes ? FaultKind::truncated : FaultKind::damaged_data,
            manifest.data_file,
            format("has {} bytes; {} were stored", data->size, manifest.stored_bytes));
    }
  }

  const ObjectStore& store_;
  const Uuid& database_id_;
  std::vector<ObjectStore::Entry> files_;
  CatalogueEntry entry_;
};

auto order_key(const CatalogueEntry& entry) {
  const Manifest* const m = entry.manifest ? &*entry.manifest : nullptr;
  return std::tuple(m == nullptr, m == nullptr ? 0 : m->created_at_us,
                    m == nullptr ? 0 : m->sequence_number.value, entry.id);
}

void read_root(const ObjectStore& store, Catalogue& catalogue) {
  for (const ObjectStore::Entry& found : store.list_root()) {
    const bool ours =
        found.name == repository::kRepositoryFile || found.name == repository::kWriterLock ||
        found.name == repository::kArchiverLock || found.name == repository::kBackupsFolder ||
        found.name == repository::kLogFolder || repository::is_temporary_name(found.name);
    if (ours) continue;
    catalogue.faults.push_back({FaultKind::extra_file, "", found.name, "belongs to no backup"});
  }
}

}  // namespace

Catalogue read_catalogue(const ObjectStore& store, const Uuid& database_id) {
  Catalogue catalogue;
  catalogue.database_id = database_id;
  read_root(store, catalogue);
  for (const ObjectStore::Entry& folder : store.list(repository::kBackupsFolder)) {
    Uuid id;
    if (!folder.folder || !parse_uuid(folder.name, id) || id.to_string() != folder.name) {
      if (repository::is_temporary_name(folder.name)) continue;
      catalogue.faults.push_back({FaultKind::extra_file, "", repository::backup_folder(folder.name),
                                  "belongs to no backup"});
      continue;
    }
    FolderReader reader(store, database_id, folder.name);
    if (reader.unfinished()) {
      catalogue.unfinished.push_back(folder.name);
      continue;
    }
    if (catalogue.entries.size() == Catalogue::kEntriesMax) {
      throw Error(ErrorCode::failed, format("'{}' holds more than {} backups",
                                            store.root().string(), Catalogue::kEntriesMax));
    }
    catalogue.entries.push_back(reader.read());
  }
  std::sort(catalogue.entries.begin(), catalogue.entries.end(),
            [](const auto& a, const auto& b) { return order_key(a) < order_key(b); });
  link_chains(catalogue);
  read_logs(store, catalogue);
  link_logs(catalogue);
  return catalogue;
}

std::string short_id(const Uuid& backup_id) {
  return backup_id.to_string().substr(0, kShortIdLetters);
}

std::string describe(const Manifest& manifest) {
  const std::string time =
      manifest.committed_at_us ? ", " + format_time_us(*manifest.committed_at_us) : "";
  return format("{} ({} at seq {}{})", short_id(manifest.backup_id), kind_name(manifest.kind),
                manifest.sequence_number.value, time);
}

std::size_t remove_leftovers(const ObjectStore& store) {
  std::size_t removed = 0;
  remove_log_leftovers(store, kLogLeftoverAgeSeconds);
  for (const ObjectStore::Entry& found : store.list_root()) {
    if (repository::is_temporary_name(found.name)) store.remove(found.name);
  }
  for (const ObjectStore::Entry& folder : store.list(repository::kBackupsFolder)) {
    Uuid id;
    if (!folder.folder || !parse_uuid(folder.name, id)) continue;
    FolderReader reader(store, id, folder.name);
    if (reader.unfinished()) {
      remove_backup_files(store, folder.name);
      ++removed;
      continue;
    }
    for (const ObjectStore::Entry& file : store.list(repository::backup_folder(folder.name))) {
      if (repository::is_temporary_name(file.name) || file.name == repository::kUnfinished) {
        store.remove(repository::backup_object(folder.name, file.name));
      }
    }
  }
  return removed;
}

void remove_backup_files(const ObjectStore& store, const std::string& id) {
  // While the mark is there, what is left is known to be on its way out; so it goes last.
  const std::vector<ObjectStore::Entry> files = store.list(repository::backup_folder(id));
  for (const ObjectStore::Entry& file : files) {
    if (file.name != repository::kUnfinished && is_own_name(file.name)) {
      store.remove(repository::backup_object(id, file.name));
    }
  }
  store.remove(repository::backup_object(id, repository::kUnfinished));
  const bool only_ours = std::all_of(files.begin(), files.end(),
                                     [](const auto& file) { return is_own_name(file.name); });
  if (only_ours) store.remove_folder(repository::backup_folder(id));
}

}  // namespace manifolddb::backup
