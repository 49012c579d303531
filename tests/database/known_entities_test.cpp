// The cache of entities known to exist: it may forget, but never knows one that was not told, or
// was removed; and what stands on it, that an edge has both ends, holds whatever it remembers.
#include "database/known_entities.h"

#include <gtest/gtest.h>

#include <iostream>
#include <random>
#include <set>

#include "manifolddb/database.h"
#include "support/error_of.h"

namespace manifolddb {
namespace {

constexpr std::uint64_t kIdMaxKnown = 9223372036854775807u;

TEST(KnownEntities, KnowsNothingThatWasNotAddedOrWasRemoved) {
  const auto seed = std::random_device()();
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  KnownEntities known;
  EXPECT_FALSE(known.contains(1));
  std::set<std::uint64_t> added;
  for (int i = 0; i < 200'000; ++i) {
    // Dense ones, scattered ones, and ones that share a slot with others.
    std::uint64_t id = random() % 5000 + 1;
    if (i % 3 == 1) id = random() % kIdMaxKnown + 1;
    if (i % 3 == 2) id = ((random() % 64) << 25) + random() % 200 + 1;
    if (random() % 3 == 0) {
      known.remove(id);
      added.erase(id);
      EXPECT_FALSE(known.contains(id));
    } else {
      known.add(id);
      added.insert(id);
      EXPECT_TRUE(known.contains(id));
    }
    const std::uint64_t other = random() % 5000 + 1;
    EXPECT_TRUE(added.contains(other) || !known.contains(other)) << other;
  }
}

TEST(KnownEntities, RemembersAllOfManyDenseIds) {
  KnownEntities known;
  for (std::uint64_t id = 1; id <= 4'000'000; ++id) known.add(id);
  for (std::uint64_t id = 1; id <= 4'000'000; ++id) ASSERT_TRUE(known.contains(id)) << id;
  EXPECT_FALSE(known.contains(0));
  EXPECT_FALSE(known.contains(4'000'001));
}

class EndsOfEdges : public testing::TestWithParam<std::size_t> {
 protected:
  EndsOfEdges() {
    DatabaseOptions options;
    options.bulk_threshold_bytes = GetParam();
    database_ = Database::in_memory(options);
    WriteTransaction transaction = database_.begin();
    one_ = transaction.create_entity({"A"}, {});
    two_ = transaction.create_entity({"A"}, {{"text", std::string(10'000, 'x')}});
    transaction.commit();
  }

  void put_edge(EntityId from, EntityId to) {
    WriteTransaction transaction = database_.begin();
    transaction.create_edge(from, to, "T", {{"text", std::string(10'000, 'x')}});
    transaction.commit();
  }

  Database database_ = Database::in_memory();
  EntityId one_, two_;
};

TEST_P(EndsOfEdges, AreMissedWhenTheyWereThereAndAreDeleted) {
  put_edge(one_, two_);
  put_edge(two_, one_);
  {
    WriteTransaction transaction = database_.begin();
    transaction.delete_entity(two_);
    transaction.commit();
  }
  EXPECT_EQ(test::error_of([this] { put_edge(one_, two_); }).code(), ErrorCode::conflict);
  EXPECT_EQ(database_.check().finding_count, 0u);
}

TEST_P(EndsOfEdges, AreMissedWhenTheSameTransactionDeletesThem) {
  put_edge(one_, two_);
  const auto both = [this] {
    WriteTransaction transaction = database_.begin();
    transaction.delete_entity(two_);
    transaction.create_edge(one_, two_, "T", {});
    transaction.commit();
  };
  EXPECT_EQ(test::error_of(both).code(), ErrorCode::conflict);
  put_edge(one_, two_);  // nothing of that came to be
  EXPECT_EQ(database_.check().finding_count, 0u);
}

TEST_P(EndsOfEdges, AreNotThoseOfATransactionThatWasDropped) {
  EntityId three;
  {
    WriteTransaction transaction = database_.begin();
    three = transaction.create_entity({"A"}, {});
    transaction.rollback();
  }
  EXPECT_EQ(test::error_of([&] { put_edge(one_, three); }).code(), ErrorCode::conflict);
  EXPECT_EQ(database_.check().finding_count, 0u);
}

TEST_P(EndsOfEdges, AreNotThoseOfACommitThatFailed) {
  EntityId three;
  const auto fail = [&] {
    WriteTransaction transaction = database_.begin();
    three = transaction.create_entity({"A"}, {{"text", std::string(10'000, 'x')}});
    transaction.create_edge(three, EntityId{77}, "T", {});
    transaction.commit();
  };
  EXPECT_EQ(test::error_of(fail).code(), ErrorCode::conflict);
  EXPECT_EQ(test::error_of([&] { put_edge(one_, three); }).code(), ErrorCode::conflict);
  put_edge(one_, two_);
  EXPECT_EQ(database_.check().finding_count, 0u);
}

// The look-up of an old record is left out only for ids above all that were ever used.
TEST_P(EndsOfEdges, TheHighestIdIsLookedForWhenItIsPutAgain) {
  {
    WriteTransaction transaction = database_.begin();
    transaction.delete_entity(two_);
    transaction.commit();
  }
  EXPECT_EQ(database_.statistics().tombstone_count, 1u);
  for (int i = 0; i < 2; ++i) {
    WriteTransaction transaction = database_.begin();
    transaction.put_entity({two_, {"B"}, {{"i", i}, {"text", std::string(10'000, 'x')}}});
    transaction.commit();
    EXPECT_EQ(database_.statistics().tombstone_count, 0u);
    EXPECT_EQ(database_.begin_read().counts().entity_count, 2u);
    EXPECT_EQ(database_.check().finding_count, 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Transactions, EndsOfEdges, testing::Values(64u << 20, 1u << 10),
                         [](const auto& test) { return test.param > 1u << 20 ? "small" : "bulk"; });

}  // namespace
}  // namespace manifolddb
