// Standard input and output, and pipes, for library calls that take streams: no copy in between,
// real error messages, and a wait for input that a signal ends.
#pragma once

#include <array>
#include <istream>
#include <ostream>
#include <streambuf>
#include <string>

#include "common/file_system.h"

namespace manifolddb::cli {

// Whether a source is read with InputStream: "-", and what is there and is neither a file nor a
// folder, as a named pipe. The library would wait for a pipe where no signal ends it.
bool is_input_stream(const std::string& source);

// Standard input for "-". Reading throws Error{interrupted} after such a signal, also while
// nothing comes, and while nobody has opened a named pipe to write to it.
class InputStream final : public std::istream {
 public:
  explicit InputStream(const std::string& source);

 private:
  class Buffer final : public std::streambuf {
   public:
    explicit Buffer(const std::string& source);

   private:
    int_type underflow() override;
    std::streamsize xsgetn(char* bytes, std::streamsize count) override;
    std::size_t read(char* bytes, std::size_t count) const;
    std::string name_;
    FileDescriptor own_;  // not blocking; none for standard input
    int descriptor_;
    std::array<char, 4096> bytes_{};
  };
  Buffer buffer_;
};

// Nothing is held back. Writing throws Error{no_space}, Error{failed}, or Error{interrupted} after
// such a signal, also while the reader of a pipe takes nothing.
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
