#include "cli/commands/compression.h"

#include <charconv>
#include <string_view>

namespace manifolddb::cli {

void add_compress_option(ArgumentParser& parser, std::string& compress) {
  parser
      .option("--compress", compress,
              "none, zstd or zstd:LEVEL; without it, by the file's name (.zst)")
      .value_name("HOW");
}

void set_compression(const std::string& text, const std::string& output,
                     backup::ExportOptions& options) {
  if (text.empty() && output.ends_with(".zst")) {
    options.compression = backup::Compression::zstd;
  }
  if (text.empty() || text == "none") return;
  options.compression = backup::Compression::zstd;
  if (text == "zstd") return;
  static constexpr std::string_view kWithLevel = "zstd:";
  const char* const end = text.data() + text.size();
  if (text.starts_with(kWithLevel)) {
    const auto [rest, error] =
        std::from_chars(text.data() + kWithLevel.size(), end, options.compression_level);
    if (error == std::errc() && rest == end && options.compression_level >= 1 &&
        options.compression_level <= 19) {
      return;
    }
  }
  throw Error(ErrorCode::usage, "--compress " + text + ": it is none, zstd or zstd:LEVEL (1 to 19)",
              "nothing was done", "manifold backup --help");
}

}  // namespace manifolddb::cli
