#include "io/file_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <istream>
#include <ostream>

#include "manifolddb/error.h"

namespace manifolddb {

namespace {

bool is_regular_file(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

FileSink::FileSink(FileDescriptor fd, std::string name)
    : fd_(std::move(fd)), name_(std::move(name)), regular_file_(is_regular_file(fd_.get())) {}

FileSink FileSink::standard_output() {
  FileSink sink(FileDescriptor(STDOUT_FILENO), "-");
  sink.owns_fd_ = false;
  return sink;
}

FileSink::~FileSink() {
  if (!owns_fd_) fd_.release();
}

FileSink::FileSink(FileSink&& other) noexcept = default;

void FileSink::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      throw_file_error(errno, "write to", name_);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
    bytes_written_ += static_cast<std::uint64_t>(written);
  }
  if (regular_file_ && bytes_written_ - writeback_started_ >= kWritebackBytes) start_writeback();
}

void FileSink::start_writeback() {
  // A hint. What goes wrong here is kept by the kernel and reported by the sync.
  static_cast<void>(::sync_file_range(fd_.get(), static_cast<off64_t>(writeback_started_),
                                      static_cast<off64_t>(bytes_written_ - writeback_started_),
                                      SYNC_FILE_RANGE_WRITE));
  writeback_started_ = bytes_written_;
}

void FileSink::finish() {}

void FileSink::sync() {
  sync_file(fd_.get(), name_);
}

void FileSink::close() {
  if (!owns_fd_) return;
  // Linux has freed the descriptor also when close says EINTR; it must not be repeated.
  const int fd = fd_.release();
  if (fd >= 0 && ::close(fd) != 0 && errno != EINTR) throw_file_error(errno, "close", name_);
}

FileSource::FileSource(FileDescriptor fd, std::string name, StopRequested stop_requested)
    : fd_(std::move(fd)),
      name_(std::move(name)),
      stop_requested_(std::move(stop_requested)),
      may_block_(!is_regular_file(fd_.get())) {
  // Advice only: pipes refuse it.
  static_cast<void>(::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL));
}

FileSource FileSource::open(const std::filesystem::path& path, StopRequested stop_requested) {
  FileDescriptor fd = open_file(path, O_RDONLY);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw_file_error(errno, "open", path);
  if (S_ISDIR(status.st_mode)) throw_file_error(EISDIR, "read", path);
  return FileSource(std::move(fd), path.string(), std::move(stop_requested));
}

FileSource FileSource::standard_input(StopRequested stop_requested) {
  FileSource source(FileDescriptor(STDIN_FILENO), "-", std::move(stop_requested));
  source.owns_fd_ = false;
  return source;
}

FileSource::~FileSource() {
  if (!owns_fd_) fd_.release();
}

FileSource::FileSource(FileSource&& other) noexcept = default;

std::size_t FileSource::read(char* buffer, std::size_t size) {
  for (;;) {
    if (may_block_ && stop_requested_) wait_for_input();
    const ssize_t n = ::read(fd_.get(), buffer, size);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) throw_file_error(errno, "read", name_);
  }
}

// A signal may be delivered to another thread, so the wait is cut in slices rather than relying on
// EINTR.
void FileSource::wait_for_input() const {
  static constexpr int kSliceMs = 100;
  for (;;) {
    if (stop_requested_()) {
      throw Error(ErrorCode::interrupted,
                  "interrupted while waiting for input from '" + name_ + "'");
    }
    pollfd wanted{fd_.get(), POLLIN, 0};
    // Errors and the end are left to read(2), which says what they are.
    if (const int ready = ::poll(&wanted, 1, kSliceMs); ready > 0)
      return;
    else if (ready < 0 && errno != EINTR)
      return;
  }
}

StreamSink::StreamSink(std::ostream& out, std::string name) : out_(out), name_(std::move(name)) {}

void StreamSink::write(std::string_view bytes) {
  bool good = false;
  try {
    good = static_cast<bool>(out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size())));
  } catch (const std::ios_base::failure&) {
    // The caller's stream throws by its own exceptions() mask: the same failure.
  }
  if (!good) throw Error(ErrorCode::failed, "cannot write to '" + name_ + "': the stream failed");
}

void StreamSink::finish() {
  bool good = false;
  try {
    good = static_cast<bool>(out_.flush());
  } catch (const std::ios_base::failure&) {
  }
  if (!good) throw Error(ErrorCode::failed, "cannot flush '" + name_ + "': the stream failed");
}

StreamSource::StreamSource(std::istream& in, std::string name) : in_(in), name_(std::move(name)) {}

std::size_t StreamSource::read(char* buffer, std::size_t size) {
  static constexpr std::size_t kPieceMax = std::size_t{1} << 30;
  std::streambuf* const from = in_.rdbuf();
  if (in_.fail() || from == nullptr) {
    throw Error(ErrorCode::failed, "cannot read '" + name_ + "': the stream had failed before");
  }
  // The buffer is asked directly: istream::read sets failbit at a plain end, which the caller's
  // exceptions() mask could turn into a throw.
  const auto wanted = static_cast<std::streamsize>(std::min(size, kPieceMax));
  try {
    return static_cast<std::size_t>(from->sgetn(buffer, wanted));
  } catch (const std::ios_base::failure& error) {
    throw Error(ErrorCode::failed, "cannot read '" + name_ + "': " + error.what());
  }
}

}  // namespace manifolddb
