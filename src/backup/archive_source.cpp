#include "backup/archive_source.h"

#include <sys/stat.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "common/file_system.h"
#include "database/database_core.h"
#include "database/log_readers.h"
#include "database/table_state.h"

namespace manifolddb::backup {

namespace fs = std::filesystem;

namespace {

std::optional<ArchiveSlot> find_slot(const fs::path& database, const fs::path& repository) {
  const std::string name = slot_name(repository);
  for (const FoundSlot& found : read_slots(database)) {
    if (found.name == name) return found.slot;
  }
  return std::nullopt;
}

class OwnDatabase final : public ArchiveSource {
 public:
  explicit OwnDatabase(Database& database) : database_(database) {}

  std::unique_ptr<TransactionLog> open_log(std::uint64_t first,
                                           std::uint64_t first_file) const override {
    return std::make_unique<TransactionLog>(core().engine(), first, first_file);
  }
  void make_durable(TransactionLog&, std::uint64_t sequence) const override {
    core().wait_durable(sequence);
  }
  std::shared_ptr<const Database> view() const override {
    return std::shared_ptr<const Database>(std::shared_ptr<void>(), &database_);
  }
  std::uint64_t visible_sequence() override { return database_.sequence_number().value; }
  std::optional<ArchiveSlot> last_report(const fs::path& repository) const override {
    if (core().path().empty()) return std::nullopt;
    return find_slot(core().path(), repository);
  }
  void start_new_history() override { database_.start_new_history(); }
  void report(const ArchiveSlot& slot) override {
    LogReader* reader = nullptr;
    {
      const std::lock_guard lock(mutex_);
      const auto found = readers_.find(slot.status.repository);
      reader = found != readers_.end()
                   ? &found->second
                   : &readers_
                          .emplace(slot.status.repository,
                                   core().register_log_reader(slot.status.repository,
                                                              slot.log_file_number))
                          .first->second;
    }
    reader->keep_from(slot.log_file_number);
    reader->report(slot);
  }
  std::uint64_t generation() override { return 0; }
  std::uint64_t ticket() override {
    const std::lock_guard lock(mutex_);
    return wakes_;
  }
  bool wait(std::uint64_t ticket, std::uint64_t archived,
            std::chrono::milliseconds interval) override {
    std::stop_token woken;
    {
      const std::lock_guard lock(mutex_);
      if (wakes_ != ticket) return true;
      woken = wake_.get_token();
    }
    const LogNews news = core().wait_until_wanted(archived, interval, woken);
    return woken.stop_requested() || news.wanted > archived;
  }
  void wake() override {
    const std::lock_guard lock(mutex_);
    ++wakes_;
    wake_.request_stop();
    wake_ = std::stop_source();
  }
  void end() override {
    const std::lock_guard lock(mutex_);
    readers_.clear();
  }

 private:
  DatabaseCore& core() const { return database_.core(); }

  Database& database_;
  std::mutex mutex_;
  std::uint64_t wakes_ = 0;
  std::stop_source wake_;
  std::map<fs::path, LogReader> readers_;  // one for each repository, used by its thread
};

// Its files are all that is known of it.
class OtherDatabase final : public ArchiveSource {
 public:
  explicit OtherDatabase(fs::path path) : path_(std::move(path)), engine_(path_ / "engine") {
    identity_ = identity();
  }

  std::unique_ptr<TransactionLog> open_log(std::uint64_t first,
                                           std::uint64_t first_file) const override {
    return std::make_unique<TransactionLog>(engine_, first, first_file);
  }
  void make_durable(TransactionLog& log, std::uint64_t) const override { log.sync(); }
  std::shared_ptr<const Database> view() const override {
    return std::make_shared<const Database>(Database::open_read_only(path_));
  }

  // A bulk transaction is a record of the engine's manifest, and its state is in a table; so are
  // flushes and compactions, hence the pause between two looks. The lock is given up while one is
  // made: it takes its time.
  std::uint64_t visible_sequence() override {
    std::unique_lock lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now < next_look_) return seen_sequence_;
    const std::optional<Manifest> present = engine_manifest();
    if (!present || present == seen_manifest_) return seen_sequence_;
    next_look_ = now + kImagePause;
    const std::uint64_t generation = generation_;
    lock.unlock();
    const std::uint64_t found = sequence_in_tables(path_);
    lock.lock();
    if (generation != generation_) return seen_sequence_;  // of a database that is gone
    seen_sequence_ = found;
    seen_manifest_ = present;  // of before the image: what came in between is looked at again
    return seen_sequence_;
  }
  std::optional<ArchiveSlot> last_report(const fs::path& repository) const override {
    return find_slot(path_, repository);
  }
  void start_new_history() override {
    DatabaseOptions existing;
    existing.create_if_missing = false;
    Database::open(path_, existing).start_new_history();
  }
  void report(const ArchiveSlot& slot) override { write_slot(path_, slot); }
  std::uint64_t generation() override {
    const std::lock_guard lock(mutex_);
    const Identity present = identity();
    if (present != identity_) {
      identity_ = present;
      ++generation_;
      seen_manifest_.reset();
      seen_sequence_ = 0;
      next_look_ = {};
    }
    return generation_;
  }
  std::uint64_t ticket() override {
    const std::lock_guard lock(mutex_);
    return wakes_;
  }
  bool wait(std::uint64_t ticket, std::uint64_t archived,
            std::chrono::milliseconds interval) override {
    const auto end = std::chrono::steady_clock::now() + interval;
    std::unique_lock lock(mutex_);
    while (wakes_ == ticket && std::chrono::steady_clock::now() < end) {
      woken_.wait_for(lock, kWantedPollInterval);
      lock.unlock();
      const bool wanted = asked_for_archiving(path_).value > archived;
      lock.lock();
      if (wanted) return true;
    }
    return wakes_ != ticket;
  }
  void wake() override {
    {
      const std::lock_guard lock(mutex_);
      ++wakes_;
    }
    woken_.notify_all();
  }
  void end() override {}

 private:
  static constexpr std::chrono::seconds kImagePause{10};

  using Identity = std::pair<std::uint64_t, std::uint64_t>;  // device and inode of the folder
  struct Manifest {
    std::string name;
    std::uint64_t size = 0;
    friend bool operator==(const Manifest&, const Manifest&) = default;
  };

  Identity identity() const {
    struct stat status {};
    if (::stat(engine_.c_str(), &status) != 0) {
      throw Error(ErrorCode::not_found, "no database at " + path_.string(),
                  "what was archived is untouched", "check the path");
    }
    return {status.st_dev, status.st_ino};
  }

  std::optional<Manifest> engine_manifest() const {
    std::error_code error;
    std::optional<Manifest> newest;
    for (const auto& entry : fs::directory_iterator(engine_, error)) {
      const std::string name = entry.path().filename();
      if (!name.starts_with("MANIFEST-") || (newest && name < newest->name)) continue;
      newest = Manifest{name, entry.file_size(error)};
    }
    return error ? std::nullopt : newest;
  }

  const fs::path path_;
  const fs::path engine_;
  std::mutex mutex_;
  std::condition_variable woken_;
  std::uint64_t wakes_ = 0;
  Identity identity_{};
  std::uint64_t generation_ = 0;
  std::optional<Manifest> seen_manifest_;
  std::uint64_t seen_sequence_ = 0;
  std::chrono::steady_clock::time_point next_look_{};
};

}  // namespace

std::shared_ptr<ArchiveSource> make_archive_source(Database& database) {
  return std::make_shared<OwnDatabase>(database);
}

std::shared_ptr<ArchiveSource> make_archive_source(const fs::path& database) {
  return std::make_shared<OtherDatabase>(database);
}

}  // namespace manifolddb::backup
