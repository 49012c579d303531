#include "database/bulk_worker.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace manifolddb {
namespace {

// A node of the map besides the key's bytes.
constexpr std::size_t kCounterNodeBytes = 96;
constexpr std::size_t kChangesBetweenStopChecks = 1024;

template <std::size_t... I>
std::array<ExternalSorter::Input, sizeof...(I)> make_inputs(BulkState& state, SortScratch& scratch,
                                                            std::index_sequence<I...>) {
  return {ExternalSorter::Input(state.sorter(kSortedFamilies[I]), scratch)...};
}

}  // namespace

BulkWorker::BulkWorker(BulkState& state)
    : state_(state),
      deriver_(state.sequence, state.indexing),
      records_(state, Family::entities),
      sort_scratch_(state.ledger()),
      inputs_(
          make_inputs(state, sort_scratch_, std::make_index_sequence<kSortedFamilies.size()>())) {
  for (std::size_t i = 0; i < kSortedFamilies.size(); ++i) {
    input_of_family_[static_cast<std::size_t>(kSortedFamilies[i])] = &inputs_[i];
  }
}

void BulkWorker::load(const ChangeBatch& batch) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (i % kChangesBetweenStopChecks == 0) state_.check_stopped();
    deriver_.derive(batch.change(i), *this, batch.new_hash(i));
    spill_if_full();
  }
}

ChangeTotals BulkWorker::finish() {
  sort_counters();
  sort_scratch_.drop_first();
  for (ExternalSorter::Input& input : inputs_) {
    state_.check_stopped();
    input.finish();
  }
  return deriver_.totals();
}

ExternalSorter::Input* BulkWorker::input(Family family) {
  return input_of_family_[static_cast<std::size_t>(family)];
}

// Kinds follow one another, so one table at a time is open.
BulkTable& BulkWorker::records(Family family) {
  if (records_.family() != family) {
    records_.finish();
    records_.set_family(family);
  }
  return records_;
}

void BulkWorker::put(Family family, std::string_view key, std::string_view value) {
  if (ExternalSorter::Input* sorted = input(family); sorted != nullptr) {
    sorted->put(key, value);
  } else {
    records(family).put(key, value);
  }
}

void BulkWorker::remove(Family family, std::string_view key) {
  if (ExternalSorter::Input* sorted = input(family); sorted != nullptr) {
    sorted->remove(key);
  } else {
    records(family).remove(key);
  }
}

void BulkWorker::count(std::string_view counter_key, std::int64_t delta) {
  if (const auto found = counters_.find(counter_key); found != counters_.end()) {
    found->second += delta;
    return;
  }
  if (counter_bytes_ > state_.limits.counter_bytes_max) sort_counters();
  counters_.emplace(counter_key, delta);
  counter_bytes_ += counter_key.size() + kCounterNodeBytes;
}

// Sorts the largest buffer into a file once they would take more than their share: two arrays of
// entries for the sort of one of them, and in the end an array of its own for each and one more.
void BulkWorker::spill_if_full() {
  for (;;) {
    std::size_t chunk_bytes = 0;
    std::size_t entry_bytes = 0;
    std::size_t entry_bytes_max = 0;
    ExternalSorter::Input* largest = nullptr;
    for (ExternalSorter::Input& input : inputs_) {
      chunk_bytes += input.chunk_bytes();
      entry_bytes += input.entry_bytes();
      entry_bytes_max = std::max(entry_bytes_max, input.entry_bytes());
      if (largest == nullptr || input.chunk_bytes() > largest->chunk_bytes()) largest = &input;
    }
    const std::size_t array_bytes = std::max(entry_bytes_max, sort_scratch_.array_bytes());
    const std::size_t needed = chunk_bytes + array_bytes + std::max(entry_bytes, array_bytes);
    if (needed <= state_.limits.worker_sort_bytes || largest->size() == 0) return;
    largest->spill();
  }
}

void BulkWorker::sort_counters() {
  for (const auto& [key, delta] : counters_) {
    if (delta == 0) continue;
    char bytes[sizeof delta];
    std::memcpy(bytes, &delta, sizeof delta);
    input(Family::counters)->put(key, {bytes, sizeof bytes});
  }
  counters_.clear();
  counter_bytes_ = 0;
}

}  // namespace manifolddb
