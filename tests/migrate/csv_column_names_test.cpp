// Properties whose names mean something in a table's header come back from our own plain tables.
#include <gtest/gtest.h>

#include "manifolddb/migrate.h"
#include "support/imported_graph.h"
#include "support/temp_dir.h"

namespace manifolddb::test_support {
namespace {

TEST(CsvColumnNames, OfPropertiesComeBackWhateverTheyMeanToAnyDialect) {
  const std::vector<std::string> names{"~id",    "~from",       "~label", "_id",    "_labels",
                                       "_start", "_type",       "x:ID",   ":LABEL", "id",
                                       "Source", "property.id", "n:int",  "type",   "a:START_ID"};
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const test::TempDir folder;
    Database database = Database::in_memory();
    WriteTransaction transaction = database.begin();
    const EntityId a = transaction.create_entity({"P"}, {{name, "one"}});
    const EntityId b = transaction.create_entity({"P"}, {{name, "two"}});
    transaction.create_edge(a, b, "K", {{name, "three"}});
    transaction.commit();
    migrate::ExportOptions options;
    options.form = "csv";
    migrate::export_graph(database, folder / "out", options);
    const ImportedGraph found = import_inputs(
        {{{folder / "out/nodes.csv"}, {}, nullptr}, {{folder / "out/edges.csv"}, {}, nullptr}}, {});
    EXPECT_EQ(found.entities.size(), 2u);
    EXPECT_EQ(found.edges.size(), 1u);
    int kept = 0;
    const auto count = [&kept](const Properties& properties) {
      for (const auto& [property, value] : properties) {
        kept += value == Value("one") || value == Value("two") || value == Value("three") ? 1 : 0;
      }
    };
    for (const Entity& entity : found.entities) count(entity.properties);
    for (const Edge& edge : found.edges) count(edge.properties);
    EXPECT_EQ(kept, 3);
  }
}

}  // namespace
}  // namespace manifolddb::test_support
