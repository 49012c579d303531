// A diff is only of use when it is complete and exact: applied to the one side, its lines give the
// other, whatever the two are.
#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "backup/apply.h"
#include "backup/diff.h"
#include "common/json_writer.h"
#include "database/database_core.h"
#include "support/backup_files.h"
#include "support/random_history.h"
#include "support/temp_dir.h"

namespace manifolddb::test_support {
namespace {

using backup::Difference;
using backup::RecordStream;

std::unique_ptr<RecordStream> records_of(const Database& database) {
  return RecordStream::of_snapshot(database.core().durable_snapshot());
}

// As `diff --apply-form` prints them.
std::string lines_between(RecordStream& before, RecordStream& after) {
  std::string lines;
  backup::for_each_difference(before, after, [&lines](const Difference& difference) {
    if (difference.after) {
      append_record_line({difference.kind, difference.key, *difference.after}, lines);
    } else {
      append_deletion_line(difference.kind, difference.key, lines);
    }
    return true;
  });
  return lines;
}

TEST(Diff, AppliedToTheOneSideGivesTheOther) {
  std::random_device entropy;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t seed = entropy();
    SCOPED_TRACE("seed " + std::to_string(seed));
    const test::TempDir folder;
    RandomHistory history(seed);
    Database database = Database::in_memory(RandomHistory::database_options());
    for (int i = 0; i < 150; ++i) history.step(database);
    backup::export_full(database, folder / "then");
    Database then = Database::in_memory();
    backup::import(then, folder / "then");
    for (int i = 0; i < 150; ++i) history.step(database);

    const auto before = RecordStream::of_chain({folder / "then"}, {});
    const auto after = records_of(database);
    std::istringstream lines(lines_between(*before, *after));
    backup::apply(then, lines, "diff");
    EXPECT_EQ(then.digest(), database.digest());
    EXPECT_TRUE(read_graph(then) == history.model());
  }
}

TEST(Diff, OfEqualContentIsEmpty) {
  Database a = Database::in_memory();
  store_graph(a, make_random_graph(7));
  const test::TempDir folder;
  backup::export_full(a, folder / "b");
  const auto before = records_of(a);
  const auto after = RecordStream::of_chain({folder / "b"}, {});
  EXPECT_EQ(lines_between(*before, *after), "");
}

TEST(Diff, NamesEachFieldThatChanged) {
  Database a = Database::in_memory();
  Database b = Database::in_memory();
  for (Database* database : {&a, &b}) {
    WriteTransaction transaction = database->begin();
    Entity entity{{1}, {"A"}, {}};
    entity.properties["kept"] = Value(std::int64_t{1});
    if (database == &a) entity.properties["gone"] = Value(std::int64_t{2});
    if (database == &b) entity.labels.emplace_back("B");
    entity.properties["other"] = Value(std::string(database == &a ? "x" : "y"));
    transaction.put_entity(entity);
    transaction.commit();
  }
  const auto before = records_of(a);
  const auto after = records_of(b);
  std::vector<backup::FieldDifference> fields;
  int count = 0;
  backup::for_each_difference(*before, *after, [&](const Difference& difference) {
    ++count;
    fields = backup::compare_fields(difference);
    return true;
  });
  EXPECT_EQ(count, 1);
  ASSERT_EQ(fields.size(), 3u);
  EXPECT_EQ(fields[0].name, "labels");
  EXPECT_EQ(fields[0].before, "[\"A\"]");
  EXPECT_EQ(fields[0].after, "[\"A\",\"B\"]");
  EXPECT_EQ(fields[1].name, "gone");
  EXPECT_EQ(fields[1].after, std::nullopt);
  EXPECT_EQ(fields[2].name, "other");
  EXPECT_EQ(fields[2].before, "\"x\"");
  EXPECT_EQ(fields[2].after, "\"y\"");
}

TEST(Diff, StopsReadingWhenItsCallerHasEnough) {
  Database a = Database::in_memory();
  store_graph(a, make_random_graph(8, {.entities = 3000, .edges = 3000}));
  Database empty = Database::in_memory();
  const auto before = records_of(a);
  const auto after = records_of(empty);
  int count = 0;
  backup::for_each_difference(*before, *after, [&count](const Difference&) { return ++count < 3; });
  EXPECT_EQ(count, 3);
}

}  // namespace
}  // namespace manifolddb::test_support
