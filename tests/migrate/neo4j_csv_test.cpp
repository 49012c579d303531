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

}  // namespace
}  // namespace manifolddb::test_support
