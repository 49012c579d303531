// A backup stands under its name complete, or nothing does; what was there before is never touched.
#include "io/durable_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "support/error_of.h"
#include "support/temporary_directory.h"

namespace manifolddb {
namespace {

using test::error_of;
using test::TemporaryDirectory;

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::size_t names_in(const std::filesystem::path& directory) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory)) ++count;
  return count;
}

TEST(DurableFile, AppearsAtCommitAndNotBefore) {
  const TemporaryDirectory directory;
  DurableFile file(directory / "b");
  file.sink().write("abc");
  EXPECT_FALSE(std::filesystem::exists(directory / "b"));
  file.commit();
  EXPECT_EQ(content_of(directory / "b"), "abc");
  EXPECT_EQ(names_in(directory.path()), 1u);
}

TEST(DurableFile, LeavesNothingWithoutCommit) {
  const TemporaryDirectory directory;
  {
    DurableFile file(directory / "b");
    file.sink().write("abc");
    EXPECT_EQ(names_in(directory.path()), 1u);
  }
  EXPECT_EQ(names_in(directory.path()), 0u);
}

TEST(DurableFile, RefusesANameThatIsTakenAtOnce) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "b") << "old";
  std::filesystem::create_symlink("nowhere", directory / "dangling");
  for (const char* name : {"b", "dangling"}) {
    const Error error = error_of([&] { DurableFile file(directory / name); });
    EXPECT_EQ(error.code(), ErrorCode::would_overwrite) << name;
    EXPECT_NE(std::string(error.what()).find(name), std::string::npos);
  }
  EXPECT_EQ(content_of(directory / "b"), "old");
  EXPECT_EQ(names_in(directory.path()), 2u);
}

TEST(DurableFile, RefusesANameThatWasTakenMeanwhile) {
  const TemporaryDirectory directory;
  {
    DurableFile file(directory / "b");
    file.sink().write("new");
    std::ofstream(directory / "b") << "old";
    EXPECT_EQ(error_of([&] { file.commit(); }).code(), ErrorCode::would_overwrite);
  }
  EXPECT_EQ(content_of(directory / "b"), "old");
  EXPECT_EQ(names_in(directory.path()), 1u);
}

TEST(DurableFile, NeedsItsFolder) {
  const TemporaryDirectory directory;
  const Error error = error_of([&] { DurableFile file(directory / "no" / "b"); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_NE(std::string(error.what()).find("no/b'"), std::string::npos) << error.what();
}

TEST(DurableFile, TakesAPlainNameInTheWorkingFolderAndALongOne) {
  const TemporaryDirectory directory;
  const auto old_folder = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  {
    DurableFile file("plain");
    file.commit();
    DurableFile long_name(std::string(255, 'n'));
    long_name.commit();
  }
  std::filesystem::current_path(old_folder);
  EXPECT_EQ(names_in(directory.path()), 2u);
  EXPECT_TRUE(std::filesystem::exists(directory / "plain"));
}

}  // namespace
}  // namespace manifolddb
