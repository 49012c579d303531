// Reference checks of restore and verify ask this set for every edge: it must be right for dense
// and scattered ids alike and must keep its promise about memory.
#include "common/id_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <set>

#include "manifolddb/error.h"
#include "manifolddb/graph.h"

namespace manifolddb {
namespace {

IdSet make_set(const std::set<std::uint64_t>& ids) {
  IdSet set;
  for (const std::uint64_t id : ids) set.append(id);
  return set;
}

void expect_same(const IdSet& set, const std::set<std::uint64_t>& ids) {
  ASSERT_EQ(set.size(), ids.size());
  for (const std::uint64_t id : ids) {
    ASSERT_TRUE(set.contains(id)) << id;
    for (const std::uint64_t other : {id - 1, id + 1, id ^ 0x10000, id ^ 0x100000000}) {
      ASSERT_EQ(set.contains(other), ids.contains(other)) << other;
    }
  }
}

TEST(IdSet, IsEmptyAtFirst) {
  const IdSet set;
  EXPECT_EQ(set.size(), 0u);
  EXPECT_FALSE(set.contains(0));
  EXPECT_FALSE(set.contains(1));
  EXPECT_FALSE(set.contains(kIdMax));
}

TEST(IdSet, HoldsDenseIdsInABitEach) {
  IdSet set;
  constexpr std::uint64_t kCount = 4'000'000;
  for (std::uint64_t id = 1; id <= kCount; ++id) set.append(id);
  EXPECT_EQ(set.size(), kCount);
  EXPECT_FALSE(set.contains(0));
  EXPECT_FALSE(set.contains(kCount + 1));
  for (std::uint64_t id = 1; id <= kCount; id += 77) ASSERT_TRUE(set.contains(id)) << id;
  EXPECT_LE(set.memory_bytes(), kCount / 8 + kCount / 8 / 4 + 65536);
}

TEST(IdSet, HoldsScatteredIdsInEighteenBytesEachAndAnEighthToGrow) {
  const std::uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  std::set<std::uint64_t> ids;
  while (ids.size() < 200'000) ids.insert(random() >> 1);
  const IdSet set = make_set(ids);
  expect_same(set, ids);
  EXPECT_LE(set.memory_bytes(), ids.size() * 21);
}

TEST(IdSet, KnowsTheEndsOfTheRangeAndOfItsPages) {
  expect_same(make_set({0}), {0});
  expect_same(make_set({1, kIdMax}), {1, kIdMax});
  const std::set<std::uint64_t> edges = {
      1,          65535,       65536,          65537,      131071, 131072,
      0xffffffff, 0x100000000, kIdMax - 65536, kIdMax - 1, kIdMax};
  expect_same(make_set(edges), edges);
}

TEST(IdSet, TurnsAPageIntoABitmapAtTheRightMoment) {
  for (const std::uint64_t count : {4095u, 4096u, 4097u, 65536u}) {
    std::set<std::uint64_t> ids = {7};
    for (std::uint64_t i = 0; i < count; ++i) ids.insert(0x50000 + i * (65536 / count));
    ids.insert(0x70001);
    expect_same(make_set(ids), ids);
  }
}

TEST(IdSet, CanBeAskedBetweenAppends) {
  IdSet set;
  for (std::uint64_t id = 2; id < 20'000; id += 2) {
    set.append(id);
    ASSERT_TRUE(set.contains(id));
    ASSERT_TRUE(set.contains(2));
    ASSERT_FALSE(set.contains(id - 1));
    ASSERT_FALSE(set.contains(id + 2));
  }
}

TEST(IdSet, EqualsASetOfMixedDensity) {
  const std::uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 3; ++round) {
    std::set<std::uint64_t> ids;
    for (int cluster = 0; cluster < 40; ++cluster) {
      const std::uint64_t base = (random() >> 1) >> (random() % 40);
      const std::uint64_t count = random() % 6000;
      const std::uint64_t step = 1 + random() % 40;
      for (std::uint64_t i = 0; i < count; ++i) ids.insert(std::min(base + i * step, kIdMax));
    }
    expect_same(make_set(ids), ids);
  }
}

TEST(IdSet, RefusesIdsThatDoNotAscend) {
  IdSet set;
  set.append(5);
  EXPECT_THROW(set.append(5), Error);
  EXPECT_THROW(set.append(4), Error);
  set.append(6);
  EXPECT_EQ(set.size(), 2u);
}

}  // namespace
}  // namespace manifolddb
