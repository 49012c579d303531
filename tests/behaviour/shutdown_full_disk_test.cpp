// Closing a database writes what would take long to replay to tables
// (tests/database/shutdown_test); on a full disk it cannot, and nothing is lost by that: the log
// has it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "manifolddb/database.h"
#include "support/private_mounts.h"
#include "support/temp_dir.h"

namespace manifolddb::test {
namespace {

namespace fs = std::filesystem;

class ShutdownOnAFullDisk : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(enter_private_mounts()) << "no right to mount"; }

  void fill(const fs::path& disk, std::uint64_t free_bytes) {
    std::ofstream filler(disk / "filler");
    const std::string page(4096, 'f');
    while (fs::space(disk).available > free_bytes && filler.write(page.data(), 4096).flush()) {
    }
  }

  static bool has_tables(const fs::path& database) {
    for (const auto& entry : fs::directory_iterator(database / "engine")) {
      if (entry.path().extension() == ".sst") return true;
    }
    return false;
  }

  TempDir temp_;
  TempDir elsewhere_;
};

TEST_F(ShutdownOnAFullDisk, KeepsAllInTheLogAndIsNoFailure) {
  DatabaseOptions options;
  options.image_directory = elsewhere_.path();
  for (const std::uint64_t free_bytes : {0u, 256u << 10, 2u << 20}) {
    SCOPED_TRACE(std::to_string(free_bytes) + " bytes free");
    const Mount disk = Mount::small_disk(temp_.path(), "24m");
    ASSERT_TRUE(disk.ok());
    Database database = Database::open(temp_ / "db");
    ContentDigest digest;
    for (int i = 0; i < 40; ++i) {
      WriteTransaction transaction = database.begin();
      for (int j = 0; j < 100; ++j) {
        transaction.create_entity({"Blob"}, {{"text", std::string(1'000, 'x')}});
      }
      transaction.commit();
      digest = database.begin_read().content_digest();
    }
    fill(temp_.path(), free_bytes);
    EXPECT_NO_THROW(database.close());
    if (free_bytes == 0) {
      EXPECT_FALSE(has_tables(temp_ / "db")) << "there was room: nothing was tried";
    }
    EXPECT_EQ(Database::open_read_only(temp_ / "db", options).begin_read().content_digest(),
              digest);
    fs::remove(temp_ / "filler");
    const Database reopened = Database::open(temp_ / "db");
    EXPECT_EQ(reopened.begin_read().content_digest(), digest);
    EXPECT_TRUE(reopened.check().findings.empty());
  }
}

}  // namespace
}  // namespace manifolddb::test
