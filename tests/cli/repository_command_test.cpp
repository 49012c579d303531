// The daily use of a repository from the command line, and the mistakes that people make with it.
#include <csignal>

#include "cli/command_line.h"
#include "cli/held_pipe.h"

namespace manifolddb::test {
namespace {

std::string entity_line(int id) {
  return R"({"type":"entity","data":{"id":)" + std::to_string(id) +
         R"(,"labels":["Day"],"properties":{}}})"
         "\n";
}

class RepositoryCommands : public ::testing::Test {
 protected:
  void SetUp() override {
    make_small_database(path("db"));
    repo_ = path("repo");
  }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }

  CommandResult run(int code, const std::vector<std::string>& arguments) {
    const CommandResult result = manifold(arguments);
    EXPECT_EQ(result.exit_code, code) << result.out << result.err;
    if (code != 0) expect_three_lines(result);
    return result;
  }
  // One transaction, one backup; its id.
  std::string day(int id) {
    EXPECT_EQ(manifold({"apply", path("db")}, entity_line(id)).exit_code, 0);
    return python_json(run(0, {"backup", path("db"), "-r", repo_, "--json"}).out,
                       "lines[-1]['backup_id']");
  }
  std::string digest(const std::string& database) {
    return python_json(run(0, {"digest", database, "--json"}).out, "lines[0]['content_digest']");
  }

  TempDir directory_;
  std::string repo_;
};

TEST_F(RepositoryCommands, ServeAPersonsWeek) {
  const CommandResult first = run(0, {"backup", path("db"), "-r", repo_});
  EXPECT_TRUE(contains(first.out, "as full backup")) << first.out;
  EXPECT_TRUE(contains(first.out, "the repository holds no backup yet")) << first.out;
  for (int i = 100; i < 103; ++i) day(i);
  const std::string at_three = digest(path("db"));
  EXPECT_TRUE(contains(run(0, {"backup", path("db"), "-r", repo_, "--full"}).out,
                       "a full backup was asked for"));
  EXPECT_TRUE(contains(run(0, {"backup", path("db"), "-r", repo_}).out, "it continues backup"));

  EXPECT_EQ(python_json(run(0, {"list", repo_, "--json"}).out,
                        "[l['kind'][0] for l in lines[:-1]],"
                        "lines[-1]['restorable_window'][0]['sequence_numbers']"),
            "['f', 'i', 'i', 'i', 'f', 'i'] [1, 2, 3, 4]");
  const CommandResult table = run(0, {"list", repo_});
  EXPECT_TRUE(contains(table.out, "exactly at seq 1, 2, 3, 4")) << table.out;
  run(0, {"verify", repo_});
  EXPECT_EQ(shell("cd '" + repo_ + "' && sha256sum --quiet -c backups/*/SHA256SUMS").exit_code, 0);
  run(0, {"restore", repo_, path("copy")});
  EXPECT_EQ(digest(path("copy")), at_three);

  const CommandResult dry = run(0, {"prune", repo_, "--keep-last", "1"});
  EXPECT_TRUE(contains(dry.out, "would remove 4 backups")) << dry.out;
  const CommandResult real = run(0, {"prune", repo_, "--keep-last", "1", "--confirm"});
  EXPECT_TRUE(contains(real.out, "removed 4 backups")) << real.out;
  EXPECT_TRUE(contains(real.out, "window before") && contains(real.out, "window after"));
  EXPECT_EQ(python_json(run(0, {"list", repo_, "--json"}).out, "len(lines)"), "3");
  run(0, {"verify", repo_, "--level", "restore"});
}

TEST_F(RepositoryCommands, RestoreEveryPointByNumberTimeAndId) {
  std::vector<std::string> ids, digests;
  for (int i = 100; i < 103; ++i) {
    ids.push_back(day(i));
    digests.push_back(digest(path("db")));
  }
  run(0, {"restore", repo_ + "@" + ids[0].substr(0, 8), path("a")});
  run(0, {"restore", repo_, path("b"), "--to", "seq:3"});
  run(0, {"restore", repo_ + "@seq:3", path("c")});
  run(0, {"restore", "file://" + repo_ + "@latest", path("d")});
  const std::string time =
      python_json(run(0, {"list", repo_, "--json"}).out, "lines[0]['committed_at']");
  run(0, {"restore", repo_, path("e"), "--to", "time:" + time});
  EXPECT_EQ(digest(path("a")), digests[0]);
  EXPECT_EQ(digest(path("b")), digests[1]);
  EXPECT_EQ(digest(path("c")), digests[1]);
  EXPECT_EQ(digest(path("d")), digests[2]);
  EXPECT_EQ(digest(path("e")), digests[0]);
  const CommandResult outside = run(4, {"restore", repo_, path("x"), "--to", "seq:9"});
  EXPECT_TRUE(contains(outside.err, "seq:2, seq:3, seq:4")) << outside.err;
  run(4, {"restore", repo_, path("x"), "--to", "time:2020-01-01T00:00:00Z"});
  run(2, {"restore", repo_ + "@latest", path("x"), "--to", "seq:3"});
  run(10, {"restore", repo_ + "@ffffffffff", path("x")});
  run(0, {"restore", repo_, path("x"), "--dry-run"});
  EXPECT_FALSE(std::filesystem::exists(path("x")));
  run(0, {"restore", repo_, path("a"), "--into-existing", "--on-conflict", "overwrite"});
  EXPECT_EQ(digest(path("a")), digests[2]);
}

TEST_F(RepositoryCommands, ShowAndCatAPoint) {
  const std::string first = day(100);
  day(101);
  EXPECT_EQ(
      python_json(run(0, {"show", repo_ + "@" + first, "--json"}).out, "lines[0]['backup_id']"),
      first);
  EXPECT_TRUE(contains(run(0, {"show", repo_}).out, "incremental"));
  const std::string expression = "[l['data']['id'] for l in lines]";
  EXPECT_EQ(python_json(run(0, {"cat", repo_, "--label", "Day"}).out, expression), "[100, 101]");
  EXPECT_EQ(python_json(run(0, {"cat", repo_ + "@" + first, "--label", "Day"}).out, expression),
            "[100]");
}

TEST_F(RepositoryCommands, BackUpToSeveralEachByItself) {
  write_file(directory_ / "file", "x");
  const CommandResult some =
      run(3, {"backup", path("db"), "-r", repo_, "-r", path("file"), "-r", path("second")});
  EXPECT_TRUE(contains(some.err, path("file"))) << some.err;
  EXPECT_TRUE(contains(some.out, repo_) && contains(some.out, path("second"))) << some.out;
  EXPECT_EQ(read_file(path("file")), "x");
  run(0, {"verify", repo_});
  run(0, {"verify", path("second")});
  day(100);
  // The second one has missed a day, and continues what it has.
  EXPECT_TRUE(
      contains(run(0, {"backup", path("db"), "-r", path("second")}).out, "as incremental backup"));
  run(7, {"backup", path("db"), "-r", directory_.path().string()});
}

TEST_F(RepositoryCommands, RefuseAnotherDatabase) {
  day(100);
  ASSERT_EQ(manifold({"apply", path("other")}, kSmallGraph).exit_code, 0);
  run(14, {"backup", path("other"), "-r", repo_});
  run(14, {"backup", path("other"), "-r", repo_, "--full"});
  day(101);
  run(0, {"verify", repo_});
}

TEST_F(RepositoryCommands, ContinueARestoredCopyAsAHistoryOfItsOwn) {
  day(100);
  day(101);
  run(0, {"restore", repo_ + "@seq:2", path("copy")});
  ASSERT_EQ(manifold({"apply", path("copy")}, entity_line(200)).exit_code, 0);
  const CommandResult result = run(0, {"backup", path("copy"), "-r", repo_});
  EXPECT_TRUE(contains(result.out, "as full backup")) << result.out;
  EXPECT_TRUE(contains(result.out, "no backup of this history yet")) << result.out;
  EXPECT_EQ(
      python_json(run(0, {"list", repo_, "--json"}).out, "len(lines[-1]['restorable_window'])"),
      "2");
  run(2, {"restore", repo_, path("x"), "--to", "seq:3"});  // two histories have a 3
  run(0, {"restore", repo_, path("x")});
  EXPECT_EQ(digest(path("x")), digest(path("copy")));
}

TEST_F(RepositoryCommands, StartANewHistoryForAnOldCopyThatWasPutBack) {
  day(100);
  ASSERT_EQ(shell("cp -r '" + path("db") + "' '" + path("old") + "'").exit_code, 0);
  day(101);
  std::filesystem::remove_all(path("db"));
  std::filesystem::rename(path("old"), path("db"));
  {
    const HeldPipe pipe(directory_ / "pipe");
    CommandOptions options;
    options.stdin_file = pipe.path();
    RunningCommand owner({MANIFOLD_COMMAND, "apply", path("db")}, options);
    pipe.write(entity_line(300));
    pipe.wait_until_read();
    const CommandResult locked = run(11, {"backup", path("db"), "-r", repo_});
    EXPECT_TRUE(contains(locked.err, "start_new_history")) << locked.err;
    owner.send_signal(SIGKILL);
    owner.wait();
  }
  const CommandResult result = run(0, {"backup", path("db"), "-r", repo_});
  EXPECT_TRUE(contains(result.out, "old copy of the database")) << result.out;
  EXPECT_TRUE(contains(result.out, "new history")) << result.out;
  EXPECT_TRUE(contains(result.out, "as full backup")) << result.out;
  run(0, {"verify", repo_});
  EXPECT_TRUE(contains(run(0, {"backup", path("db"), "-r", repo_}).out, "as incremental backup"));
}

TEST_F(RepositoryCommands, NameDamageAndTheNewestGoodBackup) {
  const std::string good = day(100);
  const std::string bad = day(101);
  const std::string file = repo_ + "/backups/" + bad + "/data.jsonl.zst";
  std::filesystem::resize_file(file, 100);
  const CommandResult list = run(3, {"list", repo_});
  EXPECT_TRUE(contains(list.out, "truncated: backups/" + bad)) << list.out;
  const CommandResult verify = run(5, {"verify", repo_});
  EXPECT_TRUE(contains(verify.out, "truncated: backups/" + bad)) << verify.out;
  EXPECT_TRUE(contains(verify.err, "1 backup can still be restored")) << verify.err;
  const CommandResult restore = run(5, {"restore", repo_, path("x")});
  EXPECT_TRUE(contains(restore.err, repo_ + "@seq:2")) << restore.err;
  EXPECT_FALSE(std::filesystem::exists(path("x")));
  run(0, {"restore", repo_ + "@" + good, path("x")});
  run(0, {"verify", repo_ + "@" + good});
  const std::string json = manifold({"verify", repo_, "--json"}).out;
  EXPECT_EQ(python_json(json, "lines[0]['fault']['kind'], lines[-1]['sound']"), "truncated False");
}

TEST_F(RepositoryCommands, CopyARepository) {
  day(100);
  day(101);
  const CommandResult first = run(0, {"copy", repo_, path("second")});
  EXPECT_TRUE(contains(first.out, "copied 2 backups")) << first.out;
  EXPECT_TRUE(contains(run(0, {"copy", repo_, path("second")}).out, "is up to date"));
  run(0, {"verify", path("second")});
  run(10, {"copy", path("missing"), path("third")});
  EXPECT_FALSE(std::filesystem::exists(path("third")));
}

TEST_F(RepositoryCommands, RefuseWhatMakesNoSense) {
  day(100);
  run(2, {"prune", repo_});
  run(2, {"prune", repo_, "--confirm"});
  run(2, {"prune", repo_, "--keep-within", "7"});
  run(2, {"prune", repo_, "--keep-last", "0"});
  run(2, {"backup", path("db"), "-r", repo_, "-o", path("x")});
  run(2, {"backup", path("db"), "-r", repo_, "--full", "--auto"});
  run(2, {"backup", path("db"), "-r", repo_, "--incremental", "--since", "1"});
  run(4, {"backup", path("db"), "-r", path("new"), "--incremental"});
  run(10, {"list", path("db")});
  run(10, {"list", path("missing")});
  run(10, {"verify", path("db") + "@latest"});
  run(10, {"backup", path("missing"), "-r", repo_});
  run(0, {"verify", repo_});
}

TEST_F(RepositoryCommands, TakeAFileForAFileWhenItsNameHoldsAnAt) {
  make_backup(path("db"), path("b@1"));
  run(0, {"verify", path("b@1")});
  run(0, {"restore", path("b@1"), path("copy")});
}

TEST_F(RepositoryCommands, WriteNothingToARepositoryThatIsOnlyRead) {
  day(100);
  const auto before = list_files(repo_);
  run(0, {"list", repo_});
  run(0, {"verify", repo_});
  run(0, {"show", repo_});
  run(0, {"cat", repo_});
  run(0, {"prune", repo_, "--keep-last", "1"});
  run(0, {"restore", repo_, path("copy")});
  run(0, {"copy", repo_, path("second")});
  EXPECT_EQ(list_files(repo_), before);
}

TEST_F(RepositoryCommands, SayTheSameInJson) {
  day(100);
  day(101);
  EXPECT_EQ(python_json(run(0, {"copy", repo_, path("second"), "--json"}).out,
                        "[l['kind'] for l in lines[:-1]], lines[-1]['copied_count'],"
                        "lines[-1]['target_created']"),
            "['full', 'incremental'] 2 True");
  EXPECT_EQ(python_json(run(0, {"prune", repo_, "--keep-last", "1", "--json"}).out,
                        "[(l['keep'], l['sequence_number']) for l in lines if 'keep' in l],"
                        "lines[-1]['done'], lines[-3]['window_before'][0]['sequence_numbers']"),
            "[(True, 2), (True, 3)] False [2, 3]");
  EXPECT_EQ(python_json(run(0, {"verify", repo_, "--json"}).out,
                        "lines[-1]['sound'], lines[-1]['backups_checked'],"
                        "all(l['schema'] == 'manifold.cli.v1' for l in lines)"),
            "True 2 True");
}

TEST_F(RepositoryCommands, BackUpToFilesOfAChain) {
  make_backup(path("db"), path("f.zst"));
  ASSERT_EQ(manifold({"apply", path("db")}, entity_line(100)).exit_code, 0);
  run(0, {"backup", path("db"), "--incremental", "--since", path("f.zst"), "-o", path("1.zst")});
  run(0, {"backup", path("db"), "--incremental", "--since", "1", "-o", path("2.zst")});
  run(2, {"backup", path("db"), "--incremental", "-o", path("x")});
  run(4, {"backup", path("db"), "--incremental", "--since", "99", "-o", path("x")});
  EXPECT_FALSE(std::filesystem::exists(path("x")));
}

TEST_F(RepositoryCommands, PassOverTheBackupOfAnotherDatabase) {
  day(100);
  make_small_database(path("other"));
  run(0, {"backup", path("other"), "-r", path("other_repo")});
  std::filesystem::copy(path("other_repo") + "/backups", repo_ + "/backups",
                        std::filesystem::copy_options::recursive);
  run(0, {"restore", repo_, path("copy")});
  EXPECT_EQ(digest(path("copy")), digest(path("db")));
  const CommandResult verify = run(5, {"verify", repo_});
  EXPECT_TRUE(contains(verify.err, "next:  move what is named out of the repository"))
      << verify.err;
}

TEST_F(RepositoryCommands, NameTheNewestSurePointWhereAManifestIsGone) {
  const std::string first = day(100);
  run(0, {"backup", path("db"), "-r", repo_, "--full"});
  EXPECT_EQ(manifold({"apply", path("db")}, entity_line(101)).exit_code, 0);
  run(0, {"archive", path("db"), "-r", repo_, "--once"});
  std::filesystem::remove(repo_ + "/backups/" + first + "/manifest.json");
  const CommandResult restore = run(5, {"restore", repo_, path("copy")});
  EXPECT_TRUE(contains(restore.err, repo_ + "@seq:3, or move backups/" + first)) << restore.err;
  run(0, {"restore", repo_, path("copy"), "--to", "seq:3"});
}

TEST_F(RepositoryCommands, TakeANumberOfTheHistoryThatIsNamed) {
  day(100);
  const std::string first =
      python_json(run(0, {"stats", path("db"), "--json"}).out, "lines[0]['history_id']");
  run(0, {"restore", repo_, path("next")});
  for (const char* name : {"db", "next"}) {
    EXPECT_EQ(manifold({"apply", path(name)}, entity_line(200 + name[0])).exit_code, 0);
    run(0, {"backup", path(name), "-r", repo_});
  }
  const CommandResult both = run(2, {"cat", repo_ + "@seq:3"});
  EXPECT_TRUE(contains(both.err, ":seq:3")) << both.err;
  EXPECT_EQ(run(0, {"diff", repo_ + "@" + first.substr(0, 8) + ":seq:3", path("db"), "--json"}).out,
            run(0, {"diff", path("db"), path("db"), "--json"}).out);
}

}  // namespace
}  // namespace manifolddb::test
