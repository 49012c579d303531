// One random history with an archiver beside it, whose numbers are reached again and compared with
// the model: for the fast and the long test.
#pragma once

#include <cstdint>

namespace manifolddb::test_support {

struct ArchiveModelEffort {
  std::uint64_t transactions;
  std::uint64_t merged_every;  // 1: every number is merged and compared; n: about one of n
  int restores;                // whole restores, at random numbers; -1: to every number
  int times;                   // random times whose target is looked up
};

// Adds test failures for whatever differs.
void check_archive_of_a_random_history(std::uint64_t seed, const ArchiveModelEffort& effort);

}  // namespace manifolddb::test_support
