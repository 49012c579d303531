// The engine's way to the file system: the default one, or one in memory, with four differences.
//
// It keeps the links of an ingest until the ingest is known to have succeeded.
// RocksDB 7.8 deletes what it has linked when an ingest fails, also where the failure was the sync
// of its manifest: the record that names the files may be on the disk then, and the database could
// not be opened again. Kept, the files are either named by the manifest that is found at the next
// opening (the transaction was committed) or deleted by that opening (it was not).
//
// It remembers that the sync of a log failed. The engine must not hear of it from the file: its
// next sync of the same log, by a flush in the background or by whoever commits, would trip over an
// assertion that Debian's library keeps, and end the caller's process. So the file says that all is
// well; Engine::sync_log() asks log_sync_failure(), and until the database is opened again nothing
// else is written: no table, and no record of the manifest, that could rely on that log.
//
// It syncs a log before the next one is made. RocksDB leaves that to the next flush or sync, and
// takes a torn tail in any log for its end, not only in the newest: after a power loss the newer
// log could be there and the end of the older one not, and the database would be opened with the
// records of the newer one on top of a gap. When that sync fails, the next log is not made.
//
// It refuses the engine's OPTIONS files. The engine goes on without them
// (fail_if_options_file_error is off), nothing here reads them, and writing one, with the engine
// parsing it again to compare, was most of what opening a small database took.
#pragma once

#include <rocksdb/file_system.h>

#include <map>
#include <memory>
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

  // OK as long as no sync of a log has failed; then what the first one said, for good.
  rocksdb::IOStatus log_sync_failure() const;

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus LinkFile(const std::string& source, const std::string& target,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;

 private:
  class LogFile;
  class OtherFile;
  void note_log_sync(const rocksdb::IOStatus& status);
  rocksdb::IOStatus sync_older_log(const std::string& folder, const rocksdb::IOOptions& options,
                                   rocksdb::IODebugContext* context);

  std::mutex logs_mutex_;                        // taken before mutex_
  std::map<std::string, LogFile*> newest_logs_;  // those that are open, by their folder

  mutable std::mutex mutex_;
  rocksdb::IOStatus log_sync_failure_;
  bool ingesting_ = false;
  std::set<std::string> links_;
};

}  // namespace manifolddb
