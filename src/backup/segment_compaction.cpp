#include "backup/segment_compaction.h"

#include <chrono>
#include <optional>
#include <span>
#include <string>
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

// Segments that follow one another, all of them small.
using Run = std::vector<const LogSegment*>;

std::vector<Run> find_runs(const ArchivedLog& log) {
  std::vector<Run> runs;
  Run run;
  const auto end_run = [&] {
    if (run.size() > kSmallSegmentsMax) runs.push_back(run);
    run.clear();
  };
  for (const LogSegment& segment : log.segments) {
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

  // As many of them as fit into memory; returns their number. One alone is left as it is.
  std::size_t run(std::span<const LogSegment* const> segments) {
    std::size_t count = 0;
    while (count < segments.size() && bytes_ < kCompactedBytesMax) read(*segments[count++]);
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
    check(object);
    return count;
  }

 private:
  void read(const LogSegment& segment) {
    const std::filesystem::path file = store_.path_of(segment.object);
    const Header header = read_header(file);
    if (kept_.empty()) {
      begin_.sequence = *header.previous_sequence;
      begin_.digest = *header.previous_content_digest;
    } else if (header.previous_sequence != end_.sequence ||
               header.previous_content_digest != end_.digest) {
      throw Error(
          ErrorCode::damaged,
          format("'{}' continues seq {} with content digest {}, but the segment before it "
                 "ends at {} with {}",
                 segment.object, *header.previous_sequence,
                 header.previous_content_digest->to_hex(), end_.sequence, end_.digest.to_hex()),
          kUntouched, "manifold verify REPO");
    }
    BackupSource source(file);
    read_log_segment(source, single_thread(), kUntouched, [&](const SegmentTransaction& read) {
      keep(read, header);
      return true;
    });
    end_.sequence = header.sequence_number;
    end_.digest = header.content_digest;
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

  // By the reader's eyes, before what it replaces is removed.
  void check(const std::string& object) {
    BackupSource source(store_.path_of(object));
    const Header header = read_log_segment(source, single_thread(), kUntouched,
                                           [](const SegmentTransaction&) { return true; });
    if (header.previous_sequence == begin_.sequence &&
        header.previous_content_digest == begin_.digest &&
        header.sequence_number == end_.sequence && header.content_digest == end_.digest) {
      return;
    }
    throw Error(ErrorCode::damaged,
                format("'{}' does not hold what the segments hold that it replaces", object),
                kUntouched, "manifold verify REPO");
  }

  static Options single_thread() {
    Options options;
    options.threads = 1;
    return options;
  }

  const ObjectStore& store_;
  int level_;
  LogPosition begin_, end_;
  std::vector<KeptTransaction> kept_;
  std::size_t bytes_ = 0;  // of their changes
};

// What large segments cover now: those just made, and those of an earlier call that ended too soon.
std::vector<std::string> make_large_segments(const ObjectStore& store, const Uuid& database_id,
                                             const ArchivedLog& log, int compression_level) {
  std::vector<std::string> replaced;
  for (const Run& run : find_runs(log)) {
    for (std::span<const LogSegment* const> rest(run); !rest.empty();) {
      Compaction compaction(store, database_id, log.history_id, compression_level);
      const std::size_t count = compaction.run(rest);
      for (std::size_t i = 0; i < count && count > 1; ++i) replaced.push_back(rest[i]->object);
      rest = rest.subspan(count);
    }
  }
  for (const LogSegment& covered : log.covered) replaced.push_back(covered.object);
  return replaced;
}

}  // namespace

std::size_t compact_segments(const Repository& repository, const Uuid& history_id,
                             int compression_level) {
  constexpr std::chrono::milliseconds kDoNotWait{0};
  const ObjectStore store(repository.path());
  try {
    std::vector<std::string> replaced;
    {
      const repository::ReaderLock reading(store.root(), kDoNotWait);  // prune may be at work
      const Catalogue catalogue = repository.catalogue();
      const ArchivedLog* const log = catalogue.log_of(history_id);
      if (log == nullptr) return 0;
      replaced = make_large_segments(store, repository.database_id(), *log, compression_level);
    }
    if (replaced.empty()) return 0;
    const repository::RemovalLock removing(store.root());
    for (const std::string& object : replaced) store.remove(object);
    return replaced.size();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::locked) throw;
    return 0;  // the next call goes on
  }
}

}  // namespace manifolddb::backup
