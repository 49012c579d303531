#include <algorithm>
#include <mutex>
#include <utility>

#include "backup/archive_note.h"
#include "backup/repository_archiver.h"
#include "common/file_system.h"
#include "common/format.h"
#include "database/archive_slot.h"
#include "database/database_core.h"
#include "database/database_files.h"
#include "manifolddb/archive.h"
#include "repository/object_names.h"
#include "repository/object_store.h"

namespace manifolddb::backup {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds kIntervalMin{10};
constexpr std::size_t kSegmentBytesMin = 64u << 10, kSegmentBytesMax = 64u << 20;

void check_options(const std::vector<fs::path>& repositories, const ArchiveOptions& options) {
  const auto refuse = [](const std::string& what, const std::string& next) {
    throw Error(ErrorCode::usage, what, "nothing was archived", next);
  };
  if (repositories.empty()) refuse("no repository to archive to", "name at least one");
  for (std::size_t i = 0; i < repositories.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (fs::weakly_canonical(repositories[i]) != fs::weakly_canonical(repositories[j])) continue;
      refuse(format("'{}' is named twice", repositories[i].string()), "name each repository once");
    }
  }
  if (options.interval < kIntervalMin) {
    refuse(format("the interval is {} ms, it must be at least {} ms", options.interval.count(),
                  kIntervalMin.count()),
           "change ArchiveOptions::interval");
  }
  if (options.segment_bytes_max < kSegmentBytesMin ||
      options.segment_bytes_max > kSegmentBytesMax) {
    refuse(
        format("segment_bytes_max is {}, it must be 64 KiB to 64 MiB", options.segment_bytes_max),
        "change ArchiveOptions::segment_bytes_max");
  }
  if (options.retry_min <= std::chrono::milliseconds(0) || options.retry_max < options.retry_min) {
    refuse(format("retries go from {} ms to {} ms", options.retry_min.count(),
                  options.retry_max.count()),
           "change ArchiveOptions::retry_min and retry_max");
  }
}

}  // namespace

struct Archiver::State {
  State(std::shared_ptr<ArchiveSource> source_in, const std::vector<fs::path>& repositories,
        const ArchiveOptions& options)
      : source(std::move(source_in)) {
    const auto on_event = [this, tell = options.on_event](const ArchiveEvent& event) {
      const std::lock_guard lock(event_mutex);
      try {
        if (tell) tell(event);
      } catch (...) {
        // Who listens must not end the archiving.
      }
    };
    for (const fs::path& repository : repositories) {
      archivers.push_back(
          std::make_unique<RepositoryArchiver>(source, repository, options, on_event));
    }
    for (const auto& archiver : archivers) archiver->start();
  }

  void stop() {
    for (const auto& archiver : archivers) archiver->ask_to_stop();
    for (const auto& archiver : archivers) archiver->stop();
    source->end();
  }

  const std::shared_ptr<ArchiveSource> source;
  std::mutex event_mutex;
  std::vector<std::unique_ptr<RepositoryArchiver>> archivers;
};

Archiver::Archiver(std::shared_ptr<State> state) : state_(std::move(state)) {}
Archiver::Archiver(Archiver&&) noexcept = default;

Archiver::~Archiver() {
  if (state_) state_->stop();
}

void Archiver::stop() {
  state_->stop();
}

bool Archiver::archive_now(std::chrono::milliseconds timeout,
                           const std::function<bool(const ArchiveStatus&)>& gives_up) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const std::uint64_t present = state_->source->view()->sequence_number().value;
  std::vector<std::uint64_t> rounds;
  for (const auto& archiver : state_->archivers) rounds.push_back(archiver->hurry());
  bool everywhere = true;
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    everywhere =
        state_->archivers[i]->wait_until(present, rounds[i], deadline, gives_up) && everywhere;
  }
  return everywhere;
}

std::vector<ArchiveStatus> Archiver::status() const {
  std::vector<ArchiveStatus> result;
  for (const auto& archiver : state_->archivers) result.push_back(archiver->status());
  return result;
}

namespace {

// What a newer program noted of the log: the archiver would refuse it in each round.
void require_known_note(const fs::path& repository, const Uuid& history_id) {
  const repository::ObjectStore store(repository);
  const std::string object = repository::log_object(history_id.to_string(), repository::kLogNote);
  try {
    parse_archive_note(store.read_small(object, kArchiveNoteBytesMax), object);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::newer_format) throw;
  }
}

// One that cannot be reached now is tried again; one that is there must be this database's.
Archiver start(std::shared_ptr<ArchiveSource> source, const std::vector<fs::path>& repositories,
               const ArchiveOptions& options) {
  check_options(repositories, options);
  const DatabaseStatistics present = source->view()->statistics();
  for (const fs::path& repository : repositories) {
    if (!Repository::is_repository(repository)) continue;
    Repository::open_or_create(repository, present.database_id);
    require_known_note(repository, present.history_id);
  }
  return Archiver(std::make_shared<Archiver::State>(std::move(source), repositories, options));
}

}  // namespace

Archiver archive_to(Database& database, const std::vector<fs::path>& repositories,
                    const ArchiveOptions& options) {
  if (!database.core().path().empty()) require_slots_for(database.core().path(), repositories);
  return start(make_archive_source(database), repositories, options);
}

Archiver archive_to(const fs::path& database, const std::vector<fs::path>& repositories,
                    const ArchiveOptions& options) {
  require_slots_for(database, repositories);
  return start(make_archive_source(database), repositories, options);
}

bool forget_archive(const fs::path& database, const fs::path& repository) {
  if (!with_file_errors("open", [&] { return has_database(database); })) {
    throw Error(ErrorCode::not_found, "no database at " + database.string(), "nothing was changed",
                "check the path");
  }
  return remove_slot(database, repository);
}

}  // namespace manifolddb::backup
