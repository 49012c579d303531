// The index families of a bulk load are whatever this sorter gives back: a record lost, doubled or
// out of place in one of its spills, merges or parts is a wrong database.
#include "database/external_sorter.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "manifolddb/error.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

using Record =
    std::tuple<std::string, bool, std::string>;  // key, is removal, value: sorts likewise

constexpr std::size_t kChunkBytes = 16u << 10;
constexpr std::size_t kBlockBytes = 4u << 10;

std::mt19937_64 seeded_for_sorter() {
  const std::uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  return std::mt19937_64(seed);
}

std::string bytes_of(std::uint64_t id) {
  std::string key;
  append_be64(key, id);
  return key;
}

// Keys as the families have them, and such as make a radix sort stumble.
std::string random_key(std::mt19937_64& random) {
  switch (random() % 7) {
    case 0:
      return bytes_of(random() % 1000) + (random() % 2 ? "KNOWS" : "LIKES") +
             std::string("\0\1", 2) + bytes_of(random() % 100000);
    case 1:
      return bytes_of(random() >> 1) + "A" + std::string("\0\1", 2) + bytes_of(random() >> 1);
    case 2:
      return "Person" + std::string("\0\1", 2) + bytes_of(random() % 100000);
    case 3:  // zeros at the end: equal prefixes, other keys
      return "z" + std::string(random() % 40, '\0');
    case 4:
      return std::string(100, 'p') + std::string(random() % 3, '\0') + bytes_of(random() % 5000);
    case 5: {
      std::string key(random() % 12, '\0');
      for (char& c : key) c = static_cast<char>(random() % 2 ? 0xff : 0);
      return key;
    }
    default:
      return bytes_of(random() % 3 << 62 | random() % 300);
  }
}

std::vector<Record> random_records(std::mt19937_64& random, std::size_t count) {
  std::vector<Record> records;
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_removal = random() % 8 == 0;
    records.emplace_back(random_key(random), is_removal,
                         is_removal ? "" : bytes_of(random()).substr(0, random() % 9));
  }
  return records;
}

void add(ExternalSorter::Input& input, const Record& record) {
  const auto& [key, is_removal, value] = record;
  if (is_removal) {
    input.remove(key);
  } else {
    input.put(key, value);
  }
}

void collect(RunMerge merge, std::vector<Record>& out) {
  for (; merge.valid(); merge.next()) {
    const SortRecord& record = merge.record();
    out.emplace_back(record.key, record.is_removal, record.value);
  }
}

// Equal keys of one kind come in no order.
void expect_same_records(std::vector<Record> expected, std::vector<Record> got) {
  ASSERT_EQ(expected.size(), got.size());
  const auto in_key_order = [](const Record& a, const Record& b) {
    return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
  };
  ASSERT_TRUE(std::is_sorted(got.begin(), got.end(), in_key_order));
  std::sort(expected.begin(), expected.end());
  std::sort(got.begin(), got.end());
  ASSERT_TRUE(expected == got);
}

class ExternalSorterOf : public ::testing::TestWithParam<const char*> {
 protected:
  std::filesystem::path directory() const {
    return std::string_view(GetParam()) == "memory" ? std::filesystem::path() : folder_.path();
  }
  test::TempDir folder_;
};
INSTANTIATE_TEST_SUITE_P(Runs, ExternalSorterOf, ::testing::Values("memory", "files"),
                         [](const auto& where) { return std::string(where.param); });

TEST_P(ExternalSorterOf, GivesBackWhatSeveralThreadsAddedInOrder) {
  std::mt19937_64 random = seeded_for_sorter();
  for (int round = 0; round < 4; ++round) {
    constexpr std::size_t kThreads = 3;
    SortSpace space(directory(), kChunkBytes, kBlockBytes);
    ExternalSorter sorter(space, "test");
    std::vector<std::vector<Record>> records;
    for (std::size_t i = 0; i < kThreads; ++i) {
      records.push_back(random_records(random, random() % 8000));
    }
    const std::size_t spill_over = 1 + random() % (256u << 10);
    {
      std::vector<std::jthread> threads;
      for (const std::vector<Record>& part : records) {
        threads.emplace_back([&] {
          SortScratch scratch(space.ledger);
          ExternalSorter::Input input(sorter, scratch);
          for (const Record& record : part) {
            add(input, record);
            if (input.chunk_bytes() > std::max(spill_over, 4 * kChunkBytes)) input.spill();
          }
          input.finish();
        });
      }
    }
    std::vector<Record> all;
    for (const auto& part : records) all.insert(all.end(), part.begin(), part.end());

    std::vector<Record> got;
    collect(sorter.merge({}, {}), got);
    expect_same_records(all, got);

    sorter.reduce_runs(kBlockBytes * (2 + random() % 4), [] {});
    got.clear();
    std::vector<std::string> keys = sorter.split((4u << 10) + random() % (64u << 10));
    ASSERT_TRUE(std::is_sorted(keys.begin(), keys.end()));
    std::string lower;
    keys.emplace_back();
    for (const std::string& upper : keys) {
      collect(sorter.merge(lower, upper), got);
      lower = upper;
    }
    expect_same_records(all, got);
    sorter.clear();
    space.pool.trim();
    EXPECT_EQ(space.ledger.used(), 0u);
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  }
}

TEST_P(ExternalSorterOf, PutsOneKeyBeforeItsRemoval) {
  SortSpace space(directory(), kChunkBytes, kBlockBytes);
  ExternalSorter sorter(space, "test");
  SortScratch scratch(space.ledger);
  ExternalSorter::Input input(sorter, scratch);
  input.remove("b");
  input.spill();
  input.put("b", "1");
  input.remove("a");
  input.put("a", "2");
  input.finish();
  std::vector<Record> got;
  collect(sorter.merge({}, {}), got);
  EXPECT_EQ(got, (std::vector<Record>{
                     {"a", false, "2"}, {"a", true, ""}, {"b", false, "1"}, {"b", true, ""}}));
}

TEST_P(ExternalSorterOf, HoldsRecordsLargerThanItsChunksAndBlocks) {
  std::mt19937_64 random = seeded_for_sorter();
  SortSpace space(directory(), kChunkBytes, kBlockBytes);
  ExternalSorter sorter(space, "test");
  SortScratch scratch(space.ledger);
  ExternalSorter::Input input(sorter, scratch);
  std::vector<Record> all;
  for (int i = 0; i < 60; ++i) {
    const std::size_t bytes = random() % 4 == 0 ? 300'000 : random() % 5000;
    all.emplace_back(std::string(bytes, static_cast<char>('a' + random() % 2)) + bytes_of(random()),
                     false, "value");
    add(input, all.back());
    if (i % 20 == 19) input.spill();
  }
  input.finish();
  std::vector<Record> got;
  std::string lower;
  std::vector<std::string> keys = sorter.split(1);
  keys.emplace_back();
  for (const std::string& upper : keys) {
    collect(sorter.merge(lower, upper), got);
    lower = upper;
  }
  expect_same_records(all, got);
}

TEST(ExternalSorter, MergesHundredsOfRunsInSeveralPasses) {
  std::mt19937_64 random = seeded_for_sorter();
  const test::TempDir folder;
  SortSpace space(folder.path(), kChunkBytes, kBlockBytes);
  ExternalSorter sorter(space, "test");
  SortScratch scratch(space.ledger);
  ExternalSorter::Input input(sorter, scratch);
  const std::vector<Record> all = random_records(random, 30'000);
  for (std::size_t i = 0; i < all.size(); ++i) {
    add(input, all[i]);
    if (i % 100 == 99) input.spill();
  }
  input.finish();
  space.pool.trim();
  constexpr std::size_t kMergeBytes = 4 * kBlockBytes;
  const std::size_t before = space.ledger.used();
  sorter.reduce_runs(kMergeBytes, [] {});
  EXPECT_LE(space.ledger.peak(), std::max(before + kMergeBytes + 2 * kBlockBytes, 4 * kChunkBytes));
  std::vector<Record> got;
  RunMerge merge = sorter.merge({}, {});
  EXPECT_LE(space.ledger.used(), before + kMergeBytes);
  collect(std::move(merge), got);
  expect_same_records(all, got);
}

TEST(ExternalSorter, StopsAMergeWhenItsCallerSaysSo) {
  const test::TempDir folder;
  SortSpace space(folder.path(), kChunkBytes, kBlockBytes);
  ExternalSorter sorter(space, "test");
  SortScratch scratch(space.ledger);
  ExternalSorter::Input input(sorter, scratch);
  for (std::uint64_t i = 0; i < 40'000; ++i) {
    input.put(bytes_of(i * 7919 % 40'000), "v");
    if (i % 4000 == 3999) input.spill();
  }
  input.finish();
  const auto stop = [] { throw Error(ErrorCode::interrupted, "stop"); };
  EXPECT_EQ(test::error_of([&] { sorter.reduce_runs(1, stop); }).code(), ErrorCode::interrupted);
}

TEST(ExternalSorter, NoticesAnAlteredScratchFile) {
  const test::TempDir folder;
  SortSpace space(folder.path(), kChunkBytes, kBlockBytes);
  ExternalSorter sorter(space, "altered");
  SortScratch scratch(space.ledger);
  ExternalSorter::Input input(sorter, scratch);
  for (std::uint64_t i = 0; i < 2000; ++i) input.put(bytes_of(i), "value");
  input.spill();
  bool altered = false;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (target.find("altered-1.run") == std::string::npos) continue;
    const int descriptor = ::open(entry.path().c_str(), O_WRONLY);
    ASSERT_GE(descriptor, 0);
    ASSERT_EQ(::pwrite(descriptor, "?", 1, 9000), 1);
    ::close(descriptor);
    altered = true;
  }
  ASSERT_TRUE(altered);
  input.finish();
  std::vector<Record> got;
  const Error error = test::error_of([&] { collect(sorter.merge({}, {}), got); });
  EXPECT_EQ(error.code(), ErrorCode::failed);
  EXPECT_NE(std::string(error.what()).find("altered-1.run"), std::string::npos) << error.what();
}

TEST(ExternalSorter, NamesTheFileThatCannotBeMade) {
  const test::TempDir folder;
  SortSpace space(folder / "missing", kChunkBytes, kBlockBytes);
  ExternalSorter sorter(space, "test");
  SortScratch scratch(space.ledger);
  ExternalSorter::Input input(sorter, scratch);
  input.put("a", "b");
  const Error error = test::error_of([&] { input.spill(); });
  EXPECT_EQ(error.code(), ErrorCode::failed);
  EXPECT_NE(std::string(error.what()).find("test-1.run"), std::string::npos) << error.what();
}

}  // namespace
}  // namespace manifolddb
