// Real graphs committed transaction by transaction while they are archived: restored to random
// points they are what a replay up to there makes.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <random>

#include "manifolddb/archive.h"
#include "manifolddb/repository.h"
#include "support/real_stream.h"
#include "support/temp_dir.h"
#include "support/test_data.h"

namespace manifolddb::test_support {
namespace {

constexpr std::chrono::minutes kPatience{2};

void commit(Database& database, const RealStream& stream, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    WriteTransaction transaction = database.begin();
    stream[i](transaction);
    transaction.put_metadata("position", std::to_string(i));  // so that each changes something
    ASSERT_EQ(transaction.commit(Durability::relaxed).value, i + 1);
  }
}

void expect_random_points_equal_a_replay(const RealStream& stream, std::size_t points) {
  const test::TempDir folder;
  {
    Database database = Database::open(folder / "graph.manifold");
    backup::ArchiveOptions options;
    options.interval = std::chrono::milliseconds(20);
    backup::Archiver archiver = backup::archive_to(database, {folder / "repository"}, options);
    ASSERT_TRUE(archiver.archive_now(kPatience));
    commit(database, stream, 0, stream.size());
    ASSERT_TRUE(archiver.archive_now(kPatience));
  }
  const std::random_device::result_type seed = std::random_device()();
  std::cout << stream.size() << " transactions, seed " << seed << "\n";
  std::mt19937 random(seed);
  std::vector<std::size_t> numbers{stream.size()};
  while (numbers.size() < points) numbers.push_back(1 + random() % stream.size());
  std::sort(numbers.begin(), numbers.end());
  Database replay = Database::in_memory();
  std::size_t replayed = 0;
  for (const std::size_t number : numbers) {
    commit(replay, stream, replayed, number);
    replayed = number;
    const auto copy = folder / ("copy-" + std::to_string(number));
    if (std::filesystem::exists(copy)) continue;
    backup::restore(
        backup::Repository::open(folder / "repository")
            .open_chain(backup::Repository::parse_target("seq:" + std::to_string(number))),
        copy);
    EXPECT_EQ(Database::open(copy).digest(), replay.digest()) << "seq " << number;
  }
}

TEST(RealStream, ASocialNetworkIsRestoredToRandomPoints) {
  const std::filesystem::path data = test_data_folder();
  if (data.empty()) GTEST_SKIP() << "MANIFOLD_TEST_DATA is not set";
  expect_random_points_equal_a_replay(read_social_network(data / "graphs"), 5);
}

TEST(RealStream, ADistributionIsRestoredToRandomPointsPackageByPackage) {
  const std::filesystem::path data = test_data_folder();
  if (data.empty()) GTEST_SKIP() << "MANIFOLD_TEST_DATA is not set";
  expect_random_points_equal_a_replay(read_packages(data / "graphs", 2000), 5);
}

}  // namespace
}  // namespace manifolddb::test_support
