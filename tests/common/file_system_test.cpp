// Restored databases and backups get their final name here: never over anything that exists,
// whatever way the file system offers.
#include "common/file_system.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>

#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using test::TempDir;

void make_file(const fs::path& path) {
  std::ofstream(path) << "x";
}

TEST(FileSystem, RenamesAFolderDurablyWithATrailingSlashToo) {
  const TempDir directory;
  fs::create_directories(directory / "from/inner");
  make_file(directory / "from/inner/f");
  sync_tree(directory / "from");
  rename_durably(directory / "from", directory.path().string() + "/to/");
  EXPECT_TRUE(fs::exists(directory / "to/inner/f"));
  EXPECT_FALSE(fs::exists(directory / "from"));
}

TEST(FileSystem, RenameReplacesNothingNotEvenAnEmptyFolder) {
  const TempDir directory;
  fs::create_directory(directory / "from");
  fs::create_directory(directory / "empty");
  make_file(directory / "file");
  fs::create_symlink("nowhere", directory / "dangling");
  for (const char* target : {"empty", "file", "dangling"}) {
    const Error error = error_of([&] { rename_durably(directory / "from", directory / target); });
    EXPECT_EQ(error.code(), ErrorCode::would_overwrite) << target;
    EXPECT_EQ(rename_no_replace_by_parts(directory / "from", directory / target), EEXIST);
  }
  EXPECT_TRUE(fs::is_directory(directory / "from"));
  EXPECT_TRUE(fs::is_symlink(directory / "dangling"));
  EXPECT_TRUE(fs::is_regular_file(directory / "file"));
}

TEST(FileSystem, TheFallbackRenamesFilesAndFolders) {
  const TempDir directory;
  make_file(directory / "f");
  fs::create_directory(directory / "d");
  make_file(directory / "d/inner");
  EXPECT_EQ(rename_no_replace_by_parts(directory / "f", directory / "f2"), 0);
  EXPECT_EQ(rename_no_replace_by_parts(directory / "d", directory / "d2"), 0);
  EXPECT_FALSE(fs::exists(directory / "f"));
  EXPECT_FALSE(fs::exists(directory / "d"));
  EXPECT_TRUE(fs::exists(directory / "f2"));
  EXPECT_TRUE(fs::exists(directory / "d2/inner"));
  EXPECT_EQ(rename_no_replace_by_parts(directory / "gone", directory / "f3"), ENOENT);
}

TEST(FileSystem, RenameOfWhatIsMissingIsNotFound) {
  const TempDir directory;
  const Error error = error_of([&] { rename_durably(directory / "no", directory / "to"); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
}

TEST(FileSystem, SyncOfWhatIsMissingIsNotFound) {
  const TempDir directory;
  EXPECT_EQ(error_of([&] { sync_directory(directory / "no"); }).code(), ErrorCode::not_found);
  EXPECT_EQ(error_of([&] { sync_tree(directory / "no"); }).code(), ErrorCode::not_found);
}

TEST(FileSystem, SyncTreeTakesLinksAsTheyAre) {
  const TempDir directory;
  fs::create_symlink("nowhere", directory / "dangling");
  EXPECT_NO_THROW(sync_tree(directory.path()));
}

TEST(FileSystem, ParentsAndTemporaryNamesStayInTheFolder) {
  EXPECT_EQ(parent_directory("name"), ".");
  EXPECT_EQ(parent_directory("name/"), ".");
  EXPECT_EQ(parent_directory("/name"), "/");
  EXPECT_EQ(parent_directory("a/b/"), "a");
  const fs::path first = temporary_sibling("a/b/");
  EXPECT_EQ(first.parent_path(), "a");
  EXPECT_EQ(first.filename().string().substr(0, 3), ".b.");
  EXPECT_NE(first, temporary_sibling("a/b/"));
  EXPECT_LE(temporary_sibling(std::string(255, 'n')).string().size(), 255u);
}

TEST(FileSystem, ErrorsNameThePathAndTheReason) {
  const Error full = error_of([] { throw_file_error(ENOSPC, "write to", "x"); });
  EXPECT_EQ(full.code(), ErrorCode::no_space);
  EXPECT_STREQ(full.what(), "cannot write to 'x': No space left on device");
  EXPECT_EQ(error_of([] { throw_file_error(EDQUOT, "write to", "x"); }).code(),
            ErrorCode::no_space);
  EXPECT_EQ(error_of([] { throw_file_error(EIO, "sync", "x"); }).code(), ErrorCode::failed);
}

}  // namespace
}  // namespace manifolddb
