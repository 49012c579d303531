#include "backup/base_backup.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace manifolddb::backup {

namespace {

constexpr std::chrono::hours kUselessBackupPause{1};

}  // namespace

BaseBackup::BaseBackup(const ArchiveSource& source, const Repository& repository,
                       const Uuid& history, const ArchiveOptions& options)
    : source_(source), repository_(repository), history_(history), options_(options) {}

BaseBackup::~BaseBackup() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void BaseBackup::require(std::uint64_t sequence, std::string why) {
  if (!required_ || *required_ < sequence) {
    required_ = sequence;
    not_before_ = {};
  }
  why_ = std::move(why);
}

// Somebody else may have taken it.
bool BaseBackup::is_covered() const {
  const Catalogue catalogue = repository_.catalogue();
  return std::any_of(catalogue.entries.begin(), catalogue.entries.end(), [&](const auto& entry) {
    return entry.restorable && entry.manifest->history_id == history_ &&
           entry.manifest->sequence_number.value >= *required_;
  });
}

bool BaseBackup::poll(Outcome& outcome) {
  outcome = {};
  if (thread_.joinable() && finished_.load()) {
    thread_.join();
    outcome = std::exchange(outcome_, {});
    if (outcome.failure) not_before_ = std::chrono::steady_clock::now() + options_.retry_max;
    if (required_ && is_covered()) required_.reset();
    if (required_ && outcome.taken) {
      // Each one takes the space of a whole copy.
      not_before_ = std::chrono::steady_clock::now() + kUselessBackupPause;
      outcome.failure = Error(ErrorCode::damaged,
                              "a backup was taken that cannot be restored: the database does not "
                              "hold what it committed",
                              "the backup is kept, and marked", "manifold check DB");
    }
  }
  if (!required_) return true;
  if (thread_.joinable() || std::chrono::steady_clock::now() < not_before_) return false;
  if (is_covered()) {
    required_.reset();
    return true;
  }
  if (options_.takes_backups) {
    start();
  } else {
    not_before_ = std::chrono::steady_clock::now() + options_.retry_max;
    outcome.why = why_;
  }
  return false;
}

void BaseBackup::start() {
  finished_ = false;
  thread_ = std::thread([this, why = why_] {
    outcome_.why = why;
    try {
      RepositoryBackupOptions options = options_.backup_options;
      const ProgressCallback asked = options.progress;
      options.progress = [this, asked](std::uint64_t done, std::uint64_t total) {
        return !stopping_.load() && (!asked || asked(done, total));
      };
      outcome_.taken = repository_.back_up(*source_.view(), options).manifest;
    } catch (const Error& error) {
      outcome_.failure = error;
    } catch (const std::exception& error) {
      outcome_.failure = Error(ErrorCode::failed, error.what());
    }
    finished_ = true;
  });
}

}  // namespace manifolddb::backup
