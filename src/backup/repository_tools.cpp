#include "backup/repository_tools.h"

#include <chrono>

#include "backup/catalogue.h"
#include "repository/object_names.h"

namespace manifolddb::backup {

using repository::ObjectStore;

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

HashedBytes hash_object(const ObjectStore& store, const std::string& name,
                        const ProgressCallback& progress, std::uint64_t done_before,
                        std::uint64_t total) {
  const std::unique_ptr<ByteSource> source = store.get(name);
  return hash_all(*source, nullptr, [&](std::uint64_t bytes) {
    if (progress && !progress(done_before + bytes, total)) {
      throw Error(ErrorCode::interrupted, "interrupted while reading " + name);
    }
  });
}

std::string checksums_text(const Manifest& manifest) {
  return manifest.sha256 + "  " +
         repository::backup_object(manifest.backup_id.to_string(), manifest.data_file) + "\n";
}

BackupEntryWriter::BackupEntryWriter(const ObjectStore& store, const Uuid& backup_id)
    : store_(store), id_(backup_id.to_string()) {
  store_.put(object(repository::kUnfinished), "");
}

BackupEntryWriter::~BackupEntryWriter() {
  if (finished_) return;
  try {
    remove_backup_files(store_, id_);
  } catch (const Error&) {
    // The next writer finds the mark and tries again.
  }
}

std::string BackupEntryWriter::object(std::string_view name) const {
  return repository::backup_object(id_, name);
}

void BackupEntryWriter::finish(const Manifest& manifest, const std::string& manifest_bytes) {
  store_.put(object(repository::kChecksums), checksums_text(manifest));
  store_.put(object(repository::kManifest), manifest_bytes);
  finished_ = true;
  // Beside a manifest the mark means nothing, so it may stay when this fails.
  try {
    store_.remove(object(repository::kUnfinished));
  } catch (const Error&) {
  }
}

}  // namespace manifolddb::backup
