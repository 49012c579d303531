#include "database/bulk_state.h"

#include <algorithm>
#include <thread>

#include "manifolddb/error.h"

namespace manifolddb {
namespace {

// A folder of its own for each loader: in memory there is no call that tells whether one exists.
std::filesystem::path make_directory(const Engine& engine) {
  static std::atomic<std::uint64_t> count = 0;
  std::filesystem::path path =
      engine.scratch_directory() / ("bulk-" + std::to_string(count.fetch_add(1) + 1));
  if (engine.in_memory()) return path;
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    const bool full = error == std::errc::no_space_on_device;
    throw Error(full ? ErrorCode::no_space : ErrorCode::failed,
                "cannot create folder " + path.string() + ": " + error.message(),
                "nothing was changed", full ? "free some space, then try again" : "");
  }
  return path;
}

}  // namespace

BulkLimits::BulkLimits(const BulkOptions& options) {
  const std::size_t memory = std::max(options.memory_limit_bytes, kMemoryMin);
  workers = static_cast<unsigned>(std::clamp<std::size_t>(
      options.threads, 1, std::min<std::size_t>(kWorkersMax, memory / kMemoryPerWorkerMin)));
  block_bytes = std::clamp<std::size_t>(memory / 2048, 16u << 10, 128u << 10);
  // One unit each, one that is being filled and one that waits.
  units_bytes_max = std::min(memory / 4, (workers + 2) * kUnitBytesMax);
  unit_bytes = units_bytes_max / (workers + 2);
  // A sixteenth is left for counters, run indexes and what the allocator wastes.
  const std::size_t reserve = memory / 16;
  counter_bytes_max = reserve / 2 / workers;
  const std::size_t sort_bytes =
      memory - units_bytes_max - reserve - workers * (kTableWriterBytes + block_bytes);
  worker_sort_bytes = sort_bytes / workers;
  chunk_bytes = std::clamp<std::size_t>(worker_sort_bytes / 64, 16u << 10, 1u << 20);
  worker_merge_bytes = units_bytes_max / workers;
}

BulkState::BulkState(Engine& engine_of, std::uint64_t sequence_of, const BulkOptions& options)
    : engine(engine_of),
      sequence(sequence_of),
      indexing(options.indexing),
      limits(options),
      directory(make_directory(engine_of)),
      space(engine_of.in_memory() ? std::filesystem::path() : directory, limits.chunk_bytes,
            limits.block_bytes) {
  for (std::size_t i = 0; i < sorters_.size(); ++i) {
    sorters_[i].emplace(space, std::string(family_name(kSortedFamilies[i])));
  }
}

BulkState::~BulkState() {
  remove_files();
}

ExternalSorter& BulkState::sorter(Family family) {
  const auto found = std::find(kSortedFamilies.begin(), kSortedFamilies.end(), family);
  return *sorters_[static_cast<std::size_t>(found - kSortedFamilies.begin())];
}

std::filesystem::path BulkState::next_table_path(Family family) {
  const std::lock_guard lock(mutex_);
  return directory /
         (std::string(family_name(family)) + "-" + std::to_string(++table_count_) + ".sst");
}

void BulkState::add_table(Family family, std::filesystem::path path) {
  const std::lock_guard lock(mutex_);
  tables_.push_back({family, std::move(path)});
}

std::vector<TableFile> BulkState::tables() const {
  const std::lock_guard lock(mutex_);
  return tables_;
}

void BulkState::fail(std::exception_ptr error) {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = std::move(error);
  stopped_ = true;
}

void BulkState::check_stopped() const {
  if (!stopped_) return;
  const std::lock_guard lock(mutex_);
  if (error_) std::rethrow_exception(error_);
  throw Error(ErrorCode::interrupted, "the bulk load was stopped", "nothing was changed");
}

void BulkState::remove_files() {
  engine.remove_scratch(directory);
}

void BulkTable::open() {
  path_ = state_.next_table_path(family_);
  memory_ = LedgerEntry(state_.ledger(), BulkLimits::kTableWriterBytes);
  writer_.emplace(state_.engine, family_, path_);
}

void BulkTable::finish() {
  if (!writer_) return;
  writer_->finish();
  writer_.reset();
  memory_ = LedgerEntry();
  state_.add_table(family_, std::move(path_));
}

void run_tasks(BulkState& state, unsigned threads,
               const std::vector<std::function<void()>>& tasks) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    try {
      for (std::size_t i = next++; i < tasks.size() && !state.stopped(); i = next++) tasks[i]();
    } catch (...) {
      state.fail(std::current_exception());
    }
  };
  std::vector<std::jthread> helpers;
  const std::size_t helper_count = std::min<std::size_t>(threads, tasks.size());
  try {
    while (helpers.size() < helper_count) helpers.emplace_back(work);
  } catch (...) {
    state.fail(std::current_exception());
  }
  helpers.clear();
  state.check_stopped();
}

}  // namespace manifolddb
