// Standard input and output for library calls that take streams: no copy in between, real error
// messages, and a wait for input that a signal ends.
#pragma once

#include <array>
#include <istream>
#include <ostream>
#include <streambuf>

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

// Nothing is held back. Writing throws Error{no_space} or Error{failed}.
class StandardOutput final : public std::ostream {
 public:
  StandardOutput();

 private:
  class Buffer final : public std::streambuf {
    int_type overflow(int_type byte) override;
    std::streamsize xsputn(const char* bytes, std::streamsize count) override;
  };
  Buffer buffer_;
};

}  // namespace manifolddb::cli
