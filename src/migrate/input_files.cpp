#include "migrate/input_files.h"

#include <algorithm>
#include <istream>
#include <utility>

#include "io/file_stream.h"
#include "io/peeked_source.h"
#include "manifolddb/error.h"

namespace manifolddb::migrate {

namespace {

// Of several files that are read as one.
void refuse_folders(const std::vector<std::filesystem::path>& files) {
  for (const std::filesystem::path& file : files) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(file, ignored)) continue;
    throw Error(ErrorCode::usage,
                "'" + file.string() + "' is a folder, and stands in a list of files",
                "nothing was changed",
                "import a folder alone; a second one into the same database with --into-existing");
  }
}

// Links are not followed: a folder that somebody sent would name any file of this machine.
bool is_file_in_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::symlink_status(path, ignored);
  if (std::filesystem::is_symlink(status)) {
    throw Error(ErrorCode::usage, "'" + path.string() + "' is a symbolic link, and not followed",
                "nothing was changed", "put the file itself into the folder");
  }
  return std::filesystem::is_regular_file(status);
}

}  // namespace

// Tells how much of the stored bytes was read.
class InputFiles::CountedSource final : public ByteSource {
 public:
  CountedSource(std::unique_ptr<ByteSource> source, InputFiles& files)
      : source_(std::move(source)), files_(files) {}
  std::size_t read(char* buffer, std::size_t size) override {
    const std::size_t count = source_->read(buffer, size);
    const std::uint64_t before = files_.stored_bytes_read_ / 1024;
    files_.stored_bytes_read_ += count;
    files_.progress_.add(files_.stored_bytes_read_ / 1024 - before);
    return count;
  }
  const std::string& name() const override { return source_->name(); }

 private:
  std::unique_ptr<ByteSource> source_;
  InputFiles& files_;
};

InputFiles::InputFiles(const std::vector<Input>& inputs, ProgressCallback progress)
    : callback_(std::move(progress)), progress_(callback_, 0) {
  for (const Input& input : inputs) {
    Group group{{}, input.names, false};
    if (input.files.size() > 1) refuse_folders(input.files);
    if (input.stream != nullptr) add({"-", {}, input.stream, true, false, {}, nullptr}, group);
    for (const std::filesystem::path& path : input.files) {
      add({path.string(), path, nullptr, false, false, {}, nullptr}, group);
    }
    if (!group.files.empty()) groups_.push_back(std::move(group));
  }
  if (files_.empty()) {
    throw Error(ErrorCode::usage, "no file to import was given", "nothing was changed");
  }
  std::uint64_t total = 0;
  for (const File& file : files_) {
    std::error_code unknown;
    const std::uintmax_t bytes = std::filesystem::file_size(file.path, unknown);
    if (unknown) return;  // a stream
    total += bytes;
  }
  progress_.set_total(total / 1024);
}

void InputFiles::add(File file, Group& group) {
  if (file.stream == nullptr) {
    std::error_code ignored;
    const auto status = std::filesystem::status(file.path, ignored);
    if (!std::filesystem::exists(status)) {
      throw Error(ErrorCode::not_found, "there is no file '" + file.name + "'",
                  "nothing was changed", "check the path");
    }
    if (std::filesystem::is_directory(status)) {
      return add_folder(file.path, group);
    }
    file.only_once = !std::filesystem::is_regular_file(status);
  }
  group.files.push_back(static_cast<std::uint32_t>(files_.size()));
  files_.push_back(std::move(file));
}

void InputFiles::add_folder(const std::filesystem::path& folder, Group& group) {
  std::error_code failed;
  if (!is_file_in_folder(folder / kFolderMark)) {
    throw Error(ErrorCode::usage, "'" + folder.string() + "' is a folder", "nothing was changed",
                "give the files in it, or a folder that Kuzu's EXPORT DATABASE wrote");
  }
  std::vector<std::filesystem::path> statements, data;
  std::filesystem::directory_iterator entry(folder, failed);
  for (; !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) {
    const std::filesystem::path& path = entry->path();
    if (path.filename() == kFolderMark || !is_file_in_folder(path)) continue;
    (path.extension() == ".cypher" ? statements : data).push_back(path);
    if (statements.size() + data.size() > kFolderFilesMax) {
      throw Error(
          ErrorCode::usage,
          "'" + folder.string() + "' has more than " + std::to_string(kFolderFilesMax) + " files",
          "nothing was changed", "give a folder that Kuzu's EXPORT DATABASE wrote");
    }
  }
  if (failed) {
    throw Error(ErrorCode::failed, "'" + folder.string() + "': " + failed.message(),
                "nothing was changed", "check the rights of the folder");
  }
  group.is_folder = true;
  std::sort(statements.begin(), statements.end());
  std::sort(data.begin(), data.end());
  data.insert(data.begin(), statements.begin(), statements.end());
  data.insert(data.begin(), folder / kFolderMark);
  for (const std::filesystem::path& path : data) {
    add({path.string(), path, nullptr, false, false, {}, nullptr}, group);
  }
}

std::unique_ptr<TextSource> InputFiles::open_text(const File& file) {
  std::unique_ptr<ByteSource> stored;
  if (file.stream != nullptr) {
    stored = std::make_unique<StreamSource>(*file.stream);
  } else {
    stored = std::make_unique<FileSource>(FileSource::open(file.path));
  }
  return std::make_unique<TextSource>(std::make_unique<CountedSource>(std::move(stored), *this));
}

std::string_view InputFiles::head(std::uint32_t number) {
  File& file = files_[number];
  if (!file.head_known) {
    const std::uint64_t before = stored_bytes_read_;
    std::unique_ptr<TextSource> text = open_text(file);
    file.head.resize(kHeadBytes);
    file.head.resize(read_fully(*text, file.head.data(), kHeadBytes));
    file.head_known = true;
    if (file.only_once) {
      file.rest = std::move(text);
    } else {
      stored_bytes_read_ = before;  // it is read again
    }
  }
  return file.head;
}

InputText InputFiles::open(std::uint32_t number) {
  File& file = files_[number];
  if (!file.only_once || !file.head_known) {
    std::unique_ptr<TextSource> text = open_text(file);
    const bool was_utf16 = text->was_utf16();
    return {std::move(text), was_utf16};
  }
  if (file.rest == nullptr) {
    throw Error(ErrorCode::invariant, "a stream was opened twice", "nothing was changed",
                "please report this");
  }
  const bool was_utf16 = file.rest->was_utf16();
  return {std::make_unique<PeekedSource>(std::move(file.head), std::move(file.rest)), was_utf16};
}

}  // namespace manifolddb::migrate
