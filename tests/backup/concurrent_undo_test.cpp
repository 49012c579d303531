// An undo reads the log and the records of a database that others go on writing to: it must be of
// one moment.
#include <gtest/gtest.h>

#include <atomic>
#include <sstream>
#include <thread>

#include "manifolddb/history.h"
#include "support/temp_dir.h"

namespace manifolddb::test_support {
namespace {

constexpr int kUndos = 20;
constexpr std::int64_t kWritesMax = 3000;  // so that the log of the beginning is still there

std::size_t put_entities(Database& database, std::uint64_t first, std::uint64_t last,
                         std::int64_t value) {
  WriteTransaction transaction = database.begin();
  for (std::uint64_t id = first; id <= last; ++id) {
    transaction.put_entity({{id}, {"Thing"}, {{"value", Value(value)}}});
  }
  return transaction.commit(Durability::relaxed).value;
}

TEST(UndoWhileOthersWrite, IsOfOneMomentWithConcurrentWriters) {
  const test::TempDir folder;
  Database database = Database::open(folder / "db");
  put_entities(database, 1, 10, 1);
  const std::size_t mistake = put_entities(database, 1, 10, 2);

  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (std::int64_t value = 0; !stop && value < kWritesMax; ++value)
      put_entities(database, 100, 120, value);
  });
  std::string expected;
  SequenceNumber as_of;
  for (int i = 0; i < kUndos; ++i) {
    std::ostringstream out;
    const backup::UndoSummary summary = backup::export_undo(database, {mistake}, {mistake}, out,
                                                            {{.memory_limit_bytes = 8u << 20}});
    if (i == 0) expected = out.str();
    EXPECT_EQ(out.str(), expected);
    EXPECT_EQ(summary.put_count, 10u);
    EXPECT_GE(summary.as_of, as_of);
    as_of = summary.as_of;
  }
  stop = true;
  writer.join();
  EXPECT_FALSE(expected.empty());
}

}  // namespace
}  // namespace manifolddb::test_support
