// neo4j-admin's headers: who comes from Neo4j has files like these, and expects what its own import
// would have made of them.
#include <gtest/gtest.h>

#include "support/error_of.h"
#include "support/imported_graph.h"

namespace manifolddb::test_support {
namespace {

using test::error_of;

TEST(Neo4jCsv, ReadsLabelsTypesPropertiesAndIdSpaces) {
  const ImportedGraph graph = import_texts({
      {"people.csv", "personId:ID(Person),name,born:int,:LABEL\n7,Ada,1815,Person;Writer\n8,,,\n"},
      {"films.csv", "filmId:ID(Film),title,:LABEL\n7,\"The \"\"Engine\"\"\",Film\n"},
      {"roles.csv", ":START_ID(Person),role,:END_ID(Film),:TYPE\n7,lead,7,ACTED_IN\n"},
  });
  EXPECT_EQ(graph.report.format, "neo4j-csv");
  ASSERT_EQ(graph.entities.size(), 3u);
  EXPECT_EQ(graph.entities[0], (Entity{EntityId{1},
                                       {"Person", "Writer"},
                                       {{"personId", "7"}, {"name", "Ada"}, {"born", 1815}}}));
  EXPECT_EQ(graph.entities[1], (Entity{EntityId{2}, {}, {{"personId", "8"}}}));
  EXPECT_EQ(graph.entities[2].properties.at("title"), Value("The \"Engine\""));
  ASSERT_EQ(graph.edges.size(), 1u);
  EXPECT_EQ(graph.edges[0],
            (Edge{EdgeId{1}, EntityId{1}, EntityId{3}, "ACTED_IN", {{"role", "lead"}}}));
}

TEST(Neo4jCsv, TellsOfLabelsThatEdgesCannotHave) {
  const ImportedGraph graph = import_texts({
      {"n.csv", "id:ID\na\nb\n"},
      {"e.csv", ":START_ID,:END_ID,:TYPE,:LABEL\na,b,T,Lost\n"},
  });
  ASSERT_EQ(graph.report.conversions.size(), 1u);
  EXPECT_EQ(graph.report.conversions[0].kind, "a label of an edge is not kept");
  EXPECT_EQ(graph.report.conversions[0].first.line, 2u);
}

TEST(Neo4jCsv, EdgeFilesMayBeGivenBeforeNodeFiles) {
  const ImportedGraph graph = import_texts({
      {"e.csv", ":START_ID,:END_ID,:TYPE\na,b,T\n"},
      {"n.csv", "id:ID\na\nb\n"},
  });
  ASSERT_EQ(graph.edges.size(), 1u);
  EXPECT_EQ(graph.edges[0].target, EntityId{2});
}

TEST(Neo4jCsv, NamesTheLineOfADanglingEdgeAndLeavesNothing) {
  const test::TempDir folder;
  const auto inputs = write_inputs(
      folder, {{"n.csv", "id:ID\na\n"}, {"e.csv", ":START_ID,:END_ID,:TYPE\na,a,T\na,b,T\n"}});
  const Error error = error_of([&] { migrate::import_graph(inputs, folder / "db"); });
  EXPECT_EQ(error.code(), ErrorCode::damaged);
  EXPECT_EQ(error.what(),
            (folder / "e.csv").string() +
                ": line 3 (byte 30): the edge ends at node \"b\", which is not there");
  EXPECT_FALSE(std::filesystem::exists(folder / "db"));
}

TEST(Neo4jCsv, ReadsEveryTypeAndLists) {
  const ImportedGraph graph = import_texts(
      {{"n.csv",
        ":ID,a:int,b:long,c:float,d:double,e:boolean,f:byte,g:short,h:char,i:string[],j:long[],"
        "k:date,l:localtime,m:time,n:localdatetime,o:datetime,p:duration,q:point,r:byte[],s:IGNORE,"
        "t:datetime{timezone:+02:00},u:point{crs:WGS-84}\n"
        "x,-5,9223372036854775807,0.1,1e300,TRUE,-128,32767,\xC3\xA9,a;b;;c,1;-2,"
        "2026-11-22,12:30,12:30:01.5+0100,2026-11-22T12:30:00,2026-11-22T12:30Z,P1M2DT3.5S,"
        "\"{latitude: 57.7, longitude: 11.9, height: 3}\",-1;0;127,gone,2026-11-22T12:30:00,"
        "\"{x:1, y:2}\"\n"}});
  const Properties& found = graph.entities.at(0).properties;
  const Properties expected{
      {"a", -5},
      {"b", std::int64_t{9223372036854775807}},
      {"c", 0.1},
      {"d", 1e300},
      {"e", true},
      {"f", -128},
      {"g", 32767},
      {"h", "\xC3\xA9"},
      {"i", List{"a", "b", "", "c"}},
      {"j", List{1, -2}},
      {"k", Date{20779}},
      {"l", Time{45'000'000'000'000, std::nullopt}},
      {"m", Time{45'001'500'000'000, std::int16_t{60}}},
      {"n", DateTime{20779, 45'000'000'000'000, std::nullopt, std::nullopt}},
      {"o", DateTime{20779, 45'000'000'000'000, std::int16_t{0}, std::nullopt}},
      {"p", Duration{1, 2, 3, 500'000'000}},
      {"q", Point{4979, 11.9, 57.7, 3.0}},
      {"r", Bytes{std::string("\xff\x00\x7f", 3)}},
      {"t", DateTime{20779, 45'000'000'000'000, std::int16_t{120}, std::nullopt}},
      {"u", Point{4326, 1, 2, std::nullopt}},
  };
  EXPECT_EQ(found.size(), expected.size());
  for (const auto& [name, value] : expected) {
    EXPECT_TRUE(found.contains(name) && found.at(name) == value) << name;
  }
}

TEST(Neo4jCsv, TellsNoValueFromAnEmptyText) {
  const ImportedGraph graph =
      import_texts({{"n.csv", "id:ID,text,number:int,list:string[]\na,,,\nb,\"\",\"\",\"\"\n"}});
  EXPECT_EQ(graph.entities.at(0).properties, (Properties{{"id", "a"}}));
  EXPECT_EQ(graph.entities.at(1).properties,
            (Properties{{"id", "b"}, {"text", ""}, {"list", List{}}}));
}

TEST(Neo4jCsv, TakesContinuationsWithAndWithoutTheHeader) {
  const test::TempDir folder;
  test::write_file(folder / "h.csv", "id:ID|name\n");
  test::write_file(folder / "1.csv", "1|Ada\n2|\"Grace\nHopper\"\n");
  test::write_file(folder / "2.csv", "id:ID|name\n3|Jean\n");
  migrate::Input input;
  input.files = {folder / "h.csv", folder / "1.csv", folder / "2.csv"};
  input.names = {"Person", "Pioneer"};
  const ImportedGraph graph = import_inputs({input});
  ASSERT_EQ(graph.entities.size(), 3u);
  EXPECT_EQ(graph.entities[1].properties.at("name"), Value("Grace\nHopper"));
  EXPECT_EQ(graph.entities[2].labels, (std::vector<std::string>{"Person", "Pioneer"}));
}

TEST(Neo4jCsv, TakesTheTypeOfEdgesFromTheirNameOrTheDefault) {
  migrate::ImportOptions options;
  options.default_edge_type = "OTHER";
  const ImportedGraph graph = import_texts({{"n.csv", "id:ID\na\n"},
                                            {"KNOWS=k.csv", ":START_ID,:END_ID\na,a\n"},
                                            {"o.csv", ":START_ID,:END_ID\na,a\n"}},
                                           options);
  EXPECT_EQ(graph.edges.at(0).edge_type, "KNOWS");
  EXPECT_EQ(graph.edges.at(1).edge_type, "OTHER");
  const Error error = error_of([] {
    import_texts({{"n.csv", "id:ID\na\n"}, {"o.csv", ":START_ID,:END_ID\na,a\n"}});
  });
  EXPECT_EQ(error.code(), ErrorCode::usage);
}

TEST(Neo4jCsv, KeepsNumbersAsIdsWhenThatIsAskedFor) {
  migrate::ImportOptions options;
  options.ids = migrate::IdChoice::keep;
  const FileTexts texts{{"n.csv", ":ID,name\n900,b\n7,a\n9223372036854775807,c\n"},
                        {"e.csv", ":START_ID,:END_ID,:TYPE\n900,7,T\n"}};
  const ImportedGraph graph = import_texts(texts, options);
  ASSERT_EQ(graph.entities.size(), 3u);
  EXPECT_EQ(graph.entities[0].id, EntityId{7});
  EXPECT_EQ(graph.entities[2].id.value, kIdMax);
  EXPECT_EQ(graph.edges.at(0).source, EntityId{900});
  EXPECT_TRUE(graph.report.conversions.empty());
  for (const std::string bad : {"0", "-1", "9223372036854775808", "a", "007", ""}) {
    EXPECT_EQ(error_of([&] {
                import_texts({{"n.csv", ":ID,n\n" + bad + ",x\n"}}, options);
              }).code(),
              ErrorCode::damaged)
        << bad;
  }
}

}  // namespace
}  // namespace manifolddb::test_support
