// Segments ascend by their first and by their last number, so that what may follow a segment is a
// stretch of the list. From the target backwards, the cheapest way from each segment is its own
// bytes and the cheapest of that stretch: a minimum in a sliding window.
#include "backup/restore_way.h"

#include <algorithm>
#include <compare>
#include <deque>
#include <limits>

namespace manifolddb::backup {

namespace {

constexpr std::size_t kNoSegment = std::numeric_limits<std::size_t>::max();

struct Cost {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  friend auto operator<=>(const Cost&, const Cost&) = default;
  friend Cost operator+(const Cost& a, const Cost& b) {
    return {a.bytes + b.bytes, a.files + b.files};
  }
};

// The segments of one history that a restore to `sequence` can read.
class SegmentWays {
 public:
  SegmentWays(const ArchivedLog* log, std::uint64_t sequence) : sequence_(sequence) {
    if (log == nullptr) return;
    for (const LogSegment& segment : log->segments) {
      if (!segment.bulk && segment.first.value <= sequence) segments_.push_back(&segment);
    }
    find_costs();
  }

  // The first segment of the cheapest way from behind `number` to the target; kNoSegment: there is
  // none.
  std::size_t start_behind(std::uint64_t number) const {
    const auto first =
        std::upper_bound(segments_.begin(), segments_.end(), number,
                         [](std::uint64_t n, const LogSegment* s) { return n < s->last.value; });
    std::size_t best = kNoSegment;
    for (auto it = first; it != segments_.end() && (*it)->first.value <= number + 1; ++it) {
      const auto index = static_cast<std::size_t>(it - segments_.begin());
      if (costs_[index] && (best == kNoSegment || *costs_[index] < *costs_[best])) best = index;
    }
    return best;
  }

  const Cost& cost(std::size_t start) const { return *costs_[start]; }

  std::vector<const LogSegment*> way(std::size_t start) const {
    std::vector<const LogSegment*> way;
    for (std::size_t at = start; at != kNoSegment; at = next_[at]) way.push_back(segments_[at]);
    return way;
  }

 private:
  void find_costs() {
    const std::size_t count = segments_.size();
    costs_.assign(count, std::nullopt);
    next_.assign(count, kNoSegment);
    // Indices behind `i` that may follow it, cheapest first; what is dearer and reaches no less far
    // to the left never wins again.
    std::deque<std::size_t> window;
    for (std::size_t i = count; i-- > 0;) {
      const LogSegment& segment = *segments_[i];
      const Cost own{segment.stored_bytes, 1};
      while (!window.empty() && segments_[window.front()]->first.value > segment.last.value + 1) {
        window.pop_front();
      }
      if (segment.last.value >= sequence_) {
        costs_[i] = own;
      } else if (!window.empty()) {
        costs_[i] = own + *costs_[window.front()];
        next_[i] = window.front();
      }
      if (!costs_[i]) continue;
      insert(window, i);
    }
  }

  // The window is left from the front by those that begin highest, so its costs ascend from there.
  void insert(std::deque<std::size_t>& window, std::size_t i) const {
    while (!window.empty() && *costs_[i] <= *costs_[window.back()]) window.pop_back();
    window.push_back(i);
  }

  std::uint64_t sequence_;
  std::vector<const LogSegment*> segments_;
  std::vector<std::optional<Cost>> costs_;
  std::vector<std::size_t> next_;
};

// What every backup and what it continues cost together; only restorable ones have a cost, whose
// parents never lead in a circle.
class ChainCosts {
 public:
  explicit ChainCosts(const Catalogue& catalogue)
      : entries_(catalogue.entries), costs_(entries_.size()) {}

  Cost of(std::size_t index) {
    std::vector<std::size_t> way;
    std::optional<std::size_t> at = index;
    for (; at && !costs_[*at]; at = entries_[*at].parent) way.push_back(*at);
    Cost cost = at ? *costs_[*at] : Cost{};
    for (auto it = way.rbegin(); it != way.rend(); ++it) {
      cost = cost + Cost{entries_[*it].manifest->stored_bytes, 1};
      costs_[*it] = cost;
    }
    return cost;
  }

 private:
  const std::vector<CatalogueEntry>& entries_;
  std::vector<std::optional<Cost>> costs_;
};

}  // namespace

std::optional<RestoreWay> find_cheapest_way(const Catalogue& catalogue, const Uuid& history_id,
                                            std::uint64_t sequence) {
  const SegmentWays log(catalogue.log_of(history_id), sequence);
  ChainCosts chains(catalogue);
  const CatalogueEntry* best = nullptr;
  std::size_t best_start = kNoSegment;
  Cost best_cost;
  for (std::size_t i = 0; i < catalogue.entries.size(); ++i) {
    const CatalogueEntry& entry = catalogue.entries[i];
    if (!entry.restorable || entry.manifest->history_id != history_id) continue;
    const std::uint64_t end = entry.manifest->sequence_number.value;
    if (end > sequence) continue;
    const std::size_t start = end == sequence ? kNoSegment : log.start_behind(end);
    if (end != sequence && start == kNoSegment) continue;
    const Cost cost = chains.of(i) + (start == kNoSegment ? Cost{} : log.cost(start));
    if (best != nullptr && cost > best_cost) continue;
    best = &entry;
    best_start = start;
    best_cost = cost;
  }
  if (best == nullptr) return std::nullopt;
  RestoreWay way;
  way.backups = catalogue.chain_of(*best);
  way.segments = log.way(best_start);
  way.stored_bytes = best_cost.bytes;
  return way;
}

}  // namespace manifolddb::backup
