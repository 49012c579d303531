// Every mistake that a person can make with the files of a chain: refused with the code that says
// which one, or done right.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "manifolddb/backup.h"
#include "support/backup_files.h"
#include "support/crafted_backup.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb::test_support {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using test::TempDir;

void put(Database& database, std::uint64_t id) {
  WriteTransaction transaction = database.begin();
  transaction.put_entity({{id}, {"N"}, {}});
  transaction.commit();
}

// A full backup at 1 and links to 2, 3 and 4.
class ChainFiles : public testing::Test {
 protected:
  ChainFiles() {
    put(database_, 1);
    backup::export_full(database_, folder_ / "full");
    fs::path parent = folder_ / "full";
    for (std::uint64_t n = 2; n <= 4; ++n) {
      put(database_, n);
      const fs::path link = folder_ / std::to_string(n);
      backup::export_incremental(database_, backup::read_parent(parent), link);
      parent = link;
    }
  }

  std::vector<fs::path> files(const std::vector<std::string>& names) const {
    std::vector<fs::path> paths;
    for (const std::string& name : names) paths.push_back(folder_ / name);
    return paths;
  }
  // The code with which restore refuses them, and verify too; nothing is at the target.
  Error refusal_of(const std::vector<std::string>& names) const {
    const Error error =
        error_of([&] { backup::restore(files(names), folder_ / "copy", backup::ChainOptions()); });
    EXPECT_FALSE(fs::exists(folder_ / "copy"));
    const backup::ChainReport report = backup::verify(files(names));
    EXPECT_TRUE(report.fault && report.fault->code() == error.code());
    return error;
  }
  ErrorCode code_of(const std::vector<std::string>& names) const {
    return refusal_of(names).code();
  }
  void expect_restored(const std::vector<std::string>& names, std::uint64_t sequence) {
    const fs::path copy = folder_ / ("copy" + std::to_string(++copies_));
    const auto restored = backup::restore(files(names), copy, backup::ChainOptions());
    EXPECT_EQ(restored.sequence_number.value, sequence);
    EXPECT_EQ(Database::open(copy).statistics().counts.entity_count, sequence);
  }

  TempDir folder_;
  Database database_ = Database::in_memory();
  int copies_ = 0;
};

TEST_F(ChainFiles, AreTakenInAnyOrder) {
  expect_restored({"3", "full", "4", "2"}, 4);
}
TEST_F(ChainFiles, GivenTwiceAreUsedOnce) {
  expect_restored({"full", "2", "2", "full"}, 2);
}
TEST_F(ChainFiles, AreKnownByTheirContentNotByTheirNames) {
  fs::rename(folder_ / "2", folder_ / "swap");
  fs::rename(folder_ / "3", folder_ / "2");
  fs::rename(folder_ / "swap", folder_ / "3");
  expect_restored({"full", "2", "3"}, 3);
}
TEST_F(ChainFiles, AreRestoredToTheEndOfAnyLink) {
  backup::ChainOptions options;
  options.to = SequenceNumber{2};
  EXPECT_EQ(backup::restore(files({"full", "2", "3", "4"}), folder_ / "copy", options)
                .sequence_number.value,
            2u);
  options.to = SequenceNumber{9};
  const Error error = error_of([&] {
    backup::restore(files({"full", "2"}), folder_ / "other", options);
  });
  EXPECT_EQ(error.code(), ErrorCode::not_restorable);
  EXPECT_NE(std::string(error.what()).find("they end at 1, 2"), std::string::npos) << error.what();
}
// Other programs may write links, and each is compared with its own records only.
TEST_F(ChainFiles, HaveTheHighestNextIdsOfAll) {
  backup::Header base = header_for({entity_with_id(100)});
  backup::Header link = header_for({entity_with_id(5)});
  link.kind = "incremental";
  link.is_incremental = true;
  link.database_id = base.database_id;
  link.history_id = base.history_id;
  link.parent_backup_id = base.backup_id;
  link.sequence_number = 2;
  link.previous_sequence = 1;
  link.previous_content_digest = base.content_digest;
  link.content_digest += base.content_digest;
  std::ofstream(folder_ / "base") << craft_backup(base, {entity_with_id(100)});
  std::ofstream(folder_ / "link") << craft_backup(link, {entity_with_id(5)});
  backup::restore(files({"base", "link"}), folder_ / "copy", backup::ChainOptions());
  EXPECT_EQ(Database::open(folder_ / "copy").statistics().next_entity_id, 101u);
  backup::merge(files({"base", "link"}), folder_ / "merged", {});
  EXPECT_TRUE(backup::verify(folder_ / "merged").ok());
}
TEST_F(ChainFiles, WithoutABaseAreRefused) {
  EXPECT_EQ(code_of({"2", "3"}), ErrorCode::not_restorable);
}
TEST_F(ChainFiles, WithAMissingLinkAreRefused) {
  EXPECT_EQ(code_of({"full", "2", "4"}), ErrorCode::not_restorable);
}
TEST_F(ChainFiles, OfAnotherDatabaseAreRefused) {
  Database other = Database::in_memory();
  put(other, 1);
  backup::export_full(other, folder_ / "other");
  EXPECT_EQ(code_of({"other", "2"}), ErrorCode::wrong_history);
}
TEST_F(ChainFiles, OfAnotherHistoryAreRefused) {
  backup::restore(files({"full", "2"}), folder_ / "fork", backup::ChainOptions());
  Database fork = Database::open(folder_ / "fork");
  put(fork, 3);
  backup::ParentBackup parent;
  parent.sequence_number = {2};
  backup::export_incremental(fork, parent, folder_ / "forked");
  EXPECT_EQ(code_of({"full", "2", "forked"}), ErrorCode::wrong_history);
}
TEST_F(ChainFiles, OfTodayAndYesterdayAreRefused) {
  backup::export_full(database_, folder_ / "today");
  EXPECT_EQ(code_of({"today", "3"}), ErrorCode::not_restorable);
}
TEST_F(ChainFiles, MayBeginTwoWays) {
  backup::ParentBackup parent;
  parent.sequence_number = {1};
  backup::export_incremental(database_, parent, folder_ / "all");
  expect_restored({"full", "2", "3", "4", "all"}, 4);
}
TEST_F(ChainFiles, ThatOverlapAreRefused) {
  backup::ParentBackup parent;
  parent.sequence_number = {1};
  backup::export_incremental(database_, parent, folder_ / "all");
  const Error error = refusal_of({"full", "all", "3"});
  EXPECT_EQ(error.code(), ErrorCode::not_restorable);
  EXPECT_NE(std::string(error.what()).find("overlap"), std::string::npos) << error.what();
}
TEST_F(ChainFiles, WithAnotherParentOfTheSameNumberAreRefused) {
  backup::export_full(database_, folder_ / "again");
  put(database_, 5);
  backup::export_incremental(database_, backup::read_parent(folder_ / "again"), folder_ / "5");
  EXPECT_EQ(code_of({"full", "2", "3", "4", "5"}), ErrorCode::not_restorable);
}

TEST(Incremental, HoldsWhatChangedAndNothingElse) {
  Database database = Database::in_memory();
  store_graph(database, make_random_graph(3, {.entities = 500, .edges = 500}));
  const SequenceNumber since = database.sequence_number();
  put(database, 1'000'000);
  WriteTransaction first = database.begin();
  first.delete_metadata("not there");
  first.put_metadata("key", "value");
  first.commit();
  WriteTransaction second = database.begin();
  second.delete_metadata("key");
  second.commit();
  const TempDir folder;
  backup::ParentBackup parent;
  parent.sequence_number = since;
  const auto summary = backup::export_incremental(database, parent, folder / "link");
  EXPECT_EQ(summary.statistics.entity_count, 1u);
  EXPECT_EQ(summary.statistics.deleted_count, 1u);
  EXPECT_EQ(summary.statistics.total_records, 2u);
  std::ifstream in(folder / "link");
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(data_lines(bytes).substr(0, 61),
            "{\"type\":\"key_value_deleted\",\"data\":{\"key\":\"a2V5\"}}\n{\"type\":\"e");
}

TEST(Incremental, IsRefusedSinceANumberThatIsNotInThisHistory) {
  Database database = Database::in_memory();
  put(database, 1);
  const TempDir folder;
  backup::export_full(database, folder / "full");
  Database copy = Database::in_memory();
  backup::import(copy, folder / "full");
  put(copy, 2);

  const auto code = [&](const Database& of, const backup::ParentBackup& parent) {
    const Error error = error_of([&] { backup::export_incremental(of, parent, folder / "link"); });
    EXPECT_FALSE(fs::exists(folder / "link"));
    return error.code();
  };
  backup::ParentBackup parent;
  parent.sequence_number = {7};
  EXPECT_EQ(code(database, parent), ErrorCode::not_restorable) << "beyond the present";
  parent.sequence_number = {0};
  EXPECT_EQ(code(copy, parent), ErrorCode::not_restorable) << "before the horizon";
  EXPECT_EQ(code(copy, backup::read_parent(folder / "full")), ErrorCode::wrong_history);
  parent.sequence_number = {1};
  EXPECT_EQ(backup::export_incremental(copy, parent, folder / "1").statistics.total_records, 1u);
}

TEST(Incremental, OfNoChangeIsEmptyAndContinuesTheChain) {
  Database database = Database::in_memory();
  put(database, 1);
  const TempDir folder;
  backup::export_full(database, folder / "a");
  backup::export_incremental(database, backup::read_parent(folder / "a"), folder / "b");
  backup::export_incremental(database, backup::read_parent(folder / "b"), folder / "c");
  put(database, 2);
  backup::export_incremental(database, backup::read_parent(folder / "c"), folder / "d");
  const auto restored = backup::restore({folder / "d", folder / "c", folder / "b", folder / "a"},
                                        folder / "copy", backup::ChainOptions());
  EXPECT_EQ(restored.sequence_number.value, 2u);
  EXPECT_EQ(restored.content_digest, database.digest());
}

TEST(Incremental, AfterANewHistoryBeginsAtItsFirstNumber) {
  Database database = Database::in_memory();
  put(database, 1);
  const TempDir folder;
  backup::export_full(database, folder / "old");
  database.start_new_history();
  EXPECT_EQ(database.statistics().parent_sequence_number.value, 1u);
  EXPECT_EQ(database.check().finding_count, 0u);
  put(database, 2);
  EXPECT_EQ(database.check().finding_count, 0u);
  const Error error = error_of([&] {
    backup::export_incremental(database, backup::read_parent(folder / "old"), folder / "link");
  });
  EXPECT_EQ(error.code(), ErrorCode::wrong_history);
  backup::ParentBackup parent;
  parent.sequence_number = {1};
  EXPECT_EQ(backup::export_incremental(database, parent, folder / "new").statistics.total_records,
            1u);
}

}  // namespace
}  // namespace manifolddb::test_support
