// DatabaseCore's part for those who read its log.
#include <system_error>

#include "database/database_core.h"

namespace manifolddb {

LogReader DatabaseCore::register_log_reader(const std::filesystem::path& repository,
                                            std::uint64_t log_file_number) {
  return readers_.add(repository, log_file_number);
}

// The slots of an image's source are read at each call: they are no part of the image.
std::vector<ArchiveStatus> DatabaseCore::archive_statuses() const {
  return read_only_ ? LogReaders::statuses_in_slots(path_) : readers_.statuses();
}

LogNews DatabaseCore::wait_for_commits(std::uint64_t after, std::chrono::milliseconds timeout,
                                       const std::stop_token& stop) const {
  return readers_.wait_for_commits(after, timeout, stop);
}

LogNews DatabaseCore::wait_until_wanted(std::uint64_t after, std::chrono::milliseconds timeout,
                                        const std::stop_token& stop) const {
  return readers_.wait_until_wanted(after, timeout, stop);
}

void DatabaseCore::require_archiver() const {
  if (readers_.has_archiver(clock_.wall_us())) return;
  throw Error(ErrorCode::usage,
              "a commit was to be archived, but no archiver of this database has reported for " +
                  std::to_string(LogReaders::kArchiverSilenceMax.count()) + " s",
              "nothing was changed; the transaction goes on",
              "start one (backup::archive_to, or manifold archive DB -r REPO --follow), or commit "
              "with another durability");
}

void DatabaseCore::wait_archived(const Uuid& history, std::uint64_t sequence) const {
  if (readers_.wait_archived(history, sequence, options_.archive_timeout)) return;
  throw Error(ErrorCode::timed_out,
              "transaction " + std::to_string(sequence) + " was in no repository after " +
                  std::to_string(options_.archive_timeout.count()) + " ms",
              "it is committed and durable here, and will be archived when that works again",
              "look at what the archivers say: manifold stats, DatabaseStatistics::archives");
}

void DatabaseCore::look_after_log() {
  if (retention_.is_due()) remove_log_files();
}

void DatabaseCore::look_after_report() {
  if (retention_.holds_files()) remove_log_files();
}

void DatabaseCore::remove_log_files() {
  constexpr std::int64_t kMicroseconds = 1'000'000;
  try {
    readers_.remove_unneeded([this](const LogNeed& need) {
      retention_.look(*engine_, need, options_, clock_.wall_us() / kMicroseconds);
    });
  } catch (const Error&) {  // Kept files do no harm; the next look tries again.
  } catch (const std::system_error&) {
  }
}

}  // namespace manifolddb
