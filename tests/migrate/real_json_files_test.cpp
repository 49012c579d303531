// Every graph among the shared test data that is JSON or XML: real_graph_files.tsv has a row for
// each file with what is in it, counted by count_graphs.py, which has nothing in common with our
// readers.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "support/error_of.h"
#include "support/imported_graph.h"
#include "support/run_command.h"
#include "support/test_data.h"

namespace manifolddb::test_support {
namespace {

std::filesystem::path graph_table_path(const std::string& name) {
  return std::filesystem::path(MANIFOLDDB_TESTS_FOLDER) / "migrate" / name;
}

std::vector<std::string> split_row(const std::string& text, char delimiter) {
  std::vector<std::string> parts;
  std::istringstream in(text + delimiter);
  for (std::string part; std::getline(in, part, delimiter);) parts.push_back(part);
  return parts;
}

migrate::ImportOptions options_of_row(const std::string& text) {
  migrate::ImportOptions options;
  for (const std::string& option : split_row(text, ' ')) {
    if (option.starts_with("from=")) options.format = option.substr(5);
    if (option.starts_with("edge-type=")) options.default_edge_type = option.substr(10);
  }
  return options;
}

ImportedGraph import_real(const std::filesystem::path& file,
                          const migrate::ImportOptions& options = {}) {
  migrate::Input input;
  input.files = {file};
  return import_inputs({input}, options);
}

void check_real_file(const std::filesystem::path& data, const std::vector<std::string>& row) {
  const migrate::ImportOptions options = options_of_row(row.at(1));
  if (!row.at(6).empty()) {
    const Error error = test::error_of([&] { import_real(data / row[0], options); });
    EXPECT_NE(std::string(error.what()).find(row[6]), std::string::npos) << error.what();
    return;
  }
  const ImportedGraph graph = import_real(data / row[0], options);
  EXPECT_EQ(graph.entities.size(), std::stoull(row[2]));
  EXPECT_EQ(graph.edges.size(), std::stoull(row[3]));
  std::uint64_t properties = 0, conversions = 0;
  for (const Entity& entity : graph.entities) properties += entity.properties.size();
  for (const Edge& edge : graph.edges) properties += edge.properties.size();
  for (const auto& conversion : graph.report.conversions) conversions += conversion.count;
  EXPECT_EQ(properties, std::stoull(row[4]));
  EXPECT_EQ(conversions, std::stoull(row[5]));
}

TEST(RealGraphFiles, HoldWhatAnIndependentCountSays) {
  const std::filesystem::path data = test_data_folder();
  if (data.empty()) GTEST_SKIP() << "MANIFOLD_TEST_DATA is not set";
  std::size_t rows = 0;
  for (const std::string& line :
       split_row(test::read_file(graph_table_path("real_graph_files.tsv")), '\n')) {
    if (line.empty() || line.front() == '#') continue;
    SCOPED_TRACE(line);
    check_real_file(data, split_row(line + "\t", '\t'));
    ++rows;
  }
  EXPECT_GT(rows, 60u);
}

TEST(RealGraphFiles, TheTableIsWhatPythonCounts) {
  const std::filesystem::path data = test_data_folder();
  if (data.empty()) GTEST_SKIP() << "MANIFOLD_TEST_DATA is not set";
  test::CommandOptions options;
  options.input = test::read_file(graph_table_path("real_graph_files.tsv"));
  const test::CommandResult counted = test::run_command(
      {"python3", graph_table_path("count_graphs.py").string(), data.string()}, options);
  EXPECT_EQ(counted.exit_code, 0) << counted.err;
  EXPECT_EQ(counted.out, options.input);
}

TEST(RealGraphFiles, AirRoutesAreTheSameFromGraphmlAndFromApoc) {
  const std::filesystem::path data = test_data_folder();
  if (data.empty()) GTEST_SKIP() << "MANIFOLD_TEST_DATA is not set";
  const ImportedGraph graphml =
      import_real(data / "formats/graphml/air-routes-small/air-routes-small-latest.graphml");
  const ImportedGraph apoc = import_real(data / "formats/apoc-json/DERIVED-air-routes-small.jsonl");
  EXPECT_EQ(graphml.entities.size(), 47u);
  EXPECT_EQ(graphml.edges.size(), 1390u);
  EXPECT_EQ(graphml.report.content_digest, apoc.report.content_digest);
}

TEST(RealGraphFiles, MoviesAreTheSameFromGraphmlAndFromApocButForUntypedNumbers) {
  const std::filesystem::path data = test_data_folder();
  if (data.empty()) GTEST_SKIP() << "MANIFOLD_TEST_DATA is not set";
  const ImportedGraph graphml = import_real(data / "formats/graphml/apoc-style/movies.graphml");
  const ImportedGraph apoc = import_real(data / "formats/apoc-json/movies-katana/movies.json");
  EXPECT_EQ(graphml.edges, apoc.edges);
  ASSERT_EQ(graphml.entities.size(), apoc.entities.size());
  for (std::size_t i = 0; i < apoc.entities.size(); ++i) {
    Entity entity = apoc.entities[i];
    for (auto& [name, value] : entity.properties) {
      if (const auto* number = value.get_if<std::int64_t>()) value = std::to_string(*number);
    }
    EXPECT_EQ(graphml.entities[i], entity);
  }
}

}  // namespace
}  // namespace manifolddb::test_support
