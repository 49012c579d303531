// Who reads the log of an open database, how far each has come, and who waits for that: readers and
// archivers of this process register here, archivers of other processes leave slots
// (archive_slot.h).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "database/archive_slot.h"
#include "database/log_retention.h"

namespace manifolddb {

class LogReaders;

// A reader of this process. Movable, ends when it is destroyed; must not outlive its database.
// Calls of one object come from one thread at a time.
class LogReader {
 public:
  LogReader(LogReader&& other) noexcept;
  LogReader& operator=(LogReader&&) = delete;
  ~LogReader();

  // Log files below this number are not needed any more.
  void keep_from(std::uint64_t log_file_number);

  // An archiver's: what stands in the slot is durable in the repository. Wakes commits that wait
  // for it, and is seen by DatabaseStatistics::archives. On disk the slot is written, too; that it
  // could not be is no failure: slots are reports.
  void report(const ArchiveSlot& slot);

 private:
  friend class LogReaders;
  LogReader(LogReaders& readers, std::uint64_t id) : readers_(&readers), id_(id) {}
  LogReaders* readers_;
  std::uint64_t id_;
};

// What an archiver of this process works by.
struct LogNews {
  std::uint64_t written = 0;  // the last transaction in the log, durable or not
  std::uint64_t wanted = 0;   // the highest that a commit waits for to be archived; 0: none waits
};

// Thread-safe.
class LogReaders {
 public:
  // `database`: its folder, with the slots; empty in memory. `on_report` is called after each
  // report of an archiver of this process.
  LogReaders(std::filesystem::path database, std::function<void()> on_report);

  // `repository` is empty for a reader that is no archiver.
  LogReader add(const std::filesystem::path& repository, std::uint64_t log_file_number);

  // Calls `remove` with what the readers need. None is added meanwhile: a reader finds all files
  // from its number on that were there when it was added.
  void remove_unneeded(const std::function<void(const LogNeed&)>& remove);
  std::vector<ArchiveStatus> statuses() const;
  static std::vector<ArchiveStatus> statuses_in_slots(const std::filesystem::path& database);

  // A transaction is in the log.
  void note_written(std::uint64_t sequence);
  // Return at once when there is a transaction above `after` in the log, or a commit waits for one
  // above `after` to be archived; else when there is, or after `timeout`, or when `stop` is asked.
  LogNews wait_for_commits(std::uint64_t after, std::chrono::milliseconds timeout,
                           const std::stop_token& stop);
  LogNews wait_until_wanted(std::uint64_t after, std::chrono::milliseconds timeout,
                            const std::stop_token& stop);

  // Whether some archiver is at work: one of this process, or one whose slot was written at most
  // kArchiverSilenceMax ago.
  bool has_archiver(std::int64_t now_us) const;
  // Waits until an archiver has the transaction of that history; false after `timeout`.
  bool wait_archived(const Uuid& history, std::uint64_t sequence,
                     std::chrono::milliseconds timeout);

  // Archivers report at least every 30 s.
  static constexpr std::chrono::seconds kArchiverSilenceMax{120};
  // Histories whose archived numbers are remembered; the oldest is forgotten.
  static constexpr std::size_t kHistoriesMax = 16;
  // While commits wait, one of them looks at the slots so often.
  static constexpr std::chrono::milliseconds kSlotPollInterval{5};

 private:
  friend class LogReader;
  struct Reader {
    std::filesystem::path repository;
    std::uint64_t from_file = 0;
    std::optional<ArchiveSlot> slot;  // as last reported
  };
  struct Archived {
    Uuid history;
    std::uint64_t sequence = 0;
  };

  LogNeed need() const;
  void remove(std::uint64_t id);
  void keep_from(std::uint64_t id, std::uint64_t log_file_number);
  void report(std::uint64_t id, const ArchiveSlot& slot);
  void note_archived(const ArchiveStatus& status);
  bool is_archived(const Uuid& history, std::uint64_t sequence) const;
  void look_at_slots(std::unique_lock<std::mutex>& lock);
  template <typename Condition>
  LogNews wait_for_news(std::chrono::milliseconds timeout, const std::stop_token& stop,
                        const Condition& condition);

  const std::filesystem::path database_;
  const std::function<void()> on_report_;
  std::mutex removal_mutex_;  // taken before mutex_
  mutable std::mutex mutex_;
  std::condition_variable_any news_;  // written_ or waiting_ rose
  std::condition_variable arrived_;   // archived_ rose, or nobody polls the slots any more
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Reader> readers_;
  std::vector<Archived> archived_;  // one for each history, at most kHistoriesMax
  std::uint64_t written_ = 0;
  std::map<std::uint64_t, std::size_t> waiting_;  // numbers waited for, and by how many commits
  std::uint64_t asked_ = 0;                       // as it stands in `slots/wanted`
  bool polling_ = false;
};

}  // namespace manifolddb
