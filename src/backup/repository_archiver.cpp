#include "backup/repository_archiver.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "backup/archive_note.h"
#include "backup/backup_source.h"
#include "backup/catalogue.h"
#include "backup/contents.h"
#include "backup/repository_tools.h"
#include "backup/restore_way.h"
#include "common/format.h"
#include "repository/object_names.h"

namespace manifolddb::backup {

namespace {

constexpr std::chrono::milliseconds kBackupLook{50};
constexpr std::chrono::milliseconds kGiveUpLook{100};
constexpr std::chrono::seconds kBaseLookPause{1};
// A quarter of the silence after which an archiver counts as gone (database/log_readers.h).
constexpr std::chrono::milliseconds kReportIntervalMax{30'000};
// While a repository fails, a commit that waits for it changes nothing.
constexpr std::uint64_t kNobodyWaits = std::numeric_limits<std::uint64_t>::max();

}  // namespace

RepositoryArchiver::RepositoryArchiver(std::shared_ptr<ArchiveSource> source,
                                       std::filesystem::path repository,
                                       const ArchiveOptions& options, OnEvent on_event)
    : source_(std::move(source)),
      path_(std::move(repository)),
      options_(options),
      on_event_(std::move(on_event)),
      store_(path_) {
  status_.repository = path_;
}

RepositoryArchiver::~RepositoryArchiver() {
  stop();
}

void RepositoryArchiver::start() {
  try {
    resume();  // here, so that the log is kept, and an archiver known, when the caller goes on
  } catch (const Error&) {
    // The thread tries again, and tells.
  }
  thread_ = std::thread([this] { run(); });
}

void RepositoryArchiver::ask_to_stop() {
  {
    const std::lock_guard lock(mutex_);  // so that nobody misses it between looking and waiting
    stopping_ = true;
  }
  changed_.notify_all();
  source_->wake();
}

void RepositoryArchiver::stop() {
  ask_to_stop();
  if (thread_.joinable()) thread_.join();
}

ArchiveStatus RepositoryArchiver::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

std::uint64_t RepositoryArchiver::hurry() {
  std::uint64_t round = 0;
  {
    const std::lock_guard lock(mutex_);
    hurried_ = true;
    round = rounds_begun_ + 1;
  }
  source_->wake();
  return round;
}

bool RepositoryArchiver::wait_until(std::uint64_t sequence, std::uint64_t round,
                                    std::chrono::steady_clock::time_point deadline,
                                    const std::function<bool(const ArchiveStatus&)>& gives_up) {
  using Clock = std::chrono::steady_clock;
  std::unique_lock lock(mutex_);
  const auto is_over = [&] {
    if (stopping()) return true;
    // 0 also stands for nothing.
    const bool is_there = sequence == 0 ? restorable_ : status_.sequence_number.value >= sequence;
    return is_there && last_good_round_ >= round;
  };
  for (;;) {
    const auto look = gives_up ? std::min(deadline, Clock::now() + kGiveUpLook) : deadline;
    if (changed_.wait_until(lock, look, is_over)) return !stopping();
    if (Clock::now() >= deadline) return false;
    lock.unlock();
    if (gives_up && gives_up(status())) return false;
    lock.lock();
  }
}

// --- the thread ----------------------------------------------------------------------------------

void RepositoryArchiver::run() {
  while (!stopping()) {
    begin_round();
    try {
      const std::uint64_t generation = source_->generation();
      if (std::exchange(generation_, generation) != generation) {
        disconnect();
        resumed_ = false;
        file_number_ = 0;
      }
      if (!resumed_) resume();
      if (!log_) connect();
      round();
    } catch (const Error& error) {
      fail(error);
      continue;
    } catch (const std::exception& error) {
      fail(Error(ErrorCode::failed, error.what()));
      continue;
    }
    const std::uint64_t ticket = source_->ticket();
    if (end_round()) continue;
    // A backup that is being taken ends at any moment.
    rest(ticket, position_.sequence,
         base_->complete() ? options_.interval : std::min(options_.interval, kBackupLook));
  }
  disconnect();
}

void RepositoryArchiver::begin_round() {
  const std::lock_guard lock(mutex_);
  ++rounds_begun_;
  hurried_ = false;
}

// True: the next one is to begin at once. A failure is over when a whole round has gone well, not
// before: a repository that can be read again may be one that still cannot be written to.
bool RepositoryArchiver::end_round() {
  bool is_news = false;
  {
    const std::lock_guard lock(mutex_);
    is_news = std::exchange(status_.failure, base_failure_) != base_failure_;
  }
  if (is_news) send_report();
  if (std::exchange(failures_, 0) != 0) {
    tell({.kind = ArchiveEvent::Kind::recovered, .what = "it goes on"});
  }
  bool hurried = false;
  {
    const std::lock_guard lock(mutex_);
    last_good_round_ = rounds_begun_;  // last, so that who waited for it finds all the rest
    hurried = hurried_;
  }
  changed_.notify_all();
  return hurried || stopping();
}

// However long it is: who waits for this archiver must know that it lives.
void RepositoryArchiver::rest(std::uint64_t ticket, std::uint64_t archived,
                              std::chrono::milliseconds time) {
  while (!source_->wait(ticket, archived, std::min(time, kReportIntervalMax))) {
    if (time <= kReportIntervalMax) return;
    time -= kReportIntervalMax;
    {
      const std::lock_guard lock(mutex_);
      status_.updated_at_us = now_us();
    }
    send_report();
  }
}

// How far behind a repository is that cannot be written to, as far as the database can be read.
void RepositoryArchiver::measure_lag() {
  try {
    const std::uint64_t seen = source_->view()->sequence_number().value;
    std::uint64_t bytes = 0;
    if (file_number_ != 0) bytes = source_->open_log(1, file_number_)->bytes_behind();
    const std::lock_guard lock(mutex_);
    status_.seen_sequence_number = {seen};
    status_.log_bytes_behind = bytes;
  } catch (const std::exception&) {
    // What cannot be measured now is told as it was; the failure itself is being reported.
  }
}

void RepositoryArchiver::fail(const Error& error) {
  const std::uint64_t ticket = source_->ticket();
  disconnect();
  measure_lag();
  const unsigned doublings = std::min(failures_, 16u);
  ++failures_;
  const std::chrono::milliseconds delay = std::min<std::chrono::milliseconds>(
      options_.retry_min * (1LL << doublings), options_.retry_max);
  bool hurried = false;
  {
    const std::lock_guard lock(mutex_);
    status_.failure = error.what();
    status_.updated_at_us = now_us();
    hurried = hurried_;
  }
  send_report();  // the owner keeps the log, and shows why nothing arrives
  tell({.kind = ArchiveEvent::Kind::failure, .what = error.what(), .retry_in = delay});
  if (!hurried && !stopping()) rest(ticket, kNobodyWaits, delay);
}

void RepositoryArchiver::tell(ArchiveEvent event) {
  event.repository = path_;
  on_event_(event);
}

// --- connecting ----------------------------------------------------------------------------------

void RepositoryArchiver::disconnect() {
  base_.reset();
  held_.reset();
  log_.reset();
  repository_.reset();
  lock_.reset();
}

// Before anything is read, and whether or not the repository can be reached: from here on the owner
// keeps the log.
void RepositoryArchiver::resume() {
  if (const std::optional<ArchiveSlot> last = source_->last_report(path_)) {
    const std::lock_guard lock(mutex_);
    status_ = last->status;
    status_.repository = path_;
    status_.failure.clear();  // of the archiver before this one
    file_number_ = last->log_file_number;
    was_reached_ = status_.history_id != Uuid{};
  }
  send_report();
  resumed_ = true;
}

void RepositoryArchiver::connect() {
  std::shared_ptr<const Database> view = source_->view();
  // A mount point whose file system is away must not be taken for a place to begin anew.
  if (was_reached_ && !Repository::is_repository(path_)) {
    throw Error(ErrorCode::not_found, path_.string() + " is no repository any more",
                "what is not archived is kept in the database's log, within its retention",
                "is its file system mounted? If it is gone for good, manifold backup DB -r " +
                    path_.string() + "    makes a new one");
  }
  repository_ = Repository::open_or_create(path_, view->statistics().database_id);
  was_reached_ = true;
  lock_.emplace(path_);
  remove_log_leftovers(store_, 0);
  const Catalogue catalogue = repository_->catalogue();
  // Of before, it would lack what was committed and backed up meanwhile, and look like an old copy.
  view = source_->view();
  if (const std::optional<std::string> why = find_contradiction(catalogue, *view)) {
    source_->start_new_history();
    tell({.kind = ArchiveEvent::Kind::new_history, .what = *why});
    view = source_->view();
  }
  find_position(catalogue, *view);
  take_note(catalogue, *view);
  take_promises_back(catalogue);
  if (status().history_id != position_.history_id) file_number_ = 0;  // it was of another one
  if (const ArchivedLog* const log = catalogue.log_of(position_.history_id)) {
    stored_since_compaction_ = log->segments.size();
  }
  base_.emplace(*source_, *repository_, position_.history_id, options_);
  base_failure_.clear();
  const bool restorable = find_base(catalogue);
  if (!restorable) {
    base_->require(position_.sequence, "the archived log has no backup to begin with");
  }
  restorable_sequence_ = restorable ? position_.sequence : 0;
  restorable_committed_at_us_ = restorable ? position_committed_at_us_ : 0;
  require_base_behind_unreadable();
  open_log(file_number_);
  report();  // so that the owner keeps the log from here on
}

// What leads to the position: false when nothing does.
bool RepositoryArchiver::find_base(const Catalogue& catalogue) {
  base_manifests_.clear();
  const auto way = find_cheapest_way(catalogue, position_.history_id, position_.sequence);
  if (!way) return false;
  for (const CatalogueEntry* const backup : way->backups) {
    base_manifests_.push_back(repository::backup_object(backup->id, repository::kManifest));
  }
  return true;
}

// Backups are removed by prune, and by hand, while the log goes on.
void RepositoryArchiver::check_base() {
  if (!base_->complete()) return base_manifests_.clear();  // another one is on its way
  const auto now = std::chrono::steady_clock::now();
  if (now < next_base_look_) return;
  next_base_look_ = now + kBaseLookPause;
  const bool all_there =
      std::all_of(base_manifests_.begin(), base_manifests_.end(),
                  [this](const std::string& manifest) { return store_.exists(manifest); });
  if (all_there && !base_manifests_.empty()) return;
  const Catalogue catalogue = repository_->catalogue();
  require_all_manifests(catalogue);
  if (find_base(catalogue)) return;
  restorable_sequence_ = 0;
  restorable_committed_at_us_ = 0;
  base_->require(position_.sequence,
                 "the backup that the archived log went on from is not there any more");
}

void RepositoryArchiver::open_log(std::uint64_t first_file) {
  held_.reset();
  log_ = source_->open_log(position_.sequence + 1, first_file);
}

// What the repository knows of this history that the database does not, or otherwise: the database
// is an old copy that was put back.
std::optional<std::string> RepositoryArchiver::find_contradiction(const Catalogue& catalogue,
                                                                  const Database& view) const {
  const BackupDecision decision = decide_backup(catalogue, view, BackupChoice::full);
  if (decision.new_history_needed) return decision.reason;
  const DatabaseStatistics present = view.statistics();
  const ArchivedLog* const log = catalogue.log_of(present.history_id);
  if (log == nullptr || log->segments.empty()) return std::nullopt;
  const LogSegment& newest = log->segments.back();
  if (newest.last > present.sequence_number) {
    return format(
        "this is an old copy of the database: it is at seq {}, and the repository has the log of "
        "the same history up to seq {}",
        present.sequence_number.value, newest.last.value);
  }
  const ContentDigest archived = read_header(store_.path_of(newest.object)).content_digest;
  std::optional<ContentDigest> here;
  view.for_each_commit(newest.last, newest.last, [&here](const CommitRecord& commit) {
    here = commit.content_digest;
    return false;
  });
  if (!here || *here == archived) return std::nullopt;
  return format(
      "this is a copy of the database that went another way: at seq {} it had content digest {}, "
      "and the archived log of the same history has {}",
      newest.last.value, here->to_hex(), archived.to_hex());
}

// Behind the last segment, else behind the newest backup, else at the present.
void RepositoryArchiver::find_position(const Catalogue& catalogue, const Database& view) {
  const DatabaseStatistics present = view.statistics();
  position_ = {present.database_id, present.history_id, present.sequence_number.value,
               present.content_digest};
  position_committed_at_us_ = present.committed_at_us.value_or(0);
  const ArchivedLog* const log = catalogue.log_of(present.history_id);
  if (log != nullptr && !log->segments.empty()) {
    const Header header = read_header(store_.path_of(log->segments.back().object));
    position_.sequence = header.sequence_number;
    position_.digest = header.content_digest;
    position_committed_at_us_ = header.committed_at_us.value_or(0);
    // A gap behind it was named already.
    if (log->note && !log->note->gaps.empty() &&
        log->note->gaps.back().last == log->note->sequence_number &&
        log->note->sequence_number.value > position_.sequence) {
      position_.sequence = log->note->sequence_number.value;
      position_.digest = log->note->content_digest;
      position_committed_at_us_ = log->note->committed_at_us.value_or(0);
    }
    return;
  }
  const Manifest* newest = nullptr;
  for (const CatalogueEntry& entry : catalogue.entries) {
    if (!entry.restorable || entry.manifest->history_id != present.history_id) continue;
    if (newest == nullptr || newest->sequence_number < entry.manifest->sequence_number) {
      newest = &*entry.manifest;
    }
  }
  if (newest == nullptr) return;
  position_.sequence = newest->sequence_number.value;
  position_.digest = newest->content_digest;
  position_committed_at_us_ = newest->committed_at_us.value_or(0);
}

}  // namespace manifolddb::backup
