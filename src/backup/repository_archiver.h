// Archives the log of a database into one repository.
//
//                     ┌──────────── failure: wait, twice as long each time ────────────┐
//                     ▼                                                                │
//   connect: lock, position ──▶ round: read the log ──▶ sync it ──▶ store segments ──▶ report
//                     ▲                    │  a jump in the numbers: bulk segments or a gap,
//                     └─ another history ──┘  then a backup that covers it, beside the rounds
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "backup/archive_source.h"
#include "backup/base_backup.h"
#include "backup/covered_segments.h"
#include "backup/log_segment.h"
#include "manifolddb/archive.h"
#include "repository/object_store.h"
#include "repository/repository_lock.h"

namespace manifolddb::backup {

class RepositoryArchiver {
 public:
  // Called from the archiver's thread.
  using OnEvent = std::function<void(const ArchiveEvent&)>;

  RepositoryArchiver(std::shared_ptr<ArchiveSource> source, std::filesystem::path repository,
                     const ArchiveOptions& options, OnEvent on_event);
  ~RepositoryArchiver();  // stop()

  void start();
  void ask_to_stop();
  void stop();  // waits for it

  // Thread-safe.
  ArchiveStatus status() const;
  // Does not wait for the interval, nor for a retry. The number of the first round that begins
  // after the call.
  std::uint64_t hurry();
  // Returns when that round or one behind it has ended without a failure, and `sequence` is
  // archived so that it can be restored. False: the time was over, it was stopped, or `gives_up`,
  // which may be empty, was true.
  bool wait_until(std::uint64_t sequence, std::uint64_t round,
                  std::chrono::steady_clock::time_point deadline,
                  const std::function<bool(const ArchiveStatus&)>& gives_up);

 private:
  enum class Content { changes, bulk_commits };  // of a segment
  // What stops the reading of a batch of transactions.
  enum class Stop { end_of_log, segment_is_full, jump, other_history };

  void run();
  void begin_round();
  bool end_round();
  void rest(std::uint64_t ticket, std::uint64_t archived, std::chrono::milliseconds time);
  void resume();
  void connect();
  void disconnect();
  void open_log(std::uint64_t first_file);
  void take_note(const Catalogue& catalogue, const Database& view);
  void replace_note(const RepositoryFault& fault, const ArchivedLog* log);
  void take_promises_back(const Catalogue& catalogue) const;
  std::optional<std::string> find_contradiction(const Catalogue& catalogue,
                                                const Database& view) const;
  bool find_base(const Catalogue& catalogue);
  void check_base();
  void find_position(const Catalogue& catalogue, const Database& view);
  void round();
  Stop read_batch(std::vector<KeptTransaction>& batch);
  void store_segment(const std::vector<const LoggedTransaction*>& transactions, Content content);
  void read_back(const std::string& object, const LogPosition& end) const;
  void pass_jump(std::uint64_t next_sequence);
  void store_bulk(std::vector<CommitRecord>& commits, const Database& view);
  void close_gap(std::uint64_t first, const CommitRecord& last);
  void poll_base();
  void note_completeness(std::int64_t read_at_us);
  void write_note();
  void store_note() const;
  void compact();
  void pass_unreadable(const UnreadableSegment& unreadable);
  void require_base_behind_unreadable();
  void report();
  void send_report();
  void fail(const Error& error);
  void measure_lag();
  void tell(ArchiveEvent event);
  bool stopping() const { return stopping_.load(); }

  const std::shared_ptr<ArchiveSource> source_;
  const std::filesystem::path path_;
  const ArchiveOptions options_;
  const OnEvent on_event_;
  const repository::ObjectStore store_;

  // Of the thread only, while connected.
  std::optional<repository::ArchiverLock> lock_;
  std::optional<Repository> repository_;
  std::unique_ptr<TransactionLog> log_;
  bool log_is_retried_ = false;          // a jump was seen once; read again before it is believed
  std::optional<KeptTransaction> held_;  // read, but of the next segment
  LogPosition position_;
  std::int64_t position_committed_at_us_ = 0;
  // The last position that could be restored: what is reported as archived.
  std::uint64_t restorable_sequence_ = 0;
  std::int64_t restorable_committed_at_us_ = 0;
  std::optional<BaseBackup> base_;
  std::string base_failure_;  // why the backup that is needed was not taken
  // Of the backups that position_ is restored from; none: to be looked up.
  std::vector<std::string> base_manifests_;
  std::chrono::steady_clock::time_point next_base_look_{};
  ArchiveNote note_;  // as it was last written
  std::chrono::steady_clock::time_point next_note_{};
  std::size_t stored_since_compaction_ = 0;
  // The last one that was found damaged; the catalogue does not know of it, so it is remembered
  // from one connection to the next.
  std::optional<LogSegment> unreadable_;
  unsigned failures_ = 0;
  bool resumed_ = false;
  bool was_reached_ = false;       // the repository exists, here or elsewhere
  std::uint64_t file_number_ = 0;  // log files below it are not needed; 0: not known
  std::uint64_t generation_ = 0;   // of the source

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  ArchiveStatus status_;  // guarded by mutex_
  std::uint64_t rounds_begun_ = 0;
  std::uint64_t last_good_round_ = 0;
  bool restorable_ = false;  // what status_ says is archived can be restored
  bool hurried_ = false;

  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace manifolddb::backup
