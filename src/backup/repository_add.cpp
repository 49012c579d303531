// Taking a backup into a repository: stored, read again, then listed.
#include <algorithm>

#include "backup/catalogue.h"
#include "backup/contents.h"
#include "backup/full_backup.h"
#include "backup/incremental_backup.h"
#include "backup/manifest.h"
#include "backup/repository_tools.h"
#include "backup/restore_plan.h"
#include "backup/target_time.h"
#include "common/format.h"
#include "common/text.h"
#include "manifolddb/repository.h"
#include "repository/object_names.h"
#include "repository/object_store.h"
#include "repository/repository_lock.h"

namespace manifolddb::backup {

using repository::ObjectStore;

namespace {

ParentBackup as_parent(const Manifest& manifest) {
  ParentBackup parent;
  parent.backup_id = manifest.backup_id;
  parent.history_id = manifest.history_id;
  parent.database_id = manifest.database_id;
  parent.sequence_number = manifest.sequence_number;
  parent.content_digest = manifest.content_digest;
  return parent;
}

// What was written, by the reader's eyes.
Error stored_wrongly(const std::string& file, const std::string& what) {
  return Error(ErrorCode::damaged,
               format("what was stored in '{}' is not what was written: {}", file, what),
               "no backup was listed; earlier ones are untouched",
               "check the disk that holds the repository, then run it again");
}

class BackupTaker {
 public:
  BackupTaker(const ObjectStore& store, const Catalogue& catalogue, const Database& database,
              const BackupDecision& decision, const RepositoryBackupOptions& options)
      : store_(store),
        catalogue_(catalogue),
        database_(database),
        decision_(decision),
        options_(options) {}

  Manifest run() {
    ExportOptions options = options_;
    options.backup_id = make_uuid();
    BackupEntryWriter entry(store_, *options.backup_id);
    data_file_ = options.compression == Compression::none ? repository::kPlainData
                                                          : repository::kCompressedData;
    const std::string object = entry.object(data_file_);
    write(object, options);
    const Manifest manifest = read_again(object);
    entry.finish(manifest, manifest_text(manifest));
    return manifest;
  }

 private:
  void write(const std::string& object, const ExportOptions& options) {
    store_.put(object, [&](ByteSink& sink) {
      HashingSink hashing(sink);
      written_ =
          decision_.kind == BackupKind::full
              ? export_full(database_, hashing, options)
              : export_incremental(database_, as_parent(*decision_.parent), hashing, options);
      hashed_ = hashing.result();
    });
  }

  Manifest read_again(const std::string& object) {
    const std::filesystem::path file = store_.path_of(object);
    if (const HashedBytes found = hash_object(store_, object, options_.progress);
        found != hashed_) {
      throw stored_wrongly(file.string(),
                           format("SHA-256 {} of {} bytes, written were {} of {}", found.sha256,
                                  found.size, hashed_.sha256, hashed_.size));
    }
    VerifyOptions verify_options;
    static_cast<Options&>(verify_options) = options_;
    verify_options.level =
        decision_.kind == BackupKind::full ? VerifyLevel::chain : VerifyLevel::records;
    const VerifyReport report = backup::verify(file, verify_options);
    // Where the database itself is damaged, the backup is kept: it may be all that is left. It is
    // marked, and nothing counts on it.
    if (!report.ok() && written_.digest_matches) {
      throw stored_wrongly(file.string(), report.damages.front().what);
    }
    Manifest manifest = manifest_of(read_header(file));
    manifest.statistics.uncompressed_size = report.summary.statistics.uncompressed_size;
    manifest.data_file = data_file_;
    manifest.stored_bytes = hashed_.size;
    manifest.sha256 = hashed_.sha256;
    manifest.verified_level =
        report.any_level_reached ? report.level_reached : VerifyLevel::structure;
    manifest.verified_at_us = now_us();
    manifest.digest_matches = written_.digest_matches;
    manifest.history_began_at_us = begin_of_history(manifest);
    return manifest;
  }

  // The database may have forgotten its first commits, the repository may have pruned them.
  std::int64_t begin_of_history(const Manifest& manifest) const {
    std::int64_t begin = manifest.created_at_us;
    const SequenceNumber first{manifest.parent_sequence_number.value_or(SequenceNumber{0}).value +
                               1};
    database_.for_each_commit(first, first, [&begin](const CommitRecord& commit) {
      begin = std::min(begin, commit.committed_at_us);
      return true;
    });
    for (const HistoryNode& node : catalogue_.histories) {
      if (node.history_id != manifest.history_id) continue;
      begin = std::min(begin, begin_of(catalogue_, node, segment_times(store_)).value_or(begin));
    }
    return begin;
  }

  const ObjectStore& store_;
  const Catalogue& catalogue_;
  const Database& database_;
  const BackupDecision& decision_;
  const RepositoryBackupOptions& options_;
  std::string_view data_file_;
  BackupSummary written_;
  HashedBytes hashed_;
};

}  // namespace

StoredBackup Repository::back_up(const Database& database,
                                 const RepositoryBackupOptions& options) const {
  const ObjectStore store(path_);
  const repository::WriterLock lock(path_, "backup");
  StoredBackup stored;
  const Catalogue held = catalogue();
  stored.decision = decide(database, options.choice);
  if (stored.decision.new_history_needed) {
    throw Error(ErrorCode::wrong_history, stored.decision.reason, "no backup was taken",
                "Database::start_new_history(), then a full backup");
  }
  stored.cleaned_up = remove_leftovers(store);
  stored.manifest = BackupTaker(store, held, database, stored.decision, options).run();
  return stored;
}

}  // namespace manifolddb::backup
