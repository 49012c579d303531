// GraphML of graph libraries, databases and drawing programs: typed keys, defaults, labels and
// types where each dialect has them.
#include <gtest/gtest.h>

#include "support/error_of.h"
#include "support/imported_graph.h"

namespace manifolddb::test_support {
namespace {

using test::error_of;

std::string graphml(const std::string& inside) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\" "
         "xmlns:y=\"http://www.yworks.com/xml/graphml\">\n" +
         inside + "</graphml>\n";
}

std::map<std::string, std::uint64_t> graphml_conversions(const ImportedGraph& graph) {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& conversion : graph.report.conversions)
    counts[conversion.kind] = conversion.count;
  return counts;
}

TEST(Graphml, GivesEachValueTheTypeOfItsKeyAndDefaultsToWhoSaysNothing) {
  const ImportedGraph graph = import_texts({{"g.graphml", graphml(R"(
<key id="a" for="node" attr.name="big" attr.type="long"/>
<key id="b" for="node" attr.name="weight" attr.type="float"/>
<key id="c" for="all" attr.name="good" attr.type="boolean"><default>true</default></key>
<key id="d" for="edge" attr.name="text"><default>x &lt; y</default></key>
<key id="e" for="node" attr.name="kids" attr.type="string" attr.list="string"/>
<key id="f" for="node" attr.name="marks" attr.type="string" attr.list="double"/>
<graph edgedefault="directed">
<node id="1"><data key="a">9007199254740993</data><data key="b"> 0.1 </data><data key="c">0</data>
  <data key="e">["Sam","An\"na"]</data><data key="f">[1,2.5]</data></node>
<node id="2"><data key="a"></data></node>
<edge source="1" target="2" label="T"/>
<edge source="2" target="1" label="T" directed="false"><data key="d"><![CDATA[<&>]]></data></edge>
</graph>)")}});
  EXPECT_EQ(graph.report.format, "graphml");
  ASSERT_EQ(graph.entities.size(), 2u);
  EXPECT_EQ(graph.entities[0].properties, (Properties{{"big", std::int64_t{9007199254740993}},
                                                      {"weight", 0.1},
                                                      {"good", false},
                                                      {"kids", List{"Sam", "An\"na"}},
                                                      {"marks", List{1.0, 2.5}},
                                                      {"id", "1"}}));
  EXPECT_EQ(graph.entities[1].properties, (Properties{{"good", true}, {"id", "2"}}));
  ASSERT_EQ(graph.edges.size(), 2u);
  EXPECT_EQ(graph.edges[0].properties, (Properties{{"good", true}, {"text", "x < y"}}));
  EXPECT_EQ(graph.edges[1].properties, (Properties{{"good", true}, {"text", "<&>"}}));
  EXPECT_EQ(graphml_conversions(graph),
            (std::map<std::string, std::uint64_t>{
                {"a node's id is kept as the property id", 2},
                {"an undirected edge is kept as one from its source to its target", 1}}));
}

TEST(Graphml, ReadsLabelsAndTypesOfApoc) {
  const ImportedGraph graph = import_texts({{"g.graphml", graphml(R"(
<key id="labels" for="node" attr.name="labels"/><key id="label" for="edge" attr.name="label"/>
<graph id="G" edgedefault="directed">
<node id="n0" labels=":Person:Writer"><data key="labels">:Person:Writer</data></node>
<edge id="e0" source="n0" target="n0" label="KNOWS"><data key="label">KNOWS</data></edge>
</graph>)")}});
  ASSERT_EQ(graph.entities.size(), 1u);
  EXPECT_EQ(graph.entities[0], (Entity{EntityId{1}, {"Person", "Writer"}, {}}));
  ASSERT_EQ(graph.edges.size(), 1u);
  EXPECT_EQ(graph.edges[0], (Edge{EdgeId{1}, EntityId{1}, EntityId{1}, "KNOWS", {}}));
}

TEST(Graphml, ReadsLabelsAndTypesOfTinkerPop) {
  const ImportedGraph graph = import_texts({{"g.xml", graphml(R"(
<key id="labelV" for="node" attr.name="labelV" attr.type="string"/>
<key id="labelE" for="edge" attr.name="labelE" attr.type="string"/>
<graph edgedefault="directed"><node id="1"><data key="labelV">person</data></node>
<edge id="7" source="1" target="1"><data key="labelE">knows</data></edge></graph>)")}});
  EXPECT_EQ(graph.entities.at(0), (Entity{EntityId{1}, {"person"}, {}}));
  EXPECT_EQ(graph.edges.at(0).edge_type, "knows");
}

TEST(Graphml, TakesTheTextOfALabelFromTheDrawingOfYed) {
  migrate::ImportOptions options;
  options.default_edge_type = "LINK";
  const ImportedGraph graph = import_texts({{"g.graphml", graphml(R"(
<key for="node" id="d6" yfiles.type="nodegraphics"/><key for="edge" id="d10" yfiles.type="edgegraphics"/>
<key for="port" id="d1" yfiles.type="portgraphics"/>
<graph edgedefault="directed" id="G">
<node id="n0"><data key="d6"><y:ShapeNode><y:Geometry height="30.0"/><y:NodeLabel alignment="center">Start
  <y:LabelModel><y:Text>no</y:Text></y:LabelModel></y:NodeLabel></y:ShapeNode></data>
  <graph edgedefault="directed" id="n0:"><node id="n0::n0"><port name="x"><desc>d</desc></port></node></graph></node>
<edge id="e0" source="n0" target="n0::n0"><data key="d10"><y:PolyLineEdge><y:EdgeLabel>to</y:EdgeLabel></y:PolyLineEdge></data></edge>
</graph>)")}},
                                           options);
  ASSERT_EQ(graph.entities.size(), 2u);
  EXPECT_EQ(graph.entities[0].properties, (Properties{{"id", "n0::n0"}}));
  EXPECT_EQ(graph.entities[1].properties, (Properties{{"id", "n0"}, {"label", "Start"}}));
  EXPECT_EQ(graph.edges.at(0),
            (Edge{EdgeId{1}, EntityId{2}, EntityId{1}, "LINK", {{"label", "to"}}}));
  EXPECT_EQ(graphml_conversions(graph),
            (std::map<std::string, std::uint64_t>{
                {"a node's id is kept as the property id", 2},
                {"an edge's id is not kept", 1},
                {"a graph within a node: that its nodes are in it is not kept", 1},
                {"ports, descriptions and locators are not kept", 1},
                {"yEd's drawing is not kept, except for the text of a label", 2}}));
}

TEST(Graphml, ReadsOtherEncodings) {
  const std::string latin =
      "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><graphml><graph>"
      "<node id=\"\xe9\"/></graph></graphml>";
  EXPECT_EQ(import_texts({{"g.xml", latin}}).entities.at(0).properties.at("id"), Value("é"));
  std::string utf16 = "\xff\xfe";
  for (const char c : std::string("<?xml version=\"1.0\" encoding=\"UTF-16\"?><graphml><graph>"
                                  "<node id=\"a\"/></graph></graphml>")) {
    utf16.append({c, '\0'});
  }
  EXPECT_EQ(import_texts({{"g.xml", utf16}}).entities.at(0).properties.at("id"), Value("a"));
}

TEST(Graphml, IdsAreThoseOfOneFile) {
  const std::string one =
      graphml("<graph><node id=\"a\"/><edge source=\"a\" target=\"a\" label=\"T\"/></graph>");
  const ImportedGraph graph = import_texts({{"1.xml", one}, {"2.xml", one}});
  EXPECT_EQ(graph.entities.size(), 2u);
  EXPECT_EQ(graph.edges.at(1).target, EntityId{2});
}

TEST(Graphml, AnEdgeWithoutATypeAsksForOne) {
  const Error error = error_of([] {
    import_texts({{"g.xml", graphml("<graph><node id=\"a\"/><edge source=\"a\" target=\"a\"/>"
                                    "</graph>")}});
  });
  EXPECT_EQ(error.code(), ErrorCode::usage);
  EXPECT_EQ(error.next(), "give one for all such edges: --edge-type TYPE");
}

struct RefusedGraphml {
  std::string text;
  std::string what;
};

TEST(Graphml, NamesLineAndByteOfWhatItRefuses) {
  const std::string start = "<graphml>\n<key id='i' for='node' attr.name='i' attr.type='int'/>\n";
  const std::vector<RefusedGraphml> cases{
      {start + "<graph>\n<node id='a'>\n<data key='i'>12345678901234567890</data></node>",
       "line 4 (byte 73): property \"i\": \"12345678901234567890\" is outside the range"},
      {start + "<graph>\n<node id='a'><data key='i'>x</data></node>", "is no whole number"},
      {start + "<graph>\n<node id='a'/>\n<node id='a'/>",
       "line 5 (byte 88): node \"a\" is there twice"},
      {start + "<graph>\n<node/>", "line 4 (byte 73): the node has no id"},
      {start + "<graph>\n<edge source='a' label='T'/>", "the edge has no target"},
      {start + "<graph>\n<node id='a'><data>1</data></node>", "data without a key"},
      {start + "<graph>\n<node id='a'><data key='i'>1</data><data key='i'>2</data></node>",
       "the property \"i\" is there twice"},
      {start + "<key id='i' for='node'/>", "line 3 (byte 65): the key \"i\" is declared twice"},
      {start + "<graph>\n<hyperedge/>", "a hyperedge, which no edge between two nodes can be"},
      {start + "<graph>\n<node id='a'", "line 4 (byte 73): not well-formed XML"},
      {start + "<graph>\n</graphml>", "line 4 (byte 75): not well-formed XML: mismatched tag"},
      {start + "<graph>\n<node id='\xff'/>", "not well-formed XML"},
      {start + "</graphml>", "has no graph: it is no GraphML"},
      {"<?xml version='1.0' encoding='EBCDIC-US'?><graphml/>", "unknown encoding"},
  };
  for (const RefusedGraphml& refused : cases) {
    SCOPED_TRACE(refused.text);
    const test::TempDir folder;
    const auto inputs = write_inputs(folder, {{"g.xml", refused.text}});
    const Error error = error_of([&] { migrate::import_graph(inputs, folder / "db"); });
    EXPECT_EQ(error.code(), ErrorCode::damaged);
    EXPECT_NE(std::string(error.what()).find(refused.what), std::string::npos) << error.what();
    EXPECT_FALSE(std::filesystem::exists(folder / "db"));
  }
}

}  // namespace
}  // namespace manifolddb::test_support
