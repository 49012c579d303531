#include "backup/file_header.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "manifolddb/error.h"

namespace manifolddb::backup {

namespace {

constexpr std::uint64_t kNewestVersion = 2;
constexpr std::size_t kRecognitionBytes = 64u << 10;
constexpr std::string_view kFormatName = "manifolddb-backup";
constexpr std::string_view kVersionMember = "\"format\":\"manifolddb-backup\",\"version\":";
constexpr std::array<std::string_view, 7> kKnownStarts = {
    "{\"type\":\"metadata\",",       "{\"type\":\"entity\",\"data\":{",
    "{\"type\":\"edge\",\"data\":{", "{\"type\":\"key_value\",\"data\":{",
    "{\"type\":\"checkpoint\",",     "{\"type\":\"end_of_backup\",",
    "{\"type\":\"commit\",",
};

constexpr const char* kHeaderSafe = "nothing was changed";

// By content: a header that was damaged is still one, also when the damage is in its name.
bool looks_like_a_backup(std::string_view line) {
  const std::string_view start = line.substr(0, kRecognitionBytes);
  return start.find(kFormatName) != std::string_view::npos ||
         std::any_of(kKnownStarts.begin(), kKnownStarts.end(),
                     [start](std::string_view known) { return start.starts_with(known); });
}

// A later version may have members that this one refuses, so it is looked for in the text.
void refuse_other_versions(std::string_view line, const std::string& source_name) {
  const std::string_view start = line.substr(0, kRecognitionBytes);
  if (!start.starts_with("{\"type\":\"metadata\"")) return;
  if (start.find("\"format\":\"json_lines\"") != std::string_view::npos) {
    throw Error(ErrorCode::failed,
                source_name +
                    " is a backup of ManifoldDB for Rust (format version 1), which this "
                    "version of ManifoldDB cannot read yet",
                kHeaderSafe);
  }
  const std::size_t at = start.find(kVersionMember);
  if (at == std::string_view::npos) return;
  const std::string_view digits = start.substr(at + kVersionMember.size());
  std::uint64_t version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (error != std::errc() || end == digits.data() + digits.size() || *end != ',') return;
  if (version <= kNewestVersion) return;
  throw Error(ErrorCode::newer_format,
              source_name + " has version " + std::to_string(version) +
                  " of the backup format; this program knows versions up to " +
                  std::to_string(kNewestVersion),
              kHeaderSafe, "use a newer version of ManifoldDB");
}

void refuse_features(const Header& header, const std::string& source_name) {
  if (!header.must_understand.empty()) {
    std::string names;
    for (const std::string& name : header.must_understand) {
      names.append(names.empty() ? "'" : ", '").append(name).append("'");
    }
    throw Error(ErrorCode::newer_format,
                source_name + " can only be read by a program that understands " + names +
                    "; this one does not",
                kHeaderSafe, "use a newer version of ManifoldDB");
  }
}

std::optional<LineError> find_contradiction(const Header& header) {
  const bool full = header.kind == "full";
  const bool log = header.kind == "log";
  if (header.is_incremental != (header.kind == "incremental") ||
      header.previous_sequence.has_value() == full ||
      header.previous_content_digest.has_value() == full ||
      ((full || log) && header.parent_backup_id)) {
    return LineError{0, "the header contradicts itself: its kind '" + header.kind +
                            "' does not go with is_incremental, parent_backup_id or the members of "
                            "the previous backup"};
  }
  if (log && (!header.committed_at_us || *header.previous_sequence >= header.sequence_number)) {
    return LineError{0,
                     "the header contradicts itself: a log segment has at least one transaction "
                     "behind previous_sequence " +
                         std::to_string(*header.previous_sequence) +
                         ", and the time of the last one, " +
                         std::to_string(header.sequence_number)};
  }
  return std::nullopt;
}

// Two signs, so that a header of which one is damaged is still known.
bool looks_like_a_log(std::string_view line) {
  constexpr std::string_view kOfLogs = "\"is_incremental\":false,\"previous_sequence\":";
  if (line.find("\"kind\":\"log\"") != std::string_view::npos) return true;
  const std::size_t at = line.find(kOfLogs);
  if (at == std::string_view::npos) return false;
  const std::string_view number = line.substr(at + kOfLogs.size());
  return !number.empty() && number.front() >= '0' && number.front() <= '9';
}

}  // namespace

HeaderLine read_header_line(const RawBlock& first, const std::string& source_name) {
  std::string_view line = first.bytes();
  if (first.size == 0 && first.end != BlockEnd::long_line) {
    throw Error(ErrorCode::damaged, source_name + " is empty, not a ManifoldDB backup",
                kHeaderSafe);
  }
  if (first.end == BlockEnd::long_line || !looks_like_a_backup(line)) {
    throw Error(ErrorCode::damaged, source_name + " is not a ManifoldDB backup", kHeaderSafe);
  }
  refuse_other_versions(line, source_name);

  HeaderLine result;
  if (!line.ends_with('\n')) {
    result.damage = LineError{line.size(), "the file ends within this line"};
    return result;
  }
  line.remove_suffix(1);
  LineParser parser(Strictness::strict);
  ParsedLine parsed;
  LineError error;
  if (!parser.parse(line, parsed, error)) {
    result.damage = error;
  } else if (parsed.type != LineType::metadata) {
    result.damage = LineError{0, "the first line is not the header (metadata)"};
  } else {
    refuse_features(parsed.header, source_name);
    result.damage = find_contradiction(parsed.header);
    result.header = std::move(parsed.header);
  }
  const bool is_log = result.header ? result.header->kind == "log" : looks_like_a_log(line);
  if (is_log) result.form = LineForm::log;
  return result;
}

}  // namespace manifolddb::backup
