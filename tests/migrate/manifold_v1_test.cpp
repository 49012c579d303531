// Backups of ManifoldDB for Rust: values as they were, ids and counters kept, and no truncated or
// changed file taken for a whole one.
#include <gtest/gtest.h>

#include "support/error_of.h"
#include "support/imported_graph.h"

namespace manifolddb::test_support {
namespace {

using test::error_of;

constexpr const char* kHeader =
    R"({"type":"metadata","data":{"version":1,"format":"json_lines","created_at":1795386243,"sequence_number":0,"is_incremental":false,"previous_sequence":null,"statistics":{"entity_count":0,"edge_count":0,"metadata_count":0,"total_records":0,"uncompressed_size":0}}})"
    "\n";

struct V1Lines {
  std::string lines;
  int entities = 0, edges = 0, metadata = 0;

  V1Lines& entity(int id, const std::string& properties) {
    ++entities;
    lines += R"({"type":"entity","data":{"id":)" + std::to_string(id) +
             R"(,"labels":["L","L"],"properties":)" + properties + "}}\n";
    return *this;
  }
  V1Lines& edge(int id, int source, int target) {
    ++edges;
    lines += R"({"type":"edge","data":{"id":)" + std::to_string(id) + R"(,"source":)" +
             std::to_string(source) + R"(,"target":)" + std::to_string(target) +
             R"(,"edge_type":"T","properties":{}}})" + "\n";
    return *this;
  }
  V1Lines& entry(const std::string& key, const std::string& value) {
    ++metadata;
    lines += R"({"type":"key_value","data":{"key":")" + key + R"(","value":")" + value +
             R"("},"table":"metadata"})" + "\n";
    return *this;
  }
  std::string whole() const {
    return kHeader + lines + R"({"type":"end_of_backup","data":{"entity_count":)" +
           std::to_string(entities) + R"(,"edge_count":)" + std::to_string(edges) +
           R"(,"metadata_count":)" + std::to_string(metadata) + R"(,"total_records":)" +
           std::to_string(entities + edges + metadata) + R"(,"uncompressed_size":0}})" + "\n";
  }
};

std::string v1_refusal(const std::string& text) {
  const test::TempDir folder;
  const auto inputs = write_inputs(folder, {{"b.jsonl", text}});
  const Error error = error_of([&] { migrate::import_graph(inputs, folder / "db"); });
  EXPECT_FALSE(std::filesystem::exists(folder / "db"));
  const std::string what = error.what();
  return what.substr(what.find("b.jsonl"));
}

TEST(ManifoldV1, ReadsEachSpellingOfAValueAsTheValueThatItWas) {
  const ImportedGraph graph = import_texts({{"b.jsonl", V1Lines()
                                                            .entity(3, R"({
      "int":1,"float":1.0,"vector":[0.10000000149011612,-0.0],"doubles":[0.1,0.5],
      "ints":[1,2],"mixed":[1,0.5],"sparse":[[1,0.5],[7,0.25]],"unsorted":[[7,0.5],[1,0.5]],
      "multi":[[0.5,0.25],[],[1.0]],"no_rows":[[]],
      "point":{"_type":"Point","srid":7203,"x":1.0,"y":2.0},
      "edge":{"_type":"Edge","edge_type":"AP8Q","id":7,"properties":{},"source":1,"target":2}})")
                                                            .whole()}});
  EXPECT_EQ(graph.report.format, "manifoldb-v1");
  ASSERT_EQ(graph.entities.size(), 1u);
  EXPECT_EQ(graph.entities[0].id, EntityId{3});
  EXPECT_EQ(graph.entities[0].labels, (std::vector<std::string>{"L"}));
  const Properties& properties = graph.entities[0].properties;
  EXPECT_EQ(properties.at("int"), Value(1));
  EXPECT_EQ(properties.at("float"), Value(1.0));
  EXPECT_EQ(properties.at("vector"), Value(Vector{{0.1f, -0.0f}}));
  EXPECT_EQ(properties.at("doubles"), Value(List{0.1, 0.5}));
  EXPECT_EQ(properties.at("ints"), Value(List{1, 2}));
  EXPECT_EQ(properties.at("mixed"), Value(List{1, 0.5}));
  EXPECT_EQ(properties.at("sparse"), Value(SparseVector{{1, 7}, {0.5f, 0.25f}}));
  EXPECT_EQ(properties.at("unsorted"), Value(List{List{7, 0.5}, List{1, 0.5}}));
  EXPECT_EQ(properties.at("multi"), Value(MultiVector{{{0.5f, 0.25f}, {}, {1.0f}}}));
  EXPECT_EQ(properties.at("no_rows"), Value(List{List{}}));
  EXPECT_EQ(properties.at("point"), Value(Point{7203, 1, 2, {}}));
  EXPECT_EQ(properties.at("edge"), Value(Map{{"_type", "Edge"},
                                             {"edge_type", "AP8Q"},
                                             {"id", 7},
                                             {"properties", Map{}},
                                             {"source", 1},
                                             {"target", 2}}));
  ASSERT_EQ(graph.report.conversions.size(), 1u);  // the empty array
}

TEST(ManifoldV1, CountsWhatStaysAmbiguous) {
  const ImportedGraph graph = import_texts(
      {{"b.jsonl",
        V1Lines().entity(1, R"({"a":null,"b":[1.0,null],"c":"AP8Q","d":"AP8","e":[]})").whole()}});
  std::map<std::string, std::uint64_t> counts;
  for (const auto& conversion : graph.report.conversions)
    counts[conversion.kind] = conversion.count;
  EXPECT_EQ(counts, (std::map<std::string, std::uint64_t>{
                        {"a null, which NaN and infinities were written as too, is null", 2},
                        {"a text that is base64, as bytes were written too, is text", 1},
                        {"an empty array, as which vectors were written too, is a list", 1}}));
}

TEST(ManifoldV1, KeepsIdsMetadataAndCounters) {
  const test::TempDir folder;
  const auto inputs =
      write_inputs(folder, {{"b.jsonl", V1Lines()
                                            .entity(9, "{}")
                                            .edge(5, 9, 2)
                                            .entity(2, "{}")
                                            .entry("YXBw", "AP8=")
                                            .entry("bmV4dF9lZGdlX2lk", "AAAAAAAAAGQ=")
                                            .entry("bmV4dF9lbnRpdHlfaWQ=", "AAAAAAAAAMg=")
                                            .entry("c2NoZW1hOng=", "AA==")
                                            .whole()}});
  const migrate::ImportReport report = migrate::import_graph(inputs, folder / "db");
  EXPECT_EQ(report.metadata_kept, 1u);
  ASSERT_EQ(report.conversions.size(), 1u);
  EXPECT_EQ(report.conversions[0].kind,
            "its own entry \"schema:x\" is not understood, and not kept");
  Database database = Database::open(folder / "db");
  EXPECT_EQ(database.begin_read().get_metadata("app"), std::string("\0\xff", 2));
  WriteTransaction transaction = database.begin();
  const EntityId entity = transaction.create_entity({}, {});
  EXPECT_EQ(entity, EntityId{200});
  EXPECT_EQ(transaction.create_edge(entity, EntityId{9}, "T"), EdgeId{100});
  EXPECT_EQ(database.begin_read().get_edge(EdgeId{5})->target, EntityId{2});
}

TEST(ManifoldV1, CountersOutliveAGraphWithoutRecords) {
  const test::TempDir folder;
  const auto inputs = write_inputs(
      folder, {{"b.jsonl", V1Lines().entry("bmV4dF9lbnRpdHlfaWQ=", "AAAAAAAAAMg=").whole()}});
  migrate::import_graph(inputs, folder / "db");
  Database database = Database::open(folder / "db");
  EXPECT_EQ(database.begin().create_entity({}, {}), EntityId{200});
}

TEST(ManifoldV1, SeveralFilesAreOneGraph) {
  const ImportedGraph graph = import_texts(
      {{"a.jsonl", V1Lines().edge(1, 1, 2).whole()},
       {"b.jsonl", V1Lines().entity(1, "{}").whole() + V1Lines().entity(2, "{}").whole()}});
  EXPECT_EQ(graph.entities.size(), 2u);
  EXPECT_EQ(graph.edges.size(), 1u);
}

TEST(ManifoldV1, EdgesThatDangleAreLeftOutWhereThatIsAskedFor) {
  migrate::ImportOptions options;
  options.on_dangling = migrate::OnDangling::skip;
  const ImportedGraph graph =
      import_texts({{"b.jsonl", V1Lines().entity(1, "{}").edge(1, 1, 2).whole()}}, options);
  EXPECT_EQ(graph.edges.size(), 0u);
  ASSERT_EQ(graph.report.refusals.size(), 1u);
  EXPECT_EQ(graph.report.refusals[0].place.line, 3u);
}

TEST(ManifoldV1, RefusesEveryTruncation) {
  const std::string whole = V1Lines().entity(1, "{}").edge(1, 1, 1).whole();
  for (std::size_t size = std::string(kHeader).size(); size + 2 < whole.size(); size += 7) {
    SCOPED_TRACE(size);
    EXPECT_FALSE(v1_refusal(whole.substr(0, size)).empty());
  }
}

TEST(ManifoldV1, NamesWhatIsWrong) {
  const std::string one = V1Lines().entity(1, "{}").whole();
  std::string lost = one;
  lost.replace(lost.find(R"("entity_count":1)"), 16, R"("entity_count":2)");
  EXPECT_EQ(v1_refusal(lost),
            "b.jsonl: line 3 (byte 330): end_of_backup says entity_count 2, but there are 1: lines "
            "are lost or too many");
  EXPECT_EQ(v1_refusal(kHeader),
            "b.jsonl: its last line, end_of_backup, is missing: the file was "
            "cut short");
  std::string version = one;
  version.replace(version.find("\"version\":1"), 11, "\"version\":2");
  EXPECT_EQ(v1_refusal(version), "b.jsonl is of version 2 of its format; known is version 1");
  EXPECT_EQ(v1_refusal(V1Lines().entity(1, "{}").entity(1, "{}").whole()).substr(0, 30),
            "b.jsonl: line 3 (byte 330): no");
  EXPECT_EQ(v1_refusal(V1Lines().entity(1, R"({"a":18446744073709551615})").whole()),
            "b.jsonl: line 2 (byte 261): the number 18446744073709551615 is over "
            "9223372036854775807");
  EXPECT_EQ(v1_refusal(V1Lines().entry("YQ==", "?").whole()),
            "b.jsonl: line 2 (byte 261): the key or the value is not base64");
  EXPECT_NE(v1_refusal(V1Lines().entry("YQ==", "").entry("YQ==", "").whole())
                .find("metadata entry \"a\" is there twice"),
            std::string::npos);
}

}  // namespace
}  // namespace manifolddb::test_support
