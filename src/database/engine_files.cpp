#include "database/engine_files.h"

namespace manifolddb {

EngineFiles::EngineFiles(const std::shared_ptr<rocksdb::FileSystem>& base)
    : rocksdb::FileSystemWrapper(base) {}

void EngineFiles::begin_ingest() {
  const std::lock_guard lock(mutex_);
  ingesting_ = true;
}

void EngineFiles::end_ingest(bool succeeded) {
  const std::lock_guard lock(mutex_);
  ingesting_ = false;
  if (succeeded) links_.clear();
}

rocksdb::IOStatus EngineFiles::LinkFile(const std::string& source, const std::string& target,
                                        const rocksdb::IOOptions& options,
                                        rocksdb::IODebugContext* context) {
  {
    const std::lock_guard lock(mutex_);
    if (ingesting_) links_.insert(target);
  }
  return rocksdb::FileSystemWrapper::LinkFile(source, target, options, context);
}

rocksdb::IOStatus EngineFiles::DeleteFile(const std::string& name,
                                          const rocksdb::IOOptions& options,
                                          rocksdb::IODebugContext* context) {
  {
    const std::lock_guard lock(mutex_);
    if (links_.contains(name)) return rocksdb::IOStatus::OK();
  }
  return rocksdb::FileSystemWrapper::DeleteFile(name, options, context);
}

}  // namespace manifolddb
