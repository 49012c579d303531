// Bringing a second repository up to date.
#include <algorithm>
#include <set>

#include "backup/catalogue.h"
#include "backup/log_copy.h"
#include "backup/manifest.h"
#include "backup/repository_tools.h"
#include "common/file_system.h"
#include "common/format.h"
#include "repository/object_names.h"
#include "repository/object_store.h"
#include "repository/repository_lock.h"

namespace manifolddb::backup {

using repository::ObjectStore;

namespace {

class Copier {
 public:
  Copier(const Catalogue& source_catalogue, const ObjectStore& source, const ObjectStore& target,
         const Uuid& database_id, const CopyOptions& options)
      : catalogue_(source_catalogue),
        source_(source),
        target_(target),
        held_(read_catalogue(target, database_id)),
        options_(options) {
    for (const CatalogueEntry& entry : catalogue_.entries) {
      if (entry.manifest && find_held(entry.id) == nullptr) {
        total_ += 2 * entry.manifest->stored_bytes;  // read here, and again there
      }
    }
    for (const ArchivedLog& log : catalogue_.logs) total_ += bytes_to_copy(log, held_);
  }

  CopySummary run() {
    for (const CatalogueEntry& entry : catalogue_.entries) {
      if (!entry.manifest) {
        refuse(entry, entry.faults.front());
        continue;
      }
      // Parents first, whatever the clock said when they were made.
      for (const CatalogueEntry* const link : catalogue_.chain_of(entry)) {
        if (!seen_.insert(link->id).second) continue;
        copy_link(*link);
      }
    }
    const CopyOptions options{[this](std::uint64_t bytes, std::uint64_t) {
      return !options_.progress || options_.progress(done_ + bytes, total_);
    }};
    copy_logs(catalogue_, source_, held_, target_, options, summary_);
    return std::move(summary_);
  }

 private:
  const CatalogueEntry* find_held(const std::string& id) const {
    const auto found = std::find_if(held_.entries.begin(), held_.entries.end(),
                                    [&id](const auto& entry) { return entry.id == id; });
    return found == held_.entries.end() ? nullptr : &*found;
  }

  void refuse(const CatalogueEntry& entry, RepositoryFault fault) {
    fault.backup_id = entry.id;
    summary_.not_copied.push_back(std::move(fault));
    missing_.insert(entry.id);
  }

  void copy_link(const CatalogueEntry& entry) {
    const Manifest& manifest = *entry.manifest;
    const auto refuse_with = [&](FaultKind kind, std::string what) {
      refuse(entry, {kind, entry.id, repository::backup_object(entry.id, manifest.data_file),
                     std::move(what)});
    };
    if (const CatalogueEntry* const held = find_held(entry.id)) {
      if (held->manifest && *held->manifest == manifest && (held->proved || !entry.proved)) {
        ++summary_.present_before;
      } else {
        refuse_with(FaultKind::damaged_data,
                    "is in the target already, but not as it is here; remove its folder there");
      }
      return;
    }
    for (const RepositoryFault& fault : entry.faults) {
      if (fault.kind != FaultKind::extra_file && !fault.file.ends_with(repository::kChecksums)) {
        return refuse(entry, fault);
      }
    }
    if (manifest.parent_backup_id && missing_.contains(manifest.parent_backup_id->to_string())) {
      return refuse_with(
          FaultKind::broken_chain,
          "continues backup " + manifest.parent_backup_id->to_string() + ", which was not copied");
    }
    try {
      copy_files(manifest);
      summary_.copied.push_back(manifest);
    } catch (const Error& error) {
      // Another backup may be sound; what stops the whole work is not caught.
      if (error.code() != ErrorCode::damaged) throw;
      refuse_with(FaultKind::damaged_data, error.what());
    }
  }

  void copy_files(const Manifest& manifest) {
    const HashedBytes expected{manifest.stored_bytes, manifest.sha256};
    BackupEntryWriter entry(target_, manifest.backup_id);
    const std::string object = entry.object(manifest.data_file);
    const auto check = [&](const ObjectStore& store, const HashedBytes& found) {
      done_ += found.size;
      if (found == expected) return;
      throw Error(ErrorCode::damaged,
                  format("'{}' has SHA-256 {} and {} bytes, the manifest says {} and {}",
                         store.path_of(object).string(), found.sha256, found.size, expected.sha256,
                         expected.size));
    };
    target_.put(object, [&](ByteSink& sink) {
      const std::unique_ptr<ByteSource> from = source_.get(object);
      check(source_, hash_all(*from, &sink, [&](std::uint64_t bytes) {
              if (options_.progress && !options_.progress(done_ + bytes, total_)) {
                throw Error(ErrorCode::interrupted, "interrupted while copying");
              }
            }));
    });
    check(target_, hash_object(target_, object, options_.progress, done_, total_));
    entry.finish(manifest, manifest_text(manifest));
    summary_.bytes_copied += manifest.stored_bytes;
  }

  const Catalogue& catalogue_;
  const ObjectStore& source_;
  const ObjectStore& target_;
  Catalogue held_;
  const CopyOptions& options_;
  std::set<std::string> seen_;
  std::set<std::string> missing_;  // from the target, so nothing that continues them is copied
  std::uint64_t done_ = 0, total_ = 0;
  CopySummary summary_;
};

}  // namespace

CopySummary Repository::copy_to(const std::filesystem::path& target,
                                const CopyOptions& options) const {
  std::error_code ignored;
  if (std::filesystem::equivalent(path_, target, ignored)) {
    throw Error(ErrorCode::would_overwrite,
                format("source and target are the same repository '{}'", path_.string()),
                "nothing was changed", "name another folder");
  }
  const repository::ReaderLock reading(path_);
  const Catalogue held = catalogue();
  const bool created = !is_repository(target);
  open_or_create(target, database_id_);
  const repository::WriterLock writing(target, "copy");
  const ObjectStore source_store(path_);
  const ObjectStore target_store(target);
  remove_leftovers(target_store);
  CopySummary summary = Copier(held, source_store, target_store, database_id_, options).run();
  summary.target_created = created;
  return summary;
}

}  // namespace manifolddb::backup
