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
  // Waits until that many bytes are in the pipe, unread.
  void wait_for_bytes(int count) const {
    int waiting = 0;
    while (waiting < count && ::ioctl(descriptor_, FIONREAD, &waiting) == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  void wait_until_read() const {
    int waiting = 1;
    while (waiting != 0 && ::ioctl(descriptor_, FIONREAD, &waiting) == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace manifolddb::test
