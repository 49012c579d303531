// `manifold cat` prints records of databases and of backups in the same bytes; its filters mean the
// same for both.
#include <sstream>

#include "cli/command_line.h"

namespace manifolddb::test {
namespace {

class CatCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    db_ = (directory_ / "db").string();
    make_small_database(db_);
    make_backup(db_, directory_ / "b.jsonl");
    make_backup(db_, directory_ / "b.jsonl.zst");
  }
  // From the database and from both backups: the same.
  std::string cat(const std::vector<std::string>& filters) {
    std::vector<std::string> outputs;
    for (const std::string& source :
         {db_, (directory_ / "b.jsonl").string(), (directory_ / "b.jsonl.zst").string()}) {
      std::vector<std::string> arguments{"cat", source};
      arguments.insert(arguments.end(), filters.begin(), filters.end());
      const CommandResult result = manifold(arguments);
      EXPECT_EQ(result.exit_code, 0) << result.err;
      outputs.push_back(result.out);
    }
    EXPECT_EQ(outputs[0], outputs[1]);
    EXPECT_EQ(outputs[0], outputs[2]);
    return outputs[0];
  }
  std::string lines(std::initializer_list<int> numbers) {
    std::vector<std::string> all;
    std::istringstream in(kSmallGraph);
    for (std::string line; std::getline(in, line);) all.push_back(line + "\n");
    std::string text;
    for (const int number : numbers) text += all.at(static_cast<std::size_t>(number));
    return text;
  }
  TempDir directory_;
  std::string db_;
};

TEST_F(CatCommand, PrintsAllRecordsInOrder) {
  EXPECT_EQ(cat({}), kSmallGraph);
}

TEST_F(CatCommand, SelectsEntitiesByLabelAndEdgesByType) {
  EXPECT_EQ(cat({"--label", "Person"}), lines({2, 3}));
  EXPECT_EQ(cat({"--type", "KNOWS"}), lines({5}));
  EXPECT_EQ(cat({"--label", "Admin", "--type", "OWNS"}), lines({3, 6}));
  EXPECT_EQ(cat({"--label", "person"}), "");
}

TEST_F(CatCommand, SelectsByIdAndStopsAtTheLimit) {
  EXPECT_EQ(cat({"--id", "2"}), lines({3}));
  EXPECT_EQ(cat({"--id", "8"}), lines({6}));
  EXPECT_EQ(cat({"--id", "5"}), "");
  EXPECT_EQ(cat({"--limit", "3"}), lines({0, 1, 2}));
  EXPECT_EQ(cat({"--limit", "0"}), "");
}

TEST_F(CatCommand, CombinesAnIdWithALabel) {
  EXPECT_EQ(cat({"--id", "2", "--label", "Admin"}), lines({3}));
  EXPECT_EQ(cat({"--id", "1", "--label", "Admin"}), "");
}

TEST_F(CatCommand, ReadsABackupFromStandardInput) {
  const CommandResult result = shell("$M cat - < " + (directory_ / "b.jsonl.zst").string());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, kSmallGraph);
}

TEST_F(CatCommand, EndsQuietlyWhenItsReaderHasEnough) {
  const CommandResult result = shell("$M cat " + db_ + " | head -n 1");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, lines({0}));
  EXPECT_EQ(result.err, "");
}

TEST_F(CatCommand, PrintsTheUndamagedBlocksOfADamagedBackupAndExitsWith5) {
  // The first record fills the first block.
  const std::string large = R"({"type":"entity","data":{"id":1,"labels":[],"properties":{"t":")" +
                            std::string(1u << 20, 'x') + "\"}}}\n";
  const std::string db = (directory_ / "large").string();
  ASSERT_EQ(
      manifold({"apply", db},
               large + R"({"type":"entity","data":{"id":2,"labels":["A"],"properties":{}}})" + "\n")
          .exit_code,
      0);
  make_backup(db, directory_ / "bad.jsonl");
  std::string backup = read_file(directory_ / "bad.jsonl");
  const std::size_t label = backup.find("[\"A\"]");
  backup[label + 2] = 'B';
  write_file(directory_ / "bad.jsonl", backup);
  const CommandResult result = manifold({"cat", (directory_ / "bad.jsonl").string()});
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_TRUE(result.out == large) << result.out.size();
  EXPECT_TRUE(contains(result.err, "bad.jsonl: lines 4 to 5 (bytes ")) << result.err;
}

}  // namespace
}  // namespace manifolddb::test
