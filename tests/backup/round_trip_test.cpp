// The promise that everything else serves: what was backed up is what is restored, to the bit, and
// the same content gives the same backup.
#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "support/backup_files.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb::test_support {
namespace {

using backup::Compression;
using backup::ExportOptions;
using test::TempDir;

// A few ends of edges are deleted again, so that counters are ahead of the highest ids.
void store_and_delete_some(Database& database, const RandomGraph& graph) {
  store_graph(database, graph);
  WriteTransaction transaction = database.begin();
  for (std::size_t i = 0; i < graph.entities.size(); i += 10) {
    transaction.delete_entity(graph.entities[i].id);
  }
  transaction.commit();
}

void expect_clean(const Database& database) {
  const CheckReport report = database.check();
  for (const CheckFinding& finding : report.findings) {
    ADD_FAILURE() << finding.where << ": " << finding.what;
  }
  EXPECT_EQ(report.finding_count, 0u);
}

class RoundTrip : public testing::TestWithParam<IdChoice> {};

TEST_P(RoundTrip, OfARandomGraphKeepsRecordsDigestAndCounters) {
  std::random_device entropy;
  for (int round = 0; round < 6; ++round) {
    const std::uint64_t seed = entropy();
    SCOPED_TRACE("seed " + std::to_string(seed));
    Database source = Database::in_memory();
    const RandomGraph graph = make_random_graph(seed, {.ids = GetParam()});
    if (round % 2 == 0) {
      store_graph(source, graph);
    } else {
      store_and_delete_some(source, graph);
    }
    ExportOptions options;
    if (round % 3 == 0) options.compression = Compression::zstd;

    const TempDir folder;
    const auto exported = backup::export_full(source, folder / "b", options);
    EXPECT_TRUE(exported.digest_matches);
    const auto restored = backup::restore(folder / "b", folder / "copy");

    Database copy = Database::open(folder / "copy", {.create_if_missing = false});
    const DatabaseContent expected = content_of(source);
    EXPECT_TRUE(content_of(copy) == expected);
    EXPECT_EQ(restored.content_digest, expected.digest);
    EXPECT_EQ(copy.digest(), expected.digest);
    EXPECT_NE(copy.statistics().history_id, source.statistics().history_id);
    EXPECT_EQ(copy.statistics().parent_history_id, source.statistics().history_id);
    EXPECT_EQ(copy.statistics().parent_sequence_number, expected.sequence_number);
    expect_clean(copy);
    EXPECT_EQ(data_lines(backup_bytes(copy)), data_lines(backup_bytes(source)));
  }
}

INSTANTIATE_TEST_SUITE_P(Ids, RoundTrip, testing::Values(IdChoice::dense, IdChoice::random),
                         [](const auto& parameter) {
                           return parameter.param == IdChoice::dense ? "Dense" : "Random";
                         });

TEST(FullBackup, HasTheSameDataLinesForAnyNumberOfThreads) {
  std::random_device entropy;
  const std::uint64_t seed = entropy();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Database source = Database::in_memory();
  store_graph(source, make_random_graph(seed, {.entities = 3000, .edges = 6000, .metadata = 200}));

  const std::string one = backup_bytes(source, ExportOptions{{.threads = 1}});
  EXPECT_GT(one.size(), 3u << 20) << "too little to have several blocks";
  EXPECT_EQ(data_lines(one), data_lines(backup_bytes(source, ExportOptions{{.threads = 7}})));
  EXPECT_EQ(data_lines(one),
            data_lines(backup_bytes(
                source, ExportOptions{{.threads = 3, .memory_limit_bytes = 32u << 20}})));
  const backup::VerifyReport report = verify_bytes(one);
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.level_reached, backup::VerifyLevel::chain);
}

TEST(FullBackup, OfAnEmptyDatabaseIsRestoredToAnEmptyOneThatWorks) {
  Database source = Database::in_memory();
  const std::string bytes = backup_bytes(source);
  EXPECT_EQ(split_lines(bytes).size(), 2u);
  EXPECT_TRUE(verify_bytes(bytes).ok());

  const TempDir folder;
  std::istringstream in(bytes);
  backup::restore(in, folder / "copy");
  Database copy = Database::open(folder / "copy");
  EXPECT_TRUE(content_of(copy) == content_of(source));
  WriteTransaction transaction = copy.begin();
  EXPECT_EQ(transaction.create_entity({"First"}).value, 1u);
  EXPECT_EQ(transaction.commit().value, 1u);
  expect_clean(copy);
}

TEST(FullBackup, IsOfOneCommittedStateAndLeavesOutWhatIsNotCommitted) {
  Database source = Database::in_memory();
  store_graph(source, make_random_graph(7));
  const std::string before = backup_bytes(source);
  WriteTransaction open_work = source.begin();
  open_work.create_entity({"Draft"});
  EXPECT_EQ(data_lines(backup_bytes(source)), data_lines(before));
  open_work.rollback();
  EXPECT_EQ(data_lines(backup_bytes(source)), data_lines(before));
}

TEST(Restore, GoesOnInANewHistoryWithTheNextNumberAndIds) {
  Database source = Database::in_memory();
  store_and_delete_some(source, make_random_graph(11));
  const TempDir folder;
  std::istringstream in(backup_bytes(source));
  backup::restore(in, folder / "copy");

  Database copy = Database::open(folder / "copy");
  const DatabaseStatistics before = copy.statistics();
  WriteTransaction transaction = copy.begin();
  EXPECT_EQ(transaction.create_entity({"New"}).value, before.next_entity_id);
  EXPECT_EQ(transaction.commit().value, before.sequence_number.value + 1);
  expect_clean(copy);
  EXPECT_TRUE(verify_bytes(backup_bytes(copy)).ok());
}

TEST(Import, MakesADatabaseThatNeverCommittedTheRestoredOne) {
  Database source = Database::in_memory();
  store_graph(source, make_random_graph(13));
  Database copy = Database::in_memory();
  std::istringstream in(backup_bytes(source, ExportOptions{{}, Compression::zstd}));
  backup::import(copy, in);
  EXPECT_TRUE(content_of(copy) == content_of(source));
  EXPECT_EQ(copy.statistics().parent_history_id, source.statistics().history_id);
  expect_clean(copy);
}

}  // namespace
}  // namespace manifolddb::test_support
