#include "cli/standard_streams.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cli/interrupt.h"
#include "common/file_system.h"

namespace manifolddb::cli {

// With badbit in the mask, what the buffer throws passes through the stream unchanged.
StandardInput::StandardInput() : std::istream(static_cast<std::streambuf*>(this)) {
  exceptions(std::ios::badbit);
}

std::size_t StandardInput::read(char* bytes, std::size_t count) {
  // Another thread may get the signal, so the wait is cut in slices.
  static constexpr int kSliceMs = 100;
  for (;;) {
    if (interrupted()) throw_interrupted();
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (::poll(&input, 1, kSliceMs) == 0) continue;
    const ssize_t n = ::read(STDIN_FILENO, bytes, count);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) throw_file_error(errno, "read", "standard input");
  }
}

StandardInput::int_type StandardInput::underflow() {
  const std::size_t n = read(buffer_.data(), buffer_.size());
  setg(buffer_.data(), buffer_.data(), buffer_.data() + n);
  return n == 0 ? traits_type::eof() : traits_type::to_int_type(buffer_[0]);
}

std::streamsize StandardInput::xsgetn(char* bytes, std::streamsize count) {
  std::streamsize filled = std::min<std::streamsize>(count, egptr() - gptr());
  if (filled > 0) {
    std::memcpy(bytes, gptr(), static_cast<std::size_t>(filled));
    gbump(static_cast<int>(filled));
  }
  while (filled < count) {
    const std::size_t n = read(bytes + filled, static_cast<std::size_t>(count - filled));
    if (n == 0) break;
    filled += static_cast<std::streamsize>(n);
  }
  return filled;
}

StandardOutput::StandardOutput() : std::ostream(static_cast<std::streambuf*>(this)) {
  exceptions(std::ios::badbit);
}

StandardOutput::int_type StandardOutput::overflow(int_type byte) {
  if (traits_type::eq_int_type(byte, traits_type::eof())) return traits_type::not_eof(byte);
  const char c = traits_type::to_char_type(byte);
  xsputn(&c, 1);
  return byte;
}

std::streamsize StandardOutput::xsputn(const char* bytes, std::streamsize count) {
  for (std::streamsize done = 0; done < count;) {
    const ssize_t n = ::write(STDOUT_FILENO, bytes + done, static_cast<std::size_t>(count - done));
    if (n >= 0) {
      done += n;
    } else if (errno != EINTR) {
      throw_file_error(errno, "write to", "standard output");
    }
  }
  return count;
}

}  // namespace manifolddb::cli
