// A backup stands under its name complete, or nothing does; what was there before is never touched.
#include "io/durable_file.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

using test::error_of;
using test::read_file;
using test::TempDir;

std::size_t names_in(const std::filesystem::path& directory) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory)) ++count;
  return count;
}

TEST(DurableFile, AppearsAtCommitAndNotBefore) {
  const TempDir directory;
  DurableFile file(directory / "b");
  file.sink().write("abc");
  EXPECT_FALSE(std::filesystem::exists(directory / "b"));
  file.commit();
  EXPECT_EQ(read_file(directory / "b"), "abc");
  EXPECT_EQ(names_in(directory.path()), 1u);
}

TEST(DurableFile, LeavesNothingWithoutCommit) {
  const TempDir directory;
  {
    DurableFile file(directory / "b");
    file.sink().write("abc");
    EXPECT_EQ(names_in(directory.path()), 1u);
  }
  EXPECT_EQ(names_in(directory.path()), 0u);
}

TEST(DurableFile, RefusesANameThatIsTakenAtOnce) {
  const TempDir directory;
  std::ofstream(directory / "b") << "old";
  std::filesystem::create_symlink("nowhere", directory / "dangling");
  for (const char* name : {"b", "dangling"}) {
    const Error error = error_of([&] { DurableFile file(directory / name); });
    EXPECT_EQ(error.code(), ErrorCode::would_overwrite) << name;
    EXPECT_NE(std::string(error.what()).find(name), std::string::npos);
  }
  EXPECT_EQ(read_file(directory / "b"), "old");
  EXPECT_EQ(names_in(directory.path()), 2u);
}

TEST(DurableFile, RefusesANameThatWasTakenMeanwhile) {
  const TempDir directory;
  {
    DurableFile file(directory / "b");
    file.sink().write("new");
    std::ofstream(directory / "b") << "old";
    EXPECT_EQ(error_of([&] { file.commit(); }).code(), ErrorCode::would_overwrite);
  }
  EXPECT_EQ(read_file(directory / "b"), "old");
  EXPECT_EQ(names_in(directory.path()), 1u);
}

TEST(DurableFile, OfConcurrentWritersOfOneNameOneWins) {
  constexpr int kWriters = 4;
  const TempDir directory;
  std::atomic<int> waiting = kWriters;
  std::atomic<int> winners = 0;
  std::atomic<int> refused = 0;
  std::atomic<int> winner = -1;
  const auto write_one = [&](int number) {
    try {
      DurableFile file(directory / "b");
      file.sink().write(std::string(100'000, static_cast<char>('a' + number)));
      // All have begun before the first commits.
      --waiting;
      while (waiting > 0) std::this_thread::yield();
      file.commit();
      winner = number;
      ++winners;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::would_overwrite) << error.what();
      ++refused;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kWriters; ++i) threads.emplace_back(write_one, i);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(refused, kWriters - 1);
  EXPECT_EQ(read_file(directory / "b"), std::string(100'000, static_cast<char>('a' + winner)));
  EXPECT_EQ(names_in(directory.path()), 1u);
}

TEST(DurableFile, NeedsItsFolder) {
  const TempDir directory;
  const Error error = error_of([&] { DurableFile file(directory / "no" / "b"); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_NE(std::string(error.what()).find("no/b'"), std::string::npos) << error.what();
}

TEST(DurableFile, TakesAPlainNameInTheWorkingFolderAndALongOne) {
  const TempDir directory;
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
