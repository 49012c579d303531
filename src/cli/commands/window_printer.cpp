#include "cli/commands/window_printer.h"

#include <algorithm>
#include <cstdint>
#include <map>

#include "backup/catalogue.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

namespace {

using backup::RestorableRange;

constexpr std::size_t kPointsShownMax = 10;
constexpr std::size_t kRangesShownMax = 10;

struct HistoryWindow {
  std::string history;
  std::vector<std::uint64_t> points;  // where backups end, ascending
  std::vector<RestorableRange> ranges;

  // Every point of the ranges is the end of a backup.
  bool is_points_only() const {
    std::uint64_t count = 0;
    for (const RestorableRange& range : ranges) count += range.last.value - range.first.value + 1;
    return count == points.size();
  }
};

std::vector<HistoryWindow> by_history(const std::vector<backup::Manifest>& restorable,
                                      const std::vector<RestorableRange>& ranges) {
  std::vector<HistoryWindow> windows;
  const auto find = [&windows](const Uuid& id) -> HistoryWindow& {
    const std::string history = id.to_string();
    for (HistoryWindow& window : windows) {
      if (window.history == history) return window;
    }
    return windows.emplace_back(HistoryWindow{history, {}, {}});
  };
  for (const RestorableRange& range : ranges) find(range.history_id).ranges.push_back(range);
  for (const backup::Manifest& manifest : restorable) {
    find(manifest.history_id).points.push_back(manifest.sequence_number.value);
  }
  for (HistoryWindow& window : windows) {
    std::sort(window.points.begin(), window.points.end());
    window.points.erase(std::unique(window.points.begin(), window.points.end()),
                        window.points.end());
  }
  return windows;
}

std::string describe_points(const std::vector<std::uint64_t>& points) {
  std::string text;
  const std::size_t first = points.size() > kPointsShownMax ? points.size() - kPointsShownMax : 0;
  if (first != 0) text = format("{} earlier points, ", first);
  for (std::size_t i = first; i < points.size(); ++i) {
    text.append(i == first ? "" : ", ").append(std::to_string(points[i]));
  }
  return "exactly at seq " + text + " (where backups end)";
}

std::string describe_range(const RestorableRange& range) {
  std::string text = format("seq {}", range.first.value);
  if (range.last != range.first) text += format(" to {}", range.last.value);
  return text + backup::describe_times(range);
}

std::string describe_ranges(const std::vector<RestorableRange>& ranges) {
  const std::size_t first = ranges.size() > kRangesShownMax ? ranges.size() - kRangesShownMax : 0;
  std::string text = first == 0 ? "" : format("{} earlier ranges; ", first);
  for (std::size_t i = first; i < ranges.size(); ++i) {
    text.append(i == first ? "" : "; ").append(describe_range(ranges[i]));
  }
  return text;
}

std::string ranges_json(const std::vector<RestorableRange>& ranges) {
  std::string list;
  for (const RestorableRange& range : ranges) {
    list.append(list.empty() ? "" : ",")
        .append(JsonObject()
                    .number("first", range.first.value)
                    .number("last", range.last.value)
                    .time("first_committed_at", range.first_committed_at_us)
                    .time("last_committed_at", range.last_committed_at_us)
                    .time("complete_until", range.complete_until_us)
                    .to_string());
  }
  return "[" + list + "]";
}

}  // namespace

std::string window_json(const std::vector<backup::Manifest>& restorable,
                        const std::vector<RestorableRange>& ranges) {
  std::string list;
  for (const HistoryWindow& window : by_history(restorable, ranges)) {
    std::string points;
    for (const std::uint64_t point : window.points) {
      points.append(points.empty() ? "" : ",").append(std::to_string(point));
    }
    list.append(list.empty() ? "" : ",")
        .append(JsonObject()
                    .text("history_id", window.history)
                    .json("sequence_numbers", "[" + points + "]")
                    .json("ranges", ranges_json(window.ranges))
                    .to_string());
  }
  return "[" + list + "]";
}

void print_window(Output& out, const std::string& name,
                  const std::vector<backup::Manifest>& restorable,
                  const std::vector<RestorableRange>& ranges) {
  if (out.json()) return out.line(JsonObject::line().json(name, window_json(restorable, ranges)));
  std::string label = name;
  std::replace(label.begin(), label.end(), '_', ' ');
  const std::vector<HistoryWindow> windows = by_history(restorable, ranges);
  if (windows.empty()) return out.line(label + ": nothing can be restored");
  for (const HistoryWindow& window : windows) {
    out.line(format(
        "{}: history {}, {}", label, window.history,
        window.is_points_only() ? describe_points(window.points) : describe_ranges(window.ranges)));
  }
}

}  // namespace manifolddb::cli
