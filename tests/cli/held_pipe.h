// A pipe that keeps a program waiting, to look at it or to signal it while it works.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

namespace manifolddb::test {

// It has a name, and the test holds it open at both ends: who reads it waits for more, who writes
// it waits when it is full. Destroyed, it is the end of the reader's input.
class HeldPipe {
 public:
  explicit HeldPipe(const std::filesystem::path& path) : path_(path) {
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    EXPECT_GE(descriptor_, 0);
  }
  ~HeldPipe() { ::close(descriptor_); }
  void write(const std::string& text) const {
    EXPECT_EQ(::write(descriptor_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  // Until at least that many bytes are in the pipe, unread. A program that never comes so far is
  // given up after kWaitMax, and the test fails where it looks at how the program ended.
  void wait_for_bytes(int count) const {
    wait([count](int waiting) { return waiting >= count; });
  }
  void wait_until_read() const {
    wait([](int waiting) { return waiting == 0; });
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  static constexpr std::chrono::seconds kWaitMax{120};

  template <typename Condition>
  void wait(const Condition& condition) const {
    const auto end = std::chrono::steady_clock::now() + kWaitMax;
    int waiting = 0;
    while (::ioctl(descriptor_, FIONREAD, &waiting) == 0 && !condition(waiting) &&
           std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace manifolddb::test
