// One kind of work on a database that is killed at chosen file calls, and what must hold
// afterwards.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "manifolddb/database.h"
#include "support/crash_runner.h"
#include "support/power_loss.h"
#include "support/temp_dir.h"

namespace manifolddb::test {

// What was found wrong, one sentence each; empty is good. Tests of sabotage want it not empty.
using Violations = std::vector<std::string>;

// The work is one of tests/programs/crash_worker.cpp. Every run begins with the same folder, made
// once: a database with some commits (none for "create"), and beside it a backup of another one.
class CrashScenario {
 public:
  // `worker` is the program's path. `phase` is the part of the work that faults are aimed at.
  CrashScenario(std::string worker, std::string work, std::string phase);

  // Calls of that class in the phase, in an undisturbed run.
  std::uint64_t count(const std::string& call_class) const;

  // The worker dies just before the number-th call of that class; with number 0, after it has said
  // that it is done, with everything still open. `drop`: syncs that lie, see fault_shim.cpp.
  FaultOutcome crash(const std::string& call_class, std::uint64_t number,
                     const std::string& drop = {});
  // The call fails instead; `error` as in fault_shim.cpp, EIO or ENOSPC+ for example.
  FaultOutcome fail(const std::string& call_class, std::uint64_t number, const std::string& error);

  // After crash() or fail(): opens what the process left, in place. Call after_power_loss first.
  Violations after_kill(const FaultOutcome& outcome);
  Violations after_power_loss(const FaultOutcome& outcome, const PowerLoss& loss);
  // After fail(): the exit code fits the error and what is found, and no temporary file is left.
  Violations after_failure(const FaultOutcome& outcome);

  const std::filesystem::path& folder() const { return folder_; }

 private:
  struct Promises;  // what the worker printed

  FaultOutcome run(const std::string& work, const std::filesystem::path& folder,
                   FaultSettings settings, bool die) const;
  void prepare();
  void learn();
  void start_over();
  Violations check(const std::filesystem::path& folder, const Promises& promises) const;
  void check_database(const std::filesystem::path& path, const Promises& promises,
                      Violations& violations) const;
  void check_backup(const std::filesystem::path& file, const Promises& promises,
                    Violations& violations) const;
  void check_restored(const std::filesystem::path& path, const Promises& promises,
                      Violations& violations) const;
  static Promises promises_of(const FaultOutcome& outcome);

  std::string worker_;
  std::string work_;
  std::string phase_;
  TempDir temp_;
  std::filesystem::path template_folder_;
  std::filesystem::path source_;  // the backup file
  std::filesystem::path folder_;  // of the run: the shim's root
  std::filesystem::path shadow_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> counts_;
  std::map<std::uint64_t, ContentDigest> digests_;  // by sequence number, from an undisturbed run
  std::uint64_t first_sequence_ = 0;                // where every run begins
  ContentDigest source_digest_;
};

// Numbers from 1 to `count`: all up to `all_below`, then `sampled` more spread over the rest.
std::vector<std::uint64_t> sample(std::uint64_t count, std::uint64_t all_below,
                                  std::uint64_t sampled);

}  // namespace manifolddb::test
