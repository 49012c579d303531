// Which edges of a transaction lack an end, whatever is known, near or deleted, and that no entity
// is taken for known that was not there before the transaction or is deleted by it.
#include "database/end_check.h"

#include <gtest/gtest.h>

#include <iostream>
#include <random>
#include <set>

#include "common/value_codec.h"
#include "database/database_core.h"
#include "database/key_codec.h"
#include "manifolddb/database.h"

namespace manifolddb {
namespace {

struct Ids {
  const char* name;
  std::uint64_t spread;      // ids are below it
  std::size_t text_bytes;    // of each entity
  std::size_t entity_count;  // about
};

class EndCheckOn : public testing::TestWithParam<Ids> {
 protected:
  EndCheckOn() {
    std::cout << "seed " << seed_ << "\n";
    WriteTransaction transaction = database_.begin();
    for (std::size_t i = 0; i < GetParam().entity_count; ++i) {
      const std::uint64_t id = random_id();
      if (!stored_.insert(id).second) continue;
      const std::string text(random_() % GetParam().text_bytes, 'x');
      transaction.put_entity({EntityId{id}, {}, {{"text", text}}});
    }
    transaction.commit();
  }

  std::uint64_t random_id() { return random_() % GetParam().spread + 1; }

  const std::random_device::result_type seed_ = std::random_device()();
  std::mt19937_64 random_{seed_};
  Database database_ = Database::in_memory();
  std::set<std::uint64_t> stored_;
};

bool has_both_ends(EndCheck& ends, std::uint64_t source, std::uint64_t target) {
  std::string body;
  encode_edge_body({source}, {target}, "T", {}, body);
  try {
    ends.check(id_key(7), body);
    return true;
  } catch (const MissingEndError& error) {
    EXPECT_EQ(error.edge(), 7u);
    return false;
  }
}

TEST_P(EndCheckOn, TellsTheEdgesThatLackAnEnd) {
  KnownEntities known;
  const auto snapshot = database_.core().snapshot();
  for (int transaction = 0; transaction < 20; ++transaction) {
    Overlay changes(database_.core().engine(), 1u << 20);
    // As many ids as a transaction puts, or fewer.
    EndCheck ends(*snapshot, changes, known, transaction % 3 == 0 ? 256 : EndCheck::kPutBytesMax);
    std::set<std::uint64_t> after = stored_;
    std::set<std::uint64_t> changed;
    for (int i = 0; i < 50; ++i) changed.insert(random_id());
    for (int i = 0; i < 50; ++i)
      changed.insert(*stored_.lower_bound(random_() % *stored_.rbegin()));
    std::set<std::uint64_t> deleted;
    for (const std::uint64_t id : changed) {
      if (random_() % 2 == 0) {
        changes.put(RecordKind::entity, id_key(id), "");
        ends.add_put(id);
        after.insert(id);
      } else {
        changes.remove(RecordKind::entity, id_key(id), false);
        ends.add_deleted(id);
        deleted.insert(id);
        after.erase(id);
      }
    }
    const int edge_count = transaction % 2 == 0 ? 5 : 500;
    for (int i = 0; i < edge_count; ++i) {
      const std::uint64_t source = *after.lower_bound(random_() % *after.rbegin());
      const std::uint64_t target = random_() % 3 == 0 ? random_id() : source;
      ASSERT_EQ(has_both_ends(ends, source, target), after.contains(target))
          << source << " to " << target;
    }
    for (const std::uint64_t id : changed) {
      if (known.contains(id)) {
        EXPECT_TRUE(stored_.contains(id) && !deleted.contains(id)) << id;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Ids, EndCheckOn,
                         testing::Values(Ids{"dense", 5'000, 20, 4'000},
                                         Ids{"sparse", 9'223'372'036'854'775'000u, 20, 4'000},
                                         Ids{"half_dense", 100'000, 20, 4'000},
                                         Ids{"large", 500, 40'000, 400}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace manifolddb
