// The files of an import as readers see them: numbered, opened as text, their beginnings looked at.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backup/progress.h"
#include "manifolddb/migrate.h"
#include "migrate/text_source.h"

namespace manifolddb::migrate {

// Text that is read, and what it says of its own encoding does not hold any more?
struct InputText {
  std::unique_ptr<ByteSource> source;
  bool was_utf16 = false;
};

// Not thread-safe. Outlives what it opened.
class InputFiles {
 public:
  // As much of a file as its format is recognised by.
  static constexpr std::size_t kHeadBytes = 64u << 10;

  struct Group {
    std::vector<std::uint32_t> files;  // numbers for the calls below
    std::vector<std::string> names;
    bool is_folder = false;  // the files of one, and nothing else
  };

  InputFiles(const InputFiles&) = delete;
  InputFiles& operator=(const InputFiles&) = delete;

  // A folder that has kFolderMark stands for the files in it: that one, the other .cypher files,
  // and those of data by their names. Symbolic links are not followed: what they name is elsewhere.
  static constexpr const char* kFolderMark = "schema.cypher";
  static constexpr std::size_t kFolderFilesMax = 100'000;

  // Error{not_found} when a file is not there, {usage} for no file at all, another folder, and a
  // folder in a list of files.
  InputFiles(const std::vector<Input>& inputs, ProgressCallback progress);

  const std::vector<Group>& groups() const { return groups_; }
  const std::string& name(std::uint32_t file) const { return files_[file].name; }
  std::size_t size() const { return files_.size(); }

  // The first kHeadBytes of its text, or all of it if it is shorter.
  std::string_view head(std::uint32_t file);

  bool reads_once(std::uint32_t file) const { return files_[file].only_once; }

  // From its beginning on; only once where reads_once(). Reading it tells the progress, and
  // throws Error{interrupted} when that wants to stop.
  InputText open(std::uint32_t file);

  void keep_going() { progress_.add(0); }  // as reading does, where nothing is read

  // Of all files, as they are stored.
  std::uint64_t stored_bytes_read() const { return stored_bytes_read_; }

 private:
  class CountedSource;
  struct File {
    std::string name;
    std::filesystem::path path;
    std::istream* stream = nullptr;
    bool only_once = false;  // a stream or a pipe
    bool head_known = false;
    std::string head;
    std::unique_ptr<TextSource> rest;  // where it is read only once: what is behind the head
  };
  void add(File file, Group& group);
  void add_folder(const std::filesystem::path& folder, Group& group);
  std::unique_ptr<TextSource> open_text(const File& file);

  std::vector<File> files_;
  std::vector<Group> groups_;
  std::uint64_t stored_bytes_read_ = 0;
  const ProgressCallback callback_;  // progress_ refers to it
  backup::Progress progress_;
};

}  // namespace manifolddb::migrate
