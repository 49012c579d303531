// What apoc.export.json wrote: every layout of it, and the types that JSON itself cannot say.
#include <gtest/gtest.h>

#include "support/error_of.h"
#include "support/imported_graph.h"

namespace manifolddb::test_support {
namespace {

using migrate::ImportOptions;
using test::error_of;

constexpr const char* kAda =
    R"({"type":"node","id":"7","labels":["Person","Writer"],"properties":{"name":"Ada","born":"1815-12-10","big":9007199254740993,"one":1.0}})";
constexpr const char* kBob = R"({"type":"node","id":8,"labels":["Person"],"properties":{}})";
constexpr const char* kKnows =
    R"({"id":"0","type":"relationship","label":"KNOWS","properties":{"since":1993},"start":{"id":"7","labels":["Person"]},"end":{"id":"8"}})";

void expect_both(const ImportedGraph& graph) {
  ASSERT_EQ(graph.entities.size(), 2u);
  ASSERT_EQ(graph.edges.size(), 1u);
  const EntityId ada = graph.edges[0].source;
  const Entity& entity = graph.entities[ada.value - 1];
  EXPECT_EQ(entity.labels, (std::vector<std::string>{"Person", "Writer"}));
  EXPECT_EQ(entity.properties, (Properties{{"name", "Ada"},
                                           {"born", "1815-12-10"},
                                           {"big", std::int64_t{9007199254740993}},
                                           {"one", 1.0}}));
  EXPECT_EQ(graph.edges[0].edge_type, "KNOWS");
  EXPECT_EQ(graph.edges[0].properties, (Properties{{"since", 1993}}));
}

ImportOptions apoc() {
  ImportOptions options;
  options.format = "neo4j-apoc";
  return options;
}

TEST(Neo4jApoc, EveryLayoutIsTheSameGraph) {
  const std::string ada = kAda, bob = kBob, knows = kKnows;
  const std::vector<std::string> layouts{
      ada + "\n" + bob + "\n" + knows + "\n",
      knows + "\r\n" + ada + "\r\n" + bob,  // relationships before their nodes
      "[" + ada + ",\n" + bob + ", " + knows + "]",
      "{\"nodes\":[" + ada + "," + bob + "],\"rels\":[" + knows + "]}",
      "{\"rels\":{\"0\":" + knows + "},\"nodes\":{\"7\":" + ada + ",\"8\":" + bob + "}}",
      "{\"a\":" + ada + "}\n{\"b\":" + bob + ",\"r\":" + knows + "}",
      "{\"list\":[" + ada + "," + bob + "]}\n{\"list\":[" + knows + "]}",
      "\xEF\xBB\xBF" + ada + bob + knows,  // a byte order mark, and nothing in between
  };
  for (const std::string& layout : layouts) {
    SCOPED_TRACE(layout);
    const ImportedGraph graph = import_texts({{"all.json", layout}});
    EXPECT_EQ(graph.report.format, "neo4j-apoc");
    expect_both(graph);
  }
}

TEST(Neo4jApoc, SeveralFilesAreOneGraph) {
  expect_both(import_texts({{"rels.json", kKnows}, {"nodes.json", std::string(kAda) + kBob}}));
}

TEST(Neo4jApoc, ObjectsAreThePointsThatNeo4jCanHold) {
  const ImportedGraph graph = import_texts({{"p.json", R"({"type":"node","id":"1","properties":{
        "a":{"crs":"wgs-84","latitude":13.1,"longitude":33.4,"height":null},
        "b":{"crs":"cartesian-3D","x":1,"y":2,"z":3},
        "c":[{"x":1,"y":2,"srid":7203}],
        "d":{"x":1,"why":2}}})"}});
  const Properties& properties = graph.entities.at(0).properties;
  EXPECT_EQ(properties.at("a"), Value(Point{4326, 33.4, 13.1, {}}));
  EXPECT_EQ(properties.at("b"), Value(Point{9157, 1, 2, 3.0}));
  EXPECT_EQ(properties.at("c"), Value(List{Point{7203, 1, 2, {}}}));
  EXPECT_EQ(properties.at("d"), Value(Map{{"x", 1}, {"why", 2}}));
  ASSERT_EQ(graph.report.conversions.size(), 2u);
  EXPECT_EQ(graph.report.conversions[0].kind, "an object that is no point is kept as a map");
}

constexpr const char* kTimes =
    R"({"type":"node","id":"1","labels":["A"],"properties":{"day":"2020-02-29","at":"2020-02-29T10:00:00Z","took":"P1DT2S","mixed":"2020-01-01","list":["10:00:00+01:00"]}}
{"type":"node","id":"2","labels":["A"],"properties":{"day":"2021-01-01","at":"2020-02-29T10:00","mixed":"soon"}}
{"type":"node","id":"3","labels":["B"],"properties":{"day":"Sunday"}}
)";

TEST(Neo4jApoc, TextsThatReadAsTimesStayTextsAndAreReported) {
  const ImportedGraph graph = import_texts({{"t.json", kTimes}});
  EXPECT_EQ(graph.entities[0].properties.at("day"), Value("2020-02-29"));
  ASSERT_EQ(graph.report.conversions.size(), 2u);
  EXPECT_EQ(graph.report.conversions[0].kind,
            "a text that reads as a date, time or duration is kept as text (--types, "
            "--infer-types)");
  EXPECT_EQ(graph.report.conversions[0].count, 6u);
}

TEST(Neo4jApoc, InfersTypesByColumnWhereAllTextsOfALabelAgree) {
  ImportOptions options;
  options.infer_types = true;
  const ImportedGraph graph = import_texts({{"t.json", kTimes}}, options);
  const Properties& first = graph.entities[0].properties;
  EXPECT_EQ(first.at("day"), Value(Date{18321}));
  EXPECT_EQ(first.at("at"), Value(DateTime{18321, 36'000'000'000'000, std::int16_t{0}, {}}));
  EXPECT_EQ(first.at("took"), Value(Duration{0, 1, 2, 0}));
  EXPECT_EQ(first.at("mixed"), Value("2020-01-01"));
  EXPECT_EQ(first.at("list"), Value(List{Time{36'000'000'000'000, std::int16_t{60}}}));
  EXPECT_EQ(graph.entities[1].properties.at("at"),
            Value(DateTime{18321, 36'000'000'000'000, {}, {}}));
  EXPECT_EQ(graph.entities[2].properties.at("day"), Value("Sunday"));
}

TEST(Neo4jApoc, TakesTypesFromTheMappingOfApoc) {
  const test::TempDir folder;
  test::write_file(folder / "types.json",
                   R"({"nodePropertyMappings":{"A":{"day":"LocalDate","took":"Duration"}},
                       "relPropertyMappings":{"KNOWS":{"since":"Date"}}})");
  ImportOptions options;
  options.types_file = folder / "types.json";
  const ImportedGraph graph = import_texts({{"t.json", kTimes}}, options);
  EXPECT_EQ(graph.entities[0].properties.at("day"), Value(Date{18321}));
  EXPECT_EQ(graph.entities[0].properties.at("at"), Value("2020-02-29T10:00:00Z"));
  EXPECT_EQ(graph.entities[2].properties.at("day"), Value("Sunday"));
}

TEST(Neo4jApoc, RefusesATextThatIsNotOfItsMappedType) {
  const test::TempDir folder;
  test::write_file(folder / "types.json", R"({"nodePropertyMappings":{"B":{"day":"Date"}}})");
  ImportOptions options;
  options.types_file = folder / "types.json";
  const Error error = error_of([&] { import_texts({{"t.json", kTimes}}, options); });
  EXPECT_NE(
      std::string(error.what())
          .find("line 3 (byte 278): property \"day\": \"Sunday\" is no date, which it should be"),
      std::string::npos)
      << error.what();
}

TEST(Neo4jApoc, RefusesATypesFileWithAnUnknownType) {
  const test::TempDir folder;
  test::write_file(folder / "types.json", R"({"nodePropertyMappings":{"B":{"day":"Dote"}}})");
  ImportOptions options;
  options.types_file = folder / "types.json";
  const Error error = error_of([&] { import_texts({{"t.json", kTimes}}, options); });
  EXPECT_NE(std::string(error.what()).find("types.json: no type is called \"Dote\""),
            std::string::npos)
      << error.what();
}

TEST(Neo4jApoc, KeepsIdsWhereTheyAreAskedFor) {
  ImportOptions options;
  options.ids = migrate::IdChoice::keep;
  std::string knows = kKnows;
  knows.replace(knows.find("\"0\""), 3, "\"77\"");
  const ImportedGraph graph = import_texts({{"a.json", std::string(kAda) + kBob + knows}}, options);
  EXPECT_EQ(graph.entities[0].id, EntityId{7});
  EXPECT_EQ(graph.edges.at(0).id, EdgeId{77});
  EXPECT_TRUE(graph.report.conversions.size() == 1u);  // the text that reads as a date
}

struct RefusedApoc {
  const char* text;
  const char* what;
};

TEST(Neo4jApoc, NamesLineAndByteOfWhatItRefuses) {
  const std::vector<RefusedApoc> cases{
      {"{\"type\":\"node\",\"id\":\"1\"}\n{\"type\":\"node\",\"id\":\"1\"}",
       "line 2 (byte 25): node \"1\" is there twice: first in "},
      {"{\"type\":\"node\",\"id\":\"1\"}\n\n{\"type\":\"nod\",\"id\":\"2\"}",
       "line 3 (byte 26): the type is \"nod\", neither node nor relationship"},
      {"{\"type\":\"node\",\"id\":\"1\",\"properties\":{\"a\":9223372036854775808}}",
       "line 1 (byte 0): property \"a\": the number 9223372036854775808 is over "
       "9223372036854775807"},
      {"{\"type\":\"node\",\"id\":\"1\",\"properties\":{\"a\":1e999}}",
       "line 1 (byte 42): a number outside"},
      {"{\"type\":\"node\",\"id\":\"1\",\"properties\":{\"a\":1,\"a\":2}}",
       "the property \"a\" is there twice"},
      {"{\"type\":\"node\",\"id\":\"1\"}\n{\"type\":\"node\",", "line 2 (byte 25): the text ends"},
      {"{\"type\":\"node\",\"id\":\"1\",}", "line 1 (byte 24): "},
      {"{\"type\":\"node\",\"id\":\"1\",\"properties\":{\"a\":\"\xff\"}}", "line 1 (byte 43): "},
      {"[{\"type\":\"node\",\"id\":\"1\"}", "the text ends before a ]"},
      {"[{\"type\":\"node\",\"id\":\"1\"} {\"type\":\"node\",\"id\":\"2\"}]",
       "(byte 26): here a comma"},
      {"{\"type\":\"node\"}", "the node has no id"},
      {"{\"type\":\"node\",\"id\":[1]}", "the node has an id that is no text"},
      {"{\"type\":\"relationship\",\"label\":\"T\",\"start\":{\"id\":\"1\"},\"end\":{\"id\":\"2\"}"
       "}",
       "the edge ends at node \"1\", which is not there"},
      {"{\"type\":\"relationship\",\"start\":{\"id\":\"1\"},\"end\":{\"id\":\"2\"}}",
       "the relationship has no \"label\""},
      {"{\"a\":1}", "this is no node and no relationship: it has no \"type\""},
  };
  for (const RefusedApoc& refused : cases) {
    SCOPED_TRACE(refused.text);
    const test::TempDir folder;
    const auto inputs = write_inputs(folder, {{"a.json", refused.text}});
    const Error error = error_of([&] { migrate::import_graph(inputs, folder / "db", apoc()); });
    EXPECT_EQ(error.code(), ErrorCode::damaged);
    EXPECT_NE(std::string(error.what()).find(refused.what), std::string::npos) << error.what();
    EXPECT_FALSE(std::filesystem::exists(folder / "db"));
  }
}

TEST(Neo4jApoc, ReadsAnArrayOfManyRecordsThatNoBufferHolds) {
  std::string text = "[";
  for (int i = 1; i <= 20'000; ++i) {
    text += "{\"type\":\"node\",\"id\":\"" + std::to_string(i) +
            "\",\"properties\":{\"text\":\"brackets ]}[{ and a \\\" quote\"}},\n";
  }
  text += R"({"type":"node","id":"0"}])";
  const ImportedGraph graph = import_texts({{"a.json", text}});
  EXPECT_EQ(graph.entities.size(), 20'001u);
  EXPECT_EQ(graph.entities[0].properties.at("text"), Value("brackets ]}[{ and a \" quote"));
}

}  // namespace
}  // namespace manifolddb::test_support
