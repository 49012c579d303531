// Graphs of Gephi and of TinkerPop: typed values, what has no place here, and what is refused.
#include <gtest/gtest.h>

#include "support/error_of.h"
#include "support/imported_graph.h"

namespace manifolddb::test_support {
namespace {

using test::error_of;

TEST(Gexf, ReadsTypedAttributesDefaultsLabelsKindsAndWeights) {
  const ImportedGraph graph = import_texts({{"g.gexf", R"(<?xml version="1.0"?>
<gexf version="1.3"><graph defaultedgetype="undirected">
<attributes class="node"><attribute id="0" title="age" type="integer"/>
  <attribute id="1" title="good" type="boolean"><default>true</default></attribute>
  <attribute id="2" title="tags" type="liststring"/></attributes>
<attributes class="edge"><attribute id="0" title="since" type="double"/></attributes>
<nodes><node id="a" label="Ada"><attvalues><attvalue for="0" value="9007199254740993"/>
  <attvalue for="2" value="x|y"/></attvalues><nodes><node id="b"/></nodes></node></nodes>
<edges><edge id="7" source="a" target="b" kind="KNOWS" weight="2" type="directed" label="l">
  <attvalues><attvalue for="0" value="1.5"/></attvalues></edge>
  <edge source="b" target="a" kind="KNOWS"/></edges>
</graph></gexf>)"}});
  EXPECT_EQ(graph.report.format, "gexf");
  ASSERT_EQ(graph.entities.size(), 2u);
  EXPECT_EQ(graph.entities[0].properties, (Properties{{"id", "b"}, {"good", true}}));
  EXPECT_EQ(graph.entities[1].properties, (Properties{{"age", std::int64_t{9007199254740993}},
                                                      {"good", true},
                                                      {"id", "a"},
                                                      {"label", "Ada"},
                                                      {"tags", List{"x", "y"}}}));
  ASSERT_EQ(graph.edges.size(), 2u);
  EXPECT_EQ(graph.edges[0], (Edge{EdgeId{1},
                                  EntityId{2},
                                  EntityId{1},
                                  "KNOWS",
                                  {{"since", 1.5}, {"weight", 2.0}, {"label", "l"}}}));
  ASSERT_EQ(graph.report.conversions.size(), 3u);
  EXPECT_EQ(graph.report.conversions[2].kind,
            "an undirected edge is kept as one from its source to its target");
}

std::string gexf_refusal(const std::string& inside) {
  const Error error = error_of([&] {
    import_texts({{"g.gexf",
                   "<gexf><graph>\n<attributes class=\"node\"><attribute id=\"i\" "
                   "type=\"integer\"/></attributes>\n" +
                       inside + "</graph></gexf>"}});
  });
  EXPECT_EQ(error.code(), ErrorCode::damaged);
  const std::string what = error.what();
  return what.substr(what.find("g.gexf"));
}

TEST(Gexf, NamesLineAndByteOfWhatItRefuses) {
  EXPECT_EQ(gexf_refusal("<node id=\"1\"><attvalue for=\"i\" value=\"x\"/></node>"),
            "g.gexf: line 3 (byte 87): property \"i\": \"x\" is no whole number");
  EXPECT_EQ(gexf_refusal("<node id=\"1\"><attvalue for=\"j\" value=\"x\"/></node>"),
            "g.gexf: line 3 (byte 100): the attribute \"j\" is not declared");
  EXPECT_EQ(gexf_refusal("<node/>"), "g.gexf: line 3 (byte 87): the node has no id");
  EXPECT_EQ(gexf_refusal("<edge source=\"1\"/>"),
            "g.gexf: line 3 (byte 87): the edge has no target");
}

std::string vertex(const std::string& properties) {
  return R"({"id":{"@type":"g:Int64","@value":1},"label":"p","inE":{},"properties":)" + properties +
         "}\n";
}

TEST(Graphson, ReadsTypedValuesAsWhatTheyAre) {
  const ImportedGraph graph = import_texts({{"g.json", vertex(R"({
"int":[{"id":0,"value":{"@type":"g:Int64","@value":9007199254740993}}],
"float":[{"value":{"@type":"g:Float","@value":1}}],
"nan":[{"value":{"@type":"g:Double","@value":"NaN"}}],
"plain":[{"value":29}],
"date":[{"value":{"@type":"g:Date","@value":-1}}],
"local":[{"value":{"@type":"gx:LocalDate","@value":"2016-01-01"}}],
"list":[{"value":{"@type":"g:List","@value":[{"@type":"g:Int32","@value":1},"x"]}}],
"map":[{"value":{"@type":"g:Map","@value":["k",{"@type":"g:Int32","@value":1}]}}],
"uuid":[{"value":{"@type":"g:UUID","@value":"41d2e28a-20a4-4ab0-b379-d810dede3786"}}],
"bytes":[{"value":{"@type":"gx:ByteBuffer","@value":"AP8="}}],
"many":[{"value":"a","properties":{"m":1}},{"value":"b"}]})")}});
  EXPECT_EQ(graph.report.format, "graphson");
  ASSERT_EQ(graph.entities.size(), 1u);
  EXPECT_EQ(graph.entities[0].labels, (std::vector<std::string>{"p"}));
  const Properties& properties = graph.entities[0].properties;
  EXPECT_EQ(properties.at("int"), Value(std::int64_t{9007199254740993}));
  EXPECT_EQ(properties.at("float"), Value(1.0));
  EXPECT_EQ(properties.at("nan"), Value(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_EQ(properties.at("plain"), Value(29));
  EXPECT_EQ(properties.at("date"), Value(DateTime{-1, 86'399'999'000'000, std::int16_t{0}, {}}));
  EXPECT_EQ(properties.at("local"), Value(Date{16801}));
  EXPECT_EQ(properties.at("list"), Value(List{1, "x"}));
  EXPECT_EQ(properties.at("map"), Value(Map{{"k", 1}}));
  EXPECT_EQ(properties.at("uuid"), Value("41d2e28a-20a4-4ab0-b379-d810dede3786"));
  EXPECT_EQ(properties.at("bytes"), Value(Bytes{std::string("\0\xff", 2)}));
  EXPECT_EQ(properties.at("many"), Value(List{"a", "b"}));
  EXPECT_EQ(graph.report.conversions.size(), 4u);  // id, UUID, its own properties, several values
}

TEST(Graphson, ReadsEdgesFromTheVertexThatTheyLeave) {
  const ImportedGraph graph = import_texts(
      {{"g.json",
        R"({"id":"a","label":"p","outE":{"knows":[{"id":7,"inV":"b","properties":{"w":{"@type":"g:Double","@value":0.5}}}]}}
{"id":"b","label":"p","inE":{"knows":[{"id":7,"outV":"a"}]}}
)"}});
  ASSERT_EQ(graph.edges.size(), 1u);
  EXPECT_EQ(graph.edges[0], (Edge{EdgeId{1}, EntityId{1}, EntityId{2}, "knows", {{"w", 0.5}}}));
}

std::string graphson_refusal(const std::string& text) {
  const Error error = error_of([&] { import_texts({{"g.json", text}}); });
  EXPECT_EQ(error.code(), ErrorCode::damaged);
  const std::string what = error.what();
  return what.substr(what.find("g.json"));
}

TEST(Graphson, RefusesEdgesOfWhichOnlyTheArrivalIsThere) {
  const std::string first = R"({"id":2,"label":"p","inE":{"knows":[{"id":7,"outV":1}]}})";
  EXPECT_EQ(
      graphson_refusal(first + "\n{\"id\":1,\"label\":\"p\"}\n"),
      "g.json: line 2 (byte " + std::to_string(first.size() + 1) +
          "): at the end, 1 edges arrive at vertices (\"inE\") and 0 leave one (\"outE\"): the "
          "file must have both ends of each");
}

TEST(Graphson, NamesTheLineOfWhatItRefuses) {
  const std::string good = vertex("{}");
  EXPECT_TRUE(graphson_refusal(good + good)
                  .starts_with("g.json: line 2 (byte 75): node \"1\" is there twice: first in "));
  EXPECT_EQ(graphson_refusal(good + "{\"id\":2}"),
            "g.json: line 2 (byte 75): the vertex has no \"label\" that is a text");
  EXPECT_EQ(
      graphson_refusal(vertex(R"({"a":[{"value":{"@type":"g:Int32","@value":2147483648}}]})")),
      "g.json: line 1 (byte 0): a value of the type g:Int32 cannot be like this");
  EXPECT_EQ(graphson_refusal(vertex(R"({"a":1})")),
            "g.json: line 1 (byte 0): property \"a\" is no array");
}

}  // namespace
}  // namespace manifolddb::test_support
