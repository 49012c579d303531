// The backup that an archived log needs to begin with, and behind every bulk transaction and gap;
// taken beside the archiving, by a thread of its own.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "backup/archive_source.h"
#include "manifolddb/archive.h"
#include "manifolddb/repository.h"

namespace manifolddb::backup {

// Used by one thread.
class BaseBackup {
 public:
  // What it refers to must outlive it. `history`: of the backups that count.
  BaseBackup(const ArchiveSource& source, const Repository& repository, const Uuid& history,
             const ArchiveOptions& options);
  ~BaseBackup();  // stops one that is going on
  BaseBackup(const BaseBackup&) = delete;
  BaseBackup& operator=(const BaseBackup&) = delete;

  // The log cannot be restored across `sequence`, or to it: a backup there or behind is needed.
  void require(std::uint64_t sequence, std::string why);

  // Begins a backup where one is needed, and is to be taken here; collects one that has ended.
  // True: nothing is missing. `outcome`: what was taken, or why it failed, once each. One that
  // failed is tried again after `retry_max`.
  struct Outcome {
    std::optional<Manifest> taken;
    std::optional<Error> failure;
    std::string why;
  };
  bool poll(Outcome& outcome);

  bool complete() const { return !required_; }

 private:
  void start();
  bool is_covered() const;

  const ArchiveSource& source_;
  const Repository& repository_;
  const Uuid history_;
  const ArchiveOptions& options_;
  std::optional<std::uint64_t> required_;
  std::string why_;
  std::chrono::steady_clock::time_point not_before_{};

  std::atomic<bool> finished_{false};
  std::atomic<bool> stopping_{false};
  Outcome outcome_;  // of the thread, until it has finished
  std::thread thread_;
};

}  // namespace manifolddb::backup
