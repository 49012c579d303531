// Whatever `--json` prints parses with a parser that is not ours, one object a line, each with the
// name of its schema; errors too.
#include "cli/command_line.h"

namespace manifolddb::test {
namespace {

class JsonOutput : public ::testing::Test {
 protected:
  void SetUp() override {
    make_small_database(directory_ / "db");
    make_backup(directory_ / "db", directory_ / "b.jsonl");
  }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  CommandResult run(std::vector<std::string> arguments, const std::string& input = {}) {
    arguments.push_back("--json");
    CommandResult result = manifold(arguments, input);
    for (const std::string& text : {result.out, result.err}) {
      EXPECT_EQ(python_json(text, "all(l['schema'] == 'manifold.cli.v1' for l in lines)"), "True")
          << text;
    }
    return result;
  }
  // What a command prints, as Python sees it.
  std::string value(const std::vector<std::string>& arguments, const std::string& expression) {
    const CommandResult result = run(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.err, "");
    return python_json(result.out, expression);
  }
  TempDir directory_;
};

TEST_F(JsonOutput, OfStats) {
  EXPECT_EQ(value({"stats", path("db")},
                  "len(lines), lines[0]['statistics']['entity_count'],"
                  "lines[0]['labels']['Person'], lines[0]['edge_types'], lines[0]['parent']"),
            "1 3 2 {'KNOWS': 1, 'OWNS': 1} None");
}

TEST_F(JsonOutput, OfDigest) {
  EXPECT_EQ(value({"digest", path("db")}, "len(lines[0]['content_digest']), lines[0]['equal']"),
            "32 True");
}

TEST_F(JsonOutput, OfCheck) {
  EXPECT_EQ(value({"check", path("db")}, "lines[0]['clean'], lines[0]['records_checked']"),
            "True 7");
}

TEST_F(JsonOutput, OfLog) {
  EXPECT_EQ(value({"log", path("db")}, "lines[0]['sequence_number'], lines[0]['records']"), "1 7");
  manifold({"restore", path("b.jsonl"), path("copy")});
  EXPECT_EQ(value({"log", path("copy")}, "lines[0]['parent']['sequence_number']"), "1");
}

TEST_F(JsonOutput, OfCat) {
  const std::string expression = "[l['type'] for l in lines], lines[4]['data']['id']";
  const std::string expected =
      "['key_value', 'key_value', 'entity', 'entity', 'entity', 'edge', 'edge'] "
      "9223372036854775807";
  EXPECT_EQ(value({"cat", path("db")}, expression), expected);
  EXPECT_EQ(value({"cat", path("b.jsonl")}, expression), expected);
}

TEST_F(JsonOutput, OfApply) {
  const CommandResult result = run({"apply", path("other")}, kSmallGraph);
  EXPECT_EQ(python_json(result.out, "lines[0]['put_count'], lines[0]['created']"), "7 True");
  const CommandResult stopped =
      run({"apply", path("other"), "--batch", "7"}, std::string(kSmallGraph) + "{}\n");
  EXPECT_EQ(stopped.exit_code, 3);
  EXPECT_EQ(python_json(stopped.out, "lines[0]['line_count'], lines[0]['complete']"), "7 False");
  EXPECT_EQ(python_json(stopped.err, "lines[0]['error']['code']"), "3");
}

TEST_F(JsonOutput, OfBackup) {
  EXPECT_EQ(value({"backup", path("db"), "--full", "-o", path("x.zst")},
                  "lines[0]['statistics']['total_records'], lines[0]['digest_matches']"),
            "7 True");
}

TEST_F(JsonOutput, OfABackupToStandardOutputGoesToStandardError) {
  const CommandResult result = manifold({"backup", path("db"), "--full", "-o", "-", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(python_json(result.err, "lines[0]['sequence_number']"), "1");
  EXPECT_EQ(python_json(result.out, "lines[0]['type'], lines[-1]['type']"),
            "metadata end_of_backup");
}

TEST_F(JsonOutput, OfVerify) {
  EXPECT_EQ(value({"verify", path("b.jsonl")}, "lines[0]['level_reached'], lines[0]['sound']"),
            "chain True");
  std::string backup = read_file(directory_ / "b.jsonl");
  write_file(directory_ / "bad.jsonl", backup.substr(0, backup.size() - 20));
  const CommandResult result = run({"verify", path("bad.jsonl")});
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_EQ(python_json(result.out,
                        "len(lines) - 1 == lines[-1]['damage_count'] > 0,"
                        "lines[0]['damage']['source'][-9:], lines[-1]['sound']"),
            "True bad.jsonl False");
  EXPECT_EQ(python_json(result.err, "lines[0]['error']['code']"), "5");
}

TEST_F(JsonOutput, OfRestore) {
  EXPECT_EQ(value({"restore", path("b.jsonl"), path("copy")},
                  "lines[0]['sequence_number'], lines[0]['dry_run']"),
            "1 False");
  EXPECT_EQ(value({"restore", path("b.jsonl"), path("db"), "--into-existing", "--dry-run"},
                  "lines[0]['overwritten_count'], lines[0]['dry_run']"),
            "0 True");
}

TEST_F(JsonOutput, OfShow) {
  EXPECT_EQ(value({"show", path("b.jsonl")},
                  "lines[0]['kind'], lines[0]['statistics']['edge_count'], lines[0]['sound'],"
                  "lines[0]['parent_backup_id']"),
            "full 2 True None");
}

TEST_F(JsonOutput, OfErrors) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"stats", path("missing")}, std::vector<std::string>{"bogus"},
        std::vector<std::string>{"stats"},
        std::vector<std::string>{"stats", path("bad\xffname")}}) {
    const CommandResult result = run(arguments);
    EXPECT_NE(result.exit_code, 0);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(python_json(result.err, "sorted(lines[0]['error'])"),
              "['code', 'next', 'safe', 'what']");
    EXPECT_EQ(python_json(result.err, "lines[0]['error']['code']"),
              std::to_string(result.exit_code));
  }
}

}  // namespace
}  // namespace manifolddb::test
