// Log files that a power loss, a file system or a person took a part of, while later ones are
// there: such a database is in no state that it ever had, and must not be taken for one that is
// sound.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "database/image.h"
#include "manifolddb/database.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using test::TempDir;

// With content, ascending.
std::vector<fs::path> logs_of(const fs::path& database) {
  std::vector<fs::path> logs;
  for (const auto& entry : fs::directory_iterator(database / "engine")) {
    if (entry.path().extension() == ".log" && entry.file_size() != 0) logs.push_back(entry);
  }
  std::sort(logs.begin(), logs.end());
  return logs;
}

// By whichever way it is opened, and however often.
void expect_damaged(const fs::path& path) {
  for (int i = 0; i < 2; ++i) {
    for (const bool as_image : {true, false}) {
      const Error error =
          error_of([&] { as_image ? Database::open_read_only(path) : Database::open(path); });
      EXPECT_EQ(error.code(), ErrorCode::damaged) << error.what();
      EXPECT_NE(std::string(error.what()).find("lacks transaction"), std::string::npos)
          << error.what();
    }
  }
}

class LogGap : public ::testing::Test {
 protected:
  // What a kill leaves of a database with several log files, of which the first is large; the rows
  // of its commits are not yet in tables.
  LogGap() {
    DatabaseOptions options;
    options.write_buffer_bytes = 256u << 10;
    Database database = Database::open(temp_ / "db", options);
    while (logs_of(temp_ / "db").size() < 3) {
      WriteTransaction tx = database.begin();
      tx.create_entity({"N"}, {{"text", std::string(3000, 'x')}});
      tx.commit(Durability::relaxed);
    }
    sequence_ = database.sequence_number().value;
    fs::copy(Image::make(temp_ / "db", {}).folder(), killed_, fs::copy_options::recursive);
  }

  TempDir temp_;
  const fs::path killed_ = temp_ / "killed";
  std::uint64_t sequence_ = 0;
};

TEST_F(LogGap, WhereAnOlderLogLostItsEndIsDamage) {
  const fs::path older = logs_of(killed_).at(0);
  fs::resize_file(older, fs::file_size(older) - 5000);
  expect_damaged(killed_);
}

TEST_F(LogGap, WhereAnOlderLogIsMissingIsDamage) {
  fs::remove(logs_of(killed_).at(0));
  expect_damaged(killed_);
}

TEST_F(LogGap, IsNotWhatTheEndOfTheNewestLeaves) {
  const fs::path newest = logs_of(killed_).back();
  fs::resize_file(newest, fs::file_size(newest) - 1);
  EXPECT_EQ(Database::open_read_only(killed_).sequence_number().value, sequence_ - 1);
  const Database database = Database::open(killed_);
  EXPECT_EQ(database.sequence_number().value, sequence_ - 1);
  EXPECT_EQ(database.check().finding_count, 0u);
}

}  // namespace
}  // namespace manifolddb
