// Records of a database, or of the end of a chain, pulled one after the other.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "common/record.h"
#include "database/bulk_loader.h"
#include "database/snapshot.h"
#include "manifolddb/backup.h"
#include "manifolddb/repository.h"

namespace manifolddb::backup {

// Ascending by (kind, key). A thread of its own reads ahead, kBatchesMax batches of about
// kBatchBytes at most. Used by one thread.
class RecordStream {
 public:
  static constexpr std::size_t kBatchesMax = 4;
  static constexpr std::size_t kBatchBytes = 1u << 20;

  // The snapshot is kept; its database must outlive the stream.
  static std::unique_ptr<RecordStream> of_snapshot(std::shared_ptr<const Snapshot> snapshot);
  // The chain among the files that ends at `to` (none: the highest number), or the point of a plan.
  // What is wrong with the files is thrown by next(), before the end is reported.
  static std::unique_ptr<RecordStream> of_chain(std::vector<std::filesystem::path> files,
                                                const Options& options,
                                                std::optional<SequenceNumber> to = {});
  static std::unique_ptr<RecordStream> of_chain(BackupChain chain, const Options& options);

  ~RecordStream();
  RecordStream(const RecordStream&) = delete;
  RecordStream& operator=(const RecordStream&) = delete;

  // Moves to the next record; false at the end. Throws what reading threw.
  bool next();
  const RecordView& record() const { return record_; }  // until next()

 private:
  using Push = std::function<void(ChangeBatch&&)>;
  explicit RecordStream(std::function<void(const Push&)> produce);
  void push(ChangeBatch&& batch);
  void run(const std::function<void(const Push&)>& produce);
  bool take_batch();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<ChangeBatch> queue_;
  bool finished_ = false;
  bool stopped_ = false;
  std::exception_ptr failure_;

  ChangeBatch batch_;
  std::size_t next_in_batch_ = 0;
  RecordView record_;
  std::thread producer_;  // last: it uses what is above
};

}  // namespace manifolddb::backup
