// Statements of Memgraph's DUMP DATABASE become the graph that they would build; nothing else that
// is Cypher is run, guessed at, or skipped without a word. The dump's form is that of Memgraph's
// src/query/dump.cpp.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/error_of.h"
#include "support/imported_graph.h"
#include "support/run_command.h"

namespace manifolddb::test_support {
namespace {

constexpr const char* kCleanup = "MATCH (u) REMOVE u:__mg_vertex__, u.__mg_id__;\n";

std::string marked_node(const std::string& properties) {
  return "CREATE (:__mg_vertex__ {__mg_id__: 0" + properties + "});\n";
}

// The properties of one node, as its dump has them.
Properties read_dumped(const std::string& properties) {
  const ImportedGraph graph =
      import_texts({{"d.cypherl", marked_node(", " + properties) + kCleanup}});
  return graph.entities.at(0).properties;
}

Value read_dumped_value(const std::string& value) {
  return read_dumped("`v`: " + value).at("v");
}

std::string cypher_refusal_of(const std::string& text) {
  return test::error_of([&] { import_texts({{"d.cypherl", text}}); }).what();
}

void expect_cypher_error(const std::string& part, const std::string& whole) {
  EXPECT_NE(whole.find(part), std::string::npos) << whole;
}

TEST(Cypherl, IsTheGraphThatADumpWouldBuild) {
  const ImportedGraph graph = import_texts(
      {{"d.cypherl",
        "CREATE (:__mg_vertex__:`Label``s`:`B` {__mg_id__: 0, `name`: \"x\"});\n"
        "CREATE (:__mg_vertex__ {__mg_id__: 17});\n"
        "CREATE INDEX ON :__mg_vertex__(__mg_id__);\n"
        "MATCH (u:__mg_vertex__), (v:__mg_vertex__) WHERE u.__mg_id__ = 17 AND v.__mg_id__ = 0 "
        "CREATE (u)-[:`KNOWS` {`since`: 2000}]->(v);\n"
        "MATCH (u:__mg_vertex__), (v:__mg_vertex__) WHERE u.__mg_id__ = 0 AND v.__mg_id__ = 0 "
        "CREATE (u)-[:`SELF`]->(v);\n"
        "DROP INDEX ON :__mg_vertex__(__mg_id__);\n"
        "MATCH (u) REMOVE u:__mg_vertex__, u.__mg_id__;\n"}});
  EXPECT_EQ(graph.report.format, "cypherl");
  ASSERT_EQ(graph.entities.size(), 2u);
  EXPECT_EQ(graph.entities[0].labels, (std::vector<std::string>{"B", "Label`s"}));
  EXPECT_EQ(graph.entities[0].properties, (Properties{{"name", "x"}}));
  EXPECT_TRUE(graph.entities[1].labels.empty() && graph.entities[1].properties.empty());
  ASSERT_EQ(graph.edges.size(), 2u);
  EXPECT_EQ(graph.edges[0].edge_type, "KNOWS");
  EXPECT_EQ(graph.edges[0].source, graph.entities[1].id);
  EXPECT_EQ(graph.edges[0].target, graph.entities[0].id);
  EXPECT_EQ(graph.edges[0].properties, (Properties{{"since", 2000}}));
  EXPECT_EQ(graph.edges[1].source, graph.edges[1].target);
  ASSERT_EQ(graph.report.conversions.size(), 1u);
  EXPECT_EQ(graph.report.conversions[0].kind, "a node's id of the source is not kept");
  EXPECT_EQ(graph.report.conversions[0].count, 2u);
}

TEST(Cypherl, ReadsNumbersAsTheyStand) {
  const std::int64_t least = std::numeric_limits<std::int64_t>::min();
  EXPECT_TRUE(read_dumped_value("-9223372036854775808") == Value(least));
  EXPECT_TRUE(read_dumped_value("9007199254740993") == Value(std::int64_t{9007199254740993}));
  EXPECT_TRUE(read_dumped_value("1e+20") == Value(1e20));
  EXPECT_TRUE(read_dumped_value("-1.3410000000000000") == Value(-1.341));
  EXPECT_TRUE(read_dumped_value("inf") == Value(std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(read_dumped_value("-inf") == Value(-std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(std::isnan(*read_dumped_value("-nan").get_if<double>()));
}

TEST(Cypherl, ReadsTextsWithTheirEscapes) {
  EXPECT_TRUE(read_dumped_value(R"("\\ \' \" \b\f\n\r\t; // ö")") ==
              Value("\\ ' \" \b\f\n\r\t; // ö"));
  EXPECT_TRUE(read_dumped_value(R"('single \'q\' "d"')") == Value("single 'q' \"d\""));
  EXPECT_TRUE(read_dumped_value(R"("\u00e4\uD83D\uDE00\u005C")") == Value("ä😀\\"));
}

TEST(Cypherl, ReadsNestedValuesAndNull) {
  EXPECT_TRUE(read_dumped_value("[1, 2.5, true, Null, \"a\", [], {`k``1`: {}}]") ==
              Value(List{1, 2.5, true, nullptr, "a", List{}, Map{{"k`1", Map{}}}}));
  EXPECT_TRUE(read_dumped_value("null") == Value());
}

TEST(Cypherl, ReadsTemporalValuesAndPoints) {
  EXPECT_TRUE(read_dumped_value("DATE(\"2020-01-02\")") == Value(Date{18263}));
  EXPECT_TRUE(read_dumped_value("DATE(\"01-01-01\")") == Value(Date{-719162}));
  EXPECT_TRUE(read_dumped_value("LOCALTIME(\"00:00:01.000002\")") ==
              Value(Time{1'000'002'000, {}}));
  EXPECT_TRUE(read_dumped_value("LOCALDATETIME(\"1970-01-02T00:00:00.000000\")") ==
              Value(DateTime{1, 0, {}, {}}));
  EXPECT_TRUE(read_dumped_value("DATETIME(\"1970-01-01T00:00:00.000000+01:00[Europe/Paris]\")") ==
              Value(DateTime{0, 0, std::int16_t{60}, "Europe/Paris"}));
  EXPECT_TRUE(read_dumped_value("DURATION(\"P-1DT-2H-3M-4.000005S\")") ==
              Value(Duration{0, -1, -7385, 999'995'000}));
  EXPECT_TRUE(read_dumped_value("DURATION(\"P0DT0H0M-0.000005S\")") ==
              Value(Duration{0, 0, -1, 999'995'000}));
  EXPECT_TRUE(read_dumped_value("POINT({ x:1, y:2.5, srid: 4326 })") ==
              Value(Point{4326, 1, 2.5, {}}));
  EXPECT_TRUE(read_dumped_value("POINT({ x:1, y:2, z:-3, srid: 9157 })") ==
              Value(Point{9157, 1, 2, -3}));
}

TEST(Cypherl, KeepsEnumsAsTextsAndSaysSo) {
  const ImportedGraph graph =
      import_texts({{"d.cypherl", "CREATE ENUM Status VALUES { Good, Bad };\n" +
                                      marked_node(", `s`: Status::Good") + kCleanup}});
  EXPECT_EQ(graph.entities.at(0).properties, (Properties{{"s", "Status::Good"}}));
  ASSERT_EQ(graph.report.conversions.size(), 3u);
  EXPECT_EQ(graph.report.conversions[0].kind, "an enum is not kept: its values are texts");
  EXPECT_EQ(graph.report.conversions[1].kind, "the value of an enum is kept as text");
  EXPECT_EQ(graph.report.conversions[1].first.line, 2u);
}

TEST(Cypherl, EnumsMayBeNamedAsWhatElseAValueBeginsWith) {
  for (const char* value : {"Date::Monday", "Point::Out", "INF::None", "True::False", "Null::Null",
                            "`Dura``tion`::`x y`"}) {
    std::string kept = value;
    if (value[0] == '`') kept = "Dura`tion::x y";
    EXPECT_TRUE(read_dumped_value(value) == Value(kept)) << value;
  }
}

TEST(Cypherl, EverythingThatHasToBeSaidOfOneValueIsCounted) {
  const ImportedGraph graph =
      import_texts({{"d.cypherl",
                     "CREATE (:A {v: [Status::Good, "
                     "DATETIME(\"1970-01-01T00:00:00[Europe/Paris]\"), Status::Bad]});\n"}});
  ASSERT_EQ(graph.report.conversions.size(), 2u);
  EXPECT_EQ(graph.report.conversions[0].kind, "the value of an enum is kept as text");
  EXPECT_EQ(graph.report.conversions[0].count, 1u);
}

TEST(Cypherl, CountsWhatOfTheSchemaIsNotKept) {
  const ImportedGraph graph = import_texts(
      {{"d.cypherl",
        "CREATE INDEX ON :`L`;\nCREATE INDEX ON :`L`(`p`, `q`.`r`);\n"
        "CREATE EDGE INDEX ON :`T`(`p`);\nCREATE GLOBAL EDGE INDEX ON :(`p`);\n"
        "CREATE TEXT INDEX `i` ON :`L`;\nCREATE POINT INDEX ON :`L`(`p`);\n"
        "CREATE VECTOR INDEX `v` ON :`L`(`p`) WITH CONFIG { \"dimension\": 2 };\n"
        "CREATE CONSTRAINT ON (u:`L`) ASSERT EXISTS (u.`p`);\n"
        "CREATE CONSTRAINT ON (u:`L`) ASSERT u.`p`, u.`q` IS UNIQUE;\n"
        "CREATE CONSTRAINT ON (u:`L`) ASSERT u.`p` IS TYPED INTEGER;\n"
        "CREATE TRIGGER t ON CREATE BEFORE COMMIT EXECUTE CREATE (:`a;b` {c: \";\"});\n"
        "STORAGE MODE IN_MEMORY_ANALYTICAL;\nANALYZE GRAPH;\n"}});
  ASSERT_EQ(graph.report.conversions.size(), 4u);
  EXPECT_EQ(graph.report.conversions[0].kind, "an index is not kept");
  EXPECT_EQ(graph.report.conversions[0].count, 7u);
  EXPECT_EQ(graph.report.conversions[1].kind, "a constraint is not kept");
  EXPECT_EQ(graph.report.conversions[1].count, 3u);
  EXPECT_EQ(graph.report.conversions[2].kind, "a trigger is not kept");
  EXPECT_EQ(graph.report.conversions[3].kind, "a storage mode is not kept");
  EXPECT_EQ(graph.report.conversions[3].first.line, 12u);
  EXPECT_TRUE(graph.entities.empty());
}

TEST(Cypherl, SkipsCommentsAndTakesStatementsOverLines) {
  const ImportedGraph graph = import_texts(
      {{"d.cypherl",
        "// a; comment\n;; /* another;\n */ CREATE (n:A\n{x: /* ; */ 1}) // end\n;\n"}});
  ASSERT_EQ(graph.entities.size(), 1u);
  EXPECT_EQ(graph.entities[0].properties, (Properties{{"x", 1}}));
}

TEST(Cypherl, RefusesOtherStatementsWithLineAndByte) {
  expect_cypher_error("d.cypherl: line 3 (byte 21): here a statement of a dump",
                      cypher_refusal_of("CREATE (:A {x: 1});\n\n"
                                        "MERGE (n) RETURN n;\n"));
  expect_cypher_error("line 1 (byte 9): here ')' was expected",
                      cypher_refusal_of("MATCH (n {x: 1}) SET n.y = 2;"));
  expect_cypher_error("line 1 (byte 10): here REMOVE was expected",
                      cypher_refusal_of("MATCH (n) DELETE n;"));
  expect_cypher_error("line 1 (byte 11): here the end of the statement",
                      cypher_refusal_of("CREATE (:A), (:B);"));
  expect_cypher_error("an index, a constraint", cypher_refusal_of("CREATE (:A);\nCREATE USER x;"));
  expect_cypher_error(
      "nodes are matched by a label that is not __mg_vertex__",
      cypher_refusal_of("MATCH (a:Person {id: 1}), (b:Person {id: 2}) CREATE (a)-[:T]->(b);"));
  expect_cypher_error(
      "here '->' was expected",
      cypher_refusal_of("MATCH (u:__mg_vertex__), (v:__mg_vertex__) WHERE u.__mg_id__ = 1 AND "
                        "v.__mg_id__ = 1 CREATE (u)-[:T]-(v);"));
}

TEST(Cypherl, RefusesValuesThatItDoesNotKnow) {
  const auto refused_value = [](const std::string& value) {
    return cypher_refusal_of(marked_node(", `v`: " + value) + kCleanup);
  };
  expect_cypher_error("a whole number of 64 bits", refused_value("9223372036854775808"));
  expect_cypher_error("the range of a double", refused_value("1e999"));
  expect_cypher_error("is no value of DATE()", refused_value("DATE(\"2020-02-30\")"));
  expect_cypher_error("is no value of DURATION()", refused_value("DURATION(\"1 day\")"));
  expect_cypher_error("a point needs x and y", refused_value("POINT({x: 1})"));
  expect_cypher_error("of a point is not one", refused_value("POINT({x: 1, y: 2, w: 3})"));
  expect_cypher_error("of a point is not one", refused_value("POINT({x: 1, y: 2, longitude: 3})"));
  expect_cypher_error("of a point is not one", refused_value("POINT({x: 1, y: 2, srid: 7203.5})"));
  expect_cypher_error("one of \\ ' \"", refused_value("\"\\q\""));
  expect_cypher_error("the other half of a surrogate pair", refused_value("\"\\uD800x\""));
  expect_cypher_error("'::' of an enum", refused_value("rand()"));
  expect_cypher_error("is there twice", refused_value("{`a`: 1, `a`: 2}"));
  expect_cypher_error("is there twice", refused_value("1, `v`: 2"));
  expect_cypher_error("not valid UTF-8", refused_value("\"\xff\""));
}

TEST(Cypherl, RefusesWhatIsNestedTooDeeplyAndStaysAlive) {
  const std::string deep(200'000, '[');
  expect_cypher_error("values are nested deeper than 48",
                      cypher_refusal_of(marked_node(", `v`: " + deep)));
  expect_cypher_error("values are nested deeper than 48",
                      cypher_refusal_of(marked_node(", `v`: " + std::string(48, '[') + "1" +
                                                    std::string(48, ']'))));
}

TEST(Cypherl, RefusesAStatementOverTheLimitNamingWhereItBegins) {
  const std::string giant = "CREATE (:A);\nCREATE (:B {x: \"" + std::string(65u << 20, 'x');
  expect_cypher_error(
      "line 2 (byte 13): the statement is longer than 64 MiB; is a quote not closed?",
      cypher_refusal_of(giant));
}

TEST(Cypherl, RefusesMoreItemsThanAStatementMayHave) {
  std::string ones = "[1";
  for (int i = 0; i < 1 << 20; ++i) ones += ",1";
  ones += "]";
  const std::string expected =
      "the statement, with its labels, properties, lists and maps, has more than 1 048 576 items";
  expect_cypher_error(expected, cypher_refusal_of("CREATE (:A {x: " + ones + "});"));
  std::string many = "CREATE (";
  for (int i = 0; i <= 1 << 20; ++i) many += ":A";
  expect_cypher_error(expected, cypher_refusal_of(many + ");"));
  many = "CREATE (:A {a: 1";
  for (int i = 0; i < 1 << 20; ++i) many += ",a:1";
  expect_cypher_error(expected, cypher_refusal_of(many + "});"));
}

TEST(Cypherl, ADumpWithoutItsLastStatementsIsRefused) {
  const Error error = test::error_of([&] { import_texts({{"d.cypherl", marked_node("")}}); });
  expect_cypher_error("d.cypherl: its last statements are missing: the file was cut short",
                      error.what());
  expect_cypher_error("MATCH (u) REMOVE", error.next());
  expect_cypher_error("the text ends inside of a statement",
                      cypher_refusal_of("CREATE (:A {x: 1})"));
}

TEST(Cypherl, DoublesAndDanglingEndsAreNamedWithTheirLines) {
  expect_cypher_error("line 2 (byte 40): node \"0\" is there twice: first in ",
                      cypher_refusal_of(marked_node("") + marked_node("") + kCleanup));
  const std::string dangling =
      marked_node("") +
      "MATCH (u:__mg_vertex__), (v:__mg_vertex__) WHERE u.__mg_id__ = 0 AND v.__mg_id__ = 9 "
      "CREATE (u)-[:`T`]->(v);\n" +
      kCleanup;
  expect_cypher_error("line 2 (byte 40): the edge ends at node \"9\", which is not there",
                      cypher_refusal_of(dangling));
  migrate::ImportOptions options;
  options.on_dangling = migrate::OnDangling::skip;
  EXPECT_EQ(import_texts({{"d", dangling}}, options).report.refusal_count, 1u);
  options.on_dangling = migrate::OnDangling::create;
  EXPECT_EQ(import_texts({{"d", dangling}}, options).entities.size(), 2u);
}

TEST(Cypherl, ADryRunListsEveryStatementThatIsRefused) {
  migrate::ImportOptions options;
  options.dry_run = true;
  const migrate::ImportReport report =
      import_texts({{"d.cypherl", "CREATE (:A {x: 1});\nRETURN 1;\nCREATE (:B {x: });\n"}}, options)
          .report;
  ASSERT_EQ(report.refusals.size(), 2u);
  EXPECT_EQ(report.refusals[0].place.line, 2u);
  EXPECT_EQ(report.refusals[1].place.line, 3u);
  EXPECT_EQ(report.refusals[1].place.byte, 45u);
  EXPECT_EQ(report.entities_kept, 1u);
}

TEST(Cypherl, IsReadCompressedAndInUtf16) {
  const std::string text = "CREATE (:A {x: \"y\"});\n";
  std::string utf16 = "\xFF\xFE";
  for (const char c : text) utf16.append({c, '\0'});
  test::CommandOptions options;
  options.input = utf16;
  const std::string compressed = test::run_command({"gzip", "-nc"}, options).out;
  ASSERT_TRUE(compressed.starts_with("\x1f\x8b"));
  for (const std::string& file : {utf16, compressed}) {
    EXPECT_EQ(import_texts({{"d", file}}).entities.at(0).properties, (Properties{{"x", "y"}}));
  }
}

}  // namespace
}  // namespace manifolddb::test_support
