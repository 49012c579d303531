// Files, pipes and standard streams as sinks and sources.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "common/file_system.h"
#include "io/byte_stream.h"

namespace manifolddb {

// Asked now and then while a read waits for a pipe or a terminal; true ends it with
// Error{interrupted}. Called from the reading thread. Empty: wait for ever.
using StopRequested = std::function<bool()>;

// A file descriptor to write to. Keeps nothing back: write in large pieces. A pipe whose reader has
// gone is Error{failed}, provided that the process ignores SIGPIPE.
class FileSink final : public ByteSink {
 public:
  FileSink(FileDescriptor fd, std::string name);  // owns the descriptor
  static FileSink standard_output();              // descriptor 1, left open; its name is "-"
  ~FileSink() override;
  FileSink(FileSink&& other) noexcept;

  void write(std::string_view bytes) override;
  void finish() override;  // nothing is held back: the kernel has it all
  const std::string& name() const override { return name_; }

  void sync();   // fsync: everything written is on the disk when it returns
  void close();  // reports what close(2) says (network file systems write then)
  std::uint64_t bytes_written() const { return bytes_written_; }

  // Every so many bytes the kernel is asked to begin writing, so that the sync at the end finds
  // little left to do.
  static constexpr std::uint64_t kWritebackBytes = 8u << 20;

 private:
  void start_writeback();

  FileDescriptor fd_;
  std::string name_;
  bool owns_fd_ = true;
  bool regular_file_ = false;
  std::uint64_t bytes_written_ = 0;
  std::uint64_t writeback_started_ = 0;
};

// A file descriptor to read from.
class FileSource final : public ByteSource {
 public:
  FileSource(FileDescriptor fd, std::string name, StopRequested stop_requested = {});
  // Error{not_found} when nothing is there, Error{failed} for a directory.
  static FileSource open(const std::filesystem::path& path, StopRequested stop_requested = {});
  static FileSource standard_input(StopRequested stop_requested = {});  // descriptor 0, left open
  ~FileSource() override;
  FileSource(FileSource&& other) noexcept;

  std::size_t read(char* buffer, std::size_t size) override;
  const std::string& name() const override { return name_; }

 private:
  void wait_for_input() const;

  FileDescriptor fd_;
  std::string name_;
  StopRequested stop_requested_;
  bool owns_fd_ = true;
  bool may_block_ = false;  // not a regular file
};

// The stream must outlive the sink.
class StreamSink final : public ByteSink {
 public:
  explicit StreamSink(std::ostream& out, std::string name = "-");
  void write(std::string_view bytes) override;
  void finish() override;
  const std::string& name() const override { return name_; }

 private:
  std::ostream& out_;
  std::string name_;
};

// The stream must outlive the source.
class StreamSource final : public ByteSource {
 public:
  explicit StreamSource(std::istream& in, std::string name = "-");
  std::size_t read(char* buffer, std::size_t size) override;
  const std::string& name() const override { return name_; }

 private:
  std::istream& in_;
  std::string name_;
};

}  // namespace manifolddb
