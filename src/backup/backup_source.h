// A backup's bytes as they are read: from a file or a stream, compressed or not.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <memory>
#include <string>

#include "io/byte_stream.h"

namespace manifolddb::backup {

// Not thread-safe.
class BackupSource final : public ByteSource {
 public:
  // Error{not_found} when nothing is there, Error{damaged} for a folder.
  explicit BackupSource(const std::filesystem::path& file);
  explicit BackupSource(std::unique_ptr<ByteSource> stored);

  std::size_t read(char* buffer, std::size_t size) override;
  const std::string& name() const override { return name_; }

  std::uint64_t stored_bytes() const { return *stored_bytes_; }  // read so far, as stored

 private:
  std::string name_;
  std::shared_ptr<std::uint64_t> stored_bytes_;  // shared with the source that counts
  std::unique_ptr<ByteSource> source_;
};

// A folder of its own for files that are needed for a while; removed with everything in it.
class ScratchDirectory {
 public:
  // In `parent`, or the system's temporary folder when that is empty.
  explicit ScratchDirectory(const std::filesystem::path& parent);
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Copies what cannot be read twice, as it is stored.
void spool(ByteSource& stored, const std::filesystem::path& file);

}  // namespace manifolddb::backup
