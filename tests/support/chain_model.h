// One random history with backups at random points, every prefix of every chain restored and
// compared with the model: for the fast and the long test.
#pragma once

#include <cstdint>

namespace manifolddb::test_support {

struct ChainModelEffort {
  int steps;
  int backups;  // about so many
};

// Adds test failures for whatever differs.
void check_chains_of_a_random_history(std::uint64_t seed, const ChainModelEffort& effort);

}  // namespace manifolddb::test_support
