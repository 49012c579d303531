#include "fault_shim/sync_shadow.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "fault_shim/fault_plan.h"
#include "fault_shim/shadow_journal.h"

namespace manifolddb::test {
namespace {

[[noreturn]] void stop(const std::string& what) {
  stop_on_bad_setting(what + ": " + std::strerror(errno));
}

std::string path_of(int fd) {
  return "/proc/self/fd/" + std::to_string(fd);
}

struct stat status_of(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) {
    stop("stat " + path);
  }
  return status;
}

void copy_prefix(const std::string& from, const std::string& to, std::uint64_t size) {
  const int in = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, from.c_str(), O_RDONLY, 0));
  const int out = static_cast<int>(
      ::syscall(SYS_openat, AT_FDCWD, to.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0644));
  if (in < 0 || out < 0) {
    stop("copy " + from + " to " + to);
  }
  std::vector<char> buffer(1u << 16);
  while (size > 0) {
    const ssize_t count = ::read(in, buffer.data(), std::min<std::uint64_t>(buffer.size(), size));
    if (count == 0) {
      break;
    }
    if (count < 0 ||
        ::syscall(SYS_write, out, buffer.data(), static_cast<std::size_t>(count)) != count) {
      stop("copy " + from + " to " + to);
    }
    size -= static_cast<std::uint64_t>(count);
  }
  ::syscall(SYS_close, in);
  ::syscall(SYS_close, out);
}

struct Entry {
  std::string name;
  ino_t inode;
  char type;
};

std::vector<Entry> entries_of(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), &::closedir);
  if (!stream) {
    stop("opendir " + directory);
  }
  std::vector<Entry> entries;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") {
      continue;
    }
    if (name.find_first_of("\t\n") != std::string::npos) {
      stop_on_bad_setting("a tab or line end in a file name below " + directory);
    }
    if (entry->d_type != DT_DIR && entry->d_type != DT_REG) {
      continue;  // Sockets and symbolic links are not part of the model.
    }
    entries.push_back({name, entry->d_ino, entry->d_type == DT_DIR ? 'd' : 'f'});
  }
  return entries;
}

}  // namespace

SyncShadow::SyncShadow(std::string root, std::string shadow) : shadow_(std::move(shadow)) {
  const std::string content = shadow_ + "/" + shadow::kContentFolder;
  const std::string journal = shadow_ + "/" + shadow::kJournalName;
  if (::syscall(SYS_mkdirat, AT_FDCWD, content.c_str(), 0755) != 0) {
    stop("mkdir " + content);
  }
  journal_fd_ =
      static_cast<int>(::syscall(SYS_openat, AT_FDCWD, journal.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644));
  if (journal_fd_ < 0) {
    stop("create " + journal);
  }
  const std::uint64_t root_id = assign(status_of(root).st_ino);
  append(std::string(shadow::kRoot) + "\t" + std::to_string(root_id));
  scan(root, root_id);
}

void SyncShadow::scan(const std::string& directory, std::uint64_t directory_id) {
  for (const Entry& entry : entries_of(directory)) {
    const std::string path = directory + "/" + entry.name;
    const bool known = ids_.count(entry.inode) != 0;  // a second hard link
    const std::uint64_t id = id_of(entry.inode);
    if (entry.type == 'd') {
      scan(path, id);
    } else if (!known) {
      keep_content(id, path, static_cast<std::uint64_t>(status_of(path).st_size));
    }
  }
  note_listing(directory, directory_id);
}

std::uint64_t SyncShadow::assign(ino_t inode) {
  const std::uint64_t id = next_id_++;
  ids_[inode] = id;
  append(std::string(shadow::kInode) + "\t" + std::to_string(inode) + "\t" + std::to_string(id));
  return id;
}

// Something that was moved here from outside the root is new to us, and nothing of it is durable.
std::uint64_t SyncShadow::id_of(ino_t inode) {
  const auto known = ids_.find(inode);
  return known != ids_.end() ? known->second : assign(inode);
}

void SyncShadow::created(int fd) {
  assign(status_of(path_of(fd)).st_ino);
}
void SyncShadow::created(const std::string& path) {
  assign(status_of(path).st_ino);
}

void SyncShadow::before_change(int fd, std::uint64_t offset) {
  preserve(status_of(path_of(fd)).st_ino, offset);
}

void SyncShadow::before_change(const std::string& path, std::uint64_t offset) {
  preserve(status_of(path).st_ino, offset);
}

void SyncShadow::preserve(ino_t inode, std::uint64_t offset) {
  const std::uint64_t id = id_of(inode);
  const auto found = contents_.find(id);
  if (found == contents_.end() || !found->second.linked || offset >= found->second.synced_size) {
    return;
  }
  Content& content = found->second;
  const std::string copy = std::to_string(id) + "." + std::to_string(++content.version) + ".copy";
  copy_prefix(content_path(content.name), content_path(copy), content.synced_size);
  content.name = copy;
  content.linked = false;
  append(std::string(shadow::kFile) + "\t" + std::to_string(id) + "\t" + copy + "\t" +
         std::to_string(content.synced_size));
}

std::uint64_t SyncShadow::file_size(int fd) {
  return static_cast<std::uint64_t>(status_of(path_of(fd)).st_size);
}

void SyncShadow::file_synced(int fd, std::uint64_t size) {
  keep_content(id_of(status_of(path_of(fd)).st_ino), path_of(fd), size);
}

void SyncShadow::keep_content(std::uint64_t id, const std::string& file, std::uint64_t size) {
  Content& content = contents_[id];
  if (content.linked && content.synced_size == size) {
    return;
  }
  if (!content.linked) {
    content.name = std::to_string(id) + "." + std::to_string(++content.version);
    content.linked = ::syscall(SYS_linkat, AT_FDCWD, file.c_str(), AT_FDCWD,
                               content_path(content.name).c_str(), AT_SYMLINK_FOLLOW) == 0;
    if (!content.linked) {  // another file system, or its last name is gone
      copy_prefix(file, content_path(content.name), size);
    }
  }
  content.synced_size = size;
  append(std::string(shadow::kFile) + "\t" + std::to_string(id) + "\t" + content.name + "\t" +
         std::to_string(size));
}

void SyncShadow::directory_synced(int fd) {
  note_listing(path_of(fd), id_of(status_of(path_of(fd)).st_ino));
}

void SyncShadow::note_listing(const std::string& directory, std::uint64_t directory_id) {
  std::string record = std::string(shadow::kDirectory) + "\t" + std::to_string(directory_id);
  for (const Entry& entry : entries_of(directory)) {
    record += "\t" + entry.name + "\t" + entry.type + "\t" + std::to_string(id_of(entry.inode));
  }
  append(record);
}

std::string SyncShadow::content_path(const std::string& name) const {
  return shadow_ + "/" + shadow::kContentFolder + "/" + name;
}

void SyncShadow::append(const std::string& record) {
  const std::string line = record + "\n";
  if (::syscall(SYS_write, journal_fd_, line.data(), line.size()) !=
      static_cast<long>(line.size())) {
    stop("write to the shadow's journal");
  }
}

}  // namespace manifolddb::test
