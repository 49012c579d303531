// The engine's way to the file system: the default one, which keeps the links of an ingest until
// the ingest is known to have succeeded.
//
// RocksDB 7.8 deletes what it has linked when an ingest fails, also where the failure was the sync
// of its manifest: the record that names the files may be on the disk then, and the database could
// not be opened again. Kept, the files are either named by the manifest that is found at the next
// opening (the transaction was committed) or deleted by that opening (it was not).
#pragma once

#include <rocksdb/file_system.h>

#include <mutex>
#include <set>
#include <string>

namespace manifolddb {

// Thread-safe.
class EngineFiles : public rocksdb::FileSystemWrapper {
 public:
  explicit EngineFiles(const std::shared_ptr<rocksdb::FileSystem>& base);
  const char* Name() const override { return "ManifoldDB.EngineFiles"; }

  // From here to the next end_ingest(), what LinkFile makes is remembered, and DeleteFile of it
  // says OK and does nothing. After end_ingest(false) it stays so for good.
  void begin_ingest();
  void end_ingest(bool succeeded);

  rocksdb::IOStatus LinkFile(const std::string& source, const std::string& target,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;

 private:
  std::mutex mutex_;
  bool ingesting_ = false;
  std::set<std::string> links_;
};

}  // namespace manifolddb
