// Restoring to a point from the command line: which point is meant, what the plan says, and what is
// refused with the window in the answer. Law: a time needs an offset; the answer states the window.
#include "cli/command_line.h"
#include "common/text.h"
#include "support/log_recorder.h"
#include "support/repository_fixture.h"

namespace manifolddb::test {
namespace {

// A backup at 1, transactions 2 to 5 in the log of two segments, noted as complete.
class PointInTimeCommands : public ::testing::Test {
 protected:
  void SetUp() override {
    Database database = Database::open(path("db"));
    commit_entities(database, 1, 3);
    auto repository =
        backup::Repository::open_or_create(path("repo"), database.statistics().database_id);
    history_ = database.statistics().history_id.to_string();
    repository.back_up(database);
    test_support::LogRecorder recorder(database);
    for (std::uint64_t i = 2; i <= 5; ++i) {
      commit_entities(database, 10 * i, 10 * i);
      ASSERT_TRUE(recorder.record());
      digests_.push_back(recorder.commit(i).content_digest.to_hex());
      times_.push_back(recorder.commit(i).committed_at_us);
    }
    recorder.store(repository, 2, 3);
    recorder.store(repository, 4, 5);
    recorder.store_note(repository, recorder.note(5));
    repo_ = path("repo");
  }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  std::string digest_at(std::uint64_t sequence) const { return digests_[sequence - 2]; }
  std::int64_t time_at(std::uint64_t sequence) const { return times_[sequence - 2]; }

  CommandResult run(int code, const std::vector<std::string>& arguments) {
    const CommandResult result = manifold(arguments);
    EXPECT_EQ(result.exit_code, code) << result.out << result.err;
    if (code != 0) expect_three_lines(result);
    return result;
  }
  std::string digest(const std::string& database) {
    return python_json(run(0, {"digest", database, "--json"}).out, "lines[0]['content_digest']");
  }

  TempDir directory_;
  std::string repo_, history_;
  std::vector<std::string> digests_;
  std::vector<std::int64_t> times_;
};

TEST_F(PointInTimeCommands, RestoreGoesAroundADamagedFileAndSaysSo) {
  {
    Database database = Database::open(path("db"));
    backup::Repository::open(repo_).back_up(database);
  }
  const auto chain = backup::Repository::open(repo_).open_chain({});
  const std::string damaged = chain.segments.empty() ? chain.files.back() : chain.segments.front();
  damage_middle(damaged);
  const CommandResult result = run(0, {"restore", repo_, path("a")});
  EXPECT_EQ(digest(path("a")), digest_at(5));
  EXPECT_NE(result.err.find("is damaged"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find(std::filesystem::path(damaged).filename()), std::string::npos)
      << result.err;
}

TEST_F(PointInTimeCommands, RestoreToANumberATimeAndTheLatest) {
  run(0, {"restore", repo_, path("a"), "--to", "seq:3"});
  run(0, {"restore", repo_ + "@seq:4", path("b")});
  run(0, {"restore", repo_, path("c"), "--to", "time:" + format_time_us(time_at(4) - 1)});
  run(0, {"restore", repo_ + "@time:" + format_time_us(time_at(4)), path("d")});
  const CommandResult latest = run(0, {"restore", repo_, path("e")});
  EXPECT_EQ(digest(path("a")), digest_at(3));
  EXPECT_EQ(digest(path("b")), digest_at(4));
  EXPECT_EQ(digest(path("c")), digest_at(3));
  EXPECT_EQ(digest(path("d")), digest_at(4));
  EXPECT_EQ(digest(path("e")), digest_at(5));
  EXPECT_TRUE(contains(latest.out, "to seq 5 (")) << latest.out;
  EXPECT_TRUE(contains(latest.out, "content digest " + digest_at(5) + " equals the source"));
}

TEST_F(PointInTimeCommands, CatAndCompareAnyPoint) {
  const std::string ids = "[l['data']['id'] for l in lines]";
  EXPECT_EQ(python_json(run(0, {"cat", repo_ + "@seq:3"}).out, ids), "[1, 2, 3, 20, 30]");
  const CommandResult diff = run(0, {"diff", repo_ + "@seq:3", repo_ + "@seq:5"});
  EXPECT_TRUE(contains(diff.out, "+ entity 40") && contains(diff.out, "+ entity 50")) << diff.out;
  EXPECT_TRUE(contains(diff.out, "2 added, 0 changed, 0 removed")) << diff.out;
  run(0, {"diff", repo_ + "@time:" + format_time_us(time_at(5)), path("db"), "--stat"});
}

TEST_F(PointInTimeCommands, ShowThePlanAndWriteNothing) {
  const CommandResult plan = run(0, {"restore", repo_, path("x"), "--to", "seq:3", "--dry-run"});
  EXPECT_TRUE(contains(plan.out, "full ")) << plan.out;
  EXPECT_TRUE(contains(plan.out, "log ")) << plan.out;
  EXPECT_TRUE(contains(plan.out, "seq 2-3")) << plan.out;
  EXPECT_TRUE(contains(plan.out, "point: seq 3 (" + format_time_us(time_at(3)) + ") of history " +
                                     history_ + "; content digest " + digest_at(3)))
      << plan.out;
  EXPECT_FALSE(std::filesystem::exists(path("x")));
  const std::string json =
      run(0, {"restore", repo_, path("x"), "--to", "seq:4", "--dry-run", "--json"}).out;
  EXPECT_EQ(python_json(json,
                        "lines[0]['sequence_number'], lines[0]['content_digest'], "
                        "len(lines[0]['backups']), len(lines[0]['segments']), "
                        "lines[0]['estimated_seconds'] >= 0"),
            "4 " + digest_at(4) + " 1 2 True");
}

TEST_F(PointInTimeCommands, ShowWhatARestoreWouldChange) {
  const CommandResult shown =
      run(0, {"restore", repo_, path("x"), "--to", "seq:3", "--dry-run", "--diff", path("db")});
  EXPECT_TRUE(contains(shown.out, "- entity 40") && contains(shown.out, "- entity 50"))
      << shown.out;
  EXPECT_TRUE(contains(shown.out, "0 added, 0 changed, 2 removed")) << shown.out;
  EXPECT_FALSE(std::filesystem::exists(path("x")));
  run(2, {"restore", repo_, path("x"), "--diff", path("db")});
}

TEST_F(PointInTimeCommands, RefuseTargetsOutsideTheWindowStatingIt) {
  for (const std::string& target :
       {std::string("seq:9"), "time:" + format_time_us(time_at(5) + 1'000'000),
        std::string("time:2020-01-01T00:00:00Z")}) {
    const CommandResult refused = run(4, {"restore", repo_, path("x"), "--to", target});
    EXPECT_TRUE(contains(refused.err, "it can be restored to seq:1 to seq:5 (")) << refused.err;
    EXPECT_TRUE(contains(refused.err, format_time_us(time_at(5)))) << refused.err;
  }
  run(2, {"restore", repo_, path("x"), "--to", "time:2026-11-22T21:47:00"});
  run(2, {"restore", repo_ + "@seq:3", path("x"), "--to", "seq:4"});
  EXPECT_FALSE(std::filesystem::exists(path("x")));
}

TEST_F(PointInTimeCommands, TellHistoriesApart) {
  run(0, {"restore", repo_, path("copy"), "--to", "seq:3"});
  ASSERT_EQ(manifold({"apply", path("copy")},
                     R"({"type":"entity","data":{"id":99,"labels":[],"properties":{}}})"
                     "\n")
                .exit_code,
            0);
  run(0, {"backup", path("copy"), "-r", repo_});
  const std::string second =
      python_json(run(0, {"stats", path("copy"), "--json"}).out, "lines[0]['history_id']");
  const CommandResult refused = run(2, {"restore", repo_, path("x"), "--to", "seq:4"});
  EXPECT_TRUE(contains(refused.err, history_) && contains(refused.err, second)) << refused.err;
  run(0, {"restore", repo_, path("x"), "--to", "seq:4", "--history", history_.substr(0, 8)});
  EXPECT_EQ(digest(path("x")), digest_at(4));
  run(0, {"restore", repo_, path("y"), "--to", "seq:4", "--history", second.substr(0, 8)});
  EXPECT_EQ(digest(path("y")), digest(path("copy")));
  run(10, {"restore", repo_, path("z"), "--to", "seq:4", "--history", "ffffffffff"});
  const CommandResult list = run(0, {"list", repo_});
  EXPECT_TRUE(contains(list.out, "    " + second + "  from seq 3")) << list.out;
}

TEST_F(PointInTimeCommands, ListTheLogAndItsGaps) {
  const CommandResult list = run(0, {"list", repo_});
  EXPECT_TRUE(contains(list.out, "log: seq 2 to 5 in 2 segments")) << list.out;
  EXPECT_TRUE(contains(list.out, "archived up to seq 5")) << list.out;
  EXPECT_TRUE(contains(list.out, "restorable window: history " + history_ + ", seq 1 to 5 ("))
      << list.out;
  EXPECT_EQ(python_json(run(0, {"list", repo_, "--json"}).out,
                        "lines[-1]['logs'][0]['ranges'], lines[-1]['logs'][0]['gaps'], "
                        "[(r['first'], r['last']) for r in "
                        "lines[-1]['restorable_window'][0]['ranges']], "
                        "len(lines[-1]['histories'])"),
            "[{'first': 2, 'last': 5}] [] [(1, 5)] 1");
  const CommandResult verified = run(0, {"verify", repo_});
  EXPECT_TRUE(contains(verified.out, "1 backup and 2 log segments")) << verified.out;
}

TEST_F(PointInTimeCommands, NameALogThatIsMissingInTheMiddle) {
  const auto folder = directory_ / "repo" / "log" / history_;
  std::filesystem::remove(folder / "00000000000000000002-00000000000000000003.jsonl.zst");
  EXPECT_TRUE(contains(run(0, {"list", repo_}).out, "gap: the log lacks transactions 2 to 3"))
      << history_;
  const CommandResult refused = run(4, {"restore", repo_, path("x"), "--to", "seq:3"});
  EXPECT_TRUE(contains(refused.err, "lies in a gap")) << refused.err;
  // The restore of what is left says that there is more.
  const CommandResult latest = manifold({"restore", repo_, path("x")});
  EXPECT_EQ(latest.exit_code, 0);
  EXPECT_TRUE(contains(latest.err, "transactions up to seq 5")) << latest.err;
}

TEST_F(PointInTimeCommands, PruneAndCopyTheLog) {
  run(0, {"copy", repo_, path("second")});
  run(0, {"restore", path("second") + "@seq:4", path("from-second")});
  EXPECT_EQ(digest(path("from-second")), digest_at(4));
  run(0, {"backup", path("db"), "-r", repo_, "--full"});
  const CommandResult dry = run(0, {"prune", repo_, "--keep-last", "1"});
  EXPECT_TRUE(contains(dry.out, "goes   log of " + history_ + ", seq 2 to 5, 2 segments"))
      << dry.out;
  EXPECT_TRUE(contains(dry.out, "window before: history " + history_ + ", seq 1 to 5")) << dry.out;
  run(0, {"prune", repo_, "--keep-last", "1", "--confirm"});
  run(4, {"restore", repo_, path("x"), "--to", "seq:4"});
  run(0, {"verify", repo_});
}

}  // namespace
}  // namespace manifolddb::test
