// Tables with other headers than neo4j-admin's: Neptune's, what apoc.export.csv writes, plain ones.
#include <gtest/gtest.h>

#include "support/error_of.h"
#include "support/imported_graph.h"

namespace manifolddb::test_support {
namespace {

using test::error_of;

TEST(NeptuneCsv, ReadsTypesCardinalitiesAndKeepsItsIds) {
  const ImportedGraph graph = import_texts(
      {{"v.csv",
        "~id,~label,name:String,age:Int,scores:Long[],tags:String(set),born:Date\n"
        "v1,person;admin,Ada,36,1;2,x;y,1815-12-10\nv2,person,,,,,1906-12-09T01:02:03Z\n"},
       {"e.csv", "~id,~from,~to,~label,weight:Double\ne1,v1,v2,knows,0.5\n"}});
  EXPECT_EQ(graph.report.format, "neptune-csv");
  EXPECT_EQ(graph.entities.at(0), (Entity{EntityId{1},
                                          {"admin", "person"},
                                          {{"~id", "v1"},
                                           {"name", "Ada"},
                                           {"age", 36},
                                           {"scores", List{1, 2}},
                                           {"tags", List{"x", "y"}},
                                           {"born", Date{-56270}}}}));
  EXPECT_EQ(graph.entities.at(1).properties.at("born"),
            Value(DateTime{-23034, 3'723'000'000'000, std::int16_t{0}, std::nullopt}));
  EXPECT_EQ(graph.edges.at(0),
            (Edge{EdgeId{1}, EntityId{1}, EntityId{2}, "knows", {{"~id", "e1"}, {"weight", 0.5}}}));
  ASSERT_EQ(graph.report.conversions.size(), 1u);
  EXPECT_EQ(graph.report.conversions[0].count, 3u);
}

TEST(ApocCsv, ReadsNodesAndEdgesFromOneFile) {
  const ImportedGraph graph =
      import_texts({{"all.csv",
                     "\"_id\",\"_labels\",\"name\",\"_start\",\"_end\",\"_type\",\"w\"\n"
                     "\"0\",\":A:B\",\"x\",,,,\n\"5\",\":A\",\"\",,,,\n"
                     ",,,\"0\",\"5\",\"T\",\"1\"\n"}});
  EXPECT_EQ(graph.report.format, "apoc-csv");
  EXPECT_EQ(graph.entities.at(0), (Entity{EntityId{1}, {"A", "B"}, {{"name", "x"}}}));
  EXPECT_EQ(graph.entities.at(1), (Entity{EntityId{2}, {"A"}, {}}));
  EXPECT_EQ(graph.edges.at(0), (Edge{EdgeId{1}, EntityId{1}, EntityId{2}, "T", {{"w", "1"}}}));
}

TEST(PlainCsv, TakesTheColumnsThatAreNamedOrNumbered) {
  migrate::ImportOptions options;
  options.format = "csv";
  options.csv.id = "person";
  options.csv.source = "voter";
  options.csv.target = "3";
  options.csv.label = "kind";
  options.csv.edge_type = "how";
  const ImportedGraph graph =
      import_texts({{"n.csv", "person;kind;age:int\nada;Person|Voter;36\nbob;;\n"},
                    {"e.csv", "when\tvoter\tcandidate\thow\n2026\tada\tbob\tLIKES\n"}},
                   [&] {
                     options.csv.array_delimiter = '|';
                     return options;
                   }());
  EXPECT_EQ(graph.entities.at(0),
            (Entity{EntityId{1}, {"Person", "Voter"}, {{"person", "ada"}, {"age", 36}}}));
  EXPECT_EQ(graph.edges.at(0),
            (Edge{EdgeId{1}, EntityId{1}, EntityId{2}, "LIKES", {{"when", "2026"}}}));
}

TEST(PlainCsv, ALabelBesideATypeIsAPropertyOfTheEdge) {
  const ImportedGraph graph =
      import_texts({{"n.csv", "id\n1\n2\n"}, {"e.csv", "source,target,type,label\n1,2,K,foo\n"}});
  ASSERT_EQ(graph.edges.size(), 1u);
  EXPECT_EQ(graph.edges[0].edge_type, "K");
  EXPECT_EQ(graph.edges[0].properties.at("label"), Value("foo"));
}

// An option that does nothing is a slip.
TEST(PlainCsv, RefusesOptionsThatNameNoColumnOrMeanNothingToTheFormat) {
  const auto refused = [](const FileTexts& texts, auto set) {
    migrate::ImportOptions options;
    set(options);
    const Error error = error_of([&] { import_texts(texts, options); });
    EXPECT_EQ(error.code(), ErrorCode::usage) << error.what();
    return std::string(error.what()) + " / " + error.next();
  };
  const FileTexts table{{"n.csv", "id,kind\n1,P\n"}};
  EXPECT_EQ(refused(table, [](auto& options) { options.csv.label = "Kind"; }),
            "no file has the column \"Kind\" of --label / the columns are: \"id\", \"kind\"");
  refused({{"n.csv", "x:ID\n1\n"}}, [](auto& options) { options.csv.label = "x"; });
  refused(table, [](auto& options) { options.infer_types = true; });
  const FileTexts graphml{{"g.graphml", "<graphml><graph></graph></graphml>"}};
  refused(graphml, [](auto& options) { options.csv.quote = '\''; });
  refused({{"Person=g.graphml", graphml[0].second}}, [](auto&) {});
}

TEST(PlainCsv, MakesTheNodesOfAListOfEdges) {
  migrate::ImportOptions options;
  options.on_dangling = migrate::OnDangling::create;
  const ImportedGraph graph =
      import_texts({{"VOTES=e.csv", "from,to\n30,1412\n30,3352\n1412,30\n"}}, options);
  EXPECT_EQ(graph.report.entities_created, 3u);
  ASSERT_EQ(graph.entities.size(), 3u);
  ASSERT_EQ(graph.edges.size(), 3u);
  const auto name = [&](EntityId id) { return graph.entities[id.value - 1].properties.at("id"); };
  EXPECT_EQ(name(graph.edges[0].source), Value("30"));
  EXPECT_EQ(name(graph.edges[1].target), Value("3352"));
  EXPECT_EQ(graph.edges[2].target, graph.edges[0].source);
}

TEST(PlainCsv, IsNotTakenForAGraphWithoutColumnsThatMakeOne) {
  const Error error = error_of([] { import_texts({{"t.csv", "a,b\n1,2\n"}}); });
  EXPECT_EQ(error.code(), ErrorCode::usage);
  EXPECT_NE(error.next().find("--from"), std::string::npos);
}

TEST(PlainCsv, IsNotTakenForNodesBesideTablesOfAnotherKind) {
  const Error error = error_of([] {
    import_texts({{"n.csv", "id:ID\n1\n"}, {"T=e.csv", "source,target\n1,1\n"}});
  });
  EXPECT_EQ(error.code(), ErrorCode::damaged);
  EXPECT_NE(std::string(error.what()).find("e.csv: line 1 (byte 0): the header is of another kind"),
            std::string::npos)
      << error.what();
  EXPECT_EQ(error_of([] {
              import_texts({{"n.csv", "id,v\n1,2\n"}, {"t.csv", "a,b\n1,1\n"}});
            }).code(),
            ErrorCode::damaged);
}

}  // namespace
}  // namespace manifolddb::test_support
