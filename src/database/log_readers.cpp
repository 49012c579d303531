#include "database/log_readers.h"

#include <algorithm>
#include <utility>

namespace manifolddb {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

}  // namespace

LogReader::LogReader(LogReader&& other) noexcept
    : readers_(std::exchange(other.readers_, nullptr)), id_(other.id_) {}

LogReader::~LogReader() {
  if (readers_ != nullptr) readers_->remove(id_);
}

void LogReader::keep_from(std::uint64_t log_file_number) {
  readers_->keep_from(id_, log_file_number);
}

void LogReader::report(const ArchiveSlot& slot) {
  readers_->report(id_, slot);
}

// What waited for archiving when the owner died waits no more.
LogReaders::LogReaders(fs::path database, std::function<void()> on_report)
    : database_(std::move(database)), on_report_(std::move(on_report)) {
  if (!database_.empty()) forget_asking_for_archiving(database_);
}

LogReader LogReaders::add(const fs::path& repository, std::uint64_t log_file_number) {
  const std::scoped_lock lock(removal_mutex_, mutex_);
  const std::uint64_t id = ++last_id_;
  readers_[id] = {.repository = repository, .from_file = log_file_number, .slot = std::nullopt};
  return LogReader(*this, id);
}

void LogReaders::remove(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  readers_.erase(id);
}

void LogReaders::keep_from(std::uint64_t id, std::uint64_t log_file_number) {
  const std::lock_guard lock(mutex_);
  Reader& reader = readers_.at(id);
  reader.from_file = std::max(reader.from_file, log_file_number);
}

void LogReaders::report(std::uint64_t id, const ArchiveSlot& slot) {
  if (!database_.empty()) {
    try {
      write_slot(database_, slot);
    } catch (const Error&) {  // A full disk, say: what the slot would let go stays a while longer.
    }
  }
  {
    const std::lock_guard lock(mutex_);
    Reader& reader = readers_.at(id);
    reader.repository = slot.status.repository;
    reader.from_file = slot.log_file_number;
    reader.slot = slot;
    note_archived(slot.status);
    arrived_.notify_all();
  }
  on_report_();
}

LogNeed LogReaders::need() const {
  LogNeed need;
  const auto add_need = [&need](std::uint64_t from_file) {
    need.from_file = need.any_reader ? std::min(need.from_file, from_file) : from_file;
    need.any_reader = true;
  };
  if (!database_.empty()) {
    for (const FoundSlot& found : read_slots(database_)) {
      add_need(found.slot ? found.slot->log_file_number : 0);
    }
  }
  const std::lock_guard lock(mutex_);
  for (const auto& [id, reader] : readers_) add_need(reader.from_file);
  return need;
}

void LogReaders::remove_unneeded(const std::function<void(const LogNeed&)>& remove) {
  const std::lock_guard lock(removal_mutex_);
  remove(need());
}

std::vector<ArchiveStatus> LogReaders::statuses_in_slots(const fs::path& database) {
  std::vector<ArchiveStatus> statuses;
  for (const FoundSlot& found : read_slots(database)) {
    ArchiveStatus& status = statuses.emplace_back();
    if (found.slot) {
      status = found.slot->status;
    } else {
      status.repository = database / "slots" / found.name;
      status.failure = "its slot cannot be read; it is written again when its archiver runs";
    }
  }
  return statuses;
}

// What an archiver of this process reported is never older than its slot.
std::vector<ArchiveStatus> LogReaders::statuses() const {
  std::map<fs::path, ArchiveStatus> by_repository;
  if (!database_.empty()) {
    for (ArchiveStatus& status : statuses_in_slots(database_)) {
      by_repository[status.repository] = std::move(status);
    }
  }
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, reader] : readers_) {
      if (reader.slot) by_repository[reader.repository] = reader.slot->status;
    }
  }
  std::vector<ArchiveStatus> statuses;
  for (auto& [repository, status] : by_repository) statuses.push_back(std::move(status));
  return statuses;
}

void LogReaders::note_written(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  written_ = std::max(written_, sequence);
  news_.notify_all();
}

template <typename Condition>
LogNews LogReaders::wait_for_news(std::chrono::milliseconds timeout, const std::stop_token& stop,
                                  const Condition& condition) {
  std::unique_lock lock(mutex_);
  LogNews news;
  news_.wait_for(lock, stop, timeout, [&] {
    news = {written_, waiting_.empty() ? 0 : waiting_.rbegin()->first};
    return condition(news);
  });
  return news;
}

LogNews LogReaders::wait_for_commits(std::uint64_t after, std::chrono::milliseconds timeout,
                                     const std::stop_token& stop) {
  return wait_for_news(timeout, stop, [after](const LogNews& news) {
    return news.written > after || news.wanted > after;
  });
}

LogNews LogReaders::wait_until_wanted(std::uint64_t after, std::chrono::milliseconds timeout,
                                      const std::stop_token& stop) {
  return wait_for_news(timeout, stop, [after](const LogNews& news) { return news.wanted > after; });
}

bool LogReaders::has_archiver(std::int64_t now_us) const {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, reader] : readers_) {
      if (!reader.repository.empty()) return true;
    }
  }
  if (database_.empty()) return false;
  constexpr std::int64_t silence_us =
      std::chrono::duration_cast<std::chrono::microseconds>(kArchiverSilenceMax).count();
  for (const FoundSlot& found : read_slots(database_)) {
    if (!found.slot) continue;
    const std::int64_t updated_at_us = found.slot->status.updated_at_us;
    if (updated_at_us >= now_us - silence_us && updated_at_us <= now_us + silence_us) return true;
  }
  return false;
}

// What was durably in a repository once stays archived, whatever becomes of its archiver.
void LogReaders::note_archived(const ArchiveStatus& status) {
  for (Archived& archived : archived_) {
    if (archived.history != status.history_id) continue;
    archived.sequence = std::max(archived.sequence, status.sequence_number.value);
    return;
  }
  if (archived_.size() == kHistoriesMax) archived_.erase(archived_.begin());
  archived_.push_back({status.history_id, status.sequence_number.value});
}

bool LogReaders::is_archived(const Uuid& history, std::uint64_t sequence) const {
  return std::any_of(archived_.begin(), archived_.end(), [&](const Archived& archived) {
    return archived.history == history && archived.sequence >= sequence;
  });
}

// With the lock given up meanwhile. Tells other processes what is waited for, too.
void LogReaders::look_at_slots(std::unique_lock<std::mutex>& lock) {
  const std::uint64_t wanted = waiting_.rbegin()->first;
  const bool asks = wanted > asked_;
  lock.unlock();
  try {
    if (asks) ask_for_archiving(database_, {wanted});
  } catch (const Error&) {  // Then it takes the archiver's interval.
  }
  const std::vector<FoundSlot> slots = read_slots(database_);
  lock.lock();
  asked_ = std::max(asked_, wanted);
  for (const FoundSlot& found : slots) {
    if (found.slot) note_archived(found.slot->status);
  }
  arrived_.notify_all();
}

bool LogReaders::wait_archived(const Uuid& history, std::uint64_t sequence,
                               std::chrono::milliseconds timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  std::unique_lock lock(mutex_);
  ++waiting_[sequence];
  news_.notify_all();
  bool is_poller = false;
  bool archived = false;
  while (!(archived = is_archived(history, sequence))) {
    const Clock::time_point now = Clock::now();
    if (now >= deadline) break;
    if (!is_poller && !polling_ && !database_.empty()) is_poller = polling_ = true;
    if (!is_poller) {
      arrived_.wait_until(lock, deadline);
      continue;
    }
    look_at_slots(lock);
    if (is_archived(history, sequence)) continue;
    arrived_.wait_until(lock, std::min(deadline, now + kSlotPollInterval));
  }
  if (is_poller) polling_ = false;
  const auto waiting = waiting_.find(sequence);
  if (--waiting->second == 0) waiting_.erase(waiting);
  lock.unlock();
  if (is_poller) arrived_.notify_all();  // another one takes over
  return archived;
}

}  // namespace manifolddb
