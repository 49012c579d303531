// Opening a repository, and deciding which backup comes next.
#include "manifolddb/repository.h"

#include <algorithm>
#include <memory>

#include "backup/catalogue.h"
#include "backup/manifest.h"
#include "backup/repository_tools.h"
#include "backup/restore_plan.h"
#include "common/file_system.h"
#include "common/format.h"
#include "common/text.h"
#include "database/change_index.h"
#include "database/database_core.h"
#include "repository/object_names.h"
#include "repository/object_store.h"
#include "repository/repository_lock.h"

namespace manifolddb::backup {

namespace fs = std::filesystem;
using repository::ObjectStore;

namespace {

constexpr const char* kNothingChanged = "nothing was changed";

[[noreturn]] void refuse_other_database(const fs::path& path, const Uuid& here, const Uuid& there) {
  throw Error(ErrorCode::wrong_history,
              format("'{}' holds backups of database {}, not of {}", path.string(),
                     here.to_string(), there.to_string()),
              kNothingChanged, "use another repository for this database");
}

// Temporary files, and the lock, are what a creation that was killed leaves.
void require_empty(const ObjectStore& store) {
  for (const ObjectStore::Entry& found : store.list_root()) {
    if (repository::is_temporary_name(found.name) || found.name == repository::kWriterLock ||
        found.name == repository::kArchiverLock)
      continue;
    throw Error(ErrorCode::would_overwrite,
                format("'{}' is no repository, and not empty: it holds '{}'", store.root().string(),
                       found.name),
                kNothingChanged, "name a new folder, and the repository is made there");
  }
}

class Decider {
 public:
  // The catalogue must have been read before: what it holds is then no newer than the database,
  // unless that is an old copy.
  Decider(const Catalogue& catalogue, const Database& database)
      : catalogue_(catalogue),
        snapshot_(database.core().durable_snapshot()),
        state_(snapshot_->state()) {}

  BackupDecision decide(BackupChoice choice) {
    BackupDecision decision;
    if (find_contradiction(decision.reason)) {
      decision.new_history_needed = true;
      return decision;
    }
    if (choice == BackupChoice::full) {
      decision.reason = "a full backup was asked for";
      return decision;
    }
    if (const Manifest* const parent = find_parent(decision.reason)) {
      decision.kind = BackupKind::incremental;
      decision.parent = *parent;
      decision.reason = "it continues backup " + describe(*parent);
      return decision;
    }
    if (choice == BackupChoice::incremental) {
      throw Error(ErrorCode::not_restorable,
                  "an incremental backup has nothing to continue: " + decision.reason,
                  "no backup was taken", "take a full one: --full, or --auto");
    }
    return decision;
  }

 private:
  bool of_this_history(const CatalogueEntry& entry) const {
    return entry.manifest && entry.manifest->history_id == state_.history_id;
  }

  // What the repository knows of this history that this database does not, or otherwise.
  bool find_contradiction(std::string& reason) const {
    for (const CatalogueEntry& entry : catalogue_.entries) {
      if (!of_this_history(entry)) continue;
      const Manifest& m = *entry.manifest;
      const std::uint64_t number = m.sequence_number.value;
      if (number > state_.sequence) {
        reason = format(
            "this is an old copy of the database: it is at seq {}, and the repository holds seq {} "
            "of the same history (backup {})",
            state_.sequence, number, short_id(m.backup_id));
        return true;
      }
      const auto digest = digest_at(*snapshot_, number);
      if (digest && *digest != m.content_digest) {
        reason = format(
            "this is a copy of the database that went another way: at seq {} it had content digest "
            "{}, and backup {} of the same history has {}",
            number, digest->to_hex(), short_id(m.backup_id), m.content_digest.to_hex());
        return true;
      }
    }
    return false;
  }

  const Manifest* find_parent(std::string& reason) const {
    const Manifest* best = nullptr;
    reason = catalogue_.entries.empty() ? "the repository holds no backup yet"
                                        : "the repository holds no backup of this history yet";
    for (const CatalogueEntry& entry : catalogue_.entries) {
      if (!of_this_history(entry)) continue;
      const Manifest& m = *entry.manifest;
      if (!entry.restorable) {
        if (best == nullptr) {
          reason = format("backup {} cannot be restored, so nothing may continue it",
                          short_id(m.backup_id));
        }
      } else if (m.sequence_number.value < state_.first_parent_sequence()) {
        if (best == nullptr) {
          reason = format("changes are known from seq {} on, and backup {} ends at seq {}",
                          state_.first_parent_sequence(), short_id(m.backup_id),
                          m.sequence_number.value);
        }
      } else if (best == nullptr || best->sequence_number <= m.sequence_number) {
        best = &m;
      }
    }
    return best;
  }

  const Catalogue& catalogue_;
  std::shared_ptr<const Snapshot> snapshot_;
  const StateRecord& state_;
};

}  // namespace

bool Repository::is_repository(const fs::path& path) {
  return !path.empty() && name_exists(path / repository::kRepositoryFile);
}

Repository Repository::open(const fs::path& path) {
  const ObjectStore store(path);
  const std::string file(repository::kRepositoryFile);
  if (!store.exists(file)) {
    throw Error(ErrorCode::not_found, format("'{}' is no repository", path.string()),
                kNothingChanged, "manifold backup DB -r REPO    makes one");
  }
  const RepositoryIdentity identity =
      parse_repository_file(store.read_small(file, kManifestBytesMax), (path / file).string());
  return Repository(path, identity.database_id);
}

Repository Repository::open_or_create(const fs::path& path, const Uuid& database_id) {
  if (!is_repository(path)) {
    const ObjectStore store(path);
    if (name_exists(path)) require_empty(store);
    try {
      store.put(repository::kRepositoryFile, repository_file_text({database_id, now_us()}));
    } catch (const Error& error) {
      // Another process was faster; what it made is as good.
      if (error.code() != ErrorCode::would_overwrite || !is_repository(path)) throw;
    }
  }
  Repository opened = open(path);
  if (opened.database_id_ != database_id) {
    refuse_other_database(path, opened.database_id_, database_id);
  }
  return opened;
}

Catalogue Repository::catalogue() const {
  const repository::ReaderLock reading(path_);
  return read_catalogue(ObjectStore(path_), database_id_);
}

BackupDecision Repository::decide(const Database& database, BackupChoice choice) const {
  const Uuid id = database.statistics().database_id;
  if (id != database_id_) refuse_other_database(path_, database_id_, id);
  return decide_backup(catalogue(), database, choice);
}

BackupDecision decide_backup(const Catalogue& catalogue, const Database& database,
                             BackupChoice choice) {
  require_all_manifests(catalogue);
  return Decider(catalogue, database).decide(choice);
}

std::vector<RestorableRange> Repository::window() const {
  const repository::ReaderLock reading(path_);
  const Catalogue held = catalogue();
  std::vector<RestorableRange> window = held.window();
  add_segment_times(ObjectStore(path_), held, window);
  return window;
}

RestorePlan Repository::plan(const RecoveryTarget& target) const {
  const repository::ReaderLock reading(path_);
  return plan_from_store(ObjectStore(path_), catalogue(), target);
}

BackupChain Repository::open_chain(const RecoveryTarget& target) const {
  // Locked before it is looked at: what is found then stays.
  const auto lock = std::make_shared<repository::ReaderLock>(path_);
  BackupChain chain = files_of(ObjectStore(path_), plan(target));
  chain.lock = lock;
  return chain;
}

RecoveryTarget Repository::parse_target(std::string_view which) {
  static constexpr std::string_view kSequence = "seq:";
  static constexpr std::string_view kTime = "time:";
  static constexpr std::size_t kIdLettersMin = 4;
  RecoveryTarget target;
  if (which == "latest") return target;
  if (which.starts_with(kSequence)) {
    target.kind = RecoveryTarget::Kind::sequence;
    if (parse_unsigned(which.substr(kSequence.size()), target.sequence_number.value)) return target;
  } else if (which.starts_with(kTime)) {
    target.kind = RecoveryTarget::Kind::time;
    if (parse_time_us(which.substr(kTime.size()), target.time_us)) return target;
  } else if (which.size() >= kIdLettersMin) {
    target.kind = RecoveryTarget::Kind::backup;
    target.backup_id = which;
    return target;
  }
  throw Error(ErrorCode::usage,
              format("{} is no point: it is latest, seq:N, time:T with an offset or Z, or at least "
                     "{} letters of the id of a backup",
                     quote_text(which), kIdLettersMin),
              kNothingChanged, "as in seq:20483 or time:2026-11-22T21:47:00Z");
}

fs::path Repository::data_file(std::string_view which) const {
  const Catalogue held = catalogue();
  const CatalogueEntry& entry = held.resolve(which);
  if (!entry.manifest) {
    throw Error(ErrorCode::damaged,
                format("{}: {}", entry.faults.front().file, entry.faults.front().what),
                kNothingChanged, "manifold verify REPO");
  }
  return ObjectStore(path_).path_of(repository::backup_object(entry.id, entry.manifest->data_file));
}

void require_restorable(const Catalogue& catalogue, const CatalogueEntry& entry) {
  if (entry.restorable) return;
  for (const CatalogueEntry* const link : catalogue.chain_of(entry)) {
    for (const RepositoryFault& fault : link->faults) {
      if (fault.kind == FaultKind::extra_file) continue;
      const bool gap =
          fault.kind == FaultKind::broken_chain || fault.kind == FaultKind::missing_file;
      throw Error(gap ? ErrorCode::not_restorable : ErrorCode::damaged,
                  format("backup {} cannot be restored: {} {}", entry.id, fault.file, fault.what),
                  kNothingChanged, describe_window(catalogue));
    }
  }
  throw Error(
      ErrorCode::damaged,
      format("backup {} cannot be restored: its content, or that of what it continues, never "
             "had the digest that was committed",
             entry.id),
      kNothingChanged, describe_window(catalogue));
}

}  // namespace manifolddb::backup
