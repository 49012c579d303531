// The rounds of an archiver: from the log to segments, and across what the log does not hold.
#include <algorithm>
#include <chrono>
#include <utility>

#include "backup/archive_note.h"
#include "backup/backup_source.h"
#include "backup/repository_archiver.h"
#include "backup/repository_tools.h"
#include "backup/segment_compaction.h"
#include "common/format.h"
#include "repository/object_names.h"

namespace manifolddb::backup {

namespace {

// A commit takes its time, then is written, and a bulk transaction of another process is seen at
// the next look (ArchiveSource::visible_sequence): one for which both took longer than this could
// be missing before a time up to which the archive was noted to be complete.
constexpr std::int64_t kCommitInFlightUsMax = 20'000'000;
// The note is rewritten so often while nothing is committed; segments have times of their own.
constexpr std::chrono::seconds kNoteInterval{10};
constexpr std::size_t kBulkCommitsMax = 10'000;  // of a segment

}  // namespace

void RepositoryArchiver::round() {
  const std::int64_t read_at_us = now_us();
  if (take_promise_back(note_, read_at_us - kCommitInFlightUsMax)) {
    store_note();
    next_note_ = {};
  }
  check_base();
  bool more = true;
  while (more && !stopping()) {
    // Asked for before the log is read: what is committed meanwhile is for the next round.
    const std::uint64_t visible = source_->visible_sequence();
    std::vector<KeptTransaction> batch;
    const Stop stop = read_batch(batch);
    if (!batch.empty()) {
      log_is_retried_ = false;
      std::vector<const LoggedTransaction*> transactions;
      for (const KeptTransaction& kept : batch) transactions.push_back(&kept.get());
      store_segment(transactions, Content::changes);
    }
    if (stop == Stop::jump) {
      pass_jump(held_->get().commit.sequence_number.value);
    } else if (stop == Stop::other_history) {
      tell(
          {.kind = ArchiveEvent::Kind::new_history,
           .first = held_->get().commit.sequence_number,
           .what = "the database goes on in history " + held_->get().state.history_id.to_string()});
      disconnect();
      return connect();
    } else if (stop == Stop::end_of_log) {
      more = visible > position_.sequence;
      if (more) pass_jump(visible + 1);
    }
    report();
  }
  compact();  // may find that a backup is needed
  poll_base();
  if (!more) note_completeness(read_at_us);  // else it was stopped before the log's end
  report();
}

void RepositoryArchiver::compact() {
  if (stored_since_compaction_ < kSmallSegmentsMax) return;
  stored_since_compaction_ = 0;
  try {
    const CompactionResult result =
        compact_segments(*repository_, position_.history_id, options_.compression_level);
    for (const UnreadableSegment& unreadable : result.unreadable) pass_unreadable(unreadable);
  } catch (const Error& error) {  // archiving goes on
    tell({.kind = ArchiveEvent::Kind::failure,
          .what = format("small segments were not compacted: {}", error.what())});
  }
}

// No restore passes it, so what is behind it needs a backup there.
void RepositoryArchiver::pass_unreadable(const UnreadableSegment& unreadable) {
  const LogSegment& segment = unreadable.segment;
  std::string what = format("log segment '{}' cannot be read: {}", segment.object, unreadable.what);
  if (unreadable.superfluous) {
    what += "; it was removed: the segments that it had replaced were still there, and are sound";
  }
  tell({.kind = ArchiveEvent::Kind::failure,
        .first = segment.first,
        .last = segment.last,
        .what = std::move(what)});
  if (unreadable.superfluous) return;
  if (!unreadable_ || unreadable_->history_id != segment.history_id ||
      unreadable_->last < segment.last) {
    unreadable_ = segment;
  }
  require_base_behind_unreadable();
}

void RepositoryArchiver::require_base_behind_unreadable() {
  if (!unreadable_ || unreadable_->history_id != position_.history_id) return;
  restorable_sequence_ = 0;
  restorable_committed_at_us_ = 0;
  base_->require(
      unreadable_->last.value,
      format("log segment '{}' cannot be read, and no restore passes it", unreadable_->object));
}

RepositoryArchiver::Stop RepositoryArchiver::read_batch(std::vector<KeptTransaction>& batch) {
  std::uint64_t wanted = position_.sequence + 1;
  for (std::size_t bytes = 0; bytes < options_.segment_bytes_max;) {
    if (!held_) {
      const LoggedTransaction* const next = log_->next();
      if (next == nullptr) return Stop::end_of_log;
      held_.emplace(*next);
    }
    const LoggedTransaction& transaction = held_->get();
    if (transaction.state.history_id != position_.history_id) return Stop::other_history;
    if (transaction.commit.sequence_number.value != wanted) return Stop::jump;
    ++wanted;
    bytes += transaction.bytes;
    batch.push_back(std::move(*held_));
    held_.reset();
  }
  return Stop::segment_is_full;
}

void RepositoryArchiver::store_segment(const std::vector<const LoggedTransaction*>& transactions,
                                       Content content) {
  const CommitRecord& first = transactions.front()->commit;
  const CommitRecord& last = transactions.back()->commit;
  source_->make_durable(*log_, last.sequence_number.value);
  const std::string object =
      repository::segment_object(position_.history_id.to_string(), first.sequence_number.value,
                                 last.sequence_number.value, content == Content::bulk_commits);
  store_.put(object, [&](ByteSink& sink) {
    write_log_segment(position_, transactions, options_.compression_level, sink);
  });
  LogPosition end = position_;
  end.sequence = last.sequence_number.value;
  end.digest = last.content_digest;
  read_back(object, end);
  ++stored_since_compaction_;
  position_ = end;
  position_committed_at_us_ = last.committed_at_us;
  tell({.kind = ArchiveEvent::Kind::segment,
        .first = first.sequence_number,
        .last = last.sequence_number,
        .what = content == Content::bulk_commits ? "bulk" : ""});
}

// By the reader's eyes: what was stored leads to where it should.
void RepositoryArchiver::read_back(const std::string& object, const LogPosition& end) const {
  const std::filesystem::path file = store_.path_of(object);
  try {
    BackupSource source(file);
    Options options;
    options.threads = 1;
    const Header header = read_log_segment(source, options, "what was archived before is untouched",
                                           [](const SegmentTransaction&) { return true; });
    if (header.sequence_number == end.sequence && header.content_digest == end.digest) return;
    throw Error(ErrorCode::damaged,
                format("it ends at seq {} with content digest {}, written were {} and {}",
                       header.sequence_number, header.content_digest.to_hex(), end.sequence,
                       end.digest.to_hex()));
  } catch (const Error& error) {
    store_.remove(object);
    throw Error(
        error.code(),
        format("what was stored in '{}' is not what was written: {}", file.string(), error.what()),
        "it was removed again; what was archived before is untouched",
        "check the disk that holds the repository");
  }
}

// --- what the log does not hold ------------------------------------------------------------------

// Transactions between the position and `next_sequence` are not in the log. A log that is being
// written and moved while it is read is read again before that is believed; then `commits` says
// which were bulk transactions. The others are a gap.
void RepositoryArchiver::pass_jump(std::uint64_t next_sequence) {
  if (!std::exchange(log_is_retried_, true)) return open_log(0);
  log_is_retried_ = false;
  const std::shared_ptr<const Database> view = source_->view();
  std::vector<CommitRecord> bulk;
  std::optional<std::uint64_t> gap_first;
  CommitRecord previous;
  const auto close = [&] {
    if (gap_first) close_gap(*std::exchange(gap_first, std::nullopt), previous);
    store_bulk(bulk, *view);
  };
  view->for_each_commit({position_.sequence + 1}, {next_sequence - 1},
                        [&](const CommitRecord& row) {
                          if (row.bulk == gap_first.has_value() || bulk.size() == kBulkCommitsMax)
                            close();
                          if (row.bulk) {
                            bulk.push_back(row);
                          } else if (!gap_first) {
                            gap_first = row.sequence_number.value;
                          }
                          previous = row;
                          return true;
                        });
  close();
  if (position_.sequence + 1 != next_sequence) {
    throw Error(ErrorCode::damaged,
                format("the database has no record of transaction {}, but of transaction {}",
                       position_.sequence + 1, next_sequence),
                "what was archived before is untouched", "manifold check DB");
  }
}

void RepositoryArchiver::store_bulk(std::vector<CommitRecord>& commits, const Database& view) {
  if (commits.empty()) return;
  const DatabaseStatistics present = view.statistics();
  std::vector<LoggedTransaction> transactions;
  std::vector<const LoggedTransaction*> pointers;
  transactions.reserve(commits.size());
  for (const CommitRecord& commit : commits) {
    LoggedTransaction& transaction = transactions.emplace_back();
    transaction.commit = commit;
    transaction.state.database_id = present.database_id;
    transaction.state.history_id = present.history_id;
    transaction.state.parent_history_id = present.parent_history_id;
    transaction.state.parent_sequence = present.parent_sequence_number.value;
    transaction.state.next_entity_id = present.next_entity_id;
    transaction.state.next_edge_id = present.next_edge_id;
    pointers.push_back(&transaction);
  }
  commits.clear();
  store_segment(pointers, Content::bulk_commits);
  base_->require(
      position_.sequence,
      format("transaction {} was a bulk transaction, which is not in the log", position_.sequence));
}

void RepositoryArchiver::close_gap(std::uint64_t first, const CommitRecord& last) {
  position_.sequence = last.sequence_number.value;
  position_.digest = last.content_digest;
  position_committed_at_us_ = last.committed_at_us;
  const std::string what = format(
      "transactions {} to {} were removed from the log before they were archived: these points "
      "cannot be restored",
      first, position_.sequence);
  {
    const std::lock_guard lock(mutex_);
    status_.gap_first = SequenceNumber{first};
    status_.gap_last = last.sequence_number;
  }
  // Before anything is stored behind it: what is missing without having been noted is a fault.
  add_gap(note_, {{first}, last.sequence_number});
  write_note();
  tell({.kind = ArchiveEvent::Kind::gap,
        .first = {first},
        .last = last.sequence_number,
        .what = what});
  base_->require(position_.sequence, what);
}

// --- what is told
// ---------------------------------------------------------------------------------

void RepositoryArchiver::poll_base() {
  BaseBackup::Outcome outcome;
  const bool complete = base_->poll(outcome);
  if (outcome.taken && !outcome.failure) {
    tell({.kind = ArchiveEvent::Kind::backup,
          .first = outcome.taken->previous_sequence.value_or(SequenceNumber{0}),
          .last = outcome.taken->sequence_number,
          .what = outcome.why});
  } else if (outcome.failure) {
    tell({.kind = ArchiveEvent::Kind::failure,
          .what = format("no backup was taken: {}", outcome.failure->what()),
          .retry_in = options_.retry_max});
  } else if (!outcome.why.empty()) {
    tell({.kind = ArchiveEvent::Kind::failure,
          .what = "a backup is needed: " + outcome.why,
          .retry_in = options_.retry_max});
  }
  if (complete) {
    base_failure_.clear();
  } else if (outcome.failure) {
    base_failure_ = outcome.failure->what();
  } else if (!outcome.why.empty()) {
    base_failure_ = "a backup is needed: " + outcome.why;
  }
}

// --- the note
// -------------------------------------------------------------------------------------

// What was noted before, and what every note of this history says.
void RepositoryArchiver::take_note(const Catalogue& catalogue, const Database& view) {
  const ArchivedLog* const log = catalogue.log_of(position_.history_id);
  note_ = log != nullptr && log->note ? *log->note : ArchiveNote();
  const DatabaseStatistics present = view.statistics();
  note_.database_id = position_.database_id;
  note_.history_id = position_.history_id;
  note_.parent_history_id = present.parent_history_id;
  if (present.parent_history_id) note_.parent_sequence_number = present.parent_sequence_number;
  next_note_ = {};
  const std::string object =
      repository::log_object(position_.history_id.to_string(), repository::kLogNote);
  for (const RepositoryFault& fault : catalogue.faults) {
    if (fault.file == object) replace_note(fault, log);
  }
}

// A gap that nobody notes is damage for ever, so those of a note that cannot be read are taken from
// what the segments leave out.
void RepositoryArchiver::replace_note(const RepositoryFault& fault, const ArchivedLog* log) {
  if (fault.kind == FaultKind::newer_format) {
    throw Error(ErrorCode::newer_format, fault.what, "nothing was changed",
                "use a newer version of ManifoldDB");
  }
  if (log != nullptr) note_.gaps = newest_gaps(log->gaps);
  write_note();
  tell({.kind = ArchiveEvent::Kind::failure,
        .what = format("'{}' could not be used and was made anew ({}): what lies between segments "
                       "without being there now counts as a gap",
                       fault.file, fault.what)});
}

// Of other histories, whose archivers may never come back: which history is the newest is told by
// these notes, too.
void RepositoryArchiver::take_promises_back(const Catalogue& catalogue) const {
  const std::int64_t now = now_us();
  for (const ArchivedLog& log : catalogue.logs) {
    if (!log.note || log.history_id == position_.history_id) continue;
    ArchiveNote note = *log.note;
    if (!take_promise_back(note, now)) continue;
    store_.replace(repository::log_object(note.history_id.to_string(), repository::kLogNote),
                   archive_note_text(note));
  }
}

// Everything that was committed before the log was read is archived.
void RepositoryArchiver::note_completeness(std::int64_t read_at_us) {
  const auto now = std::chrono::steady_clock::now();  // the other one may be set back
  if (!base_->complete() || now < next_note_) return;
  // Noted under load, too: which history is the newest is told by it.
  const std::int64_t until = std::max(read_at_us - kCommitInFlightUsMax, position_committed_at_us_);
  if (until <= note_.complete_until_us) return;
  note_.complete_until_us = until;
  write_note();
  next_note_ = now + kNoteInterval;
}

void RepositoryArchiver::write_note() {
  note_.sequence_number = {position_.sequence};
  note_.content_digest = position_.digest;
  note_.committed_at_us.reset();
  if (position_.sequence != 0) note_.committed_at_us = position_committed_at_us_;
  // Commit times ascend, so nothing before the last archived one can be missing.
  note_.complete_until_us = std::max(note_.complete_until_us, position_committed_at_us_);
  store_note();
}

void RepositoryArchiver::store_note() const {
  store_.replace(repository::log_object(note_.history_id.to_string(), repository::kLogNote),
                 archive_note_text(note_));
}

void RepositoryArchiver::report() {
  if (base_->complete()) {
    restorable_sequence_ = position_.sequence;
    restorable_committed_at_us_ = position_committed_at_us_;
  }
  file_number_ = log_->file_number();
  {
    const std::lock_guard lock(mutex_);
    restorable_ = base_->complete();
    status_.history_id = position_.history_id;
    status_.sequence_number = {restorable_sequence_};
    status_.committed_at_us = restorable_committed_at_us_;
    status_.complete_until_us = std::max(note_.complete_until_us, restorable_committed_at_us_);
    status_.updated_at_us = now_us();
    status_.seen_sequence_number = {std::max(position_.sequence, restorable_sequence_)};
    status_.log_bytes_behind = log_->bytes_behind();
  }
  send_report();
}

void RepositoryArchiver::send_report() {
  ArchiveSlot slot;
  slot.status = status();
  slot.log_file_number = file_number_;
  try {
    source_->report(slot);
  } catch (const Error&) {
    // A slot is a report, never the truth: one that cannot be written stops nothing.
  }
}

}  // namespace manifolddb::backup
