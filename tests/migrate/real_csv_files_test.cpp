// Every table among the shared test data: real_csv_files.tsv has a row for each import with what is
// in the files, counted by count_csv.py, which has nothing in common with our reader.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "support/error_of.h"
#include "support/imported_graph.h"
#include "support/run_command.h"
#include "support/test_data.h"

namespace manifolddb::test_support {
namespace {

struct RealFiles {
  std::string name, inputs, refusal;
  std::map<std::string, std::string> options;
  std::uint64_t nodes = 0, edges = 0, created = 0, conversions = 0;
};

std::vector<std::string> split(const std::string& text, char delimiter) {
  std::vector<std::string> parts;
  std::istringstream in(text + delimiter);
  for (std::string part; std::getline(in, part, delimiter);) parts.push_back(part);
  return parts;
}

std::filesystem::path table_path(const std::string& name) {
  return std::filesystem::path(MANIFOLDDB_TESTS_FOLDER) / "migrate" / name;
}

std::vector<RealFiles> read_table() {
  std::vector<RealFiles> rows;
  for (const std::string& line : split(test::read_file(table_path("real_csv_files.tsv")), '\n')) {
    if (line.empty() || line.front() == '#') continue;
    const std::vector<std::string> fields = split(line, '\t');
    RealFiles row{fields.at(0), fields.at(1), fields.at(7), {}};
    for (const std::string& option : split(fields[2], ' ')) {
      const std::size_t equals = option.find('=');
      if (equals != std::string::npos)
        row.options[option.substr(0, equals)] = option.substr(equals + 1);
    }
    if (row.refusal.empty()) {
      row.nodes = std::stoull(fields[3]);
      row.edges = std::stoull(fields[4]);
      row.created = std::stoull(fields[5]);
      row.conversions = std::stoull(fields[6]);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

migrate::ImportOptions options_of(const RealFiles& row) {
  migrate::ImportOptions options;
  const auto given = [&row](const std::string& name) -> std::optional<std::string> {
    const auto found = row.options.find(name);
    if (found == row.options.end()) return std::nullopt;
    return found->second;
  };
  options.format = given("from").value_or("auto");
  options.csv.id = given("id");
  options.csv.source = given("source");
  options.csv.target = given("target");
  if (given("dangling") == "create") options.on_dangling = migrate::OnDangling::create;
  return options;
}

// [NAME=][@HEADER,]FILE ...; a header is written to a file of its own.
std::vector<migrate::Input> inputs_of(const RealFiles& row, const std::filesystem::path& data,
                                      const test::TempDir& folder) {
  std::vector<migrate::Input> inputs;
  for (const std::string& text : split(row.inputs, ' ')) {
    migrate::Input input;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) input.names = {text.substr(0, equals)};
    for (std::string file : split(text.substr(equals == std::string::npos ? 0 : equals + 1), ',')) {
      if (file.front() != '@') {
        input.files.push_back(data / file);
        continue;
      }
      std::replace(file.begin(), file.end(), ';', ',');
      input.files.push_back(folder / ("header" + std::to_string(inputs.size()) + ".csv"));
      test::write_file(input.files.back(), file.substr(1) + "\n");
    }
    inputs.push_back(std::move(input));
  }
  return inputs;
}

void check_row(const RealFiles& row, const std::filesystem::path& data) {
  const test::TempDir folder;
  const std::vector<migrate::Input> inputs = inputs_of(row, data, folder);
  const migrate::ImportOptions options = options_of(row);
  if (!row.refusal.empty()) {
    const Error error =
        test::error_of([&] { migrate::import_graph(inputs, folder / "db", options); });
    EXPECT_NE(std::string(error.what()).find(row.refusal), std::string::npos) << error.what();
    return;
  }
  const migrate::ImportReport report = migrate::import_graph(inputs, folder / "db", options);
  EXPECT_EQ(report.nodes_read, row.nodes);
  EXPECT_EQ(report.entities_created, row.created);
  DatabaseOptions existing;
  existing.create_if_missing = false;
  const Database database = Database::open(folder / "db", existing);
  EXPECT_EQ(database.check().finding_count, 0u);  // so the counts are those of the records
  const GraphCounts imported = database.statistics().counts;
  EXPECT_EQ(imported.entity_count, row.nodes + row.created);
  EXPECT_EQ(imported.edge_count, row.edges);
  std::uint64_t conversions = 0;
  for (const migrate::Conversion& conversion : report.conversions) {
    conversions += conversion.count;
  }
  EXPECT_EQ(conversions, row.conversions);
}

TEST(RealCsvFiles, HoldWhatAnIndependentCountSays) {
  const std::filesystem::path data = test_data_folder();
  if (data.empty()) GTEST_SKIP() << "MANIFOLD_TEST_DATA is not set";
  const std::vector<RealFiles> rows = read_table();
  ASSERT_GT(rows.size(), 80u);
  for (const RealFiles& row : rows) {
    SCOPED_TRACE(row.name);
    check_row(row, data);
  }
}

TEST(RealCsvFiles, TheTableIsWhatTheCountGives) {
  const std::filesystem::path data = test_data_folder();
  if (data.empty()) GTEST_SKIP() << "MANIFOLD_TEST_DATA is not set";
  test::CommandOptions options;
  options.input = test::read_file(table_path("real_csv_files.tsv"));
  const test::CommandResult counted =
      test::run_command({"python3", table_path("count_csv.py").string(), data.string()}, options);
  EXPECT_EQ(counted.exit_code, 0) << counted.err;
  EXPECT_EQ(counted.out, options.input);
}

TEST(RealCsvFiles, EveryTableIsInTheTable) {
  const std::filesystem::path data = test_data_folder();
  if (data.empty()) GTEST_SKIP() << "MANIFOLD_TEST_DATA is not set";
  const std::string table = test::read_file(table_path("real_csv_files.tsv"));
  std::size_t files = 0;
  for (const char* const part : {"formats/neo4j-csv", "formats/kuzu", "graphs"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data / part)) {
      const std::string name = entry.path().lexically_relative(data).string();
      const bool is_table = name.find(".csv") != std::string::npos || name.ends_with(".tsv");
      if (!is_table) continue;
      ++files;
      EXPECT_NE(table.find(name), std::string::npos) << name;
    }
  }
  EXPECT_GT(files, 100u);
}

}  // namespace
}  // namespace manifolddb::test_support
