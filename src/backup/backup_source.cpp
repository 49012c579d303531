#include "backup/backup_source.h"

#include <fcntl.h>
#include <stdlib.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "common/file_system.h"
#include "io/file_stream.h"
#include "io/zstd_stream.h"
#include "manifolddb/error.h"

namespace manifolddb::backup {

namespace {

constexpr std::size_t kSpoolBytes = 1u << 20;

class CountingSource final : public ByteSource {
 public:
  CountingSource(std::unique_ptr<ByteSource> source, std::shared_ptr<std::uint64_t> bytes)
      : source_(std::move(source)), bytes_(std::move(bytes)) {}
  std::size_t read(char* buffer, std::size_t size) override {
    const std::size_t count = source_->read(buffer, size);
    *bytes_ += count;
    return count;
  }
  const std::string& name() const override { return source_->name(); }

 private:
  std::unique_ptr<ByteSource> source_;
  std::shared_ptr<std::uint64_t> bytes_;
};

std::unique_ptr<ByteSource> open_file_source(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    throw Error(ErrorCode::damaged, file.string() + " is a folder, not a ManifoldDB backup",
                "nothing was changed",
                "manifold stats " + file.string() + "    if it is a database");
  }
  return std::make_unique<FileSource>(FileSource::open(file));
}

}  // namespace

BackupSource::BackupSource(const std::filesystem::path& file)
    : BackupSource(open_file_source(file)) {}

BackupSource::BackupSource(std::unique_ptr<ByteSource> stored)
    : name_(stored->name()),
      stored_bytes_(std::make_shared<std::uint64_t>(0)),
      source_(open_maybe_compressed(
          std::make_unique<CountingSource>(std::move(stored), stored_bytes_))) {}

std::size_t BackupSource::read(char* buffer, std::size_t size) {
  return source_->read(buffer, size);
}

ScratchDirectory::ScratchDirectory(const std::filesystem::path& parent) {
  const std::filesystem::path folder =
      parent.empty() ? std::filesystem::temp_directory_path() : parent;
  std::string name = (folder / "manifold-scratch-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw_file_error(errno, "create a folder", name);
  path_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void spool(ByteSource& stored, const std::filesystem::path& file) {
  FileSink sink(open_file(file, O_WRONLY | O_CREAT | O_EXCL, 0600), file.string());
  std::vector<char> buffer(kSpoolBytes);
  while (const std::size_t count = stored.read(buffer.data(), buffer.size())) {
    sink.write({buffer.data(), count});
  }
  sink.close();
}

}  // namespace manifolddb::backup
