#include "backup/segment_compaction.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backup/backup_source.h"
#include "backup/contents.h"
#include "backup/export_header.h"
#include "backup/log_segment.h"
#include "backup/repository_tools.h"
#include "common/format.h"
#include "database/transaction_log.h"
#include "repository/object_names.h"
#include "repository/repository_lock.h"

namespace manifolddb::backup {

using repository::ObjectStore;

namespace {

constexpr const char* kUntouched = "the small segments are untouched";

Options single_thread() {
  Options options;
  options.threads = 1;
  return options;
}

// Segments that follow one another, all of them small.
using Run = std::vector<const LogSegment*>;

std::vector<Run> find_runs(const std::vector<LogSegment>& segments) {
  std::vector<Run> runs;
  Run run;
  const auto end_run = [&] {
    if (run.size() > kSmallSegmentsMax) runs.push_back(run);
    run.clear();
  };
  for (const LogSegment& segment : segments) {
    const bool continues = run.empty() || run.back()->last.value + 1 == segment.first.value;
    if (!continues) end_run();
    if (segment.bulk || segment.stored_bytes >= kSmallSegmentBytes) {
      end_run();
      continue;
    }
    run.push_back(&segment);
  }
  end_run();
  return runs;
}

class Compaction {
 public:
  Compaction(const ObjectStore& store, const Uuid& database_id, const Uuid& history_id, int level)
      : store_(store), level_(level) {
    begin_.database_id = database_id;
    begin_.history_id = history_id;
  }

  // As many of them as fit into memory, up to one that cannot be read or does not go on from the
  // one before it; returns their number. One alone is left as it is.
  std::size_t run(std::span<const LogSegment* const> segments) {
    std::size_t count = 0;
    while (count < segments.size() && bytes_ < kCompactedBytesMax && try_read(*segments[count])) {
      ++count;
    }
    segments = segments.first(count);
    if (count < 2) return count;
    std::vector<const LoggedTransaction*> transactions;
    for (const KeptTransaction& kept : kept_) transactions.push_back(&kept.get());
    const std::string object =
        repository::segment_object(begin_.history_id.to_string(), segments.front()->first.value,
                                   segments.back()->last.value, false);
    if (!store_.exists(object)) {
      store_.put(object,
                 [&](ByteSink& sink) { write_log_segment(begin_, transactions, level_, sink); });
    }
    check({begin_.history_id, segments.front()->first, segments.back()->last, false, 0, object});
    return count;
  }

  // What is wrong with the segment behind those that run() took.
  struct Fault {
    std::string what;
    bool is_readable = false;  // it does not go on from the one before it, and may be the first
  };
  const std::optional<Fault>& fault() const { return fault_; }

 private:
  // Nothing of it is kept when it fails.
  bool try_read(const LogSegment& segment) {
    const std::size_t count = kept_.size(), bytes = bytes_;
    try {
      return read(segment);
    } catch (const Error& error) {
      if (!is_fault_of_segment(error)) throw;
      while (kept_.size() > count) kept_.pop_back();
      bytes_ = bytes;
      fault_ = {error.what()};
      return false;
    }
  }

  bool read(const LogSegment& segment) {
    const std::filesystem::path file = store_.path_of(segment.object);
    const Header header = read_header(file);
    require_as_named(segment, header, kUntouched);
    if (kept_.empty()) {
      begin_.sequence = *header.previous_sequence;
      begin_.digest = *header.previous_content_digest;
    } else if (header.previous_sequence != end_.sequence ||
               header.previous_content_digest != end_.digest) {
      fault_ = {
          format("'{}' continues seq {} with content digest {}, but the segment before it "
                 "ends at {} with {}",
                 segment.object, *header.previous_sequence,
                 header.previous_content_digest->to_hex(), end_.sequence, end_.digest.to_hex()),
          true};
      return false;
    }
    BackupSource source(file);
    read_log_segment(source, single_thread(), kUntouched, [&](const SegmentTransaction& read) {
      keep(read, header);
      return true;
    });
    end_.sequence = header.sequence_number;
    end_.digest = header.content_digest;
    return true;
  }

  void keep(const SegmentTransaction& read, const Header& header) {
    LoggedTransaction transaction;
    if (const std::optional<HistoryPoint> parent = parent_history_of(header)) {
      transaction.state.parent_history_id = parent->history_id;
      transaction.state.parent_sequence = parent->sequence_number.value;
    }
    transaction.commit.sequence_number = {read.commit.sequence_number};
    transaction.commit.committed_at_us = read.commit.committed_at_us;
    transaction.commit.content_digest = read.commit.content_digest;
    transaction.state.database_id = begin_.database_id;
    transaction.state.history_id = begin_.history_id;
    transaction.state.next_entity_id = header.next_entity_id;
    transaction.state.next_edge_id = header.next_edge_id;
    for (std::size_t i = 0; i < read.change_count; ++i) {
      const SegmentChange change = read.change(i);
      transaction.changes.push_back({change.kind, change.key, change.has_before, change.has_after,
                                     change.before, change.after});
      bytes_ += change.key.size() + change.before.size() + change.after.size();
    }
    kept_.emplace_back(transaction);
  }

  // By the reader's eyes, before what it replaces is removed. A wrong one goes: it would hide what
  // it covers.
  void check(const LogSegment& made) {
    try {
      const Header header = check_segment(store_, made, single_thread(), kUntouched);
      if (header.previous_content_digest == begin_.digest && header.content_digest == end_.digest) {
        return;
      }
      throw Error(ErrorCode::damaged,
                  format("'{}' does not hold what the segments hold that it replaces", made.object),
                  kUntouched, "manifold verify REPO");
    } catch (const Error&) {
      store_.remove(made.object);
      throw;
    }
  }

  const ObjectStore& store_;
  int level_;
  LogPosition begin_, end_;
  std::vector<KeptTransaction> kept_;
  std::size_t bytes_ = 0;  // of their changes
  std::optional<Fault> fault_;
};

// Makes large segments, and returns the objects that may go: what they replace, what those of an
// earlier call replace that ended too soon, and damaged ones that hide what they replaced.
std::vector<std::string> make_large_segments(const ObjectStore& store, const Uuid& database_id,
                                             const ArchivedLog& log, int compression_level,
                                             std::vector<UnreadableSegment>& unreadable) {
  SuperfluousSegments covered = find_superfluous(store, log, {}, single_thread());
  std::vector<std::string> replaced = std::move(covered.objects);
  unreadable = std::move(covered.unreadable);
  for (const UnreadableSegment& hiding : unreadable) {
    if (hiding.superfluous) replaced.push_back(hiding.segment.object);
  }
  std::vector<LogSegment> segments = log.segments;
  std::erase_if(segments, [&](const LogSegment& segment) {
    return std::any_of(unreadable.begin(), unreadable.end(), [&](const UnreadableSegment& known) {
      return known.segment.object == segment.object;
    });
  });
  for (const Run& run : find_runs(segments)) {
    for (std::span<const LogSegment* const> rest(run); !rest.empty();) {
      Compaction compaction(store, database_id, log.history_id, compression_level);
      const std::size_t count = compaction.run(rest);
      for (std::size_t i = 0; i < count && count > 1; ++i) replaced.push_back(rest[i]->object);
      rest = rest.subspan(count);
      if (!compaction.fault()) continue;
      unreadable.push_back({*rest.front(), compaction.fault()->what});
      if (!compaction.fault()->is_readable) rest = rest.subspan(1);
    }
  }
  return replaced;
}

}  // namespace

CompactionResult compact_segments(const Repository& repository, const Uuid& history_id,
                                  int compression_level) {
  constexpr std::chrono::milliseconds kDoNotWait{0};
  const ObjectStore store(repository.path());
  CompactionResult result;
  try {
    std::vector<std::string> replaced;
    {
      const repository::ReaderLock reading(store.root(), kDoNotWait);  // prune may be at work
      const Catalogue catalogue = repository.catalogue();
      const ArchivedLog* const log = catalogue.log_of(history_id);
      if (log == nullptr) return result;
      replaced = make_large_segments(store, repository.database_id(), *log, compression_level,
                                     result.unreadable);
    }
    if (replaced.empty()) return result;
    const repository::RemovalLock removing(store.root());
    for (const std::string& object : replaced) store.remove(object);
    result.removed = replaced.size();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::locked) throw;  // else the next call goes on
    std::erase_if(result.unreadable, [](const auto& there) { return there.superfluous; });
  }
  return result;
}

}  // namespace manifolddb::backup
