// Real graphs as streams of transactions: what a program would have committed that had grown them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <vector>

#include "manifolddb/database.h"

namespace manifolddb::test_support {

// Each entry fills one transaction. Ids are given, so that two replays make the same graph.
using RealStream = std::vector<std::function<void(WriteTransaction&)>>;

// A social network: a transaction for every 200 lines of each of its files, in the order of their
// names, then one for each person of its update stream. `graphs`: the folder of both.
RealStream read_social_network(const std::filesystem::path& graphs);

// The packages of a distribution, at most so many: one transaction for each, with its relations to
// those that came before.
RealStream read_packages(const std::filesystem::path& graphs, std::size_t packages_max);

}  // namespace manifolddb::test_support
