#include "backup/target_time.h"

#include <algorithm>
#include <limits>
#include <span>

#include "backup/catalogue.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::backup {

namespace {

[[noreturn]] void refuse_time(const Catalogue& catalogue, const std::string& what) {
  throw Error(ErrorCode::not_restorable, what, "nothing was changed", describe_window(catalogue));
}

constexpr std::int64_t kUnknownBegin = std::numeric_limits<std::int64_t>::max();

Uuid history_at(const Catalogue& catalogue, std::int64_t time_us, const SegmentTimes& times) {
  const HistoryNode* chosen = nullptr;
  std::int64_t chosen_begin = 0;
  for (const HistoryNode& node : catalogue.histories) {
    const std::int64_t begin = begin_of(catalogue, node, times).value_or(kUnknownBegin);
    if (begin > time_us || (chosen != nullptr && begin < chosen_begin)) continue;
    chosen = &node;
    chosen_begin = begin;
  }
  if (chosen == nullptr) {
    refuse_time(catalogue,
                format("no history in the repository had begun at {}", format_time_us(time_us)));
  }
  return chosen->history_id;
}

// What is known of the commit times of one history, and the last transaction at or before a time.
class TimeFinder {
 public:
  TimeFinder(const Catalogue& catalogue, const Uuid& history, std::int64_t time_us,
             const SegmentTimes& times)
      : catalogue_(catalogue),
        history_(history),
        time_us_(time_us),
        times_(times),
        segments_(segments_of(catalogue.log_of(history))) {
    if (const ArchivedLog* const log = catalogue.log_of(history)) note_ = log->note;
  }

  std::uint64_t find() {
    look_at_backups();
    const std::size_t from = first_segment_behind();
    for (std::size_t i = from; i < segments_.size() && !is_settled(); ++i) {
      if (!look_into(segments_[i])) break;
    }
    if (is_settled()) return *below_;
    if (above_) refuse_between(*above_);
    check_end();
    return *below_;
  }

 private:
  static std::span<const LogSegment> segments_of(const ArchivedLog* log) {
    return log == nullptr ? std::span<const LogSegment>() : log->segments;
  }

  void take(std::uint64_t number, std::int64_t committed_at_us) {
    if (committed_at_us > time_us_) {
      above_ = std::min(above_.value_or(number), number);
      return;
    }
    if (committed_at_us == time_us_) exact_ = number;
    below_ = std::max(below_.value_or(number), number);
  }

  void look_at_backups() {
    for (const CatalogueEntry& entry : catalogue_.entries) {
      if (!entry.manifest || entry.manifest->history_id != history_) continue;
      const Manifest& m = *entry.manifest;
      if (m.committed_at_us) take(m.sequence_number.value, *m.committed_at_us);
    }
    if (note_ && note_->committed_at_us) {
      take(note_->sequence_number.value, *note_->committed_at_us);
    }
  }

  // Nothing lies between the two, or the time is that of a transaction.
  bool is_settled() const { return below_ && (exact_ == below_ || above_ == *below_ + 1); }

  // Binary search by the times in the headers. What is below is taken; a header that cannot be read
  // says nothing, and its neighbours are asked instead.
  std::size_t first_segment_behind() {
    std::size_t low = 0;
    std::size_t high = segments_.size();
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      std::size_t at = middle;
      std::optional<std::int64_t> time;
      while (at < high && !(time = times_.last_committed_at(segments_[at]))) ++at;
      if (!time || *time > time_us_) {
        high = middle;
      } else {
        take(segments_[at].last.value, *time);
        low = at + 1;
      }
    }
    return low;
  }

  // False when the time lies before it, so that what follows cannot help.
  bool look_into(const LogSegment& segment) {
    if (below_ && segment.last.value <= *below_) return true;
    if (above_ && segment.first.value >= *above_) return false;
    const auto last = times_.last_at_or_before(segment, time_us_);
    if (last) below_ = std::max(below_.value_or(*last), *last);
    if (last == segment.last.value) return true;
    const std::uint64_t next = last ? *last + 1 : segment.first.value;
    above_ = std::min(above_.value_or(next), next);
    return false;
  }

  [[noreturn]] void refuse_between(std::uint64_t above) const {
    const std::string time = format_time_us(time_us_);
    if (!below_) {
      refuse_time(catalogue_,
                  format("{} lies before the first transaction that is known of history {}, "
                         "seq {}",
                         time, history_.to_string(), above));
    }
    refuse_time(
        catalogue_,
        format("{} lies between seq {} and seq {} of history {}, and the log between them is not "
               "in the repository",
               time, *below_, above, history_.to_string()));
  }

  // Behind everything that is known.
  void check_end() const {
    const std::string time = format_time_us(time_us_);
    if (!below_) {
      refuse_time(catalogue_,
                  format("nothing is known of the times of history {}, so {} selects nothing "
                         "in it",
                         history_.to_string(), time));
    }
    if (exact_ == below_) return;
    if (note_ && note_->sequence_number.value <= *below_ && time_us_ <= note_->complete_until_us) {
      return;
    }
    const std::string until = note_ ? ", and the archive is known to be complete until " +
                                          format_time_us(note_->complete_until_us)
                                    : ", and no archive says what came after it";
    refuse_time(catalogue_,
                format("{} lies behind the last transaction that is known of history {}, seq "
                       "{}{}",
                       time, history_.to_string(), *below_, until));
  }

  const Catalogue& catalogue_;
  const Uuid& history_;
  std::int64_t time_us_;
  const SegmentTimes& times_;
  std::span<const LogSegment> segments_;
  std::optional<ArchiveNote> note_;
  std::optional<std::uint64_t> below_, above_;  // known numbers beside the time
  std::optional<std::uint64_t> exact_;
};

}  // namespace

// Its parent's point is older than it is.
std::optional<std::int64_t> begin_of(const Catalogue& catalogue, const HistoryNode& node,
                                     const SegmentTimes& times) {
  std::optional<std::int64_t> begin;
  const auto take = [&begin](std::optional<std::int64_t> time_us) {
    if (time_us) begin = std::min(begin.value_or(*time_us), *time_us);
  };
  for (const CatalogueEntry& entry : catalogue.entries) {
    if (!entry.manifest || entry.manifest->history_id != node.history_id) continue;
    const Manifest& m = *entry.manifest;
    take(m.created_at_us);
    take(m.history_began_at_us);
    const bool is_own =
        !node.parent_history_id || m.sequence_number.value > node.parent_sequence_number.value;
    if (is_own) take(m.committed_at_us);
  }
  const ArchivedLog* const log = catalogue.log_of(node.history_id);
  if (log != nullptr && !log->segments.empty()) {
    take(times.first_committed_at(log->segments.front()));
  }
  return begin;
}

RecoveryPoint resolve_time(const Catalogue& catalogue, const RecoveryTarget& target,
                           const SegmentTimes& times) {
  const Uuid history =
      target.history_id ? *target.history_id : history_at(catalogue, target.time_us, times);
  return {history, TimeFinder(catalogue, history, target.time_us, times).find()};
}

}  // namespace manifolddb::backup
