// Finding the ends of edges must give the same graph whether all ids fit in memory or none does,
// and whether edges come behind their nodes or before them. A model with a std::map says which.
#include <gtest/gtest.h>

#include <map>

#include "database/database_core.h"
#include "migrate/graph_builder.h"
#include "migrate/id_map.h"
#include "migrate/input_files.h"
#include "support/error_of.h"
#include "support/imported_graph.h"
#include "support/random_graph.h"

namespace manifolddb::test_support {
namespace {

using migrate::ExternalId;
using migrate::IdMap;
using migrate::IdTarget;
using test::error_of;

TEST(IdMap, FindsWhatIsInItAndStaysBelowItsLimit) {
  IdMap ids(2u << 20);
  IdTarget found;
  std::uint64_t inserted = 0;
  const auto text = [](std::uint64_t i) { return "id-" + std::to_string(i * 2654435761u); };
  while (ids.insert({inserted % 3 == 0 ? 7u : 0u, text(inserted)}, {inserted + 1, 2, inserted},
                    found) == IdMap::Insertion::inserted) {
    ++inserted;
    ASSERT_LT(inserted, 200'000u);
  }
  EXPECT_GT(inserted, 20'000u);
  EXPECT_LE(ids.bytes(), 2u << 20);
  EXPECT_TRUE(ids.is_full());
  for (std::uint64_t i = 0; i < inserted; ++i) {
    ASSERT_EQ(ids.find({i % 3 == 0 ? 7u : 0u, text(i)}), i + 1);
    ASSERT_EQ(ids.find({i % 3 == 0 ? 0u : 7u, text(i)}), 0u);
    const std::string other = text(inserted - i);
    const std::uint32_t space = (inserted - i) % 3 == 0 ? 7u : 0u;
    ASSERT_EQ(ids.find_both({i % 3 == 0 ? 7u : 0u, text(i)}, {space, other}),
              std::pair(i + 1, i == 0 ? 0 : inserted - i + 1));
  }
  EXPECT_EQ(ids.insert({7, text(0)}, {9, 9, 9}, found), IdMap::Insertion::present);
  EXPECT_EQ(found.entity, 1u);
  EXPECT_EQ(found.line, 0u);
  EXPECT_EQ(ids.find({7, ""}), 0u);
}

// A graph in CSV whose ids are long enough that the map of the smallest memory cannot hold them.
struct CsvGraph {
  std::string nodes = "name:ID\n", edges = ":START_ID,:END_ID,:TYPE\n";
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ends;  // entity ids, in order
};

CsvGraph make_csv_graph(std::uint64_t seed, std::uint64_t node_count, std::uint64_t edge_count) {
  RandomValues random(seed);
  CsvGraph graph;
  const auto name = [](std::uint64_t i) {
    return std::to_string(i * 0x9e3779b97f4a7c15u) + std::string(600, 'x');
  };
  for (std::uint64_t i = 0; i < node_count; ++i) graph.nodes += name(i) + "\n";
  for (std::uint64_t i = 0; i < edge_count; ++i) {
    // One node has many edges.
    const std::uint64_t source = random.below(node_count);
    const std::uint64_t target = random.one_in(3) ? 17 : random.below(node_count);
    graph.edges += name(source) + "," + name(target) + ",T\n";
    graph.ends.emplace_back(source + 1, target + 1);
  }
  return graph;
}

void expect_ends(const ImportedGraph& found, const CsvGraph& graph) {
  ASSERT_EQ(found.edges.size(), graph.ends.size());
  for (std::size_t i = 0; i < graph.ends.size(); ++i) {
    ASSERT_EQ(found.edges[i].id.value, i + 1);
    ASSERT_EQ(found.edges[i].source.value, graph.ends[i].first) << i;
    ASSERT_EQ(found.edges[i].target.value, graph.ends[i].second) << i;
  }
}

TEST(IdJoin, IsTheSameWhenTheMapCannotHoldAllIds) {
  constexpr std::uint64_t kSeed = 20261127;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  // 16 MiB are for the map with the smallest memory; 40,000 ids of 620 bytes need 25 MB.
  const CsvGraph graph = make_csv_graph(kSeed, 40'000, 20'000);
  migrate::ImportOptions options;
  options.memory_limit_bytes = 1;
  expect_ends(import_texts({{"n.csv", graph.nodes}, {"e.csv", graph.edges}}, options), graph);
  options.memory_limit_bytes = 256u << 20;
  expect_ends(import_texts({{"n.csv", graph.nodes}, {"e.csv", graph.edges}}, options), graph);
}

TEST(IdJoin, NamesDoubleAndDanglingIdsThatAreNotInTheMap) {
  const CsvGraph graph = make_csv_graph(1, 40'000, 0);
  const std::string last = graph.nodes.substr(graph.nodes.rfind('\n', graph.nodes.size() - 2) + 1);
  migrate::ImportOptions options;
  options.memory_limit_bytes = 1;
  const std::string twice = error_of([&] {
                              import_texts({{"n.csv", graph.nodes + last}}, options);
                            }).what();
  EXPECT_NE(twice.find("n.csv: line 40002 "), std::string::npos) << twice;
  EXPECT_NE(twice.find("n.csv line 40001"), std::string::npos) << twice;
  const std::string dangling =
      error_of([&] {
        import_texts({{"n.csv", graph.nodes}, {"e.csv", graph.edges + "nobody,nobody,T\n"}},
                     options);
      }).what();
  EXPECT_NE(dangling.find("e.csv: line 2 "), std::string::npos) << dangling;
  EXPECT_NE(dangling.find("node \"nobody\""), std::string::npos) << dangling;
}

// Records given to the builder in any order, as readers of other formats do.
TEST(IdJoin, TakesEdgesBeforeTheirNodes) {
  constexpr std::uint64_t kSeed = 7;
  RandomValues random(kSeed);
  for (const migrate::OnDangling policy :
       {migrate::OnDangling::skip, migrate::OnDangling::create}) {
    const test::TempDir folder;
    Database database = Database::open(folder / "db");
    migrate::ImportOptions options;
    options.on_dangling = policy;
    test::write_file(folder / "source", "");
    migrate::Input input;
    input.files = {folder / "source"};
    migrate::InputFiles files({input}, {});
    migrate::ImportLog log(files, migrate::ImportLog::Refusing::throws, 1000, "nothing");
    std::map<std::string, std::uint64_t> model;
    std::vector<std::pair<std::string, std::string>> edges;
    {
      const WriterTurn turn = database.core().take_writer_turn();
      migrate::RecordTarget target(&database.core(), options);
      migrate::GraphBuilder builder(target, log, options,
                                    database.core().engine().scratch_directory());
      const migrate::PropertyList none;
      for (int i = 0; i < 3000; ++i) {
        const std::string a = std::to_string(random.below(800)),
                          b = std::to_string(random.below(800));
        if (random.one_in(4) && !model.contains(a)) {
          model.emplace(a, model.size() + 1);
          builder.node({{}, ExternalId{0, a}, {}, &none});
        } else {
          builder.edge({{}, {}, {0, a}, {0, b}, "T", &none});
          edges.emplace_back(a, b);
        }
      }
      const migrate::BuiltCounts counts = builder.finish();
      target.commit("source");
      EXPECT_EQ(counts.edges_read, edges.size());
    }
    ImportedGraph graph;
    read_graph(database, graph);
    EXPECT_EQ(database.check().finding_count, 0u);
    std::size_t at = 0;
    for (std::size_t i = 0; i < edges.size(); ++i) {
      const auto source = model.find(edges[i].first), target = model.find(edges[i].second);
      const bool dangles = source == model.end() || target == model.end();
      if (dangles && policy == migrate::OnDangling::skip) continue;
      ASSERT_LT(at, graph.edges.size());
      const Edge& edge = graph.edges[at++];
      ASSERT_EQ(edge.id.value, i + 1);
      const auto is = [&](EntityId id, const std::string& name, auto known) {
        if (known != model.end()) return id.value == known->second;
        return graph.entities[id.value - 1].properties.at("id") == Value(name);
      };
      ASSERT_TRUE(is(edge.source, edges[i].first, source) &&
                  is(edge.target, edges[i].second, target));
    }
    EXPECT_EQ(at, graph.edges.size());
  }
}

}  // namespace
}  // namespace manifolddb::test_support
