#include <functional>
#include <map>

#include "common/hash.h"
#include "common/value_codec.h"
#include "database/check_context.h"

namespace manifolddb {

namespace {

// Edge types counted at once; with more, the edges are read again for each further share of them.
constexpr std::size_t kTypesCountedMax = 100'000;

class CounterCheck {
 public:
  explicit CounterCheck(CheckContext& context) : context_(context) {}

  void run() {
    check_label_counters();
    check_type_counters();
  }

 private:
  // Compares one counter's row (absent: 0) with what was counted.
  void compare_counter(std::string_view key, std::uint64_t counted) {
    std::uint64_t stored = 0;
    const bool there = context_.get(Family::counters, key, value_);
    if (there && !decode_counter(value_, stored)) {
      context_.find("counter " + CheckContext::describe_label(key), "it cannot be read");
    } else if (stored != counted || (there && stored == 0)) {
      context_.find("counter " + CheckContext::describe_label(key),
                    "it says " + std::to_string(stored) + ", there are " + std::to_string(counted));
    }
  }

  void check_label_counters() {
    std::uint64_t labels = 0;
    std::string current;
    std::uint64_t count = 0;
    const auto close = [&] {
      if (count == 0) return;
      ++labels;
      compare_counter(label_counter_key(current), count);
    };
    for (EngineIterator it = context_.rows(Family::labels); it.valid(); it.next()) {
      std::string label;
      std::uint64_t id = 0;
      if (!parse_label_key(it.key(), label, id)) continue;  // reported as a row too many
      if (label != current || count == 0) {
        close();
        current = std::move(label);
        count = 0;
      }
      ++count;
    }
    close();
    check_counter_rows('L', labels, [this](std::string_view label) {
      std::string prefix;
      append_escaped_name(prefix, label);
      ScanOptions options;
      options.snapshot = context_.snapshot.engine_snapshot();
      EngineIterator it = context_.engine.iterate(Family::labels, options);
      it.seek(prefix);
      return it.valid() && it.key().starts_with(prefix);
    });
  }

  // A counter for a name that nothing bears.
  void check_counter_rows(char prefix, std::uint64_t expected,
                          const std::function<bool(std::string_view)>& is_used) {
    std::uint64_t count = 0;
    for (EngineIterator it = context_.rows(Family::counters); it.valid(); it.next()) {
      if (!it.key().empty() && it.key().front() == prefix) ++count;
      if (prefix == 'L' && (it.key().empty() || (it.key()[0] != 'L' && it.key()[0] != 'T'))) {
        context_.find(CheckContext::row_name(Family::counters, it.key()),
                      "it is no counter of a label or a type");
      }
    }
    if (count == expected) return;
    for (EngineIterator it = context_.rows(Family::counters); it.valid(); it.next()) {
      if (it.key().empty() || it.key().front() != prefix || is_used(it.key().substr(1))) continue;
      context_.find("counter " + CheckContext::describe_label(it.key()), "nothing bears that name");
    }
  }

  void check_type_counters() {
    std::uint64_t shares = 1;
    std::map<std::string, std::uint64_t, std::less<>> counts;
    while (!count_types(shares, 0, counts)) shares *= 4;
    std::uint64_t types = 0;
    for (std::uint64_t share = 0; share < shares; ++share) {
      if (share != 0) count_types(shares, share, counts);
      for (const auto& [type, count] : counts) compare_counter(type_counter_key(type), count);
      types += counts.size();
    }
    check_counter_rows('T', types, [&](std::string_view type) {
      return counts.contains(type) || (shares > 1 && type_is_used(type));
    });
  }

  // Counts the types whose hash falls into one share of `shares`; false when they are too many.
  bool count_types(std::uint64_t shares, std::uint64_t share,
                   std::map<std::string, std::uint64_t, std::less<>>& counts) {
    counts.clear();
    for (EngineIterator it = context_.rows(Family::edges); it.valid(); it.next()) {
      StoredRecord stored;
      if (!parse_stored_record(it.value(), stored)) continue;
      std::string_view type;
      try {
        type = decode_edge_head(stored.body).edge_type;
      } catch (const Error&) {
        continue;  // reported with the edge
      }
      if (shares > 1 && xxh3_64(type) % shares != share) continue;
      const auto at = counts.find(type);
      if (at != counts.end()) {
        ++at->second;
      } else if (counts.size() == kTypesCountedMax) {
        return false;
      } else {
        counts.emplace(type, 1);
      }
    }
    return true;
  }

  bool type_is_used(std::string_view type) {
    std::map<std::string, std::uint64_t, std::less<>> counts;
    constexpr std::uint64_t kManyShares = 1u << 20;
    count_types(kManyShares, xxh3_64(type) % kManyShares, counts);
    return counts.contains(type);
  }

  CheckContext& context_;
  std::string value_;
};

}  // namespace

void check_counters(CheckContext& context) {
  CounterCheck(context).run();
}

}  // namespace manifolddb
