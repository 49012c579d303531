// Standard input and output for library calls that take streams: no copy in between, real error
// messages, and a wait for input that a signal ends.
#pragma once

#include <array>
#include <istream>
#include <ostream>
#include <streambuf>

#include "common/file_system.h"

namespace manifolddb::cli {

// Reading throws Error{interrupted} after SIGINT or SIGTERM, also while nothing comes.
class StandardInput final : public std::istream {
 public:
  StandardInput();

 private:
  class Buffer final : public std::streambuf {
    int_type underflow() override;
    std::streamsize xsgetn(char* bytes, std::streamsize count) override;
    std::array<char, 4096> bytes_{};
  };
  Buffer buffer_;
};

// Nothing is held back. Writing throws Error{no_space}, Error{failed}, or Error{interrupted} after
// SIGINT or SIGTERM, also while the reader of a pipe takes nothing.
class StandardOutput final : public std::ostream {
 public:
  StandardOutput();

 private:
  class Buffer final : public std::streambuf {
   public:
    Buffer();

   private:
    int_type overflow(int_type byte) override;
    std::streamsize xsputn(const char* bytes, std::streamsize count) override;
    FileDescriptor own_;  // of a pipe, not blocking; none otherwise
    int descriptor_;
  };
  Buffer buffer_;
};

}  // namespace manifolddb::cli
