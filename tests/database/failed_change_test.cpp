// A change that fails for want of space ends its transaction: what was done by half is never
// committed, and the database goes on.
#include <gtest/gtest.h>

#include <fstream>

#include "manifolddb/database.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

namespace fs = std::filesystem;

class FailedChange : public testing::Test {
 protected:
  FailedChange() {
    DatabaseOptions options;
    options.bulk_threshold_bytes = 3000;  // changes over that go to files in `scratch`
    database_.emplace(Database::open(folder_ / "db", options));
  }
  // Nothing can be written there any more, as on a full disk; and again.
  void block_scratch() {
    fs::remove_all(folder_ / "db/scratch");
    std::ofstream(folder_ / "db/scratch") << "x";
  }
  void free_scratch() {
    fs::remove(folder_ / "db/scratch");
    fs::create_directory(folder_ / "db/scratch");
  }
  void expect_sound(std::uint64_t entities, std::uint64_t edges) {
    const GraphCounts counts = database_->statistics().counts;
    EXPECT_EQ(counts.entity_count, entities);
    EXPECT_EQ(counts.edge_count, edges);
    EXPECT_EQ(database_->check().finding_count, 0u);
  }
  static Properties text(std::size_t bytes) { return {{"text", std::string(bytes, 'x')}}; }

  test::TempDir folder_;
  std::optional<Database> database_;
};

TEST_F(FailedChange, OfAPutEndsTheTransaction) {
  WriteTransaction transaction = database_->begin();
  transaction.create_entity({"M"}, text(300));
  block_scratch();
  const Error error = test::error_of([&] {
    for (std::uint64_t id = 1000; id < 1010; ++id) {
      transaction.put_entity({EntityId{id}, {"L"}, text(2500)});
    }
  });
  EXPECT_NE(error.code(), ErrorCode::invalid_argument);
  free_scratch();
  EXPECT_THROW(transaction.commit(), Error);
  expect_sound(0, 0);
  WriteTransaction next = database_->begin();
  EXPECT_EQ(next.create_entity({}).value, 1u);
  EXPECT_EQ(next.commit().value, 1u);
}

TEST_F(FailedChange, OfADeletionEndsTheTransaction) {
  WriteTransaction setup = database_->begin();
  const EntityId hub = setup.create_entity({});
  const EntityId other = setup.create_entity({});
  for (int i = 0; i < 200; ++i) setup.create_edge(hub, other, "T");
  setup.commit();
  WriteTransaction transaction = database_->begin();
  block_scratch();
  EXPECT_THROW(transaction.delete_entity(hub), Error);
  free_scratch();
  EXPECT_THROW(transaction.commit(), Error);
  expect_sound(2, 200);
}

}  // namespace
}  // namespace manifolddb
