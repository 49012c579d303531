// Folders as Kuzu's EXPORT DATABASE writes them: those that it really wrote, and small ones for
// tests.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "support/imported_graph.h"

namespace manifolddb::test_support {

// "types" or "social" of tests/migrate/kuzu_export/.
inline std::filesystem::path real_kuzu_export(const std::string& name) {
  return std::filesystem::path(MANIFOLDDB_TESTS_FOLDER) / "migrate" / "kuzu_export" / name;
}

inline ImportedGraph import_kuzu_folder(const std::filesystem::path& folder,
                                        const migrate::ImportOptions& options = {}) {
  migrate::Input input;
  input.files = {folder};
  return import_inputs({input}, options);
}

// By name.
using KuzuFiles = std::map<std::string, std::string>;

// A folder as Kuzu writes it: two tables and their edges.
inline KuzuFiles small_kuzu_export() {
  return {{"schema.cypher",
           "CREATE NODE TABLE `P` (`k` STRING,`n` INT64, PRIMARY KEY(`k`));\n"
           "CREATE REL TABLE `E` (FROM `P` TO `P`, `w` DOUBLE,MANY_MANY);\n"},
          {"copy.cypher",
           "COPY `P` (`k`,`n`) FROM \"P.csv\" (parallel=true);\n"
           "COPY `E` (`w`) FROM \"E_P_P.csv\" (to='P', from='P', parallel=true);\n"},
          {"index.cypher", ""},
          {"P.csv", "a,1\n\"b \"\"c\"\"\",\n"},
          {"E_P_P.csv", "a,\"b \"\"c\"\"\",1.500000\n"}};
}

inline ImportedGraph import_kuzu_files(const KuzuFiles& files,
                                       const migrate::ImportOptions& options = {}) {
  const test::TempDir folder;
  for (const auto& [name, text] : files) test::write_file(folder / name, text);
  return import_kuzu_folder(folder / ".", options);
}

// One value of a column of that type, as its field stands in the file.
inline Value read_kuzu_field(const std::string& type, const std::string& field,
                             migrate::ImportReport* report = nullptr) {
  const ImportedGraph graph = import_kuzu_files(
      {{"schema.cypher", "CREATE NODE TABLE T (k INT64, v " + type + ", PRIMARY KEY(k));"},
       {"copy.cypher", "COPY T FROM 'T.csv';"},
       {"T.csv", "1," + field + "\n"}});
  if (report != nullptr) *report = graph.report;
  return graph.entities.at(0).properties.at("v");
}

}  // namespace manifolddb::test_support
