#include "migrate/formats.h"

#include <algorithm>
#include <array>

#include "manifolddb/error.h"

namespace manifolddb::migrate {

namespace {

std::string format_names() {
  std::string names;
  for (const Format& format : formats()) {
    names.append(names.empty() ? "" : ", ").append(format.name);
  }
  return names;
}

// An option that would do nothing is a mistake that should not stay unseen.
void check_options(const Format& format, const ImportOptions& options, const InputFiles& files) {
  using Takes = Format::Takes;
  const auto refuse = [&format](const std::string& what) {
    throw Error(ErrorCode::usage, what + " mean nothing to the format '" + format.name + "'",
                "nothing was changed", "leave them out, or name another format with --from");
  };
  const bool has_tables = format.takes == Takes::tables || format.takes == Takes::plain_tables;
  CsvOptions columns;
  columns.delimiter = options.csv.delimiter;
  columns.array_delimiter = options.csv.array_delimiter;
  columns.quote = options.csv.quote;
  if (!has_tables && columns != CsvOptions()) refuse("delimiters and quotes");
  if (format.takes != Takes::plain_tables && options.csv != columns) refuse("names of columns");
  const bool has_names = std::any_of(files.groups().begin(), files.groups().end(),
                                     [](const auto& group) { return !group.names.empty(); });
  if (!has_tables && has_names) refuse("names before files");
  if (!has_tables && format.takes != Takes::edge_type && options.default_edge_type) {
    refuse("types of edges (--edge-type)");
  }
  if (format.takes != Takes::types && (options.types_file || options.infer_types)) {
    refuse("types of properties (--types, --infer-types)");
  }
}

void check_folders(const Format& format, const InputFiles& files) {
  if (format.takes == Format::Takes::folder) return;
  for (const InputFiles::Group& group : files.groups()) {
    if (!group.is_folder) continue;
    throw Error(ErrorCode::usage,
                files.name(group.files.front()) +
                    " is in a folder, and folders mean nothing to the format '" + format.name + "'",
                "nothing was changed", "give files; or the folder alone, if it is one of Kuzu");
  }
}

bool recognises_first(const Format& format, InputFiles& files, const ImportOptions& options) {
  const InputFiles::Group& first = files.groups().front();
  if (first.is_folder) return format.takes == Format::Takes::folder;
  return format.recognises(files.head(first.files.front()), options);
}

const Format* look_for_format(InputFiles& files, const ImportOptions& options) {
  for (const Format& format : formats()) {
    if (options.format == format.name) return &format;
    if (options.format == "auto" && recognises_first(format, files, options)) return &format;
  }
  return nullptr;
}

}  // namespace

std::span<const Format> formats() {
  static const std::array all{kManifoldV1Format, kGraphsonFormat, kNeo4jApocFormat, kGraphmlFormat,
                              kGexfFormat,       kKuzuFormat,     kCypherlFormat,   kNeo4jCsvFormat,
                              kNeptuneCsvFormat, kApocCsvFormat,  kCsvFormat};
  return all;
}

const Format& find_format(InputFiles& files, const ImportOptions& options) {
  if (const Format* const format = look_for_format(files, options)) {
    check_options(*format, options, files);
    check_folders(*format, files);
    return *format;
  }
  if (options.format != "auto") {
    throw Error(ErrorCode::usage, "there is no format '" + options.format + "'",
                "nothing was changed", "the formats are: " + format_names());
  }
  throw Error(ErrorCode::usage, "the format of " + files.name(0) + " was not recognised",
              "nothing was changed", "name it with --from: " + format_names());
}

std::string recognise_format(const std::filesystem::path& file) {
  Input input;
  input.files = {file};
  InputFiles files({input}, {});
  const Format* const format = look_for_format(files, {});
  return format == nullptr ? std::string() : format->name;
}

std::vector<FormatName> import_formats() {
  std::vector<FormatName> names;
  for (const Format& format : formats()) names.push_back({format.name, format.summary});
  return names;
}

}  // namespace manifolddb::migrate
