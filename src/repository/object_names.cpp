#include "repository/object_names.h"

#include <algorithm>

#include "common/format.h"
#include "common/text.h"
#include "manifolddb/error.h"

namespace manifolddb::repository {

namespace {

constexpr std::string_view kSegmentEnd = ".jsonl.zst";
constexpr std::string_view kBulkSegmentEnd = ".bulk.jsonl.zst";

}  // namespace

std::string backup_folder(std::string_view backup_id) {
  return std::string(kBackupsFolder).append("/").append(backup_id);
}

std::string backup_object(std::string_view backup_id, std::string_view name) {
  return backup_folder(backup_id).append("/").append(name);
}

std::string format_segment_name(const SegmentName& name) {
  return format("{:0{}}-{:0{}}{}", name.first, kSegmentDigits, name.last, kSegmentDigits,
                name.bulk ? kBulkSegmentEnd : kSegmentEnd);
}

std::optional<SegmentName> parse_segment_name(std::string_view name) {
  SegmentName parsed;
  if (name.size() < 2 * kSegmentDigits + 1 || name[kSegmentDigits] != '-' ||
      !parse_unsigned(name.substr(0, kSegmentDigits), parsed.first) ||
      !parse_unsigned(name.substr(kSegmentDigits + 1, kSegmentDigits), parsed.last)) {
    return std::nullopt;
  }
  const std::string_view end = name.substr(2 * kSegmentDigits + 1);
  parsed.bulk = end == kBulkSegmentEnd;
  const bool known = parsed.bulk || end == kSegmentEnd;
  if (!known || parsed.first == 0 || parsed.last < parsed.first) return std::nullopt;
  return parsed;
}

std::string log_folder(std::string_view history_id) {
  return std::string(kLogFolder).append("/").append(history_id);
}

std::string log_object(std::string_view history_id, std::string_view name) {
  return log_folder(history_id).append("/").append(name);
}

std::string segment_object(std::string_view history_id, std::uint64_t first, std::uint64_t last,
                           bool bulk) {
  return log_object(history_id, format_segment_name({first, last, bulk}));
}

bool is_temporary_name(std::string_view name) {
  static constexpr std::string_view kEnd = ".tmp";
  static constexpr std::size_t kDigits = 16;
  if (!name.starts_with('.') || !name.ends_with(kEnd)) return false;
  name.remove_suffix(kEnd.size());
  if (name.size() < kDigits + 3 || name[name.size() - kDigits - 1] != '.') return false;
  name.remove_prefix(name.size() - kDigits);
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

void check_object_name(std::string_view name) {
  std::string_view rest = name;
  for (;;) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, end);
    if (part.empty() || part == "." || part == "..") {
      throw Error(ErrorCode::invalid_argument,
                  quote_text(name) + " is no name of an object in a repository");
    }
    if (end == rest.size()) return;
    rest.remove_prefix(end + 1);
  }
}

}  // namespace manifolddb::repository
