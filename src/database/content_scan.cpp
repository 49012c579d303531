#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "common/hash.h"
#include "database/integrity_check.h"

namespace manifolddb {

namespace {

constexpr std::uint64_t kRecordsPerPart = 50'000;
constexpr std::uint64_t kRecordsPerReport = 4096;
constexpr std::chrono::milliseconds kProgressInterval{100};

struct Part {
  RecordKind kind;
  std::string first, end;
};

std::vector<Part> make_parts(const Snapshot& snapshot) {
  std::vector<Part> parts;
  for (const RecordKind kind : {RecordKind::key_value, RecordKind::entity, RecordKind::edge}) {
    std::string first;
    for (std::string& key : snapshot.split_keys(kind, kRecordsPerPart)) {
      parts.push_back({kind, std::move(first), key});
      first = std::move(key);
    }
    parts.push_back({kind, std::move(first), {}});
  }
  return parts;
}

class ContentScan {
 public:
  explicit ContentScan(const Snapshot& snapshot)
      : snapshot_(snapshot), parts_(make_parts(snapshot)) {}

  ContentTotals run(unsigned threads, const ProgressCallback& progress) {
    if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
    const std::size_t workers = std::min<std::size_t>(threads, parts_.size());
    running_ = workers;
    std::vector<std::jthread> pool;
    for (std::size_t i = 0; i < workers; ++i) pool.emplace_back([this] { work(); });
    wait(progress);
    pool.clear();
    if (error_) std::rethrow_exception(error_);
    return totals_;
  }

 private:
  void work() {
    ContentTotals totals;
    std::exception_ptr error;
    try {
      for (std::size_t i = next_part_++; i < parts_.size() && !stop_; i = next_part_++) {
        scan_part(parts_[i], totals);
      }
    } catch (...) {
      error = std::current_exception();
      stop_ = true;
    }
    const std::lock_guard lock(mutex_);
    if (error && !error_) error_ = error;
    totals_.digest += totals.digest;
    totals_.counts.entity_count += totals.counts.entity_count;
    totals_.counts.edge_count += totals.counts.edge_count;
    totals_.counts.metadata_count += totals.counts.metadata_count;
    totals_.checksum_mismatches += totals.checksum_mismatches;
    --running_;
    finished_.notify_all();
  }

  void scan_part(const Part& part, ContentTotals& totals) {
    RecordScan scan = snapshot_.scan(part.kind, part.first, part.end);
    RecordView record;
    std::string scratch;
    std::uint64_t count = 0;
    while (!stop_ && scan.next(record)) {
      const ContentDigest hash = record_hash(record, scratch);
      totals.digest += hash;
      if (static_cast<std::uint32_t>(hash.low) != scan.checksum()) ++totals.checksum_mismatches;
      if (++count % kRecordsPerReport == 0) done_ += kRecordsPerReport;
    }
    switch (part.kind) {
      case RecordKind::entity:
        totals.counts.entity_count += count;
        break;
      case RecordKind::edge:
        totals.counts.edge_count += count;
        break;
      case RecordKind::key_value:
        totals.counts.metadata_count += count;
        break;
    }
  }

  void wait(const ProgressCallback& progress) {
    const GraphCounts& counts = snapshot_.state().counts;
    const std::uint64_t total = counts.entity_count + counts.edge_count + counts.metadata_count;
    std::unique_lock lock(mutex_);
    while (running_ != 0) {
      finished_.wait_for(lock, kProgressInterval);
      if (!progress || stop_) continue;
      lock.unlock();
      std::exception_ptr error;
      try {
        if (!progress(done_, total)) {
          throw Error(ErrorCode::interrupted, "stopped while reading the database");
        }
      } catch (...) {
        error = std::current_exception();
        stop_ = true;
      }
      lock.lock();
      if (error && !error_) error_ = error;
    }
  }

  const Snapshot& snapshot_;
  const std::vector<Part> parts_;
  std::atomic<std::size_t> next_part_{0};
  std::atomic<std::uint64_t> done_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable finished_;
  std::size_t running_ = 0;
  ContentTotals totals_;
  std::exception_ptr error_;
};

}  // namespace

ContentTotals scan_content(const Snapshot& snapshot, unsigned threads,
                           const ProgressCallback& progress) {
  return ContentScan(snapshot).run(threads, progress);
}

}  // namespace manifolddb
