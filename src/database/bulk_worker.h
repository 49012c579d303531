// One thread's part of a bulk load: record tables of its units, and what they mean for the sorted
// families.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "database/bulk_state.h"
#include "database/change_deriver.h"

namespace manifolddb {

// For look-ups without making a std::string.
struct CounterHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
};

// Not thread-safe.
class BulkWorker final : private ChangeSink {
 public:
  explicit BulkWorker(BulkState& state);
  // Batches of a unit come in order; finish_unit() after the last. Units come in any order.
  void load(const ChangeBatch& batch);
  void finish_unit() { records_.finish(); }
  ChangeTotals finish();  // after the last unit

 private:
  using Counters = std::unordered_map<std::string, std::int64_t, CounterHash, std::equal_to<>>;

  void put(Family family, std::string_view key, std::string_view value) override;
  void remove(Family family, std::string_view key) override;
  void count(std::string_view counter_key, std::int64_t delta) override;
  ExternalSorter::Input* input(Family family);
  BulkTable& records(Family family);
  void spill_if_full();
  void sort_counters();

  BulkState& state_;
  ChangeDeriver deriver_;
  BulkTable records_;
  SortScratch sort_scratch_;
  std::array<ExternalSorter::Input, kSortedFamilies.size()> inputs_;
  std::array<ExternalSorter::Input*, kFamilyCount> input_of_family_{};
  Counters counters_;
  std::size_t counter_bytes_ = 0;
};

}  // namespace manifolddb
