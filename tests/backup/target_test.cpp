// Where backups and restores write: never over anything, and nothing half done when they fail or
// are stopped.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <sstream>
#include <utility>

#include "database/database_core.h"
#include "database/key_codec.h"
#include "support/backup_files.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb::test_support {
namespace {

using test::error_of;
using test::TempDir;

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename());
  }
  return names;
}

Database filled_database() {
  Database database = Database::in_memory();
  store_graph(database, make_random_graph(47, {.entities = 3000, .edges = 3000}));
  return database;
}

TEST(BackupTarget, ThatExistsIsKept) {
  const Database database = filled_database();
  const TempDir folder;
  test::write_file(folder / "b", "precious");
  EXPECT_EQ(error_of([&] { backup::export_full(database, folder / "b"); }).code(),
            ErrorCode::would_overwrite);
  EXPECT_EQ(test::read_file(folder / "b"), "precious");
  EXPECT_EQ(names_in(folder.path()).size(), 1u);
}

TEST(BackupTarget, ThatIsTheDatabaseOrInItIsRefused) {
  const TempDir folder;
  Database database = Database::open(folder / "db");
  std::filesystem::create_directory_symlink(folder / "db", folder / "link");
  for (const auto& path : {folder / "db", folder / "db" / "b", folder / "link" / "b",
                           folder / "db" / "engine" / ".." / "b"}) {
    const Error error = error_of([&] { backup::export_full(database, path); });
    EXPECT_EQ(error.code(), ErrorCode::would_overwrite) << path;
    EXPECT_NE(std::string(error.what()).find("source and destination must be distinct"),
              std::string::npos)
        << error.what();
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "db" / "b"));
}

TEST(BackupTarget, InAFolderThatIsNotThereIsNamed) {
  const Database database = filled_database();
  const TempDir folder;
  const Error error = error_of([&] { backup::export_full(database, folder / "no" / "b"); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_NE(std::string(error.what()).find("/no"), std::string::npos) << error.what();
}

TEST(BackupTarget, HasNothingHalfDoneWhenStoppedAtAnyTime) {
  const Database database = filled_database();
  const TempDir folder;
  // How often the callback is asked depends on the time; the first two calls are certain enough.
  for (int stop_at = 1; stop_at <= 2; ++stop_at) {
    int calls = 0;
    backup::ExportOptions options;
    options.progress = [&](std::uint64_t, std::uint64_t) { return ++calls < stop_at; };
    if (stop_at == 2) options.compression_level = 19;
    options.compression = backup::Compression::zstd;
    try {
      backup::export_full(database, folder / "b", options);
      EXPECT_LT(calls, stop_at);
      std::filesystem::remove(folder / "b");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::interrupted);
    }
    EXPECT_TRUE(names_in(folder.path()).empty());
  }
  backup::ExportOptions options;
  options.progress = [](std::uint64_t, std::uint64_t) -> bool { throw 42; };
  EXPECT_THROW(backup::export_full(database, folder / "b", options), int);
  EXPECT_TRUE(names_in(folder.path()).empty());
  EXPECT_TRUE(backup::export_full(database, folder / "b").digest_matches);
}

TEST(BackupTarget, ThatIsABrokenStreamIsAnError) {
  const Database database = filled_database();
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  EXPECT_EQ(error_of([&] { backup::export_full(database, out); }).code(), ErrorCode::failed);
}

// Takes what is written, and calls `meanwhile` at the first of it.
class InterferingBuffer final : public std::stringbuf {
 public:
  explicit InterferingBuffer(std::function<bool()> meanwhile) : meanwhile_(std::move(meanwhile)) {}

 protected:
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    if (meanwhile_ && !std::exchange(meanwhile_, nullptr)()) return 0;
    return std::stringbuf::xsputn(bytes, count);
  }

 private:
  std::function<bool()> meanwhile_;  // false: the writing fails
};

TEST(FullBackup, ThatFailsDoesNotHinderWriters) {
  Database database = filled_database();
  const SequenceNumber before = database.sequence_number();
  InterferingBuffer buffer([&] {
    WriteTransaction transaction = database.begin();
    transaction.create_entity({"Meanwhile"});
    transaction.commit();
    return false;
  });
  std::ostream out(&buffer);
  EXPECT_EQ(error_of([&] { backup::export_full(database, out); }).code(), ErrorCode::failed);
  EXPECT_EQ(database.sequence_number().value, before.value + 1);
  EXPECT_TRUE(verify_bytes(backup_bytes(database)).ok());
}

TEST(FullBackup, IsNotHinderedByAWriterThatFails) {
  Database database = filled_database();
  const std::string expected = data_lines(backup_bytes(database));
  InterferingBuffer buffer([&] {
    WriteTransaction transaction = database.begin();
    transaction.create_edge(EntityId{1}, EntityId{999'999}, "TO_NOWHERE");
    error_of([&] { transaction.commit(); });
    return true;
  });
  std::ostream out(&buffer);
  EXPECT_TRUE(backup::export_full(database, out).digest_matches);
  EXPECT_EQ(data_lines(buffer.str()), expected);
}

TEST(BackupDescription, IsKeptUpToItsLimitAndRefusedOverIt) {
  const Database database = Database::in_memory();
  backup::ExportOptions options;
  options.description = std::string("two\nlines and a NUL: ") + '\0';
  options.description->resize(1u << 20, 'x');
  const std::string bytes = backup_bytes(database, options);
  EXPECT_NE(bytes.find("two\\nlines and a NUL: \\u0000"), std::string::npos);
  EXPECT_TRUE(verify_bytes(bytes).ok());
  options.description->push_back('x');
  EXPECT_EQ(error_of([&] { backup_bytes(database, options); }).code(), ErrorCode::invalid_argument);
  options.description = "\xff";
  EXPECT_EQ(error_of([&] { backup_bytes(database, options); }).code(), ErrorCode::invalid_argument);
}

TEST(FullBackup, OfADatabaseWhoseRecordsWereAlteredIsWrittenAndNotTrusted) {
  Database database = filled_database();
  Engine& engine = database.core().engine();
  const std::string key = id_key(5);
  std::string value = *engine.get(Family::entities, key, nullptr);
  StoredRecord stored;
  ASSERT_TRUE(parse_stored_record(value, stored));
  std::string other = *engine.get(Family::entities, id_key(6), nullptr);
  EngineBatch batch;
  batch.put(Family::entities, key, other);  // a canonical record, but not the one that was put
  engine.write(batch);

  const TempDir folder;
  EXPECT_FALSE(backup::export_full(database, folder / "b").digest_matches);
  const backup::VerifyReport report = backup::verify(folder / "b");
  EXPECT_FALSE(report.ok());
  EXPECT_EQ(report.level_reached, backup::VerifyLevel::structure);

  EngineBatch broken;
  broken.put(Family::entities, key, "no record");
  engine.write(broken);
  const Error error = error_of([&] { backup::export_full(database, folder / "c"); });
  EXPECT_EQ(error.code(), ErrorCode::damaged);
  EXPECT_NE(std::string(error.what()).find("entity 5"), std::string::npos) << error.what();
  EXPECT_FALSE(std::filesystem::exists(folder / "c"));
}

TEST(RestoreTarget, ThatExistsIsKeptWhateverItIs) {
  const TempDir folder;
  const Database database = filled_database();
  backup::export_full(database, folder / "b");
  test::write_file(folder / "file", "precious");
  std::filesystem::create_directory(folder / "empty");
  std::filesystem::create_symlink(folder / "nowhere", folder / "dangling");
  for (const char* name : {"file", "empty", "dangling", "b"}) {
    const Error error = error_of([&] { backup::restore(folder / "b", folder / name); });
    EXPECT_EQ(error.code(), ErrorCode::would_overwrite) << name;
  }
  EXPECT_EQ(test::read_file(folder / "file"), "precious");
  EXPECT_FALSE(std::filesystem::exists(folder / "nowhere"));
  EXPECT_EQ(names_in(folder.path()).size(), 4u);
}

TEST(RestoreTarget, IsNotCreatedForASourceThatIsNotThere) {
  const TempDir folder;
  EXPECT_EQ(error_of([&] { backup::restore(folder / "no", folder / "copy"); }).code(),
            ErrorCode::not_found);
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(RestoreTarget, HasNothingWhenTheRestoreIsStopped) {
  const TempDir folder;
  const Database database = filled_database();
  const std::string bytes = backup_bytes(database);
  for (int stop_at = 1; stop_at <= 3; ++stop_at) {
    int calls = 0;
    backup::Options options;
    options.progress = [&](std::uint64_t, std::uint64_t) { return ++calls < stop_at; };
    std::istringstream in(bytes);
    try {
      backup::restore(in, folder / "copy", options);
      EXPECT_LT(calls, stop_at);
      std::filesystem::remove_all(folder / "copy");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::interrupted);
    }
    EXPECT_TRUE(names_in(folder.path()).empty());
  }
}

TEST(RestoreTarget, IsRidOfWhatADeadProcessLeftBesideIt) {
  const TempDir folder;
  const Database database = Database::in_memory();
  backup::export_full(database, folder / "b");
  // No process has this number: it is over the kernel's limit.
  std::filesystem::create_directories(folder / ".copy.restoring-4194399-1" / "engine");
  const std::string alive = ".copy.restoring-" + std::to_string(::getppid()) + "-1";
  std::filesystem::create_directories(folder / alive);
  std::filesystem::create_directories(folder / ".other.restoring-4194399-1");
  std::filesystem::create_directories(folder / ".copy.restoring-x");
  backup::restore(folder / "b", folder / "copy");
  std::vector<std::string> names = names_in(folder.path());
  std::sort(names.begin(), names.end());
  std::vector<std::string> expected = {".copy.restoring-x", alive, ".other.restoring-4194399-1",
                                       "b", "copy"};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(names, expected);
}

TEST(RestoreTarget, MayEndInASlash) {
  const TempDir folder;
  const Database database = filled_database();
  backup::export_full(database, folder / "b");
  backup::restore(folder / "b", folder / "copy/");
  EXPECT_TRUE(content_of(Database::open(folder / "copy")) == content_of(database));
}

}  // namespace
}  // namespace manifolddb::test_support
