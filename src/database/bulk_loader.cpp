// The way of a change: add() collects batches to units; a worker turns a unit into record tables
// and into keys for the sorters; finish() merges the sorters' runs to tables, many parts at once;
// ingest() adds the small tables and hands all of them to the engine.
#include "database/bulk_loader.h"

#include <condition_variable>
#include <cstring>
#include <deque>
#include <thread>

#include "database/bulk_state.h"
#include "database/bulk_worker.h"
#include "database/key_codec.h"
#include "manifolddb/error.h"

namespace manifolddb {
namespace {

constexpr std::size_t kRecordsBetweenStopChecks = 4096;

// Tells for ascending keys which ones the database has. Keys close together are reached by steps,
// since a seek costs about as much as kStepsMax of them.
class PresentKeys {
 public:
  PresentKeys(const Engine& engine, Family family) : engine_(engine), family_(family) {}
  bool contains(std::string_view key) {
    if (!iterator_) {
      iterator_.emplace(engine_.iterate(family_, {}));
      iterator_->seek(key);
    }
    constexpr int kStepsMax = 8;
    for (int step = 0; iterator_->valid() && iterator_->key() < key; ++step) {
      if (step < kStepsMax) {
        iterator_->next();
      } else {
        iterator_->seek(key);
      }
    }
    return iterator_->valid() && iterator_->key() == key;
  }

 private:
  const Engine& engine_;
  Family family_;
  std::optional<EngineIterator> iterator_;
};

// One part of a sorted family to tables. A put wins over a removal of its key; a removal of a key
// that the database does not have is not written.
void write_part(BulkState& state, Family family, std::string_view lower, std::string_view upper) {
  BulkTable table(state, family);
  PresentKeys present(state.engine, family);
  RunMerge merge = state.sorter(family).merge(lower, upper);
  std::string last_key;
  bool last_was_put = false;
  for (std::size_t count = 0; merge.valid(); merge.next(), ++count) {
    if (count % kRecordsBetweenStopChecks == 0) state.check_stopped();
    const SortRecord& record = merge.record();
    if (count != 0 && record.key == last_key) {
      if (!record.is_removal && last_was_put) {
        throw Error(ErrorCode::invariant,
                    "a bulk load put a key of " + std::string(family_name(family)) + " twice",
                    "nothing was changed", "please report this");
      }
      continue;
    }
    last_key.assign(record.key);
    last_was_put = !record.is_removal;
    if (!record.is_removal) {
      table.put(record.key, record.value);
    } else if (present.contains(record.key)) {
      table.remove(record.key);
    }
    if (table.bytes() >= BulkLimits::kTableBytes + BulkLimits::kTableBytes / 2) table.finish();
  }
  table.finish();
}

}  // namespace

struct BulkLoader::Impl {
  Impl(Engine& engine, std::uint64_t sequence, const BulkOptions& options)
      : state(engine, sequence, options) {}
  ~Impl() { abandon(); }

  struct Batch {
    ChangeBatch changes;
    LedgerEntry memory;
  };
  using Unit = std::vector<Batch>;
  enum class Stage { adding, merged, prepared, ingested };

  void start();
  void check_order(const ChangeBatch& batch);
  void add(ChangeBatch&& batch);
  void queue_filled_unit();  // with the lock
  void work();
  bool take_unit(Unit& unit);
  void join_workers();
  void abandon() noexcept;
  void merge_sorters();
  void write_counters();
  void expect_stage(Stage expected, Stage next);
  template <typename Job>
  auto guarded(Job job);

  BulkState state;
  std::mutex mutex;
  std::condition_variable unit_ready, room_ready;
  std::deque<Unit> queue;  // at most limits.units_bytes_max with `filling` and units at work
  Unit filling;
  std::size_t filling_bytes = 0;
  std::size_t units_bytes = 0;
  bool closed = false;
  ChangeTotals totals;
  std::vector<std::thread> workers;
  RecordKind last_kind{};
  std::string last_key;
  Stage stage = Stage::adding;
};

// After a failure every call throws it again.
void BulkLoader::Impl::expect_stage(Stage expected, Stage next) {
  state.check_stopped();
  if (std::exchange(stage, next) == expected) return;
  throw Error(ErrorCode::invariant, "the calls of a bulk load came out of order",
              "nothing was changed", "please report this");
}

// Any error ends the load at once, with its files gone.
template <typename Job>
auto BulkLoader::Impl::guarded(Job job) {
  try {
    return job();
  } catch (...) {
    state.fail(std::current_exception());
    abandon();
    throw;
  }
}

void BulkLoader::Impl::abandon() noexcept {
  state.stop();
  join_workers();
  queue.clear();
  filling.clear();
  state.remove_files();
}

void BulkLoader::Impl::start() {
  while (workers.size() < state.limits.workers) workers.emplace_back([this] { work(); });
}

void BulkLoader::Impl::check_order(const ChangeBatch& batch) {
  const RecordChange first = batch.change(0);
  if (first.kind < last_kind || (first.kind == last_kind && first.key <= last_key)) {
    throw Error(ErrorCode::invariant,
                "a bulk load was given " + describe_record(first.kind, first.key) + " after " +
                    describe_record(last_kind, last_key),
                "nothing was changed", "please report this");
  }
  const RecordChange last = batch.change(batch.size() - 1);
  last_kind = last.kind;
  last_key = last.key;
}

void BulkLoader::Impl::add(ChangeBatch&& batch) {
  if (batch.size() == 0) return;
  check_order(batch);
  const std::size_t bytes = batch.bytes();
  std::unique_lock lock(mutex);
  if (filling_bytes + bytes > state.limits.unit_bytes) queue_filled_unit();
  // A batch over the limit goes alone.
  while (units_bytes != 0 && units_bytes + bytes > state.limits.units_bytes_max &&
         !state.stopped()) {
    queue_filled_unit();
    room_ready.wait(lock);
  }
  state.check_stopped();
  units_bytes += bytes;
  filling_bytes += bytes;
  filling.push_back({std::move(batch), LedgerEntry(state.ledger(), bytes)});
  if (filling_bytes >= state.limits.unit_bytes) queue_filled_unit();
}

void BulkLoader::Impl::queue_filled_unit() {
  if (filling.empty()) return;
  queue.push_back(std::exchange(filling, {}));
  filling_bytes = 0;
  unit_ready.notify_one();
}

bool BulkLoader::Impl::take_unit(Unit& unit) {
  std::unique_lock lock(mutex);
  unit_ready.wait(lock, [this] { return closed || state.stopped() || !queue.empty(); });
  state.check_stopped();
  if (queue.empty()) return false;
  unit = std::move(queue.front());
  queue.pop_front();
  return true;
}

void BulkLoader::Impl::work() {
  try {
    BulkWorker worker(state);
    for (Unit unit; take_unit(unit);) {
      for (Batch& batch : unit) {
        worker.load(batch.changes);
        const std::size_t bytes = batch.changes.bytes();
        batch = {};
        const std::lock_guard lock(mutex);
        units_bytes -= bytes;
        room_ready.notify_one();
      }
      worker.finish_unit();
    }
    const ChangeTotals part = worker.finish();
    const std::lock_guard lock(mutex);
    totals += part;
  } catch (...) {
    state.fail(std::current_exception());
    const std::lock_guard lock(mutex);
    unit_ready.notify_all();
    room_ready.notify_all();
  }
}

void BulkLoader::Impl::join_workers() {
  {
    const std::lock_guard lock(mutex);
    closed = true;
    unit_ready.notify_all();
  }
  for (std::thread& worker : workers) worker.join();
  workers.clear();
}

void BulkLoader::Impl::merge_sorters() {
  const BulkLimits& limits = state.limits;
  std::vector<std::function<void()>> tasks;
  for (const Family family : kSortedFamilies) {
    tasks.push_back([this, family, &limits] {
      state.sorter(family).reduce_runs(limits.worker_merge_bytes,
                                       [this] { state.check_stopped(); });
    });
  }
  run_tasks(state, limits.workers, tasks);

  std::uint64_t bytes = 0;
  for (const Family family : kSortedFamilies) bytes += state.sorter(family).bytes();
  constexpr unsigned kPartsPerWorker = 4;  // so that all have something to do until the end
  const std::uint64_t part_bytes =
      std::clamp<std::uint64_t>(bytes / (limits.workers * kPartsPerWorker),
                                BulkLimits::kTableBytesMin, BulkLimits::kTableBytes);
  tasks.clear();
  for (const Family family : kSortedFamilies) {
    if (family == Family::counters || state.sorter(family).bytes() == 0) continue;
    std::string lower;
    std::vector<std::string> keys = state.sorter(family).split(part_bytes);
    keys.emplace_back();
    for (std::string& upper : keys) {
      tasks.push_back([this, family, lower, upper] { write_part(state, family, lower, upper); });
      lower = std::move(upper);
    }
  }
  run_tasks(state, limits.workers, tasks);
  for (const Family family : kSortedFamilies) {
    if (family != Family::counters) state.sorter(family).clear();
  }
  state.space.pool.trim();
}

void BulkLoader::Impl::write_counters() {
  BulkTable table(state, Family::counters);
  std::string value;
  const auto write = [&](const std::string& key, std::int64_t delta) {
    if (delta == 0) return;
    std::uint64_t present = 0;
    if (state.engine.get(Family::counters, key, nullptr, value) &&
        !decode_counter(value, present)) {
      throw Error(ErrorCode::damaged, "the stored counter \"" + key + "\" is not a counter",
                  "nothing was changed", "`manifold check` lists what is damaged");
    }
    const std::uint64_t sum = present + static_cast<std::uint64_t>(delta);
    if (delta < 0 && static_cast<std::uint64_t>(-delta) > present) {
      throw Error(ErrorCode::invariant,
                  "the counter \"" + key + "\" is " + std::to_string(present) +
                      " and would change by " + std::to_string(delta),
                  "nothing was changed", "`manifold check` compares counters with records");
    }
    if (sum == 0) {
      table.remove(key);
    } else {
      table.put(key, encode_counter(sum));
    }
    if (table.bytes() >= BulkLimits::kTableBytes) table.finish();
  };
  RunMerge merge = state.sorter(Family::counters).merge({}, {});
  std::string key;
  std::int64_t delta = 0;
  for (; merge.valid(); merge.next()) {
    if (merge.record().key != key) {
      write(key, delta);
      key.assign(merge.record().key);
      delta = 0;
    }
    std::int64_t part = 0;
    std::memcpy(&part, merge.record().value.data(), sizeof part);
    delta += part;
  }
  write(key, delta);
  table.finish();
}

BulkLoader::BulkLoader(Engine& engine, std::uint64_t sequence, const BulkOptions& options)
    : impl_(std::make_unique<Impl>(engine, sequence, options)) {
  impl_->guarded([this] { impl_->start(); });
}

BulkLoader::~BulkLoader() = default;

void BulkLoader::add(ChangeBatch&& batch) {
  impl_->guarded([&] { impl_->add(std::move(batch)); });
}

ChangeTotals BulkLoader::finish() {
  return impl_->guarded([this] {
    impl_->expect_stage(Impl::Stage::adding, Impl::Stage::merged);
    {
      const std::lock_guard lock(impl_->mutex);
      impl_->queue_filled_unit();
    }
    impl_->join_workers();
    impl_->state.check_stopped();
    impl_->merge_sorters();
    return impl_->totals;
  });
}

void BulkLoader::prepare_ingest(const StateRecord& state, const CommitRecord* commit) {
  impl_->guarded([&] {
    impl_->expect_stage(Impl::Stage::merged, Impl::Stage::prepared);
    impl_->write_counters();
    BulkTable system(impl_->state, Family::system);
    system.put(kStateKey, encode_state(state));
    system.finish();
    if (commit != nullptr) {
      BulkTable commits(impl_->state, Family::commits);
      commits.put(id_key(commit->sequence_number.value), encode_commit(*commit));
      commits.finish();
    }
  });
}

void BulkLoader::ingest() {
  impl_->guarded([&] {
    impl_->expect_stage(Impl::Stage::prepared, Impl::Stage::ingested);
    impl_->state.engine.ingest(impl_->state.tables());
    impl_->state.remove_files();
  });
}

std::size_t BulkLoader::peak_bytes() const {
  return impl_->state.space.ledger.peak();
}

}  // namespace manifolddb
