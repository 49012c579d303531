// Standard input and output for library calls that take streams: no copy in between, real error
// messages, and a wait for input that a signal ends.
#pragma once

#include <array>
#include <istream>
#include <ostream>
#include <streambuf>

namespace manifolddb::cli {

// Reading throws Error{interrupted} after SIGINT or SIGTERM, also while nothing comes.
class StandardInput final : private std::streambuf, public std::istream {
 public:
  StandardInput();

 private:
  int_type underflow() override;
  std::streamsize xsgetn(char* bytes, std::streamsize count) override;
  std::size_t read(char* bytes, std::size_t count);
  std::array<char, 4096> buffer_{};
};

// Nothing is held back. Writing throws Error{no_space} or Error{failed}.
class StandardOutput final : private std::streambuf, public std::ostream {
 public:
  StandardOutput();

 private:
  int_type overflow(int_type byte) override;
  std::streamsize xsputn(const char* bytes, std::streamsize count) override;
};

}  // namespace manifolddb::cli
