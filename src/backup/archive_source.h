// Where an archiver reads: the database of this process, or the files of one that another process
// may have open.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "database/archive_slot.h"
#include "database/transaction_log.h"
#include "manifolddb/database.h"

namespace manifolddb::backup {

// Thread-safe; shared by the archivers of all repositories.
class ArchiveSource {
 public:
  virtual ~ArchiveSource() = default;

  // Error{not_found} where no database is any more.
  virtual std::unique_ptr<TransactionLog> open_log(std::uint64_t first,
                                                   std::uint64_t first_file) const = 0;

  // What `log` has read, up to `sequence`, is on the disk when it returns.
  virtual void make_durable(TransactionLog& log, std::uint64_t sequence) const = 0;

  // To look things up in and to back up: durable, and at least as new as all that any log of this
  // source had read before the call.
  virtual std::shared_ptr<const Database> view() const = 0;

  // The number of the last transaction as far as it can be known without a view: bulk transactions
  // leave no trace in the log.
  virtual std::uint64_t visible_sequence() = 0;

  // What was last reported of that repository, by this or an earlier archiver; none: nothing.
  virtual std::optional<ArchiveSlot> last_report(const std::filesystem::path& repository) const = 0;

  // Goes on in a new history, as Database::start_new_history(); Error{locked} for another
  // process's.
  virtual void start_new_history() = 0;

  // Tells the owner, who removes log files and lets commits return.
  virtual void report(const ArchiveSlot& slot) = 0;

  // Another number than before: another database has taken the place of the one that was there, and
  // everything is to be read anew. Error{not_found} where none is any more.
  virtual std::uint64_t generation() = 0;

  // To be taken before it is looked whether there is a reason to wait: a wake() behind it ends the
  // wait, also when it came before the wait began.
  virtual std::uint64_t ticket() = 0;
  // True when wake() was called since the ticket was taken, or a commit behind `archived` waits for
  // being archived; false after `interval`.
  virtual bool wait(std::uint64_t ticket, std::uint64_t archived,
                    std::chrono::milliseconds interval) = 0;
  virtual void wake() = 0;

  // Nothing is asked any more: the database may go.
  virtual void end() = 0;
};

std::shared_ptr<ArchiveSource> make_archive_source(Database& database);
std::shared_ptr<ArchiveSource> make_archive_source(const std::filesystem::path& database);

}  // namespace manifolddb::backup
