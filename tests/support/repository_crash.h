// A command that works on a repository, killed or failing at chosen file calls, and what must hold
// afterwards.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "manifolddb/repository.h"
#include "support/crash_runner.h"
#include "support/power_loss.h"
#include "support/temp_dir.h"

namespace manifolddb::test {

class RepositoryCrash {
 public:
  // `command` is the command line program, linked with the shim. `work` is one of
  //   first   a backup into a repository that is not there yet
  //   next    an incremental backup into one that has a chain
  //   prune   that removes one chain of two, with a leftover of an earlier kill beside it
  //   copy    into a second repository that has a part of the first
  //   archive the rest of a log whose beginning is archived
  RepositoryCrash(std::string command, std::string work);

  // File calls below the repositories in an undisturbed run.
  std::uint64_t count(const std::string& call_class);

  // Killed just before the number-th call; what was found wrong afterwards, one sentence each.
  std::vector<std::string> kill_at(const std::string& call_class, std::uint64_t number);
  // The same, and the power went: unsynced bytes and names are gone, or some of them are.
  std::vector<std::string> lose_power_at(const std::string& call_class, std::uint64_t number,
                                         const PowerLoss& loss);
  // That call failed, and nothing else did; `error` as in fault_shim.cpp.
  std::vector<std::string> fail_at(const std::string& call_class, std::uint64_t number,
                                   const std::string& error);
  // Killed after so long, wherever it is then.
  std::vector<std::string> kill_after(std::uint64_t microseconds);

 private:
  std::vector<std::string> arguments(const std::filesystem::path& root) const;
  void prepare_archive(Database& database);
  void start_over();
  FaultOutcome run(FaultSettings settings);
  std::vector<std::string> check(const std::filesystem::path& root) const;
  void check_archive(const backup::Repository& repository,
                     std::vector<std::string>& violations) const;
  void check_repository(const std::filesystem::path& path, bool must_exist,
                        std::vector<std::string>& violations) const;

  std::string command_, work_;
  TempDir temp_;
  std::filesystem::path template_, root_, shadow_, database_;
  std::uint64_t archived_sequence_ = 0;
  ContentDigest archived_digest_;
  std::set<std::string> must_stay_;  // ids in root/repo whatever happens
};

}  // namespace manifolddb::test
