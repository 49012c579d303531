// Keeps, outside the watched folder, what a power loss would leave of it in the worst case.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>

namespace manifolddb::test {

// A synced file is kept as a hard link into the shadow together with its size: appending to it
// later needs no copy. Only a change below the synced size makes a copy of the synced bytes first.
// So tables and logs of a database cost a link each, however often they are synced.
//
// Everything goes through raw system calls, because the libc ones are interposed. Not thread-safe:
// the shim calls it under its own lock. The process may die at any instant: the journal names a
// content only once that is complete.
class SyncShadow {
 public:
  // What is below `root` now counts as durable. `shadow` is an existing, empty folder outside it.
  SyncShadow(std::string root, std::string shadow);

  // An inode that has just been made, perhaps with a number that was in use before.
  void created(int fd);
  void created(const std::string& path);

  // A change of the file's bytes from `offset` on is about to happen.
  void before_change(int fd, std::uint64_t offset);
  void before_change(const std::string& path, std::uint64_t offset);

  // Call file_size before the sync and pass it in: bytes written during the sync are not covered by
  // it.
  static std::uint64_t file_size(int fd);
  void file_synced(int fd, std::uint64_t size);
  // Nothing may be created, renamed or removed in it meanwhile.
  void directory_synced(int fd);

 private:
  struct Content {
    std::uint64_t synced_size = 0;
    unsigned version = 0;
    std::string name;     // below content/; empty before the first sync
    bool linked = false;  // it is the file itself, not a copy
  };

  std::uint64_t assign(ino_t inode);
  std::uint64_t id_of(ino_t inode);
  void preserve(ino_t inode, std::uint64_t offset);
  void scan(const std::string& directory, std::uint64_t directory_id);
  void note_listing(const std::string& directory, std::uint64_t directory_id);
  void keep_content(std::uint64_t id, const std::string& file, std::uint64_t size);
  std::string content_path(const std::string& name) const;
  void append(const std::string& record);

  std::string shadow_;
  int journal_fd_ = -1;
  std::uint64_t next_id_ = 1;
  std::map<ino_t, std::uint64_t> ids_;
  std::map<std::uint64_t, Content> contents_;
};

}  // namespace manifolddb::test
