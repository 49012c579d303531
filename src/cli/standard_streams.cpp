#include "cli/standard_streams.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cli/arguments.h"
#include "cli/interrupt.h"
#include "common/file_system.h"

namespace manifolddb::cli {

namespace {

// Until the descriptor is ready. Another thread may get the signal, so the wait is cut in slices.
void wait_for(int descriptor, short what) {
  static constexpr int kSliceMs = 100;
  pollfd waiting{descriptor, what, 0};
  int ready = 0;
  do {
    if (interrupted()) throw_interrupted();
    ready = ::poll(&waiting, 1, kSliceMs);
  } while (ready == 0 || (ready < 0 && errno == EINTR));
}

// A second description of the same pipe, so that it can be set not to block without doing that to
// the other processes that have it. None for anything else, or where /proc is not there.
FileDescriptor reopen_pipe() {
  struct stat status {};
  if (::fstat(STDOUT_FILENO, &status) != 0 || !S_ISFIFO(status.st_mode)) return FileDescriptor();
  return FileDescriptor(::open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC));
}

}  // namespace

bool is_input_stream(const std::string& source) {
  if (is_standard_stream(source)) return true;
  struct stat status {};
  return ::stat(source.c_str(), &status) == 0 && !S_ISREG(status.st_mode) &&
         !S_ISDIR(status.st_mode);
}

// Not blocking: else the opening would wait until somebody opens the pipe to write to it.
InputStream::Buffer::Buffer(const std::string& source)
    : name_(is_standard_stream(source) ? "standard input" : source),
      own_(is_standard_stream(source) ? FileDescriptor()
                                      : open_file(source, O_RDONLY | O_NONBLOCK)),
      descriptor_(own_.get() >= 0 ? own_.get() : STDIN_FILENO) {}

// A pipe that nobody has opened yet is not at its end: poll(2) waits for the first writer.
std::size_t InputStream::Buffer::read(char* bytes, std::size_t count) const {
  for (;;) {
    wait_for(descriptor_, POLLIN);
    const ssize_t n = ::read(descriptor_, bytes, count);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR && errno != EAGAIN) throw_file_error(errno, "read", name_);
  }
}

// With badbit in the mask, what the buffer throws passes through the stream unchanged.
InputStream::InputStream(const std::string& source) : std::istream(nullptr), buffer_(source) {
  rdbuf(&buffer_);
  exceptions(std::ios::badbit);
}

InputStream::Buffer::int_type InputStream::Buffer::underflow() {
  const std::size_t n = read(bytes_.data(), bytes_.size());
  setg(bytes_.data(), bytes_.data(), bytes_.data() + n);
  return n == 0 ? traits_type::eof() : traits_type::to_int_type(bytes_[0]);
}

std::streamsize InputStream::Buffer::xsgetn(char* bytes, std::streamsize count) {
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

StandardOutput::Buffer::Buffer()
    : own_(reopen_pipe()), descriptor_(own_.get() >= 0 ? own_.get() : STDOUT_FILENO) {}

StandardOutput::StandardOutput() : std::ostream(nullptr) {
  rdbuf(&buffer_);
  exceptions(std::ios::badbit);
}

StandardOutput::Buffer::int_type StandardOutput::Buffer::overflow(int_type byte) {
  if (traits_type::eq_int_type(byte, traits_type::eof())) return traits_type::not_eof(byte);
  const char c = traits_type::to_char_type(byte);
  xsputn(&c, 1);
  return byte;
}

std::streamsize StandardOutput::Buffer::xsputn(const char* bytes, std::streamsize count) {
  for (std::streamsize done = 0; done < count;) {
    wait_for(descriptor_, POLLOUT);
    const ssize_t n = ::write(descriptor_, bytes + done, static_cast<std::size_t>(count - done));
    if (n >= 0) {
      done += n;
    } else if (errno != EINTR && errno != EAGAIN) {
      throw_file_error(errno, "write to", "standard output");
    }
  }
  return count;
}

}  // namespace manifolddb::cli
