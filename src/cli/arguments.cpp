#include "cli/arguments.h"

#include <charconv>
#include <chrono>

#include "common/file_system.h"
#include "common/format.h"
#include "common/text.h"

namespace manifolddb::cli {

std::size_t parse_size(const std::string& option, const std::string& text) {
  std::size_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [unit, error] = std::from_chars(text.data(), end, value);
  const std::string_view rest(unit, static_cast<std::size_t>(end - unit));
  int shift = -1;
  if (rest.empty()) shift = 0;
  if (rest == "K" || rest == "k") shift = 10;
  if (rest == "M" || rest == "m") shift = 20;
  if (rest == "G" || rest == "g") shift = 30;
  if (error != std::errc() || shift < 0 || value > (SIZE_MAX >> shift)) {
    throw Error(ErrorCode::usage, format("{} {}: not a size", option, text), "nothing was done",
                "give a number with K, M or G behind it, as in 256M");
  }
  return value << shift;
}

void add_resource_options(ArgumentParser& parser, ResourceOptions& options,
                          const std::string& memory_min) {
  parser.option("--threads", options.threads, "Workers; 0: as many as there are cores")
      .value_name("N");
  parser
      .option("--memory-limit", options.memory_limit,
              "For buffers, over the engine's caches; at least " + memory_min + " (default 256M)")
      .value_name("SIZE");
}

void require_source(const std::string& path) {
  if (is_standard_stream(path) || name_exists(path)) return;
  throw Error(ErrorCode::not_found, format("{}: no such file or database", path),
              "nothing was created or changed", "check the name: ls -d " + path + "*");
}

void require_new(const std::string& path, const std::string& what) {
  if (is_standard_stream(path)) {
    throw Error(ErrorCode::usage, "the " + what + " cannot be standard output", "nothing was done",
                "name a file that is to be made");
  }
  if (name_exists(path)) {
    throw Error(ErrorCode::would_overwrite, "'" + path + "' exists", "it was not touched",
                "choose another name for the " + what + ", or remove it first");
  }
  const std::filesystem::path folder = parent_directory(path);
  std::error_code ignored;
  if (std::filesystem::is_directory(folder, ignored)) return;
  throw Error(ErrorCode::not_found, "there is no folder '" + folder.string() + "' for the " + what,
              "nothing was created or changed", "create it first: mkdir -p " + folder.string());
}

Database open_to_read(const std::string& path) {
  require_source(path);
  return Database::open_read_only(path);
}

std::string describe_bytes(std::uint64_t bytes) {
  static constexpr const char* kUnits[] = {"kB", "MB", "GB", "TB", "PB"};
  if (bytes < 1000) return format("{} bytes", bytes);
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return format("{:.1f} {}", value, kUnits[unit]);
}

std::string describe_point(SequenceNumber sequence, std::int64_t committed_at_us) {
  if (sequence.value == 0) return "seq 0 (nothing committed yet)";
  return format("seq {} ({})", sequence.value, format_time_us(committed_at_us));
}

std::string describe_count(std::uint64_t count, const std::string& singular,
                           const std::string& plural) {
  return group_digits(count) + " " + (count == 1 ? singular : plural);
}

double Stopwatch::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
}

std::string Stopwatch::to_string() const {
  return format("{:.1f} s", seconds());
}

}  // namespace manifolddb::cli
