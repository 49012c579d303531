// Where a repository's bytes live: objects with names, in a local folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/byte_stream.h"

namespace manifolddb::repository {

// Safe to use from several threads and processes; what excludes writers from each other is
// repository_lock.h. Names are those of object_names.h.
class ObjectStore {
 public:
  // Nothing has to be there yet. Error{invalid_argument} for an empty path.
  explicit ObjectStore(const std::filesystem::path& root);

  const std::filesystem::path& root() const { return root_; }
  // For messages, and for readers of files.
  std::filesystem::path path_of(std::string_view name) const;

  // An object appears complete and durable, or not at all: temporary name, sync, rename, sync of
  // the folder. Folders on the way are made, durably too. Error{would_overwrite} when the name is
  // taken.
  void put(std::string_view name, const std::function<void(ByteSink&)>& write) const;
  void put(std::string_view name, std::string_view bytes) const;

  // The same for an object that changes: readers find the old bytes or the new ones, whole; after a
  // crash either. One writer at a time.
  void replace(std::string_view name, std::string_view bytes) const;

  // Error{not_found} when there is none.
  std::unique_ptr<ByteSource> get(std::string_view name) const;
  // Error{damaged} when it is longer than `bytes_max`.
  std::string read_small(std::string_view name, std::size_t bytes_max) const;

  bool exists(std::string_view name) const;

  struct Entry {
    std::string name;  // without the folder
    bool folder = false;
    std::uint64_t size = 0;          // of a regular file
    std::int64_t modified_at_s = 0;  // since 1970, by the clock of the file system
  };
  // What a folder holds, in byte order of the names; a missing folder holds nothing. At most
  // kEntriesMax, else Error{failed}.
  std::vector<Entry> list(std::string_view folder) const;
  static constexpr std::size_t kEntriesMax = 1'000'000;
  std::vector<Entry> list_root() const;

  // Durable when it returns; what is gone already is no error. remove_folder takes an empty folder.
  void remove(std::string_view name) const;
  void remove_folder(std::string_view name) const;

 private:
  static std::vector<Entry> list_folder(const std::filesystem::path& path);
  void make_folders(const std::filesystem::path& folder) const;

  std::filesystem::path root_;
};

}  // namespace manifolddb::repository
