// A writer with its archiver (programs/archive_worker.cpp) that is killed at a file call, and what
// must hold afterwards, whether the machine went with it or not.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "manifolddb/database.h"
#include "manifolddb/repository.h"
#include "support/crash_runner.h"
#include "support/power_loss.h"
#include "support/temp_dir.h"

namespace manifolddb::test {

class ArchiveCrash {
 public:
  explicit ArchiveCrash(std::string worker) : worker_(std::move(worker)) {}

  // Undisturbed, and held to its promises: the calls that it makes in each phase.
  FaultOutcome run_whole();

  // Killed at that call of the phase, then held to its promises: as the folder was left, and after
  // each of the losses of power. False: it made fewer such calls this time.
  bool crash(const std::string& phase, const std::string& call_class, std::uint64_t number,
             const std::vector<PowerLoss>& losses);

 private:
  // What it said before it ended.
  struct Promises {
    std::uint64_t based = 0, synced = 0, archived = 0;
  };
  static Promises promises_of(const FaultOutcome& outcome);

  FaultOutcome run(const std::string& fault, const std::string& phase, bool with_shadow);
  void check(const std::filesystem::path& folder, const Promises& promises);
  void check_repository(const std::filesystem::path& folder, const Database& database,
                        const Promises& promises);
  void go_on(const std::filesystem::path& folder, Database& database);

  std::string worker_;
  TempDir temp_;
  const std::filesystem::path root_ = temp_ / "root", shadow_ = temp_ / "shadow",
                              rest_ = temp_ / "rest";
};

}  // namespace manifolddb::test
