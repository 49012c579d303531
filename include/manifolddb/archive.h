// Continuous archiving of a database's transaction log into repositories, so that every committed
// transaction can be restored (docs/repository_format.md, "The log").
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "manifolddb/database.h"
#include "manifolddb/repository.h"

namespace manifolddb::backup {

// Something worth telling; in the order in which it happened, for each repository.
struct ArchiveEvent {
  enum class Kind {
    segment,      // transactions first to last are durably in the repository
    backup,       // a backup was taken, since the log alone could not go on: `what` says why
    gap,          // transactions first to last were not in the log any more
    failure,      // this round failed; it is tried again after `retry_in` (0: the round went on)
    recovered,    // the first round that succeeded behind failures
    new_history,  // the database goes on in another history
  };
  Kind kind{};
  std::filesystem::path repository{};
  SequenceNumber first{}, last{};
  std::string what{};
  std::chrono::milliseconds retry_in{0};
};

struct ArchiveOptions {
  // The log is looked at so often; what is lost when the machine dies is what was committed in the
  // last interval. Default: 1 s; at least 10 ms. Durability::archived does not wait for it.
  std::chrono::milliseconds interval{1000};

  // A segment ends when the transactions in it have taken so many bytes of the engine's log. Memory
  // is about twice that, or the largest transaction. Default: 8 MiB; 64 KiB to 64 MiB.
  std::size_t segment_bytes_max = 8u << 20;

  int compression_level = 1;  // zstd, 1 to 19

  // A repository that fails is tried again after `retry_min`, then after twice as long each time,
  // up to `retry_max`. The others are not held up.
  std::chrono::milliseconds retry_min{500};
  std::chrono::milliseconds retry_max{30'000};

  // The archive needs a backup to begin with, and another behind a bulk transaction or a gap. By
  // default the archiver takes it; without, it says so and goes on.
  bool takes_backups = true;
  RepositoryBackupOptions backup_options{};

  // Called on the archiver's threads, one call at a time. Must not throw.
  std::function<void(const ArchiveEvent&)> on_event{};
};

// Archives until it is stopped, one thread for each repository. Thread-safe. The database and what
// the options refer to must outlive its stop().
class Archiver {
 public:
  struct State;  // internal
  explicit Archiver(std::shared_ptr<State> state);
  Archiver(Archiver&&) noexcept;
  Archiver& operator=(Archiver&&) = delete;
  ~Archiver();  // stop()

  // Archives what is committed now, everywhere, waiting for at most `timeout`. False: not all of it
  // got everywhere; status() tells. `gives_up` is asked every 100 ms about a repository that is
  // waited for; true: no longer for that one. What it throws comes out.
  bool archive_now(std::chrono::milliseconds timeout,
                   const std::function<bool(const ArchiveStatus&)>& gives_up = {});

  // Waits for the round that is going on and ends; nothing is archived afterwards. Twice is fine.
  void stop();

  std::vector<ArchiveStatus> status() const;  // in the order of the repositories

 private:
  std::shared_ptr<State> state_;
};

// Repositories are made where nothing is, but not in the place of one that was archived to before:
// that may be a mount point whose file system is away. Throws Error{usage} for none or the same one
// twice, {wrong_history} for another database's, {not_found} where no database is, {failed} where
// the database would keep its log for more than 64 repositories. A repository that cannot be
// reached is no error: it is tried again.
//
// The database of this process.
Archiver archive_to(Database& database, const std::vector<std::filesystem::path>& repositories,
                    const ArchiveOptions& options = {});
// One that another process has open, or nobody: its files are only read, but for the slot of each
// repository, in its folder.
Archiver archive_to(const std::filesystem::path& database,
                    const std::vector<std::filesystem::path>& repositories,
                    const ArchiveOptions& options = {});

// The database keeps its log no longer for this repository, to which nobody archives any more; what
// is in the repository stays. False: it did not. Throws Error{not_found} where no database is.
bool forget_archive(const std::filesystem::path& database, const std::filesystem::path& repository);

}  // namespace manifolddb::backup
