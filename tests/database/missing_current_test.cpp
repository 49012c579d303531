// A database whose engine lost the file that names its others must not be taken for a creation that
// was cut short: the engine would make a new one over it, and delete the tables.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "database/database_core.h"
#include "manifolddb/database.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using test::TempDir;

std::map<std::string, std::string> files_below(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[entry.path()] = test::read_file(entry.path());
  }
  return files;
}

void expect_refused_untouched(const fs::path& path, const std::string& what) {
  const auto before = files_below(path);
  for (int i = 0; i < 3; ++i) {
    const Error error = error_of([&] { Database::open(path); });
    EXPECT_EQ(error.code(), ErrorCode::damaged) << error.what();
    EXPECT_NE(std::string(error.what()).find(what), std::string::npos) << error.what();
    EXPECT_EQ(error_of([&] { Database::open_read_only(path); }).code(), ErrorCode::damaged);
  }
  EXPECT_TRUE(files_below(path) == before);
}

// With the log written to tables, or not.
fs::path make_without_current(const TempDir& temp, bool flushed) {
  {
    Database database = Database::open(temp / "db");
    WriteTransaction tx = database.begin();
    for (int i = 0; i < 100; ++i) tx.create_entity({"N"}, {{"i", i}});
    tx.commit();
    if (flushed) database.core().engine().flush();
  }
  fs::rename(temp / "db/engine/CURRENT", temp / "CURRENT");
  return temp / "db";
}

// And all of it is there again with the file in its place.
void expect_damage_that_changes_nothing(bool with_tables) {
  TempDir temp;
  const fs::path path = make_without_current(temp, with_tables);
  expect_refused_untouched(path, "CURRENT is missing");
  for (const char* const torn : {"", "MANI", "MANIFEST-000005", "\n"}) {
    SCOPED_TRACE(std::string("CURRENT is '") + torn + "'");
    test::write_file(path / "engine/CURRENT", torn);
    expect_refused_untouched(path, "empty or torn");
  }
  fs::rename(temp / "CURRENT", path / "engine/CURRENT");
  EXPECT_EQ(Database::open(path).begin_read().counts().entity_count, 100u);
}

TEST(MissingCurrent, OfADatabaseWithTablesIsDamageAndNothingIsTouched) {
  expect_damage_that_changes_nothing(true);
}

TEST(MissingCurrent, OfADatabaseWithALogOnlyIsDamageAndNothingIsTouched) {
  expect_damage_that_changes_nothing(false);
}

TEST(MissingCurrent, OfWhatACreationLeftIsCompleted) {
  TempDir temp;
  fs::create_directories(temp / "db/engine");
  test::write_file(temp / "db/engine/MANIFEST-000001", "");
  EXPECT_EQ(Database::open(temp / "db").sequence_number().value, 0u);
}

}  // namespace
}  // namespace manifolddb
