// The log of a database in memory: its files are those of the engine's memory environment.
#include <algorithm>
#include <set>

#include "common/file_system.h"
#include "database/engine_impl.h"
#include "database/engine_log_impl.h"

namespace manifolddb {

namespace {

class MemoryLogFile final : public LogFile {
 public:
  MemoryLogFile(rocksdb::Env& env, std::unique_ptr<rocksdb::RandomAccessFile> file,
                std::string name, std::string archived_name)
      : env_(env),
        file_(std::move(file)),
        name_(std::move(name)),
        archived_name_(std::move(archived_name)) {}

  std::size_t read(std::uint64_t offset, char* to, std::size_t size) const override {
    rocksdb::Slice result;
    check_status(file_->Read(offset, size, &result, to), "read the log");
    if (result.data() != to) std::copy_n(result.data(), result.size(), to);
    return result.size();
  }

  // An open file of this environment cannot be asked; 0 when it has been removed.
  std::uint64_t bytes() const override {
    std::uint64_t size = 0;
    if (env_.GetFileSize(name_, &size).ok()) return size;
    return env_.GetFileSize(archived_name_, &size).ok() ? size : 0;
  }

  void sync() const override {}
  const std::string& name() const override { return name_; }

 private:
  rocksdb::Env& env_;
  std::unique_ptr<rocksdb::RandomAccessFile> file_;
  std::string name_, archived_name_;
};

class MemoryLogFolder final : public LogFolder {
 public:
  MemoryLogFolder(rocksdb::Env& env, const std::string& folder)
      : env_(env), places_{folder, folder + "/" + kLogArchiveName} {}

  std::vector<std::uint64_t> list() const override {
    std::set<std::uint64_t> numbers;
    for (const LogFileInfo& file : list_details()) numbers.insert(file.number);
    return {numbers.begin(), numbers.end()};
  }

  std::unique_ptr<LogFile> open(std::uint64_t number) const override {
    for (const std::string& place : places_) {
      const std::string name = place + "/" + log_file_name(number);
      std::unique_ptr<rocksdb::RandomAccessFile> file;
      if (env_.NewRandomAccessFile(name, &file, rocksdb::EnvOptions()).ok()) {
        return std::make_unique<MemoryLogFile>(env_, std::move(file), name,
                                               places_[1] + "/" + log_file_name(number));
      }
    }
    return nullptr;
  }

  std::vector<LogFileInfo> list_details() const override {
    std::vector<LogFileInfo> files;
    for (const std::string& place : places_) {
      std::vector<std::string> names;
      if (!env_.GetChildren(place, &names).ok()) continue;
      for (const std::string& name : names) {
        LogFileInfo file;
        std::uint64_t modified = 0;
        if (!parse_log_file_name(name, file.number)) continue;
        if (!env_.GetFileSize(place + "/" + name, &file.bytes).ok()) continue;
        if (env_.GetFileModificationTime(place + "/" + name, &modified).ok()) {
          file.modified_s = static_cast<std::int64_t>(modified);
        }
        file.archived = &place != &places_[0];
        files.push_back(file);
      }
    }
    sort_details(files);
    return files;
  }

  void sync_names() const override {}

 private:
  rocksdb::Env& env_;
  std::string places_[2];
};

}  // namespace

std::unique_ptr<LogFolder> open_memory_log_folder(rocksdb::Env& env, std::string engine_folder) {
  return std::make_unique<MemoryLogFolder>(env, engine_folder);
}

}  // namespace manifolddb
