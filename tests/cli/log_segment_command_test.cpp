// A log segment is a file that people find in a repository: what the commands say of it.
#include <fstream>

#include "cli/command_line.h"
#include "support/log_segments.h"

namespace manifolddb::test {
namespace {

class LogSegmentCommands : public ::testing::Test {
 protected:
  void SetUp() override {
    test_support::TransactionScript script(41);
    script.put_entity(7, test_support::entity_body({"Person"}, {{"name", "Ada"}}));
    script.put_entity(8, test_support::entity_body({}));
    script.commit();
    script.remove_entity(8);
    script.commit();
    file_ = (directory_ / "42-43.jsonl.zst").string();
    std::ofstream(file_) << script.segment();
  }
  TempDir directory_;
  std::string file_;
};

TEST_F(LogSegmentCommands, ShowTellsKindRangeAndCounts) {
  CommandResult result = manifold({"show", file_});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(contains(result.out, "manifolddb-backup version 2, log")) << result.out;
  EXPECT_TRUE(contains(result.out, "transactions      seq 42 to 43\n")) << result.out;
  EXPECT_TRUE(contains(result.out, "entities          2\n")) << result.out;
  EXPECT_TRUE(contains(result.out, "deletions         1\n")) << result.out;
  result = manifold({"show", file_, "--json"});
  EXPECT_EQ(python_json(result.out,
                        "lines[0]['kind'], lines[0]['previous_sequence'], "
                        "lines[0]['sequence_number'], lines[0]['statistics']['total_records']"),
            "log 41 43 3");
}

TEST_F(LogSegmentCommands, VerifyReachesChainAndSaysWhatItLeavesOut) {
  CommandResult result = manifold({"verify", file_});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(contains(result.out, "at level chain: 3 records at seq 43")) << result.out;
  EXPECT_TRUE(contains(result.out, "not checked: references")) << result.out;
  result = manifold({"verify", file_, "--level", "restore"});
  EXPECT_EQ(result.exit_code, 4) << result.out;
  expect_three_lines(result);
  result = manifold({"verify", file_, file_});
  EXPECT_EQ(result.exit_code, 4) << result.out;
}

TEST_F(LogSegmentCommands, VerifyNamesTheTransactionThatIsDamaged) {
  const CommandResult result =
      shell("zstdcat " + file_ + " | sed 's/\"name\":\"Ada\"/\"name\":\"Bob\"/' | $M verify -");
  EXPECT_EQ(result.exit_code, 5) << result.out;
  EXPECT_TRUE(contains(result.out, "transaction 42: content_digest")) << result.out;
}

TEST_F(LogSegmentCommands, OthersRefuseIt) {
  CommandResult result = manifold({"cat", file_});
  EXPECT_EQ(result.exit_code, 2);
  expect_three_lines(result);
  EXPECT_TRUE(contains(result.err, "zstdcat")) << result.err;
  result = manifold({"restore", file_, directory_ / "copy"});
  EXPECT_EQ(result.exit_code, 4);
  expect_three_lines(result);
  make_small_database(directory_ / "db");
  result = shell("zstdcat " + file_ + " | $M apply " + (directory_ / "db").string());
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_TRUE(contains(result.err, "unknown member \"before\"")) << result.err;
}

}  // namespace
}  // namespace manifolddb::test
