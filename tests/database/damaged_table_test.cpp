// A table file with a block that cannot be read hides how much else is damaged, where the first
// error ends the check: all such files are named, by names that are there to be looked at.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "database/database_core.h"
#include "database/image.h"
#include "manifolddb/database.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

namespace fs = std::filesystem;
using test::error_of;

class DamagedTables : public testing::Test {
 protected:
  DamagedTables() {
    Database database = Database::open(path_);
    WriteTransaction tx = database.begin();
    for (int i = 0; i < 3000; ++i) {
      const EntityId id = tx.create_entity({"N"}, {{"text", std::to_string(i * 7919)}});
      tx.create_edge(id, id, "SELF", {{"n", i}});
    }
    tx.commit();
    database.core().engine().flush();
    for (const auto& entry : fs::directory_iterator(path_ / "engine")) {
      if (entry.path().extension() == ".sst") by_size_[entry.file_size()] = entry.path();
    }
  }
  // The larger ones are those of the records.
  fs::path damage_largest_but(std::size_t n) {
    const fs::path file = std::next(by_size_.rbegin(), static_cast<std::ptrdiff_t>(n))->second;
    test::damage_middle(file);
    return file;
  }
  static std::string text_of(const CheckReport& report) {
    std::string text;
    for (const CheckFinding& finding : report.findings) {
      text += finding.where + ": " + finding.what + "\n";
    }
    return text;
  }

  test::TempDir folder_;
  const fs::path path_ = folder_ / "graph.db";
  std::map<std::uintmax_t, fs::path> by_size_;
};

TEST_F(DamagedTables, AreAllNamedWithWhatTheyHold) {
  const fs::path first = damage_largest_but(0);
  const fs::path second = damage_largest_but(1);
  const auto expect_named = [&](const Database& database) {
    const CheckReport report = database.check();
    const std::string text = text_of(report);
    EXPECT_EQ(report.finding_count, 3u) << text;
    for (const fs::path& file : {first, second}) {
      EXPECT_NE(text.find("table engine/" + file.filename().string() + ": cannot be read whole"),
                std::string::npos)
          << text;
    }
    EXPECT_NE(text.find("it holds rows of the family edges, from edge 1 to edge 3000"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("was not compared to the end"), std::string::npos) << text;
    EXPECT_EQ(text.find(".image-"), std::string::npos) << text;
  };
  expect_named(Database::open_read_only(path_));
  expect_named(Database::open(path_));
}

TEST_F(DamagedTables, AreNamedByTheirPlaceInTheDatabaseWhenReadThroughAnImage) {
  damage_largest_but(0);
  damage_largest_but(1);
  const Database image = Database::open_read_only(path_);
  const Error error = error_of([&] { image.digest(); });
  EXPECT_EQ(error.code(), ErrorCode::damaged);
  EXPECT_NE(std::string(error.what()).find(" graph.db/engine/"), std::string::npos) << error.what();
}

TEST(TextWithoutImages, NamesTheDatabase) {
  EXPECT_EQ(without_images("bad block in /a/.g.db.image-17-1/engine/8.sst offset 3"),
            "bad block in g.db/engine/8.sst offset 3");
  EXPECT_EQ(without_images("./.g.image-1-1/engine/8.sst and ./.g.image-1-2/x"),
            "g/engine/8.sst and g/x");
  for (const char* const text : {"", ".image-", "/.image-", "a.image-1/x", "/.a.image-1"}) {
    EXPECT_EQ(without_images(text), text);
  }
}

}  // namespace
}  // namespace manifolddb
