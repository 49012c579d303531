// A database on the disk: opening, reopening, who owns it, and reading it from elsewhere while its
// owner goes on writing.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "database/database_core.h"
#include "manifolddb/database.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

using test::error_of;
using test::TempDir;

void add_entity(Database& database, int number) {
  WriteTransaction tx = database.begin();
  tx.create_entity({"N"}, {{"number", number}});
  tx.commit(Durability::relaxed);
}

std::vector<std::string> listing(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST(DatabaseFile, KeepsItsContentAndIdentityWhenReopened) {
  TempDir temp;
  Uuid database_id;
  ContentDigest digest;
  {
    Database database = Database::open(temp / "db");
    add_entity(database, 1);
    add_entity(database, 2);
    database_id = database.statistics().database_id;
    digest = database.statistics().content_digest;
  }
  Database database = Database::open(temp / "db");
  const DatabaseStatistics statistics = database.statistics();
  EXPECT_EQ(statistics.database_id, database_id);
  EXPECT_EQ(statistics.content_digest, digest);
  EXPECT_EQ(statistics.sequence_number.value, 2u);
  EXPECT_EQ(statistics.durable_sequence_number.value, 2u);
  EXPECT_EQ(database.check().finding_count, 0u);
}

TEST(DatabaseFile, IsNotCreatedByAMistypedPath) {
  TempDir temp;
  DatabaseOptions options;
  options.create_if_missing = false;
  EXPECT_EQ(error_of([&] { Database::open(temp / "no", options); }).code(), ErrorCode::not_found);
  EXPECT_EQ(error_of([&] { Database::open_read_only(temp / "no"); }).code(), ErrorCode::not_found);
  EXPECT_TRUE(listing(temp.path()).empty());
}

TEST(DatabaseFile, IsNotMadeOverOtherFiles) {
  TempDir temp;
  std::filesystem::create_directory(temp / "folder");
  test::write_file(temp / "folder/precious.txt", "text");
  test::write_file(temp / "file", "text");
  EXPECT_EQ(error_of([&] { Database::open(temp / "folder"); }).code(), ErrorCode::would_overwrite);
  EXPECT_EQ(error_of([&] { Database::open(temp / "file"); }).code(), ErrorCode::would_overwrite);
  EXPECT_EQ(listing(temp / "folder"), std::vector<std::string>{"precious.txt"});
  EXPECT_EQ(test::read_file(temp / "file"), "text");
}

TEST(DatabaseFile, HasOneOwnerWhoIsNamed) {
  TempDir temp;
  Database database = Database::open(temp / "db");
  const Error error = error_of([&] { Database::open(temp / "db"); });
  EXPECT_EQ(error.code(), ErrorCode::locked);
  EXPECT_NE(std::string(error.what()).find("process " + std::to_string(::getpid())),
            std::string::npos)
      << error.what();
  database.close();
  Database::open(temp / "db");
}

// `image_directory`: empty for the usual one.
void read_images_while_the_owner_writes(const std::filesystem::path& image_directory) {
  TempDir temp;
  DatabaseOptions options;
  options.write_buffer_bytes = 256u << 10;  // flushes and compactions all the time
  Database database = Database::open(temp / "db", options);
  std::jthread writer([&](const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested(); ++i) {
      WriteTransaction tx = database.begin();
      tx.create_entity({"N"}, {{"text", std::string(500, 'x')}, {"i", i}});
      tx.put_metadata("count", std::to_string(i));
      tx.commit(i % 10 == 0 ? Durability::synced : Durability::relaxed);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  for (int i = 0; i < 20; ++i) {
    DatabaseOptions image_options;
    image_options.image_directory = image_directory;
    const Database image = Database::open_read_only(temp / "db", image_options);
    const CheckReport report = image.check();
    for (const CheckFinding& finding : report.findings) {
      ADD_FAILURE() << finding.where << ": " << finding.what;
    }
    const DatabaseStatistics statistics = image.statistics();
    EXPECT_EQ(statistics.counts.entity_count, statistics.sequence_number.value);
    EXPECT_EQ(statistics.database_id, database.statistics().database_id);
  }
  writer.request_stop();
  writer.join();
  EXPECT_EQ(listing(temp.path()), std::vector<std::string>{"db"});  // no image stays behind
}

TEST(DatabaseFile, IsReadThroughAnImageWhileItsOwnerWrites) {
  read_images_while_the_owner_writes({});
}

// Tables cannot be linked there, and are copied while they are written.
TEST(DatabaseFile, IsReadThroughAnImageOnAnotherFileSystemWhileItsOwnerWrites) {
  const TempDir elsewhere("/dev/shm");
  read_images_while_the_owner_writes(elsewhere.path());
  EXPECT_TRUE(std::filesystem::is_empty(elsewhere.path()));
}

// The engine's OPTIONS files are refused by name, wherever the database is.
TEST(DatabaseFile, MayLieInAFolderThatIsNamedLikeAFileOfTheEngine) {
  const TempDir temp;
  const auto folder = temp / "OPTIONS-2026";
  std::filesystem::create_directory(folder);
  {
    Database database = Database::open(folder / "OPTIONS-db");
    add_entity(database, 1);
    database.core().engine().flush();
  }
  const Database database = Database::open(folder / "OPTIONS-db");
  EXPECT_EQ(database.begin_read().counts().entity_count, 1u);
  for (const std::string& name : listing(folder / "OPTIONS-db/engine")) {
    EXPECT_FALSE(name.starts_with("OPTIONS-")) << name;
  }
}

TEST(DatabaseFile, AnImageIsReadOnlyAndChangesNothing) {
  TempDir temp;
  {
    Database database = Database::open(temp / "db");
    add_entity(database, 1);
  }
  const auto files = [&] {
    std::map<std::string, std::pair<std::uintmax_t, std::filesystem::file_time_type>> result;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(temp / "db")) {
      if (!entry.is_regular_file()) continue;
      result[entry.path()] = {entry.file_size(), entry.last_write_time()};
    }
    return result;
  };
  const auto before = files();
  {
    Database image = Database::open_read_only(temp / "db");
    EXPECT_EQ(image.begin_read().counts().entity_count, 1u);
    EXPECT_EQ(error_of([&] { image.begin(); }).code(), ErrorCode::read_only);
  }
  EXPECT_EQ(files(), before);
}

TEST(DatabaseFile, AnImageMayLieOnAnotherFileSystem) {
  TempDir temp;
  Database database = Database::open(temp / "db");
  for (int i = 0; i < 100; ++i) add_entity(database, i);
  database.core().engine().flush();
  add_entity(database, 100);
  DatabaseOptions options;
  options.image_directory = "/dev/shm";
  const Database image = Database::open_read_only(temp / "db", options);
  EXPECT_EQ(image.begin_read().counts().entity_count, 101u);
  EXPECT_EQ(image.check().finding_count, 0u);
}

TEST(DatabaseFile, RefusesDamageInTheLogBeforeItsTail) {
  TempDir temp;
  std::filesystem::path log;
  {
    Database database = Database::open(temp / "db");
    for (int i = 0; i < 50; ++i) {
      WriteTransaction tx = database.begin();
      tx.create_entity({"N"}, {{"text", std::string(2000, 'x')}});
      tx.commit();
    }
    // What a kill would leave: a copy of the files as they are, the log not yet written to tables.
    std::filesystem::copy(temp / "db", temp / "killed", std::filesystem::copy_options::recursive);
  }
  for (const auto& entry : std::filesystem::directory_iterator(temp / "killed/engine")) {
    if (entry.path().extension() == ".log" && entry.file_size() > 0) log = entry.path();
  }
  ASSERT_FALSE(log.empty());
  std::string bytes = test::read_file(log);
  const std::string whole = bytes;
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  test::write_file(log, bytes);
  EXPECT_EQ(error_of([&] { Database::open(temp / "killed"); }).code(), ErrorCode::damaged);

  test::write_file(log, whole.substr(0, whole.size() - 100));  // a torn tail is cut
  Database database = Database::open(temp / "killed");
  EXPECT_EQ(database.sequence_number().value, 49u);
  EXPECT_EQ(database.check().finding_count, 0u);
}

}  // namespace
}  // namespace manifolddb
