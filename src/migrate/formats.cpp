#include "migrate/formats.h"

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

}  // namespace

std::span<const Format> formats() {
  static const std::array all{kManifoldV1Format, kGraphsonFormat, kNeo4jApocFormat,
                              kGraphmlFormat,    kGexfFormat,     kNeo4jCsvFormat,
                              kNeptuneCsvFormat, kApocCsvFormat,  kCsvFormat};
  return all;
}

const Format& find_format(InputFiles& files, const ImportOptions& options) {
  const std::uint32_t first = files.groups().front().files.front();
  for (const Format& format : formats()) {
    if (options.format == format.name) return format;
    if (options.format == "auto" && format.recognises(files.head(first), options)) return format;
  }
  if (options.format != "auto") {
    throw Error(ErrorCode::usage, "there is no format '" + options.format + "'",
                "nothing was changed", "the formats are: " + format_names());
  }
  throw Error(ErrorCode::usage, "the format of " + files.name(first) + " was not recognised",
              "nothing was changed", "name it with --from: " + format_names());
}

std::string recognise_format(const std::filesystem::path& file) {
  Input input;
  input.files = {file};
  InputFiles files({input}, {});
  const std::string_view head = files.head(0);
  for (const Format& format : formats()) {
    if (format.recognises(head, {})) return format.name;
  }
  return {};
}

std::vector<FormatName> import_formats() {
  std::vector<FormatName> names;
  for (const Format& format : formats()) names.push_back({format.name, format.summary});
  return names;
}

}  // namespace manifolddb::migrate
