// Sinks and sources over descriptors and standard streams: everything arrives, and a device that is
// full, gone or failing is an Error that names it.
#include "io/file_stream.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

#include "support/error_of.h"
#include "support/memory_streams.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

using test::error_of;
using test::read_all;
using test::TempDir;

struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    reading = FileDescriptor(ends[0]);
    writing = FileDescriptor(ends[1]);
  }
  FileDescriptor reading;
  FileDescriptor writing;
};

TEST(FileSink, WritesAFileThatFileSourceReadsBack) {
  const TempDir directory;
  // More than two rounds of early writeback.
  const std::string piece(1'000'003, 'x');
  std::string expected;
  FileSink sink(open_file(directory / "f", O_WRONLY | O_CREAT | O_EXCL), "f");
  while (expected.size() < 2 * FileSink::kWritebackBytes + 5) {
    sink.write(piece);
    expected += piece;
  }
  sink.write("");
  sink.finish();
  sink.sync();
  sink.close();
  EXPECT_EQ(sink.bytes_written(), expected.size());
  FileSource source = FileSource::open(directory / "f");
  EXPECT_EQ(read_all(source), expected);
  EXPECT_EQ(source.name(), (directory / "f").string());
}

TEST(FileSink, AFullDeviceIsNoSpace) {
  FileSink sink(open_file("/dev/full", O_WRONLY), "/dev/full");
  const Error error = error_of([&] { sink.write("x"); });
  EXPECT_EQ(error.code(), ErrorCode::no_space);
  EXPECT_EQ(std::string(error.what()), "cannot write to '/dev/full': No space left on device");
}

TEST(FileSink, AReaderThatWentAwayIsAnError) {
  const auto old_handler = ::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.reading.close_quietly();
  FileSink sink(std::move(pipe.writing), "pipe");
  const Error error = error_of([&] { sink.write("x"); });
  EXPECT_EQ(error.code(), ErrorCode::failed);
  EXPECT_EQ(std::string(error.what()), "cannot write to 'pipe': Broken pipe");
  ::signal(SIGPIPE, old_handler);
}

extern "C" void do_nothing(int) {}

TEST(FileSink, SignalsAndShortWritesLoseNothing) {
  struct sigaction action {};
  struct sigaction old_action {};
  action.sa_handler = do_nothing;  // without SA_RESTART: system calls end early
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &old_action), 0);
  Pipe pipe;
  FileSink sink(std::move(pipe.writing), "pipe");
  FileSource source(std::move(pipe.reading), "pipe");
  std::string expected;
  for (std::size_t i = 0; expected.size() < 8'000'000; ++i) expected += std::to_string(i);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    sink.write(expected);
    sink.close();
    done = true;
    while (done) std::this_thread::yield();  // stays there to be signalled
  });
  std::string received;
  std::string buffer(70'000, '\0');
  while (const std::size_t n = source.read(buffer.data(), buffer.size())) {
    received.append(buffer, 0, n);
    ::pthread_kill(writer.native_handle(), SIGUSR1);
  }
  while (!done) std::this_thread::yield();
  done = false;
  writer.join();
  ::sigaction(SIGUSR1, &old_action, nullptr);
  EXPECT_EQ(sink.bytes_written(), expected.size());
  EXPECT_TRUE(received == expected);
}

TEST(FileSink, StandardOutputStaysOpen) {
  {
    FileSink sink = FileSink::standard_output();
    EXPECT_EQ(sink.name(), "-");
    sink.close();
  }
  EXPECT_GE(::fcntl(STDOUT_FILENO, F_GETFD), 0);
  FileSource source = FileSource::standard_input();
  EXPECT_EQ(source.name(), "-");
}

TEST(FileSource, NamesWhatIsMissingOrADirectory) {
  const TempDir directory;
  const Error missing = error_of([&] { FileSource::open(directory / "nothing"); });
  EXPECT_EQ(missing.code(), ErrorCode::not_found);
  EXPECT_NE(std::string(missing.what()).find("nothing'"), std::string::npos);
  const Error not_a_file = error_of([&] { FileSource::open(directory.path()); });
  EXPECT_EQ(not_a_file.code(), ErrorCode::failed);
  EXPECT_NE(std::string(not_a_file.what()).find("directory"), std::string::npos);
}

TEST(FileSource, AStopEndsTheWaitForAPipe) {
  Pipe pipe;
  int asked = 0;
  FileSource source(std::move(pipe.reading), "pipe", [&] { return ++asked == 3; });
  char byte = 0;
  EXPECT_EQ(error_of([&] { source.read(&byte, 1); }).code(), ErrorCode::interrupted);
  EXPECT_EQ(asked, 3);
}

TEST(FileSource, APipeWithAStopGivesItsBytesAndItsEnd) {
  Pipe pipe;
  ASSERT_EQ(::write(pipe.writing.get(), "abc", 3), 3);
  pipe.writing.close_quietly();
  FileSource source(std::move(pipe.reading), "pipe", [] { return false; });
  EXPECT_EQ(read_all(source), "abc");
}

TEST(StreamSink, WritesAndReportsAStreamThatFails) {
  std::ostringstream out;
  StreamSink sink(out);
  sink.write("ab");
  sink.write("c");
  sink.finish();
  EXPECT_EQ(out.str(), "abc");
  std::ofstream full("/dev/full");
  StreamSink failing(full, "full");
  const Error error = error_of([&] {
    failing.write(std::string(100'000, 'x'));
    failing.finish();
  });
  EXPECT_EQ(error.code(), ErrorCode::failed);
  std::ofstream throwing("/dev/full");
  throwing.exceptions(std::ios::badbit | std::ios::failbit);
  StreamSink also_failing(throwing, "full");
  const Error same = error_of([&] {
    also_failing.write("x");
    also_failing.finish();
  });
  EXPECT_EQ(same.code(), ErrorCode::failed);
}

TEST(StreamSource, ReadsToTheEndWithoutTrippingTheCallersMask) {
  std::istringstream in("abc");
  in.exceptions(std::ios::eofbit | std::ios::failbit | std::ios::badbit);
  StreamSource source(in, "text");
  EXPECT_EQ(read_all(source, 2), "abc");
  EXPECT_EQ(source.name(), "text");
}

TEST(StreamSource, AStreamThatCouldNotBeOpenedIsNotAnEmptyOne) {
  std::ifstream in("/nonexistent/file");
  StreamSource source(in);
  char byte = 0;
  EXPECT_EQ(error_of([&] { source.read(&byte, 1); }).code(), ErrorCode::failed);
  std::ifstream directory("/");
  StreamSource failing(directory);
  EXPECT_EQ(error_of([&] { failing.read(&byte, 1); }).code(), ErrorCode::failed);
}

}  // namespace
}  // namespace manifolddb
