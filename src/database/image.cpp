#include "database/image.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/file_system.h"
#include "database/database_files.h"
#include "manifolddb/error.h"

namespace manifolddb {

namespace {

namespace fs = std::filesystem;

constexpr const char* kArchiveName = "archive";  // of log files, in the engine's folder
constexpr std::size_t kCopyBytes = 1u << 20;
constexpr std::chrono::milliseconds kRetryDelayMax{20};
constexpr std::uint64_t kWholeFile = ~std::uint64_t{0};

// Thrown inside an attempt when the database moved on under it.
struct Changed {};

std::string read_small_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Changed{};
  return {std::istreambuf_iterator<char>(in), {}};
}

FileDescriptor open_source(const fs::path& path) {
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0 && errno == ENOENT) throw Changed{};
  if (fd.get() < 0) throw_file_error(errno, "read", path);
  return fd;
}

// Copies the first `bytes` of a file, of which `done_before` are there already; what is written to
// it meanwhile is not waited for. Returns the source, still open.
FileDescriptor copy_file(const fs::path& from, const fs::path& to, std::uint64_t bytes,
                         std::uint64_t done_before = 0) {
  FileDescriptor in = open_source(from);
  const FileDescriptor out =
      open_file(to, O_WRONLY | O_CREAT | (done_before == 0 ? O_TRUNC : O_APPEND));
  if (::lseek(in.get(), static_cast<off_t>(done_before), SEEK_SET) < 0) {
    throw_file_error(errno, "read", from);
  }
  if (bytes != kWholeFile) bytes -= done_before;
  std::vector<char> buffer(kCopyBytes);
  while (bytes != 0) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, buffer.size()));
    const ssize_t got = ::read(in.get(), buffer.data(), wanted);
    if (got < 0) throw_file_error(errno, "read", from);
    if (got == 0) break;
    for (ssize_t done = 0; done < got;) {
      const ssize_t put =
          ::write(out.get(), buffer.data() + done, static_cast<std::size_t>(got - done));
      if (put < 0) throw_file_error(errno, "write", to);
      done += put;
    }
    bytes -= static_cast<std::uint64_t>(got);
  }
  if (bytes != 0 && bytes < kWholeFile / 2) throw Changed{};  // the file got shorter
  return in;
}

std::uint64_t size_of(const fs::path& path) {
  std::error_code error;
  const std::uint64_t bytes = fs::file_size(path, error);
  if (error) throw Changed{};
  return bytes;
}

// Makes what was copied durable at its source, unless that cannot be written anyway.
void sync_source(const FileDescriptor& fd, const fs::path& path) {
  if (::fdatasync(fd.get()) != 0 && errno != EROFS && errno != EINVAL) {
    throw_file_error(errno, "sync", path);
  }
}

// False: it had to be copied, and may have been written to meanwhile.
bool link_or_copy(const fs::path& from, const fs::path& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return true;
  if (errno == ENOENT) throw Changed{};
  if (errno == EXDEV || errno == EPERM || errno == EMLINK || errno == EROFS || errno == EACCES) {
    copy_file(from, to, kWholeFile);
    return false;
  }
  throw_file_error(errno, "link", from);
}

// The engine's log files that opening does not need: they are there for Database::transactions, and
// immutable. Those that are being removed are left out, and so are all where they would have to be
// copied (up to DatabaseOptions::log_retention_bytes): the image's log begins later then.
void link_archived_logs(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::directory_iterator it(from, error);
  for (; !error && it != fs::directory_iterator(); it.increment(error)) {
    if (it->path().extension() != ".log") continue;
    fs::create_directory(to);
    if (::link(it->path().c_str(), (to / it->path().filename()).c_str()) == 0) continue;
    if (errno != EEXIST && errno != ENOENT) return;
  }
}

std::vector<std::string> list_files(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());  // logs in the order of their numbers
  return names;
}

// Brings the engine's files in as many attempts as it takes. Tables that the manifest names are
// immutable, the manifest only grows, and a change of either CURRENT or the manifest's length means
// that some of them may have come or gone while we linked. A database that flushes and compacts
// without pause changes it every few milliseconds, so little is done between the two looks: nothing
// waits for the disk, and what was brought before, of the manifest too, is there already.
class EngineCopy {
 public:
  EngineCopy(const fs::path& source, const fs::path& target, Image::Log log)
      : source_(source), target_(target), log_(log) {}

  // Throws Changed.
  void attempt() {
    names_ = list_files(source_);
    remove_what_went();
    bring_tables();  // mostly all of them, before it matters how long that takes
    const std::string current = read_small_file(source_ / "CURRENT");
    if (current.empty() || current.back() != '\n') throw Changed{};
    const std::string manifest = current.substr(0, current.size() - 1);
    const std::uint64_t manifest_bytes = size_of(source_ / manifest);
    names_ = list_files(source_);
    bring_tables();
    copy_manifest(manifest, manifest_bytes);
    copy_file(source_ / "CURRENT", target_ / "CURRENT", current.size());
    if (log_ == Image::Log::copied) copy_logs();
    if (read_small_file(source_ / "CURRENT") != current ||
        size_of(source_ / manifest) != manifest_bytes) {
      throw Changed{};
    }
    // A log that has been removed by now was flushed before, and can still be synced. The
    // manifest's last record may be a bulk transaction that its writer has not synced yet.
    for (const auto& [name, file] : synced_) sync_source(file, source_ / name);
    if (::access(source_.c_str(), W_OK) == 0) sync_directory(source_);
  }

 private:
  void copy_logs() {
    link_archived_logs(source_ / kArchiveName, target_ / kArchiveName);
    for (const std::string& name : names_) {
      if (name.ends_with(".log")) copy_and_sync_later(name, kWholeFile);
    }
  }

  void copy_and_sync_later(const std::string& name, std::uint64_t bytes) {
    synced_.emplace_back(name, copy_file(source_ / name, target_ / name, bytes));
  }

  void copy_manifest(const std::string& name, std::uint64_t bytes) {
    std::uint64_t there = std::exchange(manifest_bytes_, 0);
    if (name != manifest_ || bytes < there) {
      if (!manifest_.empty()) fs::remove(target_ / manifest_);
      there = 0;
    }
    manifest_ = name;
    synced_.emplace_back(name, copy_file(source_ / name, target_ / name, bytes, there));
    manifest_bytes_ = bytes;
  }

  // So that a database that keeps changing does not make each attempt slower than the last.
  void remove_what_went() {
    for (const auto& [name, file] : synced_) {
      if (name != manifest_) fs::remove(target_ / name);
    }
    synced_.clear();
    std::erase_if(brought_, [this](const std::string& name) {
      if (std::binary_search(names_.begin(), names_.end(), name)) return false;
      fs::remove(target_ / name);
      copied_.erase(name);
      return true;
    });
  }

  // Names are not used twice, so a table that was brought before is the same; but one that was
  // copied while it was written may lack its end.
  void bring_tables() {
    for (const std::string& name : names_) {
      if (name.ends_with(".sst") && (!brought_.contains(name) || copied_.contains(name))) {
        bring_table(name);
      }
    }
  }

  // One that is gone was not needed, or the manifest has changed, which is looked at afterwards.
  void bring_table(const std::string& name) try {
    if (copied_.contains(name)) {
      if (size_of(source_ / name) == size_of(target_ / name)) return;
      fs::remove(target_ / name);
      copied_.erase(name);
      brought_.erase(name);
    }
    if (!link_or_copy(source_ / name, target_ / name)) copied_.insert(name);
    brought_.insert(name);
  } catch (const Changed&) {
  }

  const fs::path& source_;
  const fs::path& target_;
  const Image::Log log_;
  std::vector<std::string> names_;  // at the source
  std::set<std::string> brought_;   // tables at the target
  std::set<std::string> copied_;    // those of them that could not be linked
  std::string manifest_;
  std::uint64_t manifest_bytes_ = 0;                            // of it at the target
  std::vector<std::pair<std::string, FileDescriptor>> synced_;  // manifest and logs at the source
};

constexpr const char* kImageMark = ".image-";

std::string name_prefix(const fs::path& database) {
  return "." + fs::absolute(database).lexically_normal().filename().string() + kImageMark;
}

ProcessDirectory make_folder(const fs::path& database, const fs::path& directory) {
  const std::string prefix = name_prefix(database);
  std::vector<fs::path> places;
  if (directory.empty()) {
    places.push_back(parent_directory(database));
    places.push_back(fs::temp_directory_path());
  } else {
    places.push_back(directory);
  }
  int error_number = 0;
  for (const fs::path& place : places) {
    remove_left_behind(place, prefix);
    ProcessDirectory made;
    error_number = make_process_directory(place, prefix, 0700, made);
    if (error_number == 0) return made;
  }
  throw_file_error(error_number, "create an image in", places.back());
}

}  // namespace

Image Image::make(const fs::path& database, const fs::path& directory, Log log) {
  const fs::path source = database / "engine";
  if (!has_database(database)) {
    throw Error(ErrorCode::not_found, "no database at " + database.string(), "nothing was created",
                "check the path");
  }
  Image image(make_folder(database, directory));
  const fs::path target = image.folder() / "engine";
  fs::create_directory(target);
  EngineCopy copy(source, target, log);
  for (int attempt = 1; attempt <= kAttemptsMax; ++attempt) {
    try {
      copy.attempt();
      return image;
    } catch (const Changed&) {
      // Each attempt has less to do, since the tables of the last are kept.
      std::this_thread::sleep_for(std::min(kRetryDelayMax, std::chrono::milliseconds(attempt % 8)));
    }
  }
  throw Error(ErrorCode::failed,
              database.string() + " changed during each of " + std::to_string(kAttemptsMax) +
                  " attempts to take an image of it",
              "nothing was changed", "try again when less is written");
}

// "/a/.graph.manifold.image-17-1/engine/8.sst": from the blank before the path to the slash behind
// the mark.
std::string without_images(std::string text) {
  for (std::size_t at = 0; (at = text.find(kImageMark, at)) != std::string::npos;) {
    const std::size_t end = text.find('/', at);
    const std::size_t hidden = text.rfind("/.", at);
    const std::size_t name = hidden == std::string::npos ? std::string::npos : hidden + 2;
    if (end == std::string::npos || name == std::string::npos || name > at) {
      ++at;
      continue;
    }
    const std::size_t blank = text.rfind(' ', hidden);
    const std::size_t first = blank == std::string::npos ? 0 : blank + 1;
    const std::string database = text.substr(name, at - name);
    text.replace(first, end - first, database);
    at = first + database.size();
  }
  return text;
}

Image::~Image() {
  if (directory_.path.empty()) return;
  std::error_code ignored;
  fs::remove_all(directory_.path, ignored);
}

}  // namespace manifolddb
