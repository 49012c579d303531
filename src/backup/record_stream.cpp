#include "backup/record_stream.h"

#include <utility>

#include "backup/chain_reader.h"
#include "backup/record_applier.h"
#include "common/hash.h"
#include "manifolddb/error.h"

namespace manifolddb::backup {

namespace {

// Ends the producer when nobody pulls any more.
struct Stopped {};

void scan_all(const Snapshot& snapshot, const std::function<void(ChangeBatch&&)>& push) {
  ChangeBatch batch;
  for (const RecordKind kind : {RecordKind::key_value, RecordKind::entity, RecordKind::edge}) {
    RecordScan scan = snapshot.scan(kind);
    for (RecordView record; scan.next(record);) {
      batch.add_new(record, {});
      if (batch.bytes() >= RecordStream::kBatchBytes) push(std::exchange(batch, {}));
    }
  }
  push(std::move(batch));
}

constexpr const char* kStreamSafe = "the files were only read";

void read_all(OpenedChain chain, const Options& options,
              const std::function<void(ChangeBatch&&)>& push) {
  ChainReader reader(chain, restore_reader_options(options, chain.is_merged(), kStreamSafe));
  reader.read(push);
}

}  // namespace

std::unique_ptr<RecordStream> RecordStream::of_snapshot(std::shared_ptr<const Snapshot> snapshot) {
  return std::unique_ptr<RecordStream>(new RecordStream(
      [snapshot = std::move(snapshot)](const Push& push) { scan_all(*snapshot, push); }));
}

std::unique_ptr<RecordStream> RecordStream::of_chain(std::vector<std::filesystem::path> files,
                                                     const Options& options,
                                                     std::optional<SequenceNumber> to) {
  return std::unique_ptr<RecordStream>(
      new RecordStream([files = std::move(files), options, to](const Push& push) {
        read_all(open_chain(files, to, kStreamSafe), options, push);
      }));
}

std::unique_ptr<RecordStream> RecordStream::of_chain(BackupChain chain, const Options& options) {
  return std::unique_ptr<RecordStream>(
      new RecordStream([chain = std::move(chain), options](const Push& push) {
        read_all(open_chain(chain, kStreamSafe), options, push);
      }));
}

RecordStream::RecordStream(std::function<void(const Push&)> produce)
    : producer_([this, produce = std::move(produce)] { run(produce); }) {}

RecordStream::~RecordStream() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  producer_.join();
}

void RecordStream::run(const std::function<void(const Push&)>& produce) {
  std::exception_ptr failure;
  try {
    produce([this](ChangeBatch&& batch) { push(std::move(batch)); });
  } catch (const Stopped&) {
  } catch (...) {
    failure = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  failure_ = failure;
  finished_ = true;
  changed_.notify_all();
}

void RecordStream::push(ChangeBatch&& batch) {
  if (batch.size() == 0) return;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopped_ || queue_.size() < kBatchesMax; });
  if (stopped_) throw Stopped{};
  queue_.push_back(std::move(batch));
  changed_.notify_all();
}

bool RecordStream::take_batch() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return finished_ || !queue_.empty(); });
  if (queue_.empty()) {
    if (failure_) std::rethrow_exception(failure_);
    return false;
  }
  batch_ = std::move(queue_.front());
  queue_.pop_front();
  next_in_batch_ = 0;
  changed_.notify_all();
  return true;
}

bool RecordStream::next() {
  if (next_in_batch_ == batch_.size() && !take_batch()) return false;
  const RecordChange record = batch_.change(next_in_batch_++);
  record_ = {record.kind, record.key, record.new_body};
  return true;
}

}  // namespace manifolddb::backup
