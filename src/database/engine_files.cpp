#include "database/engine_files.h"

#include <string_view>
#include <utility>

namespace manifolddb {

namespace {

bool is_options_file(std::string_view path) {
  const std::size_t slash = path.rfind('/');  // npos + 1 is 0
  return path.substr(slash + 1).starts_with("OPTIONS-");
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

}  // namespace

// Outlives no EngineFiles: the engine closes its files first.
class EngineFiles::LogFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  LogFile(std::unique_ptr<rocksdb::FSWritableFile> file, EngineFiles& files, std::string folder)
      : FSWritableFileOwnerWrapper(std::move(file)), files_(files), folder_(std::move(folder)) {
    const std::lock_guard lock(files_.logs_mutex_);
    files_.newest_logs_[folder_] = this;
  }
  ~LogFile() override { forget(); }

  rocksdb::IOStatus Close(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* context) override {
    forget();
    return FSWritableFileOwnerWrapper::Close(options, context);
  }

  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* context) override {
    files_.note_log_sync(FSWritableFileOwnerWrapper::Sync(options, context));
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* context) override {
    files_.note_log_sync(FSWritableFileOwnerWrapper::Fsync(options, context));
    return rocksdb::IOStatus::OK();
  }

 private:
  void forget() {
    const std::lock_guard lock(files_.logs_mutex_);
    const auto found = files_.newest_logs_.find(folder_);
    if (found != files_.newest_logs_.end() && found->second == this) {
      files_.newest_logs_.erase(found);
    }
  }

  EngineFiles& files_;
  const std::string folder_;
};

class EngineFiles::OtherFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  OtherFile(std::unique_ptr<rocksdb::FSWritableFile> file, const EngineFiles& files)
      : FSWritableFileOwnerWrapper(std::move(file)), files_(files) {}

  // What was appended before is worth nothing without its sync.
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* context) override {
    const rocksdb::IOStatus failure = files_.log_sync_failure();
    return failure.ok() ? FSWritableFileOwnerWrapper::Sync(options, context) : failure;
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* context) override {
    const rocksdb::IOStatus failure = files_.log_sync_failure();
    return failure.ok() ? FSWritableFileOwnerWrapper::Fsync(options, context) : failure;
  }
  using FSWritableFileOwnerWrapper::Append;
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* context) override {
    const rocksdb::IOStatus failure = files_.log_sync_failure();
    return failure.ok() ? FSWritableFileOwnerWrapper::Append(data, options, context) : failure;
  }

 private:
  const EngineFiles& files_;
};

rocksdb::IOStatus EngineFiles::log_sync_failure() const {
  const std::lock_guard lock(mutex_);
  return log_sync_failure_;
}

void EngineFiles::note_log_sync(const rocksdb::IOStatus& status) {
  const std::lock_guard lock(mutex_);
  if (log_sync_failure_.ok()) log_sync_failure_ = status;
}

// The engine has written the older log to its end: it makes the next one with its turn to write,
// and each record has left its buffers by then. The lock keeps the older one open meanwhile.
rocksdb::IOStatus EngineFiles::sync_older_log(const std::string& folder,
                                              const rocksdb::IOOptions& options,
                                              rocksdb::IODebugContext* context) {
  const std::lock_guard lock(logs_mutex_);
  const auto older = newest_logs_.find(folder);
  if (older == newest_logs_.end()) return rocksdb::IOStatus::OK();
  older->second->Sync(options, context).PermitUncheckedError();
  const rocksdb::IOStatus failure = log_sync_failure();
  if (failure.ok()) return failure;
  // Not as "no space", which the engine would try to recover from by itself.
  return rocksdb::IOStatus::IOError("the log before it was not synced", failure.ToString());
}

rocksdb::IOStatus EngineFiles::NewWritableFile(const std::string& name,
                                               const rocksdb::FileOptions& options,
                                               std::unique_ptr<rocksdb::FSWritableFile>* file,
                                               rocksdb::IODebugContext* context) {
  if (is_options_file(name)) return rocksdb::IOStatus::NotSupported();
  const bool is_log = name.ends_with(".log");
  rocksdb::IOStatus status;
  if (is_log) status = sync_older_log(folder_of(name), options.io_options, context);
  if (!status.ok()) return status;
  std::unique_ptr<rocksdb::FSWritableFile> opened;
  status = rocksdb::FileSystemWrapper::NewWritableFile(name, options, &opened, context);
  if (!status.ok()) return status;
  if (is_log) {
    *file = std::make_unique<LogFile>(std::move(opened), *this, folder_of(name));
  } else {
    *file = std::make_unique<OtherFile>(std::move(opened), *this);
  }
  return status;
}

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
