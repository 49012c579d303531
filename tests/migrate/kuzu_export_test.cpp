// Folders of Kuzu's EXPORT DATABASE: those in kuzu_export/ are what the real program wrote, from
// the statements in kuzu_export/make.js, and what is expected here is what those statements say.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/kuzu_folder.h"

namespace manifolddb::test_support {
namespace {

std::uint64_t kuzu_count_of(const migrate::ImportReport& report, const std::string& kind) {
  for (const migrate::Conversion& conversion : report.conversions) {
    if (conversion.kind == kind) return conversion.count;
  }
  return 0;
}

TEST(KuzuExport, EveryTypeOfARealExportIsReadAsItWasPutIn) {
  const ImportedGraph graph = import_kuzu_folder(real_kuzu_export("types"));
  EXPECT_EQ(graph.report.format, "kuzu");
  ASSERT_EQ(graph.entities.size(), 6u);
  const Entity& first = graph.entities[0];
  EXPECT_EQ(first.labels, std::vector<std::string>{"Everything"});
  const Properties expected{
      {"id", 1},
      {"i8", -128},
      {"i16", -5},
      {"i32", 77},
      {"i128", 12},
      {"u8", 255},
      {"u16", 65535},
      {"u32", std::int64_t{4294967295}},
      {"u64", 9},
      {"f", 1.5},
      {"d", 1e20},
      {"s", "a \"quoted\" one,\nnext line \\ it's"},
      {"b", true},
      {"day", Date{18263}},
      {"ts", DateTime{18263, 11'045'678'901'000, {}, {}}},
      {"ts_ns", DateTime{18263, 11'045'123'456'000, {}, {}}},
      {"ts_ms", DateTime{18263, 11'045'123'000'000, {}, {}}},
      {"ts_s", DateTime{18263, 11'045'000'000'000, {}, {}}},
      {"ts_tz", DateTime{18263, 3'845'250'000'000, std::int16_t{0}, {}}},
      {"iv", Duration{14, 3, 14706, 7'008'000}},
      {"u", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
      {"bl", Bytes{std::string("\xAA\0b,", 4)}},
      {"li", List{1, -2, 3}},
      {"ls", List{"a", "say \"x\"", "c"}},
      {"ll", List{List{1, 2}, List{}, List{3}}},
      {"arr", Vector{{1.5F, 2.5F, 0.25F, -4.0F}}},
      {"darr", List{1.25, 0.5}},
      {"st", Map{{"a", 1}, {"b", "x, y"}}},
      {"mp", Map{{"k", 1}, {"l", 2}}},
      {"mi", Map{{"7", List{"p", "q"}}}},
      {"un", 5},
      {"dec", "12345.67"},
      {"ld", List{Date{18262}, Date{-1}}},
      {"lst", List{Map{{"x", 1.0}, {"y", "a"}}, Map{{"x", 2.0}, {"y", "b}"}}}},
  };
  for (const auto& [name, value] : expected) {
    ASSERT_TRUE(first.properties.contains(name)) << name;
    EXPECT_TRUE(first.properties.at(name) == value) << name;
  }
  EXPECT_EQ(first.properties.size(), expected.size());
  EXPECT_EQ(graph.entities[1].properties, (Properties{{"id", 2}}));
  EXPECT_EQ(graph.entities[4].properties, (Properties{{"name", "a"}, {"nr", 0}}));
}

TEST(KuzuExport, WhatARealExportLeavesUncertainIsKeptAndCounted) {
  const ImportedGraph graph = import_kuzu_folder(real_kuzu_export("types"));
  const Properties& third = graph.entities.at(2).properties;
  EXPECT_TRUE(third.at("i128") == Value("170141183460469231731687303715884105727"));
  EXPECT_TRUE(third.at("u64") == Value("18446744073709551615"));
  EXPECT_TRUE(third.at("s") == Value(""));
  EXPECT_TRUE(third.at("li") == Value(List{1, nullptr}));
  EXPECT_TRUE(third.at("ls") == Value(List{"", ""}));
  EXPECT_TRUE(std::isnan(*third.at("d").get_if<double>()));
  EXPECT_TRUE(third.at("f") == Value(-std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(third.at("day") == Value(Date{-719162}));
  EXPECT_TRUE(third.at("iv") == Value(Duration{-35, -5, -1, 999'999'000}));
  EXPECT_TRUE(third.at("bl") == Value(Bytes{}));
  EXPECT_TRUE(third.at("st") == Value(Map{{"a", nullptr}, {"b", "v"}}));
  EXPECT_TRUE(third.at("un") == Value("five"));
  EXPECT_TRUE(third.at("mp") == Value("{k=1, l=m, n=2}"));
  const Properties& fourth = graph.entities.at(3).properties;
  EXPECT_EQ(
      fourth,
      (Properties{{"id", 4}, {"iv", Duration{0, 0, -7321, 0}}, {"ls", List{}}, {"s", "NULL"}}));
  const migrate::ImportReport& report = graph.report;
  EXPECT_EQ(
      kuzu_count_of(report, "a whole number that does not fit 64 bits with a sign is kept as text"),
      2u);
  EXPECT_EQ(kuzu_count_of(report, "a UUID is kept as text"), 1u);
  EXPECT_EQ(kuzu_count_of(report, "a DECIMAL is kept as text"), 1u);
  EXPECT_EQ(kuzu_count_of(report, "a MAP's key that is no text is kept as text"), 1u);
  EXPECT_EQ(kuzu_count_of(report, "a UNION's value is of the first of its types that it reads as"),
            2u);
  EXPECT_EQ(kuzu_count_of(report, "an empty text in a list, struct or map may have been null"), 1u);
  EXPECT_EQ(kuzu_count_of(report,
                          "a list, struct or map that cannot be read as its type is kept as text"),
            1u);
  EXPECT_EQ(kuzu_count_of(report,
                          "texts in a list, struct or map are divided as they stand: Kuzu writes "
                          "them without quotes"),
            5u);  // ls, mp, mi, lst; ls
  EXPECT_EQ(kuzu_count_of(report, "an empty list of texts may have held an empty one, or null"),
            1u);
}

TEST(KuzuExport, TablesOfARealExportAreLabelsTypesAndIdSpaces) {
  const ImportedGraph graph = import_kuzu_folder(real_kuzu_export("social"));
  ASSERT_EQ(graph.entities.size(), 5u);
  EXPECT_EQ(graph.entities[0].properties, (Properties{{"name", "Ada"}, {"age", 36}}));
  EXPECT_EQ(graph.entities[1].properties, (Properties{{"name", "Bob | the \"builder\""}}));
  EXPECT_EQ(graph.entities[3].labels, std::vector<std::string>{"Big City"});
  EXPECT_EQ(graph.entities[3].properties, (Properties{{"id", 1}, {"the \"name\"", "Paris"}}));
  std::vector<std::string> edges;
  for (const Edge& edge : graph.edges) {
    edges.push_back(edge.edge_type + " " + std::to_string(edge.source.value) + " " +
                    std::to_string(edge.target.value));
  }
  std::sort(edges.begin(), edges.end());
  EXPECT_EQ(edges, (std::vector<std::string>{"Knows 1 2", "Knows 2 1", "LivesIn 3 4", "Near 1 2",
                                             "Near 3 4", "Near 4 5"}));
  EXPECT_EQ(graph.edges[0].properties, (Properties{{"since", Date{11356}}, {"note", "x"}}));
  EXPECT_EQ(graph.edges[1].properties, (Properties{{"note", ""}}));
  ASSERT_EQ(graph.report.conversions.size(), 4u);
  EXPECT_EQ(kuzu_count_of(graph.report, "that a property is the key of its table is not kept"), 2u);
  EXPECT_EQ(kuzu_count_of(graph.report, "that a node may have one edge of a type is not kept"), 1u);
  EXPECT_EQ(kuzu_count_of(graph.report, "a sequence is not kept"), 1u);
  EXPECT_EQ(kuzu_count_of(graph.report, "a macro is not kept"), 1u);
  EXPECT_EQ(graph.report.conversions[0].first.file,
            (real_kuzu_export("social") / "schema.cypher").string());
}

TEST(KuzuExport, TheStatementsOfOlderVersionsAreReadToo) {
  const ImportedGraph graph = import_kuzu_files(
      {{"schema.cypher",
        "CREATE NODE TABLE person(id INT64, name STRING DEFAULT 'a, b)', PRIMARY KEY(id));\n"
        "CREATE REL TABLE knows(FROM person TO person, since DATE, MANY_MANY);\n"},
       {"copy.cypher",
        "COPY person FROM \"/elsewhere/person.csv\" (HEADER=true, DELIM=';');\n"
        "COPY knows FROM \"/elsewhere/knows.csv\" (HEADER=false);\n"},
       {"person.csv", "id;name\n7;x\n"},
       {"knows.csv", "7,7,2020-01-02\n"}});
  EXPECT_EQ(graph.entities.at(0).properties, (Properties{{"id", 7}, {"name", "x"}}));
  EXPECT_EQ(graph.edges.at(0).properties, (Properties{{"since", Date{18263}}}));
}

TEST(KuzuExport, OptionsAreReadAsKuzuWritesThem) {
  const auto read_with = [](const std::string& options, const std::string& row) {
    return import_kuzu_files(
               {{"schema.cypher", "CREATE NODE TABLE T (k STRING, v STRING, PRIMARY KEY(k));"},
                {"copy.cypher", "COPY T FROM 'T.csv' (" + options + ");"},
                {"T.csv", row}})
        .entities.at(0)
        .properties;
  };
  const Properties expected{{"k", "a,b"}, {"v", "c"}};
  EXPECT_EQ(read_with(R"(quote='\|', escape='\|', auto_detect=false)", "|a,b|,c\n"), expected);
  EXPECT_EQ(read_with(R"(quote=quote='\'', escape=escape='\'')", "'a,b',c\n"), expected);
  EXPECT_EQ(read_with(R"(quote='\"', auto_detect=true, delim='\t')", "\"a,b\"\tc\n"), expected);
  EXPECT_EQ(read_with(R"(delim='\|', quote='\t', escape='\t')", "\ta,b\t|c\n"), expected);
}

// What an export begins with that has extensions, or sequences only.
TEST(KuzuExport, SchemasAreKnownWhateverTheyBeginWith) {
  for (const char* first : {"INSTALL fts;\nLOAD EXTENSION fts;\n", "DROP SEQUENCE IF EXISTS `s`;\n",
                            "// x\n", "CREATE MACRO `m` (x) AS x + x;\n"}) {
    KuzuFiles files = small_kuzu_export();
    files["schema.cypher"].insert(0, first);
    EXPECT_EQ(import_kuzu_files(files).entities.size(), 2u) << first;
  }
  EXPECT_EQ(import_texts({{"t.csv", "install,id\nx,1\n"}}).report.format, "csv");
  const test::TempDir folder;
  test::write_file(folder / "schema.cypher", "INSTALL fts;\nLOAD EXTENSION fts;\n");
  EXPECT_EQ(migrate::recognise_format(folder / "schema.cypher"), "kuzu");
  EXPECT_EQ(migrate::recognise_format(folder / "."), "kuzu");
  for (const char* schema : {"", "CREATE SEQUENCE IF NOT EXISTS `s` START 1;\n"}) {
    const ImportedGraph graph =
        import_kuzu_files({{"schema.cypher", schema}, {"copy.cypher", ""}, {"index.cypher", ""}});
    EXPECT_EQ(graph.report.format, "kuzu");
    EXPECT_TRUE(graph.entities.empty());
  }
}

TEST(KuzuExport, KeysCanBeTheIds) {
  migrate::ImportOptions options;
  options.ids = migrate::IdChoice::keep;
  const ImportedGraph graph =
      import_kuzu_files({{"schema.cypher", "CREATE NODE TABLE T (k INT64, PRIMARY KEY(k));"},
                         {"copy.cypher", "COPY T FROM 'T.csv';"},
                         {"T.csv", "9\n3\n"}},
                        options);
  EXPECT_EQ(graph.entities.at(0).id.value, 3u);
  EXPECT_EQ(graph.entities.at(1).id.value, 9u);
}

TEST(KuzuExport, NestedValuesAreDividedByTheirType) {
  EXPECT_TRUE(read_kuzu_field("STRUCT(s STRUCT(p INT64, l STRING), l INT64[])",
                              "\"{s: {p: 1, l: x}, l: [1,2]}\"") ==
              Value(Map{{"s", Map{{"p", 1}, {"l", "x"}}}, {"l", List{1, 2}}}));
  EXPECT_TRUE(read_kuzu_field("MAP(INT64, STRUCT(q DOUBLE, w STRING[]))",
                              "\"{1={q: 1.5, w: [x,y]}, 2={q: 0.0, w: []}}\"") ==
              Value(Map{{"1", Map{{"q", 1.5}, {"w", List{"x", "y"}}}},
                        {"2", Map{{"q", 0.0}, {"w", List{}}}}}));
  EXPECT_TRUE(read_kuzu_field("BOOL[]", "\"[True,False]\"") == Value(List{true, false}));
  EXPECT_TRUE(read_kuzu_field("INTERVAL", "-1 year 2 days -00:00:00.5") ==
              Value(Duration{-12, 2, -1, 500'000'000}));
  EXPECT_TRUE(read_kuzu_field("INTERVAL[]", "\"[2 days 03:04:05]\"") ==
              Value(List{Duration{0, 2, 11045, 0}}));
  EXPECT_TRUE(read_kuzu_field("STRING[2]", "\"[a,b]\"") == Value(List{"a", "b"}));
  EXPECT_TRUE(read_kuzu_field("FLOAT[]", "\"[0.5,nan]\"").get_if<List>() != nullptr);
}

TEST(KuzuExport, TextsThatMayBeDividedOtherwiseAreCounted) {
  migrate::ImportReport report;
  const std::string uncertain =
      "texts in a list, struct or map are divided as they stand: Kuzu writes them without quotes";
  EXPECT_TRUE(read_kuzu_field("STRING[]", "\"[a, b]\"", &report) == Value(List{"a", " b"}));
  EXPECT_EQ(kuzu_count_of(report, uncertain), 1u);
  read_kuzu_field("STRING[]", "\"[a]\"", &report);
  EXPECT_EQ(kuzu_count_of(report, uncertain), 0u);
  EXPECT_TRUE(read_kuzu_field("STRUCT(a STRING, b STRING)", "\"{a: x, b: y, b: z}\"", &report) ==
              Value(Map{{"a", "x"}, {"b", "y, b: z"}}));
  EXPECT_EQ(kuzu_count_of(report, uncertain), 1u);
  read_kuzu_field("INT64[]", "\"[1,2]\"", &report);
  EXPECT_EQ(kuzu_count_of(report, uncertain), 0u);
}

TEST(KuzuExport, FilesThatNothingNamesAreCounted) {
  KuzuFiles files = small_kuzu_export();
  files["other.csv"] = "1\n";
  files["index.cypher"] = "LOAD EXTENSION x;\nCALL CREATE_FTS_INDEX('P', 'i', ['k']);\n";
  const ImportedGraph graph = import_kuzu_files(files);
  EXPECT_EQ(kuzu_count_of(graph.report, "a file that copy.cypher does not name is not read"), 1u);
  EXPECT_EQ(kuzu_count_of(graph.report, "an index is not kept"), 1u);
}

}  // namespace
}  // namespace manifolddb::test_support
