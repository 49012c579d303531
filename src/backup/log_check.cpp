#include "backup/log_check.h"

#include <utility>
#include <vector>

#include "backup/backup_source.h"
#include "backup/catalogue.h"
#include "backup/log_segment.h"
#include "common/format.h"

namespace manifolddb::backup {

namespace {

constexpr const char* kSegmentsOnlyRead = "the files were only read";

// Wrong in itself, or beside what else there is.
[[noreturn]] void refuse_segment(ErrorCode code, std::string what) {
  throw Error(code, std::move(what), kSegmentsOnlyRead);
}

}  // namespace

LogCheck::LogCheck(const repository::ObjectStore& store, const Catalogue& catalogue,
                   const ArchivedLog& log, std::map<std::uint64_t, ContentDigest> digests,
                   const Options& options)
    : store_(store),
      catalogue_(catalogue),
      log_(log),
      digests_(std::move(digests)),
      options_(options) {}

ArchivedLog LogCheck::run(const OnFault& on_fault) {
  std::vector<LogSegment> found;
  const auto check_all = [&](const std::vector<LogSegment>& segments) {
    for (const LogSegment& segment : segments) {
      if (const std::optional<Fault> fault = check(segment)) {
        on_fault({fault->kind, "", segment.object, fault->what});
      } else {
        found.push_back(segment);
      }
    }
  };
  check_all(log_.segments);
  check_all(log_.covered);
  ArchivedLog sound = log_;
  sound.segments.clear();
  sound.covered.clear();
  arrange_segments(std::move(found), sound);  // what a damaged one covered counts again
  return sound;
}

std::optional<LogCheck::Fault> LogCheck::check(const LogSegment& segment) {
  ++segments_checked_;
  bytes_checked_ += segment.stored_bytes;
  try {
    read(segment);
    return std::nullopt;
  } catch (const Error& error) {
    // What is wrong with one segment does not keep the others from being looked at.
    switch (error.code()) {
      case ErrorCode::wrong_history:
        return Fault{FaultKind::foreign, error.what()};
      case ErrorCode::not_restorable:
        return Fault{FaultKind::broken_chain, error.what()};
      case ErrorCode::newer_format:
        return Fault{FaultKind::newer_format, error.what()};
      case ErrorCode::damaged:
      case ErrorCode::failed:
      case ErrorCode::not_found:
        return Fault{FaultKind::damaged_data, error.what()};
      default:
        throw;
    }
  }
}

void LogCheck::read(const LogSegment& segment) {
  BackupSource source(store_.path_of(segment.object));
  ContentDigest end;
  const Header header = read_log_segment(
      source, options_, kSegmentsOnlyRead, [&](const SegmentTransaction& transaction) {
        const CommitLine& commit = transaction.commit;
        if (commit.bulk != segment.bulk) {
          refuse_segment(ErrorCode::damaged,
                         format("holds seq {}, which is {} bulk transaction, against its name",
                                commit.sequence_number, commit.bulk ? "a" : "no"));
        }
        compare(commit.sequence_number, commit.content_digest);
        end = commit.content_digest;
        return true;
      });
  require_header(segment, header);
  compare(*header.previous_sequence, *header.previous_content_digest);
  digests_.insert_or_assign(segment.last.value, end);
}

void LogCheck::require_header(const LogSegment& segment, const Header& header) const {
  if (header.database_id != catalogue_.database_id || header.history_id != segment.history_id) {
    refuse_segment(ErrorCode::wrong_history,
                   format("is of history {} of database {}", header.history_id.to_string(),
                          header.database_id.to_string()));
  }
  const std::uint64_t first = *header.previous_sequence + 1;
  if (first != segment.first.value || header.sequence_number != segment.last.value) {
    refuse_segment(ErrorCode::wrong_history, format("holds transactions {} to {}, against its name",
                                                    first, header.sequence_number));
  }
}

void LogCheck::compare(std::uint64_t sequence, const ContentDigest& digest) const {
  const auto known = digests_.find(sequence);
  if (known == digests_.end() || known->second == digest) return;
  refuse_segment(
      ErrorCode::not_restorable,
      format("says that the content digest at seq {} is {}, and a backup, or the segment before "
             "it, {}",
             sequence, digest.to_hex(), known->second.to_hex()));
}

}  // namespace manifolddb::backup
