#include "backup/log_tail.h"

#include <algorithm>

#include "backup/backup_source.h"
#include "backup/ordered_pipeline.h"
#include "backup/progress.h"
#include "common/format.h"
#include "common/varint.h"

namespace manifolddb::backup {

namespace {

constexpr std::size_t kJobsForEachWorker = 4;
constexpr std::size_t kWholeBytesMin = 64u << 10;
constexpr std::size_t kWholeBytesMax = 4u << 20;

std::uint64_t stored_size(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::uintmax_t size = std::filesystem::file_size(path, ignored);
  return ignored ? 0 : size;  // opening it says what is wrong
}

}  // namespace

LogTailReader::LogTailReader(const LogTail& tail, const LogPosition& begin, const Options& options,
                             const std::string& safe)
    : tail_(tail), position_(begin), options_(options), safe_(safe) {
  const std::size_t in_flight = kJobsForEachWorker * worker_count(options.threads);
  whole_bytes_max_ =
      std::clamp(options.memory_limit_bytes / (2 * in_flight), kWholeBytesMin, kWholeBytesMax);
}

LogTailEnd LogTailReader::read(const OnChange& on_change) {
  WorkerPool pool(worker_count(options_.threads));
  OrderedPipeline<Job> jobs(pool, kJobsForEachWorker * pool.size(),
                            [this](Job& job, unsigned) { read_whole(job); });
  Progress progress(options_.progress, 0);
  std::size_t next = 0;
  while (next < tail_.segments.size() || !jobs.empty()) {
    while (next < tail_.segments.size() && jobs.accepts()) {
      Job job;
      job.path = tail_.segments[next++];
      jobs.give(std::move(job), 1);
    }
    const std::uint64_t before = end_.transaction_count;
    const Job job = jobs.take();
    end_.bytes += stored_size(job.path);
    segment_begin_ = position_.sequence;
    segment_begin_digest_ = position_.digest;
    if (job.whole) {
      take(job, on_change);
    } else {
      read_inline(job.path, on_change);
    }
    progress.add(end_.transaction_count - before);
  }
  if (position_.sequence == tail_.to) return end_;
  throw Error(ErrorCode::not_restorable,
              format("the log given ends at seq {}, before seq {}", position_.sequence, tail_.to),
              safe_, "manifold list REPO    tells what can be restored");
}

void LogTailReader::read_whole(Job& job) const {
  if (stored_size(job.path) > whole_bytes_max_) return;
  BackupSource source(job.path);
  std::size_t bytes = 0;
  job.whole = true;
  const Options options{.threads = 1, .memory_limit_bytes = options_.memory_limit_bytes};
  job.header = read_log_segment(source, options, safe_, [&](const SegmentTransaction& transaction) {
    for (std::size_t i = 0; i < transaction.change_count; ++i) {
      const SegmentChange change = transaction.change(i);
      bytes += change.key.size() + change.before.size() + change.after.size();
      if (bytes > whole_bytes_max_) return job.whole = false;
      job.changes.add(change);
    }
    job.commits.push_back(transaction.commit);
    job.ends.push_back(job.changes.size());
    return transaction.commit.sequence_number < tail_.to;
  });
}

void LogTailReader::take(const Job& job, const OnChange& on_change) {
  check_header(job.path, job.header);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < job.commits.size(); ++i) {
    const auto change_at = [&](std::size_t index) { return job.changes[begin + index]; };
    if (!take_transaction(job.path, job.commits[i], job.ends[i] - begin, change_at, on_change)) {
      break;
    }
    begin = job.ends[i];
  }
  finish_segment(job.path, job.header);
}

void LogTailReader::read_inline(const std::filesystem::path& path, const OnChange& on_change) {
  BackupSource source(path);
  Options options = options_;
  options.progress = {};
  const Header header =
      read_log_segment(source, options, safe_, [&](const SegmentTransaction& transaction) {
        const auto change_at = [&](std::size_t index) { return transaction.change(index); };
        return take_transaction(path, transaction.commit, transaction.change_count, change_at,
                                on_change);
      });
  check_header(path, header);
  finish_segment(path, header);
}

// False: it was the last one that is wanted.
template <typename ChangeAt>
bool LogTailReader::take_transaction(const std::filesystem::path& path, const CommitLine& commit,
                                     std::size_t change_count, const ChangeAt& change_at,
                                     const OnChange& on_change) {
  const std::uint64_t number = commit.sequence_number;
  if (number < position_.sequence) return true;
  if (number == position_.sequence) {
    if (commit.content_digest != position_.digest) {
      refuse_digest(path, number, commit.content_digest, position_.digest);
    }
    return number < tail_.to;
  }
  if (number != position_.sequence + 1) {
    throw Error(ErrorCode::not_restorable,
                format("{} goes on with seq {}, and the log before it ends at seq {}: transactions "
                       "are missing",
                       path.string(), number, position_.sequence),
                safe_, "manifold list REPO    names the gaps");
  }
  if (commit.bulk) {
    throw Error(ErrorCode::not_restorable,
                format("{}: seq {} is a bulk transaction, of which the log has no records",
                       path.string(), number),
                safe_, "restore from a backup behind it");
  }
  for (std::size_t i = 0; i < change_count; ++i) {
    const SegmentChange change = change_at(i);
    raise_next_ids(change);
    on_change(number, change);
  }
  position_.sequence = number;
  position_.digest = commit.content_digest;
  ++end_.transaction_count;
  if (number == tail_.to) end_.commit = commit;
  return number < tail_.to;
}

// A header is compared with its records where all of them are read, and the last segment's may not
// be.
void LogTailReader::raise_next_ids(const SegmentChange& change) {
  if (change.kind == RecordKind::key_value) return;
  const std::uint64_t next = read_be64(change.key.data()) + 1;
  std::uint64_t& highest =
      change.kind == RecordKind::entity ? end_.next_entity_id : end_.next_edge_id;
  highest = std::max(highest, next);
}

void LogTailReader::check_header(const std::filesystem::path& path, const Header& header) const {
  if (header.database_id != position_.database_id) {
    throw Error(ErrorCode::wrong_history,
                format("{} is of database {}, the backup before it of {}", path.string(),
                       header.database_id.to_string(), position_.database_id.to_string()),
                safe_);
  }
  if (header.history_id != position_.history_id) {
    throw Error(ErrorCode::wrong_history,
                format("{} is of history {}, the backup before it of {}", path.string(),
                       header.history_id.to_string(), position_.history_id.to_string()),
                safe_);
  }
  // Numbers inside are compared as their commits come by.
  if (header.previous_sequence == segment_begin_ &&
      header.previous_content_digest != segment_begin_digest_) {
    refuse_digest(path, segment_begin_, *header.previous_content_digest, segment_begin_digest_);
  }
}

void LogTailReader::finish_segment(const std::filesystem::path& path, const Header& header) {
  if (header.sequence_number < segment_begin_) {
    throw Error(ErrorCode::not_restorable,
                format("{} ends at seq {}, before seq {}, which it should go on from",
                       path.string(), header.sequence_number, segment_begin_),
                safe_);
  }
  end_.next_entity_id = std::max(end_.next_entity_id, header.next_entity_id);
  end_.next_edge_id = std::max(end_.next_edge_id, header.next_edge_id);
}

void LogTailReader::refuse_digest(const std::filesystem::path& path, std::uint64_t sequence,
                                  const ContentDigest& here, const ContentDigest& there) const {
  throw Error(ErrorCode::wrong_history,
              format("{} has content digest {} at seq {}, but what is before it has {} there: they "
                     "are of different histories",
                     path.string(), here.to_hex(), sequence, there.to_hex()),
              safe_, "manifold verify REPO    tells which one is damaged");
}

}  // namespace manifolddb::backup
