// `manifold restore`: the proof, the points that one backup can reach, rehearsals, and databases
// that have records already.
#include "cli/command_line.h"

namespace manifolddb::test {
namespace {

constexpr const char* kOtherAda =
    R"({"type":"entity","data":{"id":1,"labels":["Person"],"properties":{"name":"Other"}}})"
    "\n";

class RestoreCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    make_small_database(directory_ / "db");
    make_backup(directory_ / "db", directory_ / "b.jsonl");
  }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  CommandResult restore(const std::string& target, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"restore", path("b.jsonl"), path(target)});
    return manifold(more);
  }
  std::string cat(const std::string& database) const {
    return manifold({"cat", path(database)}).out;
  }
  TempDir directory_;
};

TEST_F(RestoreCommand, EndsInOneSentenceWithTheProof) {
  const CommandResult result = restore("copy");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out.find("restored 7 records to seq 1 ("), 0u) << result.out;
  const std::string digest = manifold({"digest", path("db")}).out.substr(0, 32);
  EXPECT_TRUE(contains(result.out, "; content digest " + digest + " equals the source\n"));
  EXPECT_EQ(cat("copy"), kSmallGraph);
  EXPECT_EQ(manifold({"check", path("copy")}).exit_code, 0);
}

TEST_F(RestoreCommand, StartsAHistoryWhoseLogBeginsWithItsParent) {
  restore("copy");
  const CommandResult log = manifold({"log", path("copy")});
  EXPECT_EQ(log.out.find("history "), 0u) << log.out;
  EXPECT_TRUE(contains(log.out, " at seq 1\n")) << log.out;
  const std::string copy = manifold({"stats", path("copy"), "--json"}).out;
  const std::string source = manifold({"stats", path("db"), "--json"}).out;
  EXPECT_EQ(python_json(copy + source,
                        "lines[0]['database_id'] == lines[1]['database_id'],"
                        "lines[0]['history_id'] == lines[1]['history_id'],"
                        "lines[0]['parent'] == dict(history_id="
                        "lines[1]['history_id'], sequence_number=1)"),
            "True False True");
}

// What lies behind the point is neither read nor told of.
TEST_F(RestoreCommand, RehearsesThePointThatWasAskedFor) {
  ASSERT_EQ(manifold({"apply", path("db")}, kMoreOfIt).exit_code, 0);
  ASSERT_EQ(manifold({"backup", path("db"), "--incremental", "--since", path("b.jsonl"), "-o",
                      path("i.jsonl")})
                .exit_code,
            0);
  const auto rehearse = [this](std::vector<std::string> more) {
    more.insert(more.begin(),
                {"restore", path("b.jsonl"), path("i.jsonl"), path("x"), "--dry-run"});
    return manifold(more);
  };
  EXPECT_TRUE(contains(rehearse({}).out, " to seq 2 ("));
  EXPECT_TRUE(contains(rehearse({"--to", "seq:2"}).out, " to seq 2 ("));
  // As many records as there will be, not those of the last file.
  const CommandResult real = manifold({"restore", path("b.jsonl"), path("i.jsonl"), path("z")});
  const std::string count = real.out.substr(0, real.out.find(" to seq 2 ("));
  EXPECT_EQ(rehearse({}).out.find("would restore " + count.substr(9) + " to seq 2 ("), 0u)
      << rehearse({}).out << real.out;
  EXPECT_EQ(
      python_json(
          rehearse({"--to", "seq:2", "--json"}).out +
              manifold({"restore", path("b.jsonl"), path("i.jsonl"), path("z2"), "--json"}).out,
          "all(lines[0][m] == lines[1][m] for m in ('statistics', "
          "'uncompressed_size'))"),
      "True");
  const CommandResult first = rehearse({"--to", "seq:1"});
  EXPECT_EQ(first.out.find("would restore 7 records to seq 1 ("), 0u) << first.out;
  std::string bytes = read_file(directory_ / "i.jsonl");
  bytes.replace(bytes.find("1815", bytes.find('\n')), 4, "1816");  // not in an id of the header
  write_file(directory_ / "i.jsonl", bytes);
  EXPECT_EQ(rehearse({"--to", "seq:1"}).exit_code, 0);
  EXPECT_EQ(
      manifold({"restore", path("b.jsonl"), path("i.jsonl"), path("y"), "--to", "seq:1"}).exit_code,
      0);
  EXPECT_EQ(rehearse({}).exit_code, 5);
}

TEST_F(RestoreCommand, ReachesTheBackupsOwnPointAndNoOther) {
  const std::string time =
      python_json(manifold({"log", path("db"), "--json"}).out, "lines[0]['committed_at']");
  EXPECT_EQ(restore("a", {"--to", "latest"}).exit_code, 0);
  EXPECT_EQ(restore("b", {"--to", "seq:1"}).exit_code, 0);
  EXPECT_EQ(restore("c", {"--to", "time:" + time}).exit_code, 0);
  for (const char* point : {"seq:0", "seq:2", "time:1999-12-31T23:59:59Z"}) {
    const CommandResult result = restore("d", {"--to", point});
    EXPECT_EQ(result.exit_code, 4) << result.err;
    expect_three_lines(result);
    EXPECT_TRUE(contains(result.err, "it holds one point, seq 1 (" + time + ")")) << result.err;
    EXPECT_FALSE(std::filesystem::exists(path("d")));
  }
}

TEST_F(RestoreCommand, RefusesPointsThatMakeNoSense) {
  for (const char* point : {"seq:", "seq:x", "seq:-1", "time:2026-11-22T21:47:00", "tomorrow"}) {
    EXPECT_EQ(restore("d", {"--to", point}).exit_code, 2) << point;
  }
}

TEST_F(RestoreCommand, RehearsesWithoutWriting) {
  const Listing before = list_files(directory_.path());
  const CommandResult result = restore("copy", {"--dry-run"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(contains(result.out, "would restore 7 records to seq 1")) << result.out;
  EXPECT_EQ(restore("db", {"--dry-run", "--into-existing"}).exit_code, 0);
  EXPECT_EQ(list_files(directory_.path()), before);
}

TEST_F(RestoreCommand, RehearsesTheSameErrors) {
  manifold({"apply", path("db")}, kOtherAda);
  std::string backup = read_file(directory_ / "b.jsonl");
  write_file(directory_ / "cut.jsonl", backup.substr(0, backup.size() / 2));
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"restore", path("b.jsonl"), path("db"), "--into-existing"},
        std::vector<std::string>{"restore", path("cut.jsonl"), path("new")},
        std::vector<std::string>{"restore", path("cut.jsonl"), path("db"), "--into-existing"}}) {
    const CommandResult real = manifold(arguments);
    std::vector<std::string> rehearsal = arguments;
    rehearsal.push_back("--dry-run");
    const CommandResult rehearsed = manifold(rehearsal);
    EXPECT_NE(real.exit_code, 0);
    EXPECT_EQ(rehearsed.exit_code, real.exit_code) << rehearsed.err;
    EXPECT_EQ(rehearsed.err.substr(0, rehearsed.err.find("\nnext")),
              real.err.substr(0, real.err.find("\nnext")));
  }
}

TEST_F(RestoreCommand, RefusesADamagedBackupAndLeavesNothing) {
  std::string backup = read_file(directory_ / "b.jsonl");
  backup.replace(backup.find("Ada"), 3, "Eda");
  write_file(directory_ / "b.jsonl", backup);
  const CommandResult result = restore("copy");
  EXPECT_EQ(result.exit_code, 5);
  expect_three_lines(result);
  EXPECT_FALSE(std::filesystem::exists(path("copy")));
}

TEST_F(RestoreCommand, IntoAnExistingDatabaseFailsOnConflictsByDefault) {
  manifold({"apply", path("db")}, kOtherAda);
  const std::string before = cat("db");
  const CommandResult result = restore("db", {"--into-existing"});
  EXPECT_EQ(result.exit_code, 6);
  expect_three_lines(result);
  EXPECT_TRUE(contains(result.err, "entity 1")) << result.err;
  EXPECT_EQ(cat("db"), before);
}

TEST_F(RestoreCommand, IntoAnExistingDatabaseSkipsOrOverwritesWhenTold) {
  manifold({"apply", path("db")}, kOtherAda);
  const CommandResult skipped = restore("db", {"--into-existing", "--on-conflict", "skip"});
  EXPECT_EQ(skipped.exit_code, 0) << skipped.err;
  EXPECT_TRUE(contains(skipped.out, "1 skipped, 0 overwritten")) << skipped.out;
  EXPECT_TRUE(contains(cat("db"), "Other"));
  const CommandResult over = restore("db", {"--into-existing", "--on-conflict", "overwrite"});
  EXPECT_EQ(over.exit_code, 0) << over.err;
  EXPECT_TRUE(contains(over.out, "now at seq 3 (")) << over.out;
  EXPECT_TRUE(contains(over.out, "0 skipped, 1 overwritten")) << over.out;
  EXPECT_EQ(cat("db"), kSmallGraph);
}

TEST_F(RestoreCommand, RefusesAPolicyWithoutAnExistingDatabase) {
  EXPECT_EQ(restore("copy", {"--on-conflict", "skip"}).exit_code, 2);
}

TEST_F(RestoreCommand, WorksThroughPipes) {
  const CommandResult result =
      shell("$M backup " + path("db") + " --full -o - | zstd -q | zstd -d -q | $M restore - " +
            path("copy"));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(cat("copy"), kSmallGraph);
  EXPECT_TRUE(contains(result.out, "equals the source")) << result.out;
}

TEST_F(RestoreCommand, TakesAPipeOfCompressedBytes) {
  const CommandResult result =
      shell("$M backup " + path("db") + " --full -o - --compress zstd:5 | $M restore - " +
            path("copy") + " && $M cat " + path("copy"));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(contains(result.out, kSmallGraph)) << result.out;
}

}  // namespace
}  // namespace manifolddb::test
