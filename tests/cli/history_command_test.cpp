// `log` and `undo` as a person uses them after a mistake: find it, see what it did, take it back.
#include <sstream>

#include "backup/apply.h"
#include "cli/command_line.h"
#include "manifolddb/repository.h"
#include "support/archived_log.h"

namespace manifolddb::test {
namespace {

class HistoryCommands : public ::testing::Test {
 protected:
  // seq 1: the small graph. seq 2: a mistake, of each kind of change. seq 3: something else.
  void SetUp() override {
    apply(kSmallGraph);
    apply(kMoreOfIt);
    apply(R"({"type":"entity","data":{"id":50,"labels":["Later"],"properties":{}}})");
  }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }

  // The database stays open here: nobody archives it, so its next opening would drop the log.
  void apply(const std::string& lines) {
    std::istringstream in(lines);
    backup::apply(database_, in, "lines");
  }
  // Transactions from `first` on, in segments of two.
  std::string archived(std::uint64_t first = 1) {
    const auto repository =
        backup::Repository::open_or_create(path("repo"), database_.statistics().database_id);
    test_support::archive_log(database_, repository, first, UINT64_MAX, 2);
    return path("repo");
  }

  CommandResult run(int code, const std::vector<std::string>& arguments) {
    const CommandResult result = manifold(arguments);
    EXPECT_EQ(result.exit_code, code) << result.out << result.err;
    if (code != 0) expect_three_lines(result);
    return result;
  }
  std::string value(const std::vector<std::string>& arguments, const std::string& expression,
                    int code = 0) {
    return python_json(run(code, arguments).out, expression);
  }
  std::string digest(const std::string& database) {
    return value({"digest", database, "--json"}, "lines[0]['content_digest']");
  }

  TempDir directory_;
  Database database_ = Database::open(directory_ / "db");
};

TEST_F(HistoryCommands, LogCountsWhatEachTransactionDid) {
  const std::string expected = "  entities +1 ~1  edges -1  metadata -1\n";
  const CommandResult of_database = run(0, {"log", path("db")});
  EXPECT_TRUE(contains(of_database.out, expected)) << of_database.out;
  EXPECT_EQ(of_database.err, "");
  EXPECT_EQ(run(0, {"log", archived()}).out, of_database.out);
  const std::string expression =
      "[l['sequence_number'] for l in lines], lines[1]['entities'], lines[1]['edges'],"
      "lines[1]['records'], lines[1]['bulk']";
  const std::string json =
      "[1, 2, 3] {'added': 1, 'changed': 1, 'removed': 0} "
      "{'added': 0, 'changed': 0, 'removed': 1} 4 False";
  EXPECT_EQ(value({"log", path("db"), "--json"}, expression), json);
  EXPECT_EQ(value({"log", path("repo"), "--json"}, expression), json);
}

TEST_F(HistoryCommands, LogTakesNumbersAndTimes) {
  archived();
  const std::string numbers = "[l['sequence_number'] for l in lines]";
  const std::string time = value({"log", path("db"), "--json"}, "lines[1]['committed_at']");
  for (const std::string& source : {path("db"), path("repo")}) {
    EXPECT_EQ(value({"log", source, "--json", "--from", "2"}, numbers), "[2, 3]");
    EXPECT_EQ(value({"log", source, "--json", "--to", "seq:2"}, numbers), "[1, 2]");
    EXPECT_EQ(value({"log", source, "--json", "--from", "time:" + time}, numbers), "[2, 3]");
    EXPECT_EQ(value({"log", source, "--json", "--to", "time:" + time}, numbers), "[1, 2]");
    EXPECT_EQ(value({"log", source, "--json", "--from", "time:2100-01-01T00:00:00+01:00"}, numbers),
              "[]");
    run(2, {"log", source, "--from", "3", "--to", "2"});
    run(2, {"log", source, "--from", "time:2026-11-22T21:47:00"});  // no offset
    run(2, {"log", source, "--from", "yesterday"});
  }
}

TEST_F(HistoryCommands, LogShowsWhatWasDoneToARecord) {
  archived();
  for (const std::string& source : {path("db"), path("repo")}) {
    const CommandResult entity = run(0, {"log", source, "--entity", "1"});
    EXPECT_TRUE(contains(entity.out, "  + entity 1 {\"id\":1,")) << entity.out;
    EXPECT_TRUE(contains(entity.out,
                         "  ~ entity 1\n"
                         "      + \"born\": 1815\n"
                         "      - \"since\": 1815\n"))
        << entity.out;
    EXPECT_EQ(value({"log", source, "--entity", "1", "--json"},
                    "[(l['sequence_number'], l['change']) for l in lines],"
                    "lines[0]['before'], lines[1]['before']['properties']['since'],"
                    "lines[1]['after']['properties']['born'], 'committed_at' in lines[0]"),
              "[(1, 'added'), (2, 'changed')] None 1815 1815 True");
    EXPECT_EQ(value({"log", source, "--edge", "8", "--json"},
                    "[(l['type'], l['change']) for l in lines], lines[1]['after']"),
              "[('edge', 'added'), ('edge', 'removed')] None");
    EXPECT_EQ(value({"log", source, "--label", "Later", "--json"},
                    "[(l['sequence_number'], l['after']['id']) for l in lines]"),
              "[(3, 50)]");
    EXPECT_EQ(value({"log", source, "--label", "Person", "--from", "2", "--json"},
                    "[l['after']['id'] for l in lines]"),
              "[1, 3]");
    run(2, {"log", source, "--label", "Person", "--entity", "1"});
    EXPECT_EQ(run(0, {"log", source, "--entity", "77"}).out, "");
  }
}

TEST_F(HistoryCommands, LogSaysWhatIsMissing) {
  const std::string repository = archived(2);
  const CommandResult all = run(0, {"log", repository});
  EXPECT_TRUE(contains(all.out, "seq 1  not in the log\nseq 2  ")) << all.out;
  EXPECT_TRUE(contains(all.err, "what transaction 1 did")) << all.err;
  EXPECT_EQ(value({"log", repository, "--json"}, "lines[0]['missing']"),
            "{'first_sequence_number': 1, 'last_sequence_number': 1}");
  const CommandResult one = run(3, {"log", repository, "--entity", "1"});
  EXPECT_TRUE(contains(one.out, "~ entity 1")) << one.out;
  EXPECT_TRUE(contains(one.err, "entity 1 is incomplete: what transaction 1 did")) << one.err;
  run(0, {"log", repository, "--entity", "1", "--from", "2"});
}

TEST_F(HistoryCommands, LogKnowsTheImportThatADatabaseBeganWith) {
  test::write_file(directory_ / "n.csv", "id:ID,:LABEL\n1,Person\n");
  run(0, {"import", path("imported"), path("n.csv")});
  EXPECT_TRUE(contains(run(0, {"log", path("imported")}).out, "seq 1  not in the log\n"));
  const CommandResult one = run(3, {"log", path("imported"), "--label", "Person"});
  EXPECT_TRUE(contains(one.err, "what transaction 1 did")) << one.err;
  const CommandResult undo = run(4, {"undo", path("imported"), "--seq", "1"});
  EXPECT_FALSE(contains(undo.err, "seq:0")) << undo.err;
}

TEST_F(HistoryCommands, LogNamesTheHistoryThatACopyContinues) {
  run(0, {"backup", path("db"), "--full", "-o", path("b.jsonl")});
  run(0, {"restore", path("b.jsonl"), path("copy")});
  const CommandResult log = run(0, {"log", path("copy"), "--entity", "1"});
  EXPECT_TRUE(log.out.starts_with("history ")) << log.out;
  EXPECT_TRUE(contains(log.out, "at seq 3")) << log.out;
}

TEST_F(HistoryCommands, UndoTakesAMistakeBack) {
  run(0, {"undo", path("db"), "--seq", "2", "-o", path("undo.jsonl")});
  EXPECT_EQ(read_file(directory_ / "undo.jsonl"),
            R"({"type":"key_value","data":{"key":"b3duZXI=","value":"AAH/"}}
{"type":"entity","data":{"id":1,"labels":["Person"],"properties":{"name":"Ada","since":1815}}}
{"type":"entity_deleted","data":{"id":3}}
{"type":"edge","data":{"id":8,"source":2,"target":9223372036854775807,"edge_type":"OWNS","properties":{}}}
)");
  EXPECT_EQ(run(0, {"undo", archived(), "--seq", "2"}).out, read_file(directory_ / "undo.jsonl"));
  run(0, {"undo", path("repo"), "--seq", "2..2", "-o", path("undo.jsonl.zst")});
  EXPECT_EQ(shell("zstdcat '" + path("undo.jsonl.zst") + "'").out,
            read_file(directory_ / "undo.jsonl"));
  backup::apply(database_, directory_ / "undo.jsonl.zst");
  ASSERT_EQ(manifold({"apply", path("other")}, kSmallGraph).exit_code, 0);
  ASSERT_EQ(manifold({"apply", path("other")},
                     R"({"type":"entity","data":{"id":50,"labels":["Later"],"properties":{}}})")
                .exit_code,
            0);
  EXPECT_EQ(digest(path("db")), digest(path("other")));
  run(0, {"check", path("db")});
}

TEST_F(HistoryCommands, UndoRefusesConflictsUnlessForced) {
  apply(R"({"type":"entity","data":{"id":1,"labels":[],"properties":{"name":"Augusta"}}})");
  archived();
  for (const std::string& source : {path("db"), path("repo")}) {
    const CommandResult refused = run(6, {"undo", source, "--seq", "2", "-o", path("x")});
    EXPECT_TRUE(contains(refused.out, "conflict: entity 1 was changed by transaction 4"))
        << refused.out;
    EXPECT_TRUE(contains(refused.err, "entity 1 was changed by transaction 4")) << refused.err;
    EXPECT_FALSE(std::filesystem::exists(path("x")));
    const CommandResult to_stdout = manifold({"undo", source, "--seq", "2"});
    EXPECT_EQ(to_stdout.exit_code, 6);
    EXPECT_EQ(to_stdout.out, "");
    EXPECT_EQ(python_json(manifold({"undo", source, "--seq", "2", "-o", path("x"), "--json"}).out,
                          "lines[0]['conflict']['kind'], lines[0]['conflict']['record'],"
                          "lines[0]['conflict']['sequence_number']"),
              "changed_later entity 1 4");
    EXPECT_EQ(value({"undo", source, "--seq", "2", "--force", "-o", path("x"), "--json"},
                    "lines[-1]['put_count'], lines[-1]['deleted_count'],"
                    "lines[-1]['conflict_count'], lines[-1]['as_of']"),
              "3 1 1 4");
    EXPECT_TRUE(contains(read_file(path("x")), "\"since\":1815"));
    std::filesystem::remove(path("x"));
  }
}

TEST_F(HistoryCommands, UndoTellsHowManyConflictsItDidNotList) {
  const auto entities = [](const std::string& label) {
    std::string lines;
    for (int id = 100; id < 250; ++id) {
      lines += R"({"type":"entity","data":{"id":)" + std::to_string(id) + R"(,"labels":[")" +
               label + "\"],\"properties\":{}}}\n";
    }
    return lines;
  };
  apply(entities("Made"));
  apply(entities("Changed"));
  const CommandResult text = run(6, {"undo", path("db"), "--seq", "4", "-o", path("x")});
  EXPECT_TRUE(contains(text.out, "and 50 more conflicts")) << text.out;
  EXPECT_EQ(python_json(manifold({"undo", path("db"), "--seq", "4", "-o", path("x"), "--json"}).out,
                        "len([l for l in lines if 'conflict' in l]), lines[-1]['conflict_count'],"
                        "lines[-1]['untold_count']"),
            "100 150 50");
}

// Of two histories in one repository the newest, or the one that is named.
TEST_F(HistoryCommands, ChooseTheHistory) {
  run(0, {"backup", path("db"), "-r", path("repo"), "--full"});
  run(0, {"restore", path("repo"), path("copy")});
  apply(R"({"type":"entity","data":{"id":60,"labels":["Old"],"properties":{}}})");
  archived();
  Database copy = Database::open(directory_ / "copy");
  std::istringstream line(R"({"type":"entity","data":{"id":70,"labels":["New"],"properties":{}}})");
  backup::apply(copy, line, "lines");
  test_support::archive_log(copy, backup::Repository::open(path("repo")), 4, UINT64_MAX, 2);
  run(0, {"backup", path("copy"), "-r", path("repo")});
  const std::string old_one = database_.statistics().history_id.to_string().substr(0, 8);
  const std::string new_one = copy.statistics().history_id.to_string().substr(0, 8);
  for (const char* const command : {"log", "undo"}) {
    const auto shown = [&](const std::vector<std::string>& history) {
      std::vector<std::string> arguments{command, path("repo")};
      if (arguments[0] == "log") arguments.insert(arguments.end(), {"--label", "New"});
      if (arguments[0] == "log" && !history.empty() && history.back() == old_one) {
        arguments.back() = "Old";
      }
      if (arguments[0] == "log") arguments.insert(arguments.end(), {"--from", "4"});
      if (arguments[0] == "undo") arguments.insert(arguments.end(), {"--seq", "4"});
      arguments.insert(arguments.end(), history.begin(), history.end());
      return run(0, arguments).out;
    };
    EXPECT_TRUE(contains(shown({}), "70")) << command << shown({});
    EXPECT_TRUE(contains(shown({"--history", new_one}), "70")) << command;
    EXPECT_TRUE(contains(shown({"--history", old_one}), "60")) << command;
  }
}

TEST_F(HistoryCommands, UndoNamesEdgesThatCannotComeBack) {
  apply("{\"type\":\"entity_deleted\",\"data\":{\"id\":2}}");
  const CommandResult result =
      run(3, {"undo", path("db"), "--seq", "2", "--force", "-o", path("x")});
  EXPECT_TRUE(contains(result.err, "1 edge cannot come back")) << result.err;
  EXPECT_FALSE(contains(read_file(path("x")), "OWNS"));
  backup::apply(database_, directory_ / "x");
}

TEST_F(HistoryCommands, UndoRefusesWhatMakesNoSense) {
  archived();
  write_file(directory_ / "there", "x");
  for (const std::string& source : {path("db"), path("repo")}) {
    run(2, {"undo", source});
    for (const char* sequences : {"0", "3..2", "1..", "..2", "x", "1...2", "-1"}) {
      run(2, {"undo", source, std::string("--seq=") + sequences});
    }
    const CommandResult unknown = run(4, {"undo", source, "--seq", "9"});
    EXPECT_TRUE(
        contains(unknown.err, "manifold log " + (source == path("db") ? "DB" : source) + "\n"))
        << unknown.err;
    run(7, {"undo", source, "--seq", "3", "-o", path("there")});
    EXPECT_EQ(read_file(path("there")), "x");
  }
  run(7, {"undo", path("db"), "--seq", "3", "-o", path("db") + "/x"});
  run(10, {"undo", path("missing"), "--seq", "1"});
  run(2, {"undo", path("repo") + "@latest", "--seq", "1"});
  run(2, {"log", path("db"), "--history", "abcd"});
  run(2, {"log", path("repo"), "--history", "a"});
  run(10, {"log", path("repo"), "--history", "zzzz"});
}

TEST_F(HistoryCommands, WriteNothingToWhatTheyRead) {
  archived();
  const auto before = list_files(directory_.path());
  for (const std::string& source : {path("db"), path("repo")}) {
    run(0, {"log", source});
    run(0, {"log", source, "--entity", "1"});
    run(0, {"undo", source, "--seq", "2"});
  }
  EXPECT_EQ(list_files(directory_.path()), before);
}

}  // namespace
}  // namespace manifolddb::test
