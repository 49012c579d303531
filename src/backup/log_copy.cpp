#include "backup/log_copy.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backup/archive_note.h"
#include "backup/catalogue.h"
#include "backup/covered_segments.h"
#include "backup/repository_tools.h"
#include "common/format.h"
#include "repository/object_names.h"
#include "repository/repository_lock.h"

namespace manifolddb::backup {

using repository::ObjectStore;

namespace {

constexpr const char* kSegmentNotCopied = "the segment was not copied";

// One segment of the target has all of it.
bool is_held(const LogSegment& segment, const ArchivedLog* held) {
  return held != nullptr &&
         std::any_of(held->segments.begin(), held->segments.end(), [&](const LogSegment& other) {
           return other.bulk == segment.bulk && other.first <= segment.first &&
                  segment.last <= other.last;
         });
}

class LogCopier {
 public:
  LogCopier(const ObjectStore& source, const ObjectStore& target, const CopyOptions& options,
            CopySummary& summary)
      : source_(source), target_(target), options_(options), summary_(summary) {}

  void copy(const ArchivedLog& log, const ArchivedLog* held) {
    bool whole = true;
    for (const LogSegment& segment : log.segments) {
      if (is_held(segment, held)) {
        ++summary_.segments_present_before;
        continue;
      }
      try {
        copy_segment(segment);
        ++summary_.segments_copied;
        summary_.bytes_copied += segment.stored_bytes;
      } catch (const Error& error) {
        // Another segment may be sound; what stops the whole work is not caught.
        if (error.code() != ErrorCode::damaged && error.code() != ErrorCode::wrong_history) throw;
        summary_.not_copied.push_back({FaultKind::damaged_data, "", segment.object, error.what()});
        whole = false;
      }
    }
    if (whole && log.note) copy_note(log, held);
  }

  // A target without an archiver has nobody else who does it. While somebody reads there, or
  // removes, it is left to the next call.
  void remove_superfluous(const Uuid& database_id) {
    try {
      std::vector<std::string> objects;
      {
        const repository::ReaderLock reading(target_.root(), kDoNotWait);
        Catalogue there;
        there.database_id = database_id;
        read_logs(target_, there);
        for (const ArchivedLog& log : there.logs) find_superfluous_of(log, objects);
      }
      if (objects.empty()) return;
      const repository::RemovalLock removing(target_.root());
      for (const std::string& object : objects) target_.remove(object);
      summary_.segments_removed += objects.size();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::locked) throw;
    }
  }

 private:
  static constexpr std::chrono::milliseconds kDoNotWait{0};

  void find_superfluous_of(const ArchivedLog& log, std::vector<std::string>& objects) {
    Options options;
    options.progress = [this](std::uint64_t, std::uint64_t) {
      return !options_.progress || options_.progress(done_, 0);
    };
    SuperfluousSegments found = find_superfluous(target_, log, sound_, options);
    std::move(found.objects.begin(), found.objects.end(), std::back_inserter(objects));
    for (const UnreadableSegment& unreadable : found.unreadable) {
      summary_.not_copied.push_back(
          {FaultKind::damaged_data, "", unreadable.segment.object,
           "cannot be read in the target, remove it there: " + unreadable.what});
    }
  }

  void copy_segment(const LogSegment& segment) {
    check_segment(source_, segment, {}, kSegmentNotCopied);
    HashedBytes here;
    target_.put(segment.object, [&](ByteSink& sink) {
      const std::unique_ptr<ByteSource> bytes = source_.get(segment.object);
      here = hash_all(*bytes, &sink, [this](std::uint64_t done) { report(done); });
    });
    done_ += here.size;
    const HashedBytes there = hash_object(target_, segment.object);
    done_ += there.size;
    report(0);
    if (here == there) {
      sound_.insert(segment.object);
      return;
    }
    target_.remove(segment.object);
    throw Error(ErrorCode::damaged,
                format("'{}' has SHA-256 {} and {} bytes, what was read has {} and {}",
                       target_.path_of(segment.object).string(), there.sha256, there.size,
                       here.sha256, here.size),
                kSegmentNotCopied);
  }

  void report(std::uint64_t bytes) {
    if (options_.progress && !options_.progress(done_ + bytes, 0)) {
      throw Error(ErrorCode::interrupted, "interrupted while copying");
    }
  }

  // The target may have an archiver of its own, so its note is looked at again, and changed, under
  // the archiver's lock. One that runs knows better than we do.
  void copy_note(const ArchivedLog& log, const ArchivedLog* held) {
    const std::string object =
        repository::log_object(log.history_id.to_string(), repository::kLogNote);
    const auto refuse = [&](FaultKind kind, const Error& error) {
      summary_.not_copied.push_back({kind, "", object, error.what()});
    };
    try {
      const repository::ArchiverLock noting(target_.root(), "copy");
      merge_note(object, log, held);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::newer_format) return refuse(FaultKind::newer_format, error);
      if (error.code() != ErrorCode::locked) throw;
      if (!target_.exists(object)) refuse(FaultKind::missing_file, error);
    }
  }

  void merge_note(const std::string& object, const ArchivedLog& log, const ArchivedLog* held) {
    ArchiveNote note = *log.note;
    std::optional<ArchiveNote> there = read_note(object, log.history_id);
    if (there) {
      // What is a gap for one of them, the other may have.
      if (held != nullptr) note.gaps = subtract_segments(note.gaps, held->segments);
      ArchiveNote theirs = *there;
      theirs.gaps = subtract_segments(theirs.gaps, log.segments);
      note = unite_notes(std::move(note), theirs);
    }
    if (note != there) target_.replace(object, archive_note_text(note));
  }

  // None: nothing that could be used.
  std::optional<ArchiveNote> read_note(const std::string& object, const Uuid& history) const {
    try {
      ArchiveNote note =
          parse_archive_note(target_.read_small(object, kArchiveNoteBytesMax), object);
      if (note.history_id == history) return note;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::not_found && error.code() != ErrorCode::damaged) throw;
    }
    return std::nullopt;
  }

  const ObjectStore& source_;
  const ObjectStore& target_;
  const CopyOptions& options_;
  CopySummary& summary_;
  std::uint64_t done_ = 0;
  std::set<std::string> sound_;  // in the target, as this call has seen
};

}  // namespace

std::uint64_t bytes_to_copy(const ArchivedLog& log, const Catalogue& target_catalogue) {
  const ArchivedLog* const held = target_catalogue.log_of(log.history_id);
  std::uint64_t bytes = 0;
  for (const LogSegment& segment : log.segments) {
    if (!is_held(segment, held)) bytes += 2 * segment.stored_bytes;
  }
  return bytes;
}

void copy_logs(const Catalogue& catalogue, const ObjectStore& source,
               const Catalogue& target_catalogue, const ObjectStore& target,
               const CopyOptions& options, CopySummary& summary) {
  LogCopier copier(source, target, options, summary);
  for (const ArchivedLog& log : catalogue.logs) {
    copier.copy(log, target_catalogue.log_of(log.history_id));
  }
  copier.remove_superfluous(catalogue.database_id);
}

}  // namespace manifolddb::backup
