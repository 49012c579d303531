#include "support/power_loss.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "fault_shim/shadow_journal.h"
#include "support/temp_dir.h"

namespace manifolddb::test {
namespace {
namespace fs = std::filesystem;

using Id = std::uint64_t;
constexpr Id kUnknown = 0;  // never seen by the shim: nothing of it was synced

struct SyncedFile {
  std::string content;  // name below content/
  std::uint64_t size = 0;
};

struct Entry {
  std::string name;
  bool is_directory = false;
  Id id = 0;
};

struct Journal {
  Id root = 0;
  std::map<std::uint64_t, Id> ids;  // by inode number
  std::map<Id, SyncedFile> files;
  std::map<Id, std::vector<Entry>> directories;
};

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream in(line);
  for (std::string field; std::getline(in, field, '\t');) {
    fields.push_back(field);
  }
  return fields;
}

Journal read_journal(const fs::path& shadow) {
  const std::string text = read_file(shadow / shadow::kJournalName);
  Journal journal;
  for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    const std::vector<std::string> fields = fields_of(text.substr(begin, end - begin));
    const std::string& kind = fields.at(0);
    if (kind == shadow::kRoot) {
      journal.root = std::stoull(fields.at(1));
    } else if (kind == shadow::kInode) {
      journal.ids[std::stoull(fields.at(1))] = std::stoull(fields.at(2));
    } else if (kind == shadow::kFile) {
      journal.files[std::stoull(fields.at(1))] = {fields.at(2), std::stoull(fields.at(3))};
    } else if (kind == shadow::kDirectory) {
      std::vector<Entry>& entries = journal.directories[std::stoull(fields.at(1))];
      entries.clear();
      for (std::size_t i = 2; i < fields.size(); i += 3) {
        entries.push_back({fields.at(i), fields.at(i + 1) == "d", std::stoull(fields.at(i + 2))});
      }
    } else {
      throw std::runtime_error("shadow journal: unknown record " + kind);
    }
  }
  if (journal.root == 0) {
    throw std::runtime_error("shadow journal: no root in " + shadow.string() +
                             "; was the program linked with the fault shim?");
  }
  return journal;
}

void copy_prefix(const fs::path& from, std::uint64_t size, const fs::path& to) {
  if (fs::file_size(from) < size) {
    throw std::runtime_error("shadow content " + from.string() + " is shorter than noted");
  }
  fs::copy_file(from, to);
  fs::resize_file(to, size);
}

class Reconstruction {
 public:
  Reconstruction(const fs::path& shadow, const fs::path& root, const PowerLoss& loss)
      : shadow_(shadow), root_(root), loss_(loss), journal_(read_journal(shadow)) {
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (entry.is_regular_file()) {
        present_[id_of(entry.path())] = entry.path();
      }
    }
  }

  void build(const fs::path& target) const {
    fs::create_directory(target);
    if (loss_.names == UnsyncedNames::kept) {
      build_present(root_, target);
    } else {
      build_synced(journal_.root, target);
    }
  }

 private:
  Id id_of(const fs::path& path) const {
    struct stat status;
    if (::lstat(path.c_str(), &status) != 0) {
      throw std::system_error(errno, std::generic_category(), "lstat " + path.string());
    }
    const auto found = journal_.ids.find(status.st_ino);
    return found == journal_.ids.end() ? kUnknown : found->second;
  }

  void build_synced(Id directory, const fs::path& target) const {
    const auto listing = journal_.directories.find(directory);
    if (listing == journal_.directories.end()) {
      return;
    }
    std::vector<Entry> files;
    for (const Entry& entry : listing->second) {
      if (entry.is_directory) {
        fs::create_directory(target / entry.name);
        build_synced(entry.id, target / entry.name);
      } else {
        files.push_back(entry);
      }
    }
    build_files(files, target);
  }

  void build_present(const fs::path& directory, const fs::path& target) const {
    std::vector<Entry> files;
    for (const auto& entry : fs::directory_iterator(directory)) {
      const fs::path copy = target / entry.path().filename();
      if (entry.is_directory()) {
        fs::create_directory(copy);
        build_present(entry.path(), copy);
      } else if (entry.is_regular_file()) {
        files.push_back({entry.path().filename(), false, id_of(entry.path())});
      }
    }
    build_files(files, target);
  }

  // Ids ascend in the order in which files were made.
  void build_files(const std::vector<Entry>& files, const fs::path& target) const {
    std::map<std::string, Id> newest;  // by extension
    for (const Entry& file : files) {
      Id& id = newest[fs::path(file.name).extension()];
      id = std::max(id, file.id);
    }
    for (const Entry& file : files) {
      const bool is_whole = (loss_.bytes == UnsyncedBytes::newest_kept &&
                             file.id == newest[fs::path(file.name).extension()]) ||
                            (loss_.bytes == UnsyncedBytes::some_kept && file.id % 2 == 0);
      build_file(file.id, target / file.name, is_whole);
    }
  }

  void build_file(Id id, const fs::path& target, bool is_whole) const {
    const auto synced = journal_.files.find(id);
    const auto present = present_.find(id);
    std::uint64_t size = 0;
    fs::path source;
    if (synced != journal_.files.end()) {
      source = shadow_ / shadow::kContentFolder / synced->second.content;
      size = synced->second.size;
    } else if (id != kUnknown && present != present_.end()) {
      source = present->second;
    } else {
      write_file(target, "");
      return;
    }
    // The content is the file itself, with what came after the sync, unless it was changed in
    // place.
    if (loss_.bytes == UnsyncedBytes::half_kept && fs::file_size(source) > size) {
      size += (fs::file_size(source) - size) / 2;
    } else if (is_whole) {
      size = std::max<std::uint64_t>(size, fs::file_size(source));
    }
    copy_prefix(source, size, target);
  }

  fs::path shadow_;
  fs::path root_;
  PowerLoss loss_;
  Journal journal_;
  std::map<Id, fs::path> present_;  // one name each, as the process left them
};

}  // namespace

std::string describe(const PowerLoss& loss) {
  constexpr std::array kBytes = {"forgotten", "half kept", "of the newest files kept",
                                 "of every other file kept"};
  return std::string("after a power loss (unsynced names ") +
         (loss.names == UnsyncedNames::kept ? "kept" : "forgotten") + ", bytes " +
         kBytes[static_cast<std::size_t>(loss.bytes)] + ")";
}

void reconstruct_after_power_loss(const fs::path& shadow, const fs::path& root,
                                  const fs::path& target, const PowerLoss& loss) {
  Reconstruction(shadow, root, loss).build(target);
}

}  // namespace manifolddb::test
