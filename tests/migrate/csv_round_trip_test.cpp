// import(export(g)) is g for the part that tables can hold, and what they cannot is reported, each
// of it: random graphs with values of every type.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "common/json_writer.h"
#include "common/value_codec.h"
#include "support/backup_files.h"
#include "support/error_of.h"
#include "support/imported_graph.h"
#include "support/random_graph.h"

namespace manifolddb::test_support {
namespace {

constexpr char kListDelimiter = ';';

bool is_usual(double value) {
  return !std::isnan(value);
}

bool holds_scalar(const Value& value) {
  if (const auto* real = value.get_if<double>()) return is_usual(*real);
  if (const auto* point = value.get_if<Point>()) {
    return is_usual(point->x) && is_usual(point->y) && (!point->z || is_usual(*point->z));
  }
  return value.get_if<bool>() != nullptr || value.get_if<std::int64_t>() != nullptr ||
         value.get_if<std::string>() != nullptr || value.get_if<Date>() != nullptr ||
         value.get_if<Time>() != nullptr || value.get_if<DateTime>() != nullptr ||
         value.get_if<Duration>() != nullptr;
}

// Which kind of column a value needs, in our own words.
std::string column_of(const Value& value) {
  const auto* time = value.get_if<Time>();
  const auto* date_time = value.get_if<DateTime>();
  const bool is_local = (time != nullptr && !time->offset_minutes) ||
                        (date_time != nullptr && !date_time->offset_minutes);
  return std::to_string(value.variant().index()) + (is_local ? "local" : "");
}

// What a table with types keeps exactly. Everything else is only compared by being there.
bool holds(const Value& value) {
  const auto* list = value.get_if<List>();
  if (list == nullptr) return holds_scalar(value) || value.get_if<Bytes>() != nullptr;
  for (const Value& item : *list) {
    if (!holds_scalar(item) || column_of(item) != column_of(list->front())) return false;
    const auto* text = item.get_if<std::string>();
    if (text != nullptr && text->find(kListDelimiter) != std::string::npos) return false;
  }
  return !(list->size() == 1 && list->front() == Value(""));
}

std::string text_of(const Value& value) {
  std::string encoded, text;
  encode_value(value, 1, encoded);
  append_json_value(encoded, text);
  return text;
}

// Exact where a table holds it; the others are counted.
std::uint64_t compare(const Properties& before, const Properties& after) {
  std::uint64_t lost = 0, kept = 0;
  for (const auto& [name, value] : before) {
    if (name.empty() || value.is_null()) {
      EXPECT_FALSE(after.contains(name));
      ++lost;
      continue;
    }
    ++kept;
    const auto found = after.find(name);
    if (found == after.end()) {
      ADD_FAILURE() << "property " << name << " is gone";
    } else if (holds(value)) {
      EXPECT_TRUE(found->second == value)
          << name << " of type " << column_of(value) << ", now of type " << column_of(found->second)
          << ": " << text_of(value) << " became " << text_of(found->second);
    } else {
      ++lost;
    }
  }
  EXPECT_EQ(after.size(), kept);
  return lost;
}

std::vector<std::string> kept_labels(const std::vector<std::string>& labels, std::uint64_t& lost) {
  std::vector<std::string> kept;
  for (const std::string& label : labels) {
    if (label.empty() || label.find(kListDelimiter) != std::string::npos) {
      ++lost;
    } else {
      kept.push_back(label);
    }
  }
  return kept;
}

using Ends = std::tuple<std::uint64_t, std::uint64_t, std::string>;

void expect_round_trip(const RandomGraph& graph) {
  const test::TempDir folder;
  Database database = Database::in_memory();
  store_graph(database, graph);
  migrate::ExportOptions options;
  options.form = "neo4j-csv";
  const migrate::ExportReport report = migrate::export_graph(database, folder / "out", options);
  std::vector<migrate::Input> inputs;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "out")) {
    inputs.push_back({{entry.path()}, {}, nullptr});
  }
  ASSERT_EQ(inputs.size(), report.file_count);
  migrate::ImportOptions import_options;
  import_options.ids = migrate::IdChoice::keep;
  import_options.format = "neo4j-csv";
  ImportedGraph found;
  if (!inputs.empty()) found = import_inputs(inputs, import_options);

  std::uint64_t lost = 0;
  ASSERT_EQ(found.entities.size(), graph.entities.size());
  for (std::size_t i = 0; i < graph.entities.size(); ++i) {
    ASSERT_EQ(found.entities[i].id, graph.entities[i].id);
    EXPECT_EQ(found.entities[i].labels, kept_labels(graph.entities[i].labels, lost));
    lost += compare(graph.entities[i].properties, found.entities[i].properties);
  }
  // Tables do not keep the ids of edges: parallel edges of one type may come back in another order,
  // so that their properties are only compared where there are none.
  std::map<Ends, std::vector<const Edge*>> before, after;
  std::size_t edges = 0;
  for (const Edge& edge : graph.edges) {
    ++lost;
    if (edge.edge_type.empty()) continue;
    ++edges;
    before[{edge.source.value, edge.target.value, edge.edge_type}].push_back(&edge);
  }
  for (const Edge& edge : found.edges) {
    after[{edge.source.value, edge.target.value, edge.edge_type}].push_back(&edge);
  }
  EXPECT_EQ(found.edges.size(), edges);
  for (const auto& [ends, parallel] : before) {
    ASSERT_EQ(after[ends].size(), parallel.size());
    if (parallel.size() == 1) lost += compare(parallel[0]->properties, after[ends][0]->properties);
  }
  std::uint64_t reported = 0;
  for (const migrate::ExportConversion& conversion : report.conversions) {
    reported += conversion.count;
    EXPECT_FALSE(conversion.first.empty());
  }
  EXPECT_GE(reported, lost + (graph.metadata.empty() ? 0 : graph.metadata.size()));
}

TEST(CsvRoundTrip, KeepsWhatTablesHoldAndReportsTheRest) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomGraphOptions options;
    options.ids = seed % 2 == 0 ? IdChoice::random : IdChoice::dense;
    expect_round_trip(make_random_graph(seed, options));
    if (testing::Test::HasFailure()) return;
  }
}

TEST(CsvRoundTrip, ReportsListsThatTheChosenDelimiterWouldCut) {
  const test::TempDir folder;
  Database database = Database::in_memory();
  WriteTransaction transaction = database.begin();
  const DateTime paris{0, 0, std::int16_t{60}, "Europe/Paris"};
  transaction.create_entity({}, {{"when", List{paris, paris}}});
  transaction.create_entity({}, {{"b", Bytes{"\x01\x02"}}});
  transaction.create_entity({}, {{"b", List{}}});
  transaction.commit();
  migrate::ExportOptions options;
  options.form = "neo4j-csv";
  options.csv.array_delimiter = '/';
  const migrate::ExportReport report = migrate::export_graph(database, folder / "out", options);
  ASSERT_EQ(report.conversions.size(), 1u);
  EXPECT_EQ(report.conversions[0].count, 1u);
  std::vector<migrate::Input> inputs;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "out")) {
    inputs.push_back({{entry.path()}, {}, nullptr});
  }
  migrate::ImportOptions import_options;
  import_options.ids = migrate::IdChoice::keep;
  import_options.csv.array_delimiter = '/';
  const ImportedGraph found = import_inputs(inputs, import_options);
  ASSERT_EQ(found.entities.size(), 3u);
  EXPECT_EQ(found.entities[1].properties.at("b"), Value(Bytes{"\x01\x02"}));
  EXPECT_EQ(found.entities[2].properties.at("b"), Value(List{}));
}

TEST(CsvRoundTrip, WritesTheSameBytesForTheSameContent) {
  const test::TempDir folder;
  Database database = Database::in_memory();
  store_graph(database, make_random_graph(5));
  for (const std::string form : {"neo4j-csv", "csv"}) {
    migrate::ExportOptions options;
    options.form = form;
    migrate::export_graph(database, folder / (form + "1"), options);
    migrate::export_graph(database, folder / (form + "2"), options);
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder / (form + "1"))) {
      EXPECT_EQ(test::read_file(entry.path()),
                test::read_file(folder / (form + "2") / entry.path().filename().string()));
      ++files;
    }
    EXPECT_GT(files, 0u);
  }
}

TEST(CsvRoundTrip, PlainTablesKeepIdsLabelsTypesAndTexts) {
  const test::TempDir folder;
  Database database = Database::in_memory();
  WriteTransaction tx = database.begin();
  tx.put_entity(
      {EntityId{5}, {"A", "B"}, {{"name", "x, \"y\"\nz"}, {"type", "t"}, {"n:int", "7"}}});
  tx.put_entity({EntityId{2}, {}, {{"empty", ""}, {"n", 7}}});
  tx.put_edge({EdgeId{40}, EntityId{5}, EntityId{2}, "T", {{"id", "own"}}});
  tx.commit();
  migrate::ExportOptions options;
  options.form = "csv";
  const migrate::ExportReport report = migrate::export_graph(database, folder / "out", options);
  EXPECT_EQ(report.file_count, 2u);
  migrate::ImportOptions keep;
  keep.ids = migrate::IdChoice::keep;
  const ImportedGraph found = import_inputs(
      {{{folder / "out/nodes.csv"}, {}, nullptr}, {{folder / "out/edges.csv"}, {}, nullptr}}, keep);
  EXPECT_EQ(found.report.format, "csv");
  ASSERT_EQ(found.entities.size(), 2u);
  EXPECT_EQ(found.entities[0], (Entity{EntityId{2}, {}, {{"empty", ""}, {"n", "7"}}}));
  EXPECT_EQ(found.entities[1],
            (Entity{EntityId{5},
                    {"A", "B"},
                    {{"name", "x, \"y\"\nz"}, {"property.type", "t"}, {"n:int", "7"}}}));
  ASSERT_EQ(found.edges.size(), 1u);
  EXPECT_EQ(found.edges[0],
            (Edge{EdgeId{40}, EntityId{5}, EntityId{2}, "T", {{"property.id", "own"}}}));
}

TEST(CsvRoundTrip, NeverOverwrites) {
  const test::TempDir folder;
  const Database database = Database::in_memory();
  test::write_file(folder / "out", "mine");
  migrate::ExportOptions options;
  options.form = "csv";
  EXPECT_EQ(
      test::error_of([&] { migrate::export_graph(database, folder / "out", options); }).code(),
      ErrorCode::would_overwrite);
  options.form = "no-such-form";
  EXPECT_EQ(
      test::error_of([&] { migrate::export_graph(database, folder / "new", options); }).code(),
      ErrorCode::usage);
  EXPECT_FALSE(std::filesystem::exists(folder / "new"));
}

}  // namespace
}  // namespace manifolddb::test_support
