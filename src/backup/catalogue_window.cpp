// Which points a repository can restore, and how that is told.
#include <algorithm>

#include "backup/catalogue.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::backup {

namespace {

constexpr std::size_t kWindowPartsToldMax = 20;

// The backups and the log of one history.
class HistoryWindow {
 public:
  HistoryWindow(const Catalogue& catalogue, const Uuid& history)
      : history_(history), log_(catalogue.log_of(history)) {
    for (const CatalogueEntry& entry : catalogue.entries) {
      if (!entry.manifest || entry.manifest->history_id != history) continue;
      manifests_.push_back(&*entry.manifest);
      if (entry.restorable) points_.push_back(entry.manifest->sequence_number.value);
    }
    std::sort(points_.begin(), points_.end());
    points_.erase(std::unique(points_.begin(), points_.end()), points_.end());
  }

  std::vector<RestorableRange> ranges() const {
    const std::vector<LogRun> runs = log_ == nullptr ? std::vector<LogRun>() : runs_of(*log_);
    std::vector<RestorableRange> ranges;
    std::size_t run = 0;
    for (const std::uint64_t point : points_) {
      while (run < runs.size() && runs[run].last < point) ++run;
      const bool goes_on = run < runs.size() && runs[run].first <= point + 1;
      const std::uint64_t last = goes_on ? runs[run].last : point;
      if (!ranges.empty() && point <= ranges.back().last.value + 1) {
        ranges.back().last.value = std::max(ranges.back().last.value, last);
      } else {
        ranges.push_back({history_, {point}, {last}});
      }
    }
    for (RestorableRange& range : ranges) add_times(range);
    return ranges;
  }

 private:
  std::optional<std::int64_t> time_at(SequenceNumber number) const {
    if (log_ != nullptr && log_->note && log_->note->sequence_number == number) {
      return log_->note->committed_at_us;
    }
    for (const Manifest* const manifest : manifests_) {
      if (manifest->sequence_number == number) return manifest->committed_at_us;
    }
    return std::nullopt;
  }

  void add_times(RestorableRange& range) const {
    range.first_committed_at_us = time_at(range.first);
    range.last_committed_at_us = time_at(range.last);
    if (log_ != nullptr && log_->note && log_->note->sequence_number == range.last) {
      range.complete_until_us = log_->note->complete_until_us;
    }
  }

  Uuid history_;
  const ArchivedLog* log_;
  std::vector<const Manifest*> manifests_;
  std::vector<std::uint64_t> points_;  // where restorable backups end
};

}  // namespace

std::string describe_times(const RestorableRange& range) {
  std::string text;
  if (range.first_committed_at_us) text = format_time_us(*range.first_committed_at_us);
  if (range.last_committed_at_us && range.last != range.first) {
    text += (text.empty() ? "up to " : " to ") + format_time_us(*range.last_committed_at_us);
  }
  if (range.complete_until_us) {
    text += (text.empty() ? "complete until " : ", complete until ") +
            format_time_us(*range.complete_until_us);
  }
  return text.empty() ? "" : " (" + text + ")";
}

namespace {

// Without a log: the points at which backups end, the last ones.
std::string describe_points(const std::vector<RestorableRange>& ranges) {
  std::uint64_t count = 0;
  for (const RestorableRange& range : ranges) count += range.last.value - range.first.value + 1;
  std::uint64_t skipped = count > kWindowPartsToldMax ? count - kWindowPartsToldMax : 0;
  std::string text = skipped == 0 ? "" : format("{} earlier points and ", skipped);
  bool is_first = true;
  for (const RestorableRange& range : ranges) {
    for (std::uint64_t at = range.first.value; at <= range.last.value; ++at) {
      if (skipped != 0) {
        const std::uint64_t passed = std::min(skipped, range.last.value - at + 1);
        skipped -= passed;
        at += passed - 1;
        continue;
      }
      text.append(is_first ? "seq:" : ", seq:").append(std::to_string(at));
      is_first = false;
    }
  }
  return text;
}

std::string describe_ranges(const std::vector<RestorableRange>& ranges) {
  const std::size_t first =
      ranges.size() > kWindowPartsToldMax ? ranges.size() - kWindowPartsToldMax : 0;
  std::string text = first == 0 ? "" : format("{} earlier ranges and ", first);
  for (std::size_t i = first; i < ranges.size(); ++i) {
    const RestorableRange& range = ranges[i];
    text.append(i == first ? "seq:" : ", seq:").append(std::to_string(range.first.value));
    if (range.last != range.first) text.append(format(" to seq:{}", range.last.value));
    text.append(describe_times(range));
  }
  return text;
}

}  // namespace

std::vector<RestorableRange> Catalogue::window() const {
  std::vector<RestorableRange> window;
  for (const HistoryNode& node : histories) {
    const std::vector<RestorableRange> ranges = HistoryWindow(*this, node.history_id).ranges();
    window.insert(window.end(), ranges.begin(), ranges.end());
  }
  return window;
}

std::string describe_transactions(SequenceNumber first, SequenceNumber last) {
  if (first == last) return format("transaction {}", first.value);
  return format("transactions {} to {}", first.value, last.value);
}

std::string describe_window(const Catalogue& catalogue) {
  return describe_window(catalogue, catalogue.window());
}

std::string describe_window(const Catalogue& catalogue,
                            const std::vector<RestorableRange>& window) {
  if (window.empty()) return "no backup in it can be restored";
  const bool one_history = window.front().history_id == window.back().history_id;
  std::string text;
  for (std::size_t begin = 0; begin < window.size();) {
    const Uuid& history = window[begin].history_id;
    std::vector<RestorableRange> ranges;
    for (; begin < window.size() && window[begin].history_id == history; ++begin) {
      ranges.push_back(window[begin]);
    }
    text.append(text.empty() ? "it can be restored to " : "; to ");
    text.append(catalogue.log_of(history) == nullptr ? describe_points(ranges)
                                                     : describe_ranges(ranges));
    if (!one_history) text.append(" of history ").append(history.to_string());
  }
  return text;
}

}  // namespace manifolddb::backup
