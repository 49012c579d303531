// `manifold import` and `manifold export` as people type them: names before files, pipes, dry runs,
// reports, exit codes.
#include <gtest/gtest.h>

#include "cli/command_line.h"

namespace manifolddb::test {
namespace {

class ImportCommand : public testing::Test {
 protected:
  ImportCommand() {
    write_file(folder_ / "people.csv", "id:ID,name,age:int\n7,Ada,36\n8,Grace,85\n");
    write_file(folder_ / "knows.csv", ":START_ID,:END_ID\n7,8\n");
    write_file(folder_ / "dangling.csv", ":START_ID,:END_ID\n7,9\n7,8\n");
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  CommandResult import(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"import", path("db")});
    return manifold(std::move(arguments));
  }
  TempDir folder_;
};

TEST_F(ImportCommand, NamesLabelsAndTypesBeforeFiles) {
  const CommandResult result =
      import({"Person:Pioneer=" + path("people.csv"), "KNOWS=" + path("knows.csv")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out.find("imported 2 entities and 1 edge from neo4j-csv of 2 nodes and 1 edge "
                            "into "),
            0u)
      << result.out;
  EXPECT_EQ(python_json(manifold({"cat", path("db")}).out,
                        "[(l['data'].get('labels'), l['data'].get('edge_type')) for l in lines]"),
            "[(['Person', 'Pioneer'], None), (['Person', 'Pioneer'], None), (None, 'KNOWS')]");
  EXPECT_EQ(manifold({"check", path("db")}).exit_code, 0);
}

TEST_F(ImportCommand, IsBackedUpAndContinuedAsAnyDatabase) {
  ASSERT_EQ(import({path("people.csv")}).exit_code, 0);
  ASSERT_EQ(manifold({"backup", path("db"), "--full", "-o", path("0.jsonl")}).exit_code, 0);
  ASSERT_EQ(import({"KNOWS=" + path("knows.csv"), path("people.csv"), "--into-existing"}).exit_code,
            0);
  ASSERT_EQ(manifold({"backup", path("db"), "--incremental", "--since", path("0.jsonl"), "-o",
                      path("1.jsonl")})
                .exit_code,
            0);
  EXPECT_EQ(manifold({"restore", path("0.jsonl"), path("1.jsonl"), path("copy")}).exit_code, 0);
  EXPECT_EQ(manifold({"diff", path("db"), path("copy"), "--stat"}).exit_code, 0);
  EXPECT_EQ(manifold({"log", path("db")}).exit_code, 0);
}

TEST_F(ImportCommand, TakesCommaSeparatedPartsAndPipes) {
  write_file(folder_ / "header.csv", "id:ID\n");
  write_file(folder_ / "1.csv", "1\n");
  write_file(folder_ / "2.csv", "2\n");
  EXPECT_EQ(import({path("header.csv") + "," + path("1.csv") + "," + path("2.csv")}).exit_code, 0);
  const CommandResult piped =
      shell("printf 'id:ID\\na\\nb\\n' | gzip | $M import " + path("piped") + " Thing=-");
  EXPECT_EQ(piped.exit_code, 0) << piped.err;
  const CommandResult process =
      shell("$M import " + path("named") + " Thing=<(printf 'id:ID\\na\\nb\\n')");
  EXPECT_EQ(process.exit_code, 0) << process.err;
  EXPECT_TRUE(contains(process.out, "imported 2 entities")) << process.out;
}

TEST_F(ImportCommand, TakesTheFolderOfKuzusExport) {
  const std::string folder =
      std::filesystem::path(MANIFOLDDB_TESTS_FOLDER) / "migrate" / "kuzu_export" / "social";
  const CommandResult result = import({folder});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(contains(result.out, "imported 5 entities and 6 edges from kuzu of 5 nodes and 6 "))
      << result.out;
  std::filesystem::create_directory(folder_ / "empty");
  const CommandResult refused = manifold({"import", path("none"), path("empty"), "--from", "kuzu"});
  EXPECT_EQ(refused.exit_code, 2);
  expect_three_lines(refused);
  EXPECT_TRUE(contains(refused.err, "empty' is a folder")) << refused.err;
}

// Anything else would read one of them and leave out the others without a word.
TEST_F(ImportCommand, RefusesAFolderBesideOtherInputs) {
  const std::string kuzu =
      std::filesystem::path(MANIFOLDDB_TESTS_FOLDER) / "migrate" / "kuzu_export" / "social";
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{kuzu + "," + kuzu},
                                             {path("people.csv") + "," + kuzu},
                                             {kuzu + "," + path("people.csv")},
                                             {kuzu, kuzu},
                                             {kuzu, path("people.csv")},
                                             {path("people.csv"), kuzu},
                                             {"Person=" + kuzu},
                                             {kuzu, "--from", "csv"},
                                             {kuzu, "--from", "cypherl"}}) {
    const CommandResult result = import(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments.front() << result.err;
    expect_three_lines(result);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "db"));
  }
  EXPECT_TRUE(contains(import({path("people.csv") + "," + kuzu}).err,
                       "social' is a folder, and stands in a list of files"));
}

TEST_F(ImportCommand, TakesAMemgraphDumpThroughAPipe) {
  const CommandResult result = shell(
      "printf 'CREATE (:__mg_vertex__:`L` {__mg_id__: 0});\nMATCH (u) REMOVE "
      "u:__mg_vertex__, u.__mg_id__;\n' | $M import " +
      path("db") + " -");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(contains(result.out, "imported 1 entity and 0 edges from cypherl")) << result.out;
  const CommandResult refused =
      shell("printf 'CREATE (:A);\nMATCH (n) DELETE n;\n' | $M import " + path("none") + " -");
  EXPECT_EQ(refused.exit_code, 5);
  expect_three_lines(refused);
  EXPECT_TRUE(contains(refused.err, "-: line 2 (byte 23): here REMOVE was expected"))
      << refused.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "none"));
}

TEST_F(ImportCommand, ExitsBy5ForInputThatIsRefusedAndLeavesNothing) {
  const CommandResult result = import({path("people.csv"), "KNOWS=" + path("dangling.csv")});
  EXPECT_EQ(result.exit_code, 5);
  expect_three_lines(result);
  EXPECT_TRUE(contains(result.err, "dangling.csv: line 2 (byte 18): the edge ends at node \"9\""))
      << result.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "db"));
}

TEST_F(ImportCommand, ExitsBy3WhenEdgesWereSkippedAndWritesTheReport) {
  const CommandResult result = import({path("people.csv"), "KNOWS=" + path("dangling.csv"),
                                       "--on-dangling", "skip", "--report", path("report.json")});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  expect_three_lines(result);
  EXPECT_TRUE(contains(result.err, "1 edge was left out, the first in")) << result.err;
  EXPECT_EQ(python_json(read_file(folder_ / "report.json"),
                        "(lines[0]['entities_kept'], lines[0]['edges_kept'], "
                        "[r['line'] for r in lines[0]['refusals']], lines[0]['sequence_number'])"),
            "(2, 1, [2], 1)");
}

TEST_F(ImportCommand, ADryRunWritesNothingAndExitsBy5ForWhatItWouldRefuse) {
  EXPECT_EQ(import({path("people.csv"), "--dry-run"}).exit_code, 0);
  const CommandResult result =
      import({path("people.csv"), "KNOWS=" + path("dangling.csv"), "--dry-run"});
  EXPECT_EQ(result.exit_code, 5);
  expect_three_lines(result);
  EXPECT_TRUE(contains(result.out, "refused: ")) << result.out;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "db"));
}

TEST_F(ImportCommand, NeverOverwrites) {
  ASSERT_EQ(import({path("people.csv")}).exit_code, 0);
  EXPECT_EQ(import({path("people.csv")}).exit_code, 7);
  write_file(folder_ / "report", "mine");
  EXPECT_EQ(import({path("people.csv"), "--into-existing", "--report", path("report")}).exit_code,
            7);
  EXPECT_EQ(read_file(folder_ / "report"), "mine");
  EXPECT_EQ(
      import({path("people.csv"), "--into-existing", "--report", path("no/report")}).exit_code, 10);
  EXPECT_EQ(
      python_json(manifold({"stats", path("db"), "--json"}).out, "lines[0]['sequence_number']"),
      "1");
}

TEST_F(ImportCommand, RefusesWhatMakesNoSense) {
  write_file(folder_ / "dump", "CREATE (:A);\n");
  ASSERT_EQ(import({path("dump"), "--dry-run"}).exit_code, 0);
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{path("people.csv"), "--from", "no-such-format"},
                                             {path("people.csv"), "--delimiter", "ab"},
                                             {path("people.csv"), "--quote", ","},
                                             {path("people.csv"), "--on-conflict", "skip"},
                                             {path("knows.csv")},
                                             {path("dump"), "--edge-type", "T"},
                                             {"-", path("people.csv")}}) {
    const CommandResult result = import(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    expect_three_lines(result);
  }
  EXPECT_EQ(import({path("missing.csv")}).exit_code, 10);
  EXPECT_EQ(manifold({"import", path("no-db"), path("people.csv"), "--into-existing"}).exit_code,
            10);
}

TEST_F(ImportCommand, ExportGoesBackIn) {
  ASSERT_EQ(import({"Person=" + path("people.csv"), "KNOWS=" + path("knows.csv")}).exit_code, 0);
  const CommandResult exported =
      manifold({"export", path("db"), "--to", "neo4j-csv", "-o", path("out"), "--json"});
  EXPECT_EQ(exported.exit_code, 0) << exported.err;
  EXPECT_EQ(python_json(exported.out,
                        "(lines[0]['file_count'], lines[0]['entities_written'], "
                        "lines[0]['edges_written'], len(lines[0]['conversions']))"),
            "(2, 2, 1, 1)");
  EXPECT_EQ(read_file(folder_ / "out/nodes-Person.csv"),
            ":ID,:LABEL,age:long,id:string,name:string\n1,Person,36,7,Ada\n2,Person,85,8,Grace\n");
  EXPECT_EQ(read_file(folder_ / "out/edges-KNOWS.csv"), ":START_ID,:END_ID,:TYPE\n1,2,KNOWS\n");
  ASSERT_EQ(manifold({"import", path("again"), path("out/nodes-Person.csv"),
                      path("out/edges-KNOWS.csv"), "--ids", "keep"})
                .exit_code,
            0);
  EXPECT_EQ(manifold({"cat", path("again")}).out, manifold({"cat", path("db")}).out);
  EXPECT_EQ(manifold({"export", path("db"), "--to", "csv", "-o", path("out")}).exit_code, 7);
}

}  // namespace
}  // namespace manifolddb::test
