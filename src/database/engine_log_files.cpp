#include "database/engine_log_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <set>

#include "common/file_system.h"
#include "database/engine_log_impl.h"
#include "manifolddb/error.h"

namespace manifolddb {

namespace {

namespace fs = std::filesystem;

constexpr int kOpenAttemptsMax = 4;  // a file is moved once, so the second look finds it

// Where the medium cannot be written, what is read of it is as durable as it gets.
void sync_for_reading(int fd, const fs::path& path) {
  if (::fdatasync(fd) != 0 && errno != EROFS && errno != EINVAL) {
    throw_file_error(errno, "sync", path);
  }
}

class DiskLogFile final : public LogFile {
 public:
  DiskLogFile(FileDescriptor fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  std::size_t read(std::uint64_t offset, char* to, std::size_t size) const override {
    std::size_t done = 0;
    while (done < size) {
      const ssize_t got =
          ::pread(fd_.get(), to + done, size - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw_file_error(errno, "read", name_);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  std::uint64_t bytes() const override {
    struct stat status {};
    if (::fstat(fd_.get(), &status) != 0) throw_file_error(errno, "look at", name_);
    return static_cast<std::uint64_t>(status.st_size);
  }

  void sync() const override { sync_for_reading(fd_.get(), name_); }
  const std::string& name() const override { return name_; }

 private:
  FileDescriptor fd_;
  std::string name_;
};

class DiskLogFolder final : public LogFolder {
 public:
  explicit DiskLogFolder(fs::path folder)
      : places_{folder, folder / kLogArchiveName}, folder_(std::move(folder)) {}

  // A file moves from the first place to the second, so that this order misses none.
  std::vector<std::uint64_t> list() const override {
    std::set<std::uint64_t> numbers;
    for (const fs::path& place : places_) {
      for_each_name(place, [&](std::uint64_t number) { numbers.insert(number); });
    }
    return {numbers.begin(), numbers.end()};
  }

  std::unique_ptr<LogFile> open(std::uint64_t number) const override {
    for (int attempt = 0; attempt < kOpenAttemptsMax; ++attempt) {
      for (const fs::path& place : places_) {
        const fs::path path = place / log_file_name(number);
        FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (fd.get() >= 0) return std::make_unique<DiskLogFile>(std::move(fd), path.string());
        if (errno != ENOENT && errno != EINTR) throw_file_error(errno, "read", path);
      }
    }
    return nullptr;
  }

  std::vector<LogFileInfo> list_details() const override {
    std::vector<LogFileInfo> files;
    for (const fs::path& place : places_) {
      for_each_name(place, [&](std::uint64_t number) {
        struct stat status {};
        if (::stat((place / log_file_name(number)).c_str(), &status) != 0) return;
        files.push_back({.number = number,
                         .bytes = static_cast<std::uint64_t>(status.st_size),
                         .modified_s = status.st_mtime,
                         .archived = place != folder_});
      });
    }
    sort_details(files);
    return files;
  }

  void sync_names() const override {
    for (const fs::path& place : places_) {
      const FileDescriptor fd(::open(place.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (fd.get() < 0 && errno == ENOENT) continue;
      if (fd.get() < 0) throw_file_error(errno, "open", place);
      if (::fsync(fd.get()) != 0 && errno != EROFS && errno != EINVAL) {
        throw_file_error(errno, "sync", place);
      }
    }
  }

 private:
  template <typename Function>
  static void for_each_name(const fs::path& place, const Function& fn) {
    std::error_code error;
    fs::directory_iterator it(place, error);
    for (; !error && it != fs::directory_iterator(); it.increment(error)) {
      std::uint64_t number = 0;
      if (parse_log_file_name(it->path().filename().string(), number)) fn(number);
    }
    if (error && error != std::errc::no_such_file_or_directory) {
      throw_file_error(error.value(), "list", place);
    }
  }

  fs::path places_[2];
  fs::path folder_;
};

}  // namespace

std::string log_file_name(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits + ".log";
}

bool parse_log_file_name(std::string_view name, std::uint64_t& number) {
  if (!name.ends_with(".log")) return false;
  name.remove_suffix(4);
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size();
}

void sort_details(std::vector<LogFileInfo>& files) {
  std::stable_sort(files.begin(), files.end(),
                   [](const auto& a, const auto& b) { return a.number < b.number; });
  // One that moved between the two looks was seen twice; what was seen last is true.
  for (std::size_t i = 1; i < files.size(); ++i) {
    if (files[i].number == files[i - 1].number) files[i - 1].number = 0;
  }
  std::erase_if(files, [](const auto& file) { return file.number == 0; });
}

std::unique_ptr<LogFolder> open_log_folder(const fs::path& engine_folder) {
  return std::make_unique<DiskLogFolder>(engine_folder);
}

}  // namespace manifolddb
