// What cannot be imported is named with its file, line and byte, nothing is half done, and a dry
// run lists all of it.
#include <gtest/gtest.h>

#include "support/error_of.h"
#include "support/imported_graph.h"
#include "support/run_command.h"

namespace manifolddb::test_support {
namespace {

using test::error_of;

// What is said of the import, without the folder; and that nothing is there afterwards.
std::string refusal_of(const FileTexts& texts, const migrate::ImportOptions& options = {}) {
  const test::TempDir folder;
  const auto inputs = write_inputs(folder, texts);
  const Error error = error_of([&] { migrate::import_graph(inputs, folder / "db", options); });
  EXPECT_EQ(error.code(), ErrorCode::damaged) << error.what();
  EXPECT_FALSE(error.safe().empty());
  std::size_t left = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    left += entry.is_directory() ? 1u : 0u;
  }
  EXPECT_EQ(left, 0u);
  std::string what = error.what();
  const std::string path = folder.path().string() + "/";
  for (std::size_t at = what.find(path); at != std::string::npos; at = what.find(path)) {
    what.erase(at, path.size());
  }
  return what;
}

TEST(Refusal, NamesNumbersOutOfTheRangeOfTheirType) {
  const auto refused = [](const std::string& type, const std::string& value) {
    return refusal_of({{"n.csv", "id:ID,v:" + type + "\n1," + value + "\n"}});
  };
  EXPECT_EQ(refused("byte", "128"),
            "n.csv: line 2 (byte " + std::to_string(std::string("id:ID,v:byte\n").size()) +
                "): property \"v\": \"128\" is outside the range of its type, -128 to 127");
  for (const auto& [type, value] :
       std::vector<std::pair<std::string, std::string>>{{"short", "-32769"},
                                                        {"int", "2147483648"},
                                                        {"long", "9223372036854775808"},
                                                        {"uint64", "9223372036854775808"},
                                                        {"uint8", "-1"},
                                                        {"double", "1e999"},
                                                        {"int", "1.5"},
                                                        {"int", "x"},
                                                        {"int", "1 2"},
                                                        {"boolean", "yes"},
                                                        {"date", "2026-13-01"},
                                                        {"datetime", "yesterday"},
                                                        {"point", "{x:1}"},
                                                        {"long[]", "1;x"}}) {
    EXPECT_NE(refused(type, value).find("n.csv: line 2 "), std::string::npos) << type << value;
  }
}

TEST(Refusal, KeepsWholeNumbersExactlyThatADoubleCannotHold) {
  const ImportedGraph graph = import_texts(
      {{"n.csv",
        "id:ID,v:long,w:long[]\n1,9007199254740993,-9007199254740993;9223372036854775807\n"}});
  EXPECT_EQ(graph.entities.at(0).properties.at("v"), Value(std::int64_t{9007199254740993}));
  EXPECT_EQ(graph.entities.at(0).properties.at("w"),
            Value(List{std::int64_t{-9007199254740993}, std::int64_t{9223372036854775807}}));
}

TEST(Refusal, NamesBothLinesOfADoubleId) {
  EXPECT_EQ(refusal_of({{"a.csv", "id:ID(P)\n1\n2\n"}, {"b.csv", "id:ID(P)\n3\n2\n"}}),
            "b.csv: line 3 (byte 11): node \"2\" of id space \"P\" is there twice: first in a.csv "
            "line 3");
}

TEST(Refusal, TellsIdsOfDifferentSpacesApart) {
  EXPECT_EQ(import_texts({{"a.csv", "id:ID(P)\n1\n"}, {"b.csv", "id:ID(Q)\n1\n"}}).entities.size(),
            2u);
}

TEST(Refusal, NamesHeadersThatCannotBe) {
  EXPECT_EQ(refusal_of({{"n.csv", "id:ID,v:colour\n"}}),
            "n.csv: line 1 (byte 0): the header gives column \"v:colour\" the type \"colour\", "
            "which is not known");
  EXPECT_EQ(refusal_of({{"n.csv", "id:ID,v,v:int\n"}}),
            "n.csv: line 1 (byte 0): the header has the column \"v\" twice");
  EXPECT_EQ(refusal_of({{"e.csv", ":START_ID,:TYPE\n"}}),
            "e.csv: line 1 (byte 0): the header has a column for the source of edges, and none for "
            "the target");
}

TEST(Refusal, NamesRowsWithTooManyFieldsAndEdgesWithoutAnEnd) {
  EXPECT_EQ(refusal_of({{"n.csv", "id:ID,v\n1,2,3\n"}}),
            "n.csv: line 2 (byte 8): the row has 3 fields, its header 2");
  EXPECT_EQ(refusal_of({{"n.csv", "id:ID\n1\n"}, {"e.csv", ":START_ID,:END_ID,:TYPE\n1,,T\n"}}),
            "e.csv: line 2 (byte 24): the edge has no target");
  EXPECT_EQ(refusal_of({{"n.csv", "id:ID\n1\n"}, {"e.csv", ":START_ID,:END_ID,:TYPE\n1,1,\n"}}),
            "e.csv: line 2 (byte 24): the edge has no type");
}

TEST(Refusal, NamesTextThatIsNotUtf8) {
  EXPECT_EQ(refusal_of({{"n.csv", "id:ID,v\n1,a\xE9\n"}}),
            "n.csv: line 2 (byte 8): property \"v\": text is not valid UTF-8 at byte 1");
}

TEST(Refusal, NamesRowsWithMoreItemsOrFieldsThanThereMayBe) {
  std::string ones = "1";
  for (int i = 0; i < 1 << 20; ++i) ones += ";1";
  EXPECT_EQ(refusal_of({{"n.csv", "id:ID,v:int[]\n1," + ones + "\n"}}),
            "n.csv: line 2 (byte 14): property \"v\": the list has more than "
            "1 048 576 items");
  EXPECT_EQ(refusal_of({{"n.csv", "id:ID,v\n1" + std::string(1 << 20, ',') + "\n"}}),
            "n.csv: line 2 (byte 1048585): the row has more than 1 048 576 fields; is the "
            "delimiter right?");
}

TEST(Refusal, NamesTheLineBehindWhichAGzipFileIsCutShort) {
  std::string text = "id:ID\n";
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i * 7919 % 1'000'003) + "\n";
  test::CommandOptions options;
  options.input = text;
  const std::string gz = test::run_command({"gzip", "-nc"}, options).out;
  const std::string what = refusal_of({{"n.csv.gz", gz.substr(0, gz.size() / 2)}});
  EXPECT_NE(what.find("compressed byte " + std::to_string(gz.size() / 2)), std::string::npos)
      << what;
  EXPECT_NE(what.find("(behind line "), std::string::npos) << what;
}

TEST(Refusal, TakesAHeaderOf100KilobytesAndUtf16) {
  const std::string long_name(100'000, 'n');
  EXPECT_NE(refusal_of({{"n.csv", "id:ID," + long_name + "\n1,2\n"}}).find("has 100000 bytes"),
            std::string::npos);
  std::string header = "id:ID", row = "1";
  for (int i = 0; i < 10'000; ++i) {
    header += ",p" + std::to_string(100'000 + i) + ":int";
    row += "," + std::to_string(i);
  }
  const ImportedGraph wide = import_texts({{"n.csv", header + "\n" + row + "\n"}});
  EXPECT_EQ(wide.entities.at(0).properties.size(), 10'001u);
  EXPECT_EQ(wide.entities.at(0).properties.at("p109999"), Value(9999));
}

TEST(Refusal, ADryRunListsAllAndWritesNothing) {
  const test::TempDir folder;
  const auto inputs =
      write_inputs(folder, {{"n.csv", "id:ID,v:int\n1,1\n2,x\n1,3\n"},
                            {"e.csv", ":START_ID,:END_ID,:TYPE\n1,1,T\n1,9,T\n,1,T\n"}});
  migrate::ImportOptions options;
  options.dry_run = true;
  options.refusals_max = 3;
  const migrate::ImportReport report = migrate::import_graph(inputs, folder / "db", options);
  EXPECT_TRUE(report.dry_run);
  EXPECT_EQ(report.refusal_count, 4u);
  ASSERT_EQ(report.refusals.size(), 3u);
  EXPECT_EQ(report.refusals[0].place.line, 3u);
  EXPECT_EQ(report.refusals[1].place.line, 4u);
  EXPECT_EQ(report.refusals[2].place.file, (folder / "e.csv").string());
  EXPECT_EQ(report.entities_kept, 1u);
  EXPECT_EQ(report.edges_kept, 1u);
  EXPECT_FALSE(std::filesystem::exists(folder / "db"));
}

TEST(Refusal, SkippedEdgesAreListedAndTheRestIsImported) {
  migrate::ImportOptions options;
  options.on_dangling = migrate::OnDangling::skip;
  const ImportedGraph graph = import_texts(
      {{"n.csv", "id:ID\n1\n"}, {"e.csv", ":START_ID,:END_ID,:TYPE\n1,2,T\n1,1,T\n3,1,T\n"}},
      options);
  EXPECT_EQ(graph.edges.size(), 1u);
  ASSERT_EQ(graph.report.refusals.size(), 2u);
  EXPECT_EQ(graph.report.refusals[0].place.line, 2u);
  EXPECT_EQ(graph.report.refusals[1].place.line, 4u);
}

}  // namespace
}  // namespace manifolddb::test_support
