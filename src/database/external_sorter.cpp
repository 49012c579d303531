#include "database/external_sorter.h"

#include <algorithm>
#include <iterator>

namespace manifolddb {

RunMerge::RunMerge(const std::vector<const SortedRun*>& runs, std::string_view lower,
                   std::string_view upper, MemoryLedger& ledger) {
  cursors_.reserve(runs.size());
  for (const SortedRun* run : runs) {
    RunCursor cursor(*run, lower, upper, ledger);
    if (cursor.valid()) cursors_.push_back(std::move(cursor));
  }
  // A place nobody has lost at yet holds the number behind the last cursor.
  tree_.assign(cursors_.size(), cursors_.size());
  for (std::size_t i = 0; i < cursors_.size(); ++i) replay(i);
}

bool RunMerge::less(std::size_t a, std::size_t b) const {
  const RunCursor& left = cursors_[a];
  const RunCursor& right = cursors_[b];
  if (!left.valid() || !right.valid()) return left.valid();
  if (left.prefix() != right.prefix()) return left.prefix() < right.prefix();
  const int order = left.record().key.compare(right.record().key);
  return order != 0 ? order < 0 : left.record().is_removal < right.record().is_removal;
}

void RunMerge::replay(std::size_t cursor) {
  const std::size_t nobody = cursors_.size();
  std::size_t winner = cursor;
  for (std::size_t node = (cursor + nobody) / 2; node > 0; node /= 2) {
    if (tree_[node] == nobody) {
      tree_[node] = winner;
      return;
    }
    if (less(tree_[node], winner)) std::swap(tree_[node], winner);
  }
  tree_[0] = winner;
}

void RunMerge::next() {
  const std::size_t winner = tree_[0];
  cursors_[winner].next();
  replay(winner);
}

ExternalSorter::ExternalSorter(SortSpace& space, std::string name)
    : space_(space), name_(std::move(name)) {}

void ExternalSorter::add_run(SortedRun&& run) {
  const std::lock_guard lock(mutex_);
  runs_.push_back(std::move(run));
}

std::shared_ptr<ScratchFile> ExternalSorter::make_file() {
  const std::lock_guard lock(mutex_);
  return std::make_shared<ScratchFile>(space_.directory /
                                       (name_ + "-" + std::to_string(++file_count_) + ".run"));
}

void ExternalSorter::Input::spill() {
  if (buffer_.size() == 0) return;
  SortSpace& space = sorter_->space_;
  if (space.directory.empty()) {
    finish();
    return;
  }
  const SortedRecords records = buffer_.sort(*scratch_, SortedRecords::Entries::in_scratch);
  if (file_ == nullptr) file_ = sorter_->make_file();
  RunWriter writer(file_, space.block_bytes, space.ledger);
  constexpr std::size_t kPrefetchAhead = 8;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i + kPrefetchAhead < records.size()) __builtin_prefetch(records.record(i + kPrefetchAhead));
    SortRecord record;
    read_sort_record(records.record(i), record);
    writer.add(record);
  }
  sorter_->add_run(writer.finish());
}

void ExternalSorter::Input::finish() {
  if (buffer_.size() != 0) {
    sorter_->add_run(make_memory_run(buffer_.sort(*scratch_, SortedRecords::Entries::own)));
  }
  file_.reset();
}

std::size_t ExternalSorter::fan_in(std::size_t merge_bytes_max) const {
  std::size_t block_bytes = space_.block_bytes;
  for (const SortedRun& run : runs_) block_bytes = std::max(block_bytes, run.block_bytes_max);
  return std::clamp(merge_bytes_max / block_bytes, kFanInMin, kFanInMax);
}

SortedRun ExternalSorter::merge_group(const std::vector<SortedRun>& group,
                                      std::shared_ptr<ScratchFile> file,
                                      const std::function<void()>& keep_going) {
  constexpr std::size_t kRecordsBetweenQuestions = 8192;
  std::vector<const SortedRun*> runs;
  for (const SortedRun& run : group) runs.push_back(&run);
  RunWriter writer(std::move(file), space_.block_bytes, space_.ledger);
  RunMerge merge(runs, {}, {}, space_.ledger);
  for (std::size_t count = 0; merge.valid(); merge.next()) {
    if (++count % kRecordsBetweenQuestions == 0) keep_going();
    writer.add(merge.record());
  }
  return writer.finish();
}

void ExternalSorter::reduce_runs(std::size_t merge_bytes_max,
                                 const std::function<void()>& keep_going) {
  const std::size_t fan_in_max = fan_in(merge_bytes_max);
  // Runs in memory need no buffers: they stay at the front and are left alone.
  const auto first_in_file = std::stable_partition(
      runs_.begin(), runs_.end(), [](const SortedRun& run) { return run.in_memory(); });
  std::vector<SortedRun> old(std::make_move_iterator(first_in_file),
                             std::make_move_iterator(runs_.end()));
  runs_.erase(first_in_file, runs_.end());
  // Each pass writes one file; then the files of the one before are gone. The last merges no more
  // than it has to.
  while (old.size() > fan_in_max) {
    const std::shared_ptr<ScratchFile> file = make_file();
    std::vector<SortedRun> merged;
    std::size_t done = 0;
    while (done < old.size()) {
      const std::size_t left = merged.size() + old.size() - done;
      if (left <= fan_in_max) break;
      const std::size_t count = std::min({fan_in_max, old.size() - done, left - fan_in_max + 1});
      if (count < 2) break;
      std::vector<SortedRun> group;
      for (std::size_t i = 0; i < count; ++i) group.push_back(std::move(old[done++]));
      merged.push_back(merge_group(group, file, keep_going));
    }
    for (; done < old.size(); ++done) merged.push_back(std::move(old[done]));
    old = std::move(merged);
  }
  std::move(old.begin(), old.end(), std::back_inserter(runs_));
}

std::uint64_t ExternalSorter::bytes() const {
  std::uint64_t total = 0;
  for (const SortedRun& run : runs_) total += run.bytes;
  return total;
}

std::vector<std::string> ExternalSorter::split(std::uint64_t bytes_per_part) const {
  std::vector<std::pair<std::string_view, std::uint64_t>> places;  // key, bytes from there on
  for (const SortedRun& run : runs_) {
    for (const RunIndexEntry& entry : run.index) {
      places.emplace_back(entry.key, run.bytes / run.index.size());
    }
  }
  std::sort(places.begin(), places.end());
  std::vector<std::string> keys;
  std::uint64_t bytes = 0;
  for (const auto& [key, bytes_behind] : places) {
    if (bytes >= bytes_per_part && (keys.empty() ? !key.empty() : key != keys.back())) {
      keys.emplace_back(key);
      bytes = 0;
    }
    bytes += bytes_behind;
  }
  return keys;
}

RunMerge ExternalSorter::merge(std::string_view lower, std::string_view upper) const {
  std::vector<const SortedRun*> runs;
  for (const SortedRun& run : runs_) runs.push_back(&run);
  return RunMerge(runs, lower, upper, space_.ledger);
}

void ExternalSorter::clear() {
  const std::lock_guard lock(mutex_);
  runs_.clear();
}

}  // namespace manifolddb
