// Every beginning of a small file of each format, and files with bytes changed: an import says what
// is wrong, naming the file, or it is whole; it never dies.
#include <gtest/gtest.h>

#include <cstdio>
#include <random>

#include "support/imported_graph.h"

namespace manifolddb::test_support {
namespace {

struct SampleFile {
  const char* format;
  std::string text;
};

std::vector<SampleFile> sample_files() {
  return {
      {"neo4j-apoc",
       R"({"type":"node","id":"0","labels":["U"],"properties":{"a":[1,2.5,"x"],"p":{"crs":"wgs-84","latitude":1.5,"longitude":2,"height":null}}}
{"id":"0","type":"relationship","label":"K","properties":{"s":1e3},"start":{"id":"0"},"end":{"id":"0"}}
)"},
      {"neo4j-apoc",
       R"({"nodes":{"0":{"type":"node","id":"0","labels":["U"]}},"rels":[{"id":"0","type":"relationship","label":"K","start":{"id":"0"},"end":{"id":"0"}}]})"},
      {"manifoldb-v1",
       R"({"type":"metadata","data":{"version":1,"format":"json_lines"}}
{"type":"entity","data":{"id":1,"labels":["L"],"properties":{"v":[[10,0.5],[50,0.25]],"p":{"_type":"Point","srid":0,"x":1.0,"y":2.0}}}}
{"type":"edge","data":{"id":1,"source":1,"target":1,"edge_type":"T","properties":{}}}
{"type":"key_value","data":{"key":"YQ==","value":"AP8="},"table":"metadata"}
{"type":"end_of_backup","data":{"entity_count":1,"edge_count":1,"metadata_count":1,"total_records":3}}
)"},
      {"graphml",
       R"(<?xml version="1.0" encoding="UTF-8"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="a" for="node" attr.name="a" attr.type="int"><default>3</default></key>
<key id="b" for="edge" attr.name="b" attr.type="string" attr.list="double"/>
<graph edgedefault="undirected"><node id="1"><data key="a">7</data></node><node id="2"/>
<edge id="e" source="1" target="2" label="T"><data key="b">[1,2.5]</data></edge></graph></graphml>
)"},
      {"gexf",
       R"(<gexf version="1.2"><graph defaultedgetype="directed"><attributes class="node">
<attribute id="0" title="t" type="liststring"><default>a|b</default></attribute></attributes>
<nodes><node id="0" label="x"><attvalues><attvalue for="0" value="c|d"/></attvalues></node></nodes>
<edges><edge id="0" source="0" target="0" kind="T" weight="2.5"/></edges></graph></gexf>
)"},
      {"cypherl",
       R"(CREATE (:__mg_vertex__:`L` {__mg_id__: 0, `a`: [1, 2.5, {`k`: "\"x"}], `d`: DATE("2020-01-02")});
MATCH (u:__mg_vertex__), (v:__mg_vertex__) WHERE u.__mg_id__ = 0 AND v.__mg_id__ = 0 CREATE (u)-[:`T` {`p`: POINT({ x:1, y:2, srid: 7203 })}]->(v);
MATCH (u) REMOVE u:__mg_vertex__, u.__mg_id__;
)"},
      {"cypherl",
       R"(CREATE (:`manifold import`:`A\u005Cb` {`manifold import`: 7, `x`: (0.0 / 0.0), `t`: "\u005C\u005Cu\u0001"});
MATCH (n:`manifold import`) WITH n LIMIT 10000 REMOVE n:`manifold import`, n.`manifold import`;
DROP CONSTRAINT `manifold import` IF EXISTS;
)"},
      {"graphson",
       R"({"id":{"@type":"g:Int32","@value":1},"label":"p","outE":{"k":[{"id":7,"inV":1,"properties":{"w":{"@type":"g:Double","@value":0.5}}}]},"properties":{"n":[{"id":0,"value":"m","properties":{"x":1}}]}}
)"},
  };
}

// Whether it was imported. Nothing is written: it is a dry run.
bool import_or_explain(const SampleFile& sample, const std::string& text,
                       const test::TempDir& folder) {
  migrate::ImportOptions options;
  options.format = sample.format;
  options.dry_run = true;
  const auto inputs = write_inputs(folder, {{"broken", text}});
  try {
    const migrate::ImportReport report = migrate::import_graph(inputs, folder / "db", options);
    for (const migrate::Refusal& refusal : report.refusals) {
      EXPECT_FALSE(refusal.what.empty());
      EXPECT_GT(refusal.place.line, 0u);
      EXPECT_LE(refusal.place.byte, text.size());
    }
    return report.refusal_count == 0;
  } catch (const Error& error) {
    EXPECT_TRUE(error.code() == ErrorCode::damaged || error.code() == ErrorCode::usage ||
                error.code() == ErrorCode::newer_format)
        << error.what();
    EXPECT_NE(std::string(error.what()).find("broken"), std::string::npos) << error.what();
    EXPECT_FALSE(error.safe().empty());
    return false;
  }
}

TEST(BrokenGraphFiles, EveryBeginningIsRefusedOrAWholeFile) {
  for (const SampleFile& sample : sample_files()) {
    const test::TempDir folder;
    ASSERT_TRUE(import_or_explain(sample, sample.text, folder)) << sample.format;
    std::size_t imported = 0;
    for (std::size_t size = 0; size < sample.text.size(); ++size) {
      SCOPED_TRACE(std::string(sample.format) + ", " + std::to_string(size) + " bytes");
      imported += import_or_explain(sample, sample.text.substr(0, size), folder);
    }
    // Those that end with a record, with a blank line or without.
    EXPECT_LE(imported, 6u) << sample.format;
  }
}

TEST(BrokenGraphFiles, ChangedBytesNeverKill) {
  const std::uint64_t seed = std::random_device()();
  std::printf("seed: %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  constexpr std::string_view kBytes =
      "{}[]()`'\":,<>/&;\\0123456789-.eE \n\tntfabcuxd\x01\x80\xc3\xff";
  for (const SampleFile& sample : sample_files()) {
    const test::TempDir folder;
    for (int i = 0; i < 400; ++i) {
      std::string text = sample.text;
      for (std::uint64_t changes = 1 + random() % 3; changes != 0; --changes) {
        const std::size_t at = random() % text.size();
        const char byte = kBytes[random() % kBytes.size()];
        switch (random() % 3) {
          case 0:
            text[at] = byte;
            break;
          case 1:
            text.insert(at, 1, byte);
            break;
          default:
            text.erase(at, 1 + random() % 4);
        }
      }
      SCOPED_TRACE(std::string(sample.format) + ": " + text);
      import_or_explain(sample, text, folder);
    }
  }
}

}  // namespace
}  // namespace manifolddb::test_support
