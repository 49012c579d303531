// A reader of the log is promised the files from a number on: none of them may go on the ground of
// what was needed before it came.
#include "database/log_readers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

namespace manifolddb {
namespace {

TEST(LogReaders, AreNotAddedWhileFilesThatNobodyNeedsAreRemoved) {
  LogReaders readers({}, [] {});
  std::atomic<bool> is_added = false;
  std::optional<LogReader> reader;
  std::thread adding;
  readers.remove_unneeded([&](const LogNeed& need) {
    EXPECT_FALSE(need.any_reader);
    adding = std::thread([&] {
      reader.emplace(readers.add({}, 7));
      is_added = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_FALSE(is_added);
  });
  adding.join();
  readers.remove_unneeded([](const LogNeed& need) {
    EXPECT_TRUE(need.any_reader);
    EXPECT_EQ(need.from_file, 7u);
  });
}

}  // namespace
}  // namespace manifolddb
