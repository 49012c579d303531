#include "repository/object_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/file_system.h"
#include "io/durable_file.h"
#include "io/file_stream.h"
#include "manifolddb/error.h"
#include "repository/object_names.h"

namespace manifolddb::repository {

namespace fs = std::filesystem;

namespace {

// "repo/" is the folder "repo", but not equal to the parent of "repo/backups".
fs::path without_trailing_slash(fs::path path) {
  while (!path.has_filename() && path.has_relative_path()) path = path.parent_path();
  return path;
}

}  // namespace

ObjectStore::ObjectStore(const fs::path& root) : root_(without_trailing_slash(root)) {
  if (root_.empty()) {
    throw Error(ErrorCode::invalid_argument, "an empty path names no repository");
  }
}

fs::path ObjectStore::path_of(std::string_view name) const {
  check_object_name(name);
  return root_ / name;
}

void ObjectStore::make_folders(const fs::path& folder) const {
  if (name_exists(folder)) return;
  if (folder != root_) make_folders(folder.parent_path());
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) {
    throw_file_error(errno, "create the folder", folder);
  }
  sync_directory(parent_directory(folder));
}

void ObjectStore::put(std::string_view name, const std::function<void(ByteSink&)>& write) const {
  const fs::path path = path_of(name);
  make_folders(path.parent_path());
  DurableFile file(path);
  write(file.sink());
  file.commit();
}

void ObjectStore::put(std::string_view name, std::string_view bytes) const {
  put(name, [bytes](ByteSink& sink) { sink.write(bytes); });
}

void ObjectStore::replace(std::string_view name, std::string_view bytes) const {
  const fs::path path = path_of(name);
  make_folders(path.parent_path());
  DurableFile file(path, Existing::replace);
  file.sink().write(bytes);
  file.commit();
}

std::unique_ptr<ByteSource> ObjectStore::get(std::string_view name) const {
  return std::make_unique<FileSource>(FileSource::open(path_of(name)));
}

std::string ObjectStore::read_small(std::string_view name, std::size_t bytes_max) const {
  const std::unique_ptr<ByteSource> source = get(name);
  std::string bytes(bytes_max + 1, '\0');
  bytes.resize(read_fully(*source, bytes.data(), bytes.size()));
  if (bytes.size() > bytes_max) {
    throw Error(ErrorCode::damaged, "'" + path_of(name).string() + "' has more than " +
                                        std::to_string(bytes_max) + " bytes");
  }
  return bytes;
}

bool ObjectStore::exists(std::string_view name) const {
  return name_exists(path_of(name));
}

std::vector<ObjectStore::Entry> ObjectStore::list(std::string_view folder) const {
  return list_folder(path_of(folder));
}

std::vector<ObjectStore::Entry> ObjectStore::list_root() const {
  return list_folder(root_);
}

std::vector<ObjectStore::Entry> ObjectStore::list_folder(const fs::path& path) {
  std::vector<Entry> entries;
  if (!name_exists(path)) return entries;
  with_file_errors("list", [&] {
    for (const fs::directory_entry& found : fs::directory_iterator(path)) {
      if (entries.size() == kEntriesMax) {
        throw Error(ErrorCode::failed, "'" + path.string() + "' holds more than " +
                                           std::to_string(kEntriesMax) + " entries");
      }
      struct stat status {};
      if (::lstat(found.path().c_str(), &status) != 0) {
        if (errno == ENOENT) continue;  // removed meanwhile
        throw_file_error(errno, "look up", found.path());
      }
      Entry entry;
      entry.name = found.path().filename().string();
      entry.folder = S_ISDIR(status.st_mode);
      entry.modified_at_s = status.st_mtime;
      if (S_ISREG(status.st_mode)) entry.size = static_cast<std::uint64_t>(status.st_size);
      entries.push_back(std::move(entry));
    }
  });
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

void ObjectStore::remove(std::string_view name) const {
  const fs::path path = path_of(name);
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return;
    throw_file_error(errno, "remove", path);
  }
  sync_directory(path.parent_path());
}

void ObjectStore::remove_folder(std::string_view name) const {
  const fs::path path = path_of(name);
  if (::rmdir(path.c_str()) != 0) {
    if (errno == ENOENT) return;
    throw_file_error(errno, "remove the folder", path);
  }
  sync_directory(path.parent_path());
}

}  // namespace manifolddb::repository
