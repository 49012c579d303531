// Transactions of a repository: the segments of one history, in order, with what lies between them.
#include <algorithm>
#include <limits>

#include "backup/backup_source.h"
#include "backup/contents.h"
#include "backup/log_segment.h"
#include "backup/recovery_target.h"
#include "backup/transaction_source.h"
#include "common/format.h"

namespace manifolddb::backup {

namespace {

constexpr const char* kArchiveOnlyRead = "the repository was only read";

const ArchivedLog* find_archived_log(const Catalogue& catalogue,
                                     const std::optional<Uuid>& history_id) {
  if (!history_id && !catalogue.histories.empty()) {
    const ArchivedLog* const newest = catalogue.log_of(newest_history(catalogue));
    if (newest != nullptr && !newest->segments.empty()) return newest;
  }
  for (auto log = catalogue.logs.rbegin(); log != catalogue.logs.rend(); ++log) {
    if (log->segments.empty()) continue;
    if (!history_id || log->history_id == *history_id) return &*log;
  }
  return nullptr;
}

const HistoryNode* find_history_node(const Catalogue& catalogue, const Uuid& history_id) {
  const auto found = std::find_if(
      catalogue.histories.begin(), catalogue.histories.end(),
      [&history_id](const HistoryNode& node) { return node.history_id == history_id; });
  return found == catalogue.histories.end() ? nullptr : &*found;
}

}  // namespace

RepositoryTransactions::RepositoryTransactions(const Repository& repository,
                                               const std::optional<Uuid>& history_id)
    : lock_(repository.path()), store_(repository.path()), database_id_(repository.database_id()) {
  const Catalogue catalogue = repository.catalogue();
  const ArchivedLog* const log = find_archived_log(catalogue, history_id);
  if (log == nullptr) {
    throw Error(ErrorCode::not_found,
                format("'{}' holds no archived transactions{}", repository.path().string(),
                       history_id ? " of history " + history_id->to_string() : ""),
                kArchiveOnlyRead,
                "manifold archive DB -r REPO --once    archives what the log still has");
  }
  segments_ = log->segments;
  extent_.history_id = log->history_id;
  if (const HistoryNode* const node = find_history_node(catalogue, log->history_id)) {
    extent_.parent_history_id = node->parent_history_id;
    extent_.parent_sequence_number = node->parent_sequence_number;
  }
  extent_.first = {extent_.parent_history_id ? extent_.parent_sequence_number.value + 1 : 1};
  extent_.last = segments_.back().last;
}

// One call of for_each(): what has been told so far.
class RepositoryTransactions::Reading {
 public:
  Reading(const RepositoryTransactions& source, const HistoryRange& range, const Function& fn)
      : source_(source),
        range_(range),
        fn_(fn),
        expected_(std::max(range.first, source.extent_.first).value) {}

  // False: no more is wanted.
  bool take(const LogSegment& segment) {
    if (segment.last.value < expected_) return true;
    if (segment.first > range_.last) {
      tell_missing(range_.last.value);
      return false;
    }
    if (segment.first.value > expected_ && !tell_missing(segment.first.value - 1)) return false;
    read(segment);
    return more_;
  }

  void pass_over(const LogSegment& segment) {
    expected_ = std::max(expected_, segment.last.value + 1);
  }

 private:
  bool tell_missing(std::uint64_t last) {
    if (expected_ > last) return true;
    digest_.reset();
    const SourceTransaction missing{Known::missing, {expected_}, {last}, std::nullopt};
    expected_ = last + 1;
    return fn_(missing);
  }

  void read(const LogSegment& segment) {
    const std::filesystem::path file = source_.store_.path_of(segment.object);
    require_link(read_header(file), file, segment.first.value == expected_);
    BackupSource stored(file);
    read_log_segment(stored, {}, kArchiveOnlyRead, [this](const SegmentTransaction& transaction) {
      return more_ = take(transaction);
    });
  }

  bool take(const SegmentTransaction& segment) {
    const CommitLine& line = segment.commit;
    digest_ = line.content_digest;
    if (line.sequence_number < expected_) return true;
    if (line.sequence_number > range_.last.value) return false;
    if (range_.to_us && line.committed_at_us > *range_.to_us) return false;
    expected_ = line.sequence_number + 1;
    if (range_.from_us && line.committed_at_us < *range_.from_us) return true;

    CommitRecord commit;
    commit.sequence_number = {line.sequence_number};
    commit.committed_at_us = line.committed_at_us;
    commit.content_digest = line.content_digest;
    commit.bulk = line.bulk;
    SourceTransaction transaction{line.bulk ? Known::bulk : Known::changes, commit.sequence_number,
                                  commit.sequence_number, commit};
    if (!line.bulk) {
      transaction.change_count = segment.change_count;
      transaction.change = [&segment](std::size_t index) {
        const SegmentChange change = segment.change(index);
        return LoggedRecordChange{change.kind,      change.key,    change.has_before,
                                  change.has_after, change.before, change.after};
      };
      for (std::size_t i = 0; i < segment.change_count; ++i) {
        ++(segment.change(i).has_after ? transaction.commit->put_count
                                       : transaction.commit->deleted_count);
      }
    }
    return fn_(transaction);
  }

  // That it is of this history, and goes on where the one before ended.
  void require_link(const Header& header, const std::filesystem::path& file, bool follows) const {
    const auto refuse = [&file](const std::string& what) {
      throw Error(ErrorCode::damaged, file.string() + ": " + what, kArchiveOnlyRead,
                  "manifold verify REPO    lists everything that is damaged");
    };
    if (header.database_id != source_.database_id_) {
      refuse(format("it is of database {}, not of {}", header.database_id.to_string(),
                    source_.database_id_.to_string()));
    }
    if (header.history_id != source_.extent_.history_id) {
      refuse(format("it is of history {}, not of {}", header.history_id.to_string(),
                    source_.extent_.history_id.to_string()));
    }
    if (follows && digest_ && header.previous_content_digest != digest_) {
      refuse(format("it begins at content digest {}, and the segment before it ends at {}",
                    header.previous_content_digest.value_or(ContentDigest{}).to_hex(),
                    digest_->to_hex()));
    }
  }

  const RepositoryTransactions& source_;
  const HistoryRange& range_;
  const Function& fn_;
  std::uint64_t expected_;               // the next number to be told
  std::optional<ContentDigest> digest_;  // after the last transaction that was read
  bool more_ = true;
};

// Names say nothing of times: headers are read, as many as a search among the segments needs.
std::size_t RepositoryTransactions::first_segment_committed_at(std::int64_t time_us) const {
  const auto found = std::partition_point(
      segments_.begin(), segments_.end(), [this, time_us](const LogSegment& segment) {
        const Header header = read_header(store_.path_of(segment.object));
        return header.committed_at_us.value_or(std::numeric_limits<std::int64_t>::max()) < time_us;
      });
  return static_cast<std::size_t>(found - segments_.begin());
}

void RepositoryTransactions::for_each(const HistoryRange& range, const Function& fn) {
  Reading reading(*this, range, fn);
  std::size_t next = range.from_us ? first_segment_committed_at(*range.from_us) : 0;
  if (next != 0) reading.pass_over(segments_[next - 1]);
  while (next < segments_.size() && reading.take(segments_[next])) ++next;
}

}  // namespace manifolddb::backup
