// The members that headers, manifests and the like have in common: written, and read back strictly.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backup/json_members.h"
#include "common/hash.h"
#include "common/json_writer.h"
#include "common/text.h"
#include "manifolddb/backup.h"

namespace manifolddb::backup {

// `name` is what stands before the value, as in `,"blocks":`.
inline void append_number(std::string_view name, std::uint64_t value, std::string& out) {
  out.append(name).append(std::to_string(value));
}
inline void append_quoted(std::string_view name, std::string_view plain, std::string& out) {
  out.append(name).append("\"").append(plain).append("\"");
}
inline void append_text(std::string_view name, std::string_view text, std::string& out) {
  out.append(name);
  append_json_string(text, out);
}
template <typename T, typename AppendValue>
inline void append_optional(std::string_view name, const std::optional<T>& value, std::string& out,
                            AppendValue append_value) {
  if (value) {
    append_value(name, *value, out);
  } else {
    out.append(name).append("null");
  }
}
inline void append_uuid(std::string_view name, const Uuid& uuid, std::string& out) {
  append_quoted(name, uuid.to_string(), out);
}
inline void append_time(std::string_view name, std::int64_t us, std::string& out) {
  append_quoted(name, format_time_us(us), out);
}
inline void append_digest(std::string_view name, ContentDigest digest, std::string& out) {
  append_quoted(name, digest.to_hex(), out);
}

inline void append_statistics(const BackupStatistics& statistics, std::string& out) {
  append_number("\"statistics\":{\"entity_count\":", statistics.entity_count, out);
  append_number(",\"edge_count\":", statistics.edge_count, out);
  append_number(",\"metadata_count\":", statistics.metadata_count, out);
  append_number(",\"schema_count\":", statistics.schema_count, out);
  append_number(",\"deleted_count\":", statistics.deleted_count, out);
  append_number(",\"total_records\":", statistics.total_records, out);
  out.append("}");
}

// Reads the members of one object by name; after the first failure everything is false.
class MemberReader {
 public:
  MemberReader(JsonTape tape, TapeError& error) : tape_(tape), error_(error) {}

  bool text(const Member& member, std::string& out) {
    std::string_view view;
    if (!read_string(tape_, member.at, member.name, view, error_)) return false;
    out = view;
    return true;
  }
  bool number(const Member& member, std::uint64_t& out) {
    return read_unsigned(tape_, member.at, member.name, out, error_);
  }
  bool boolean(const Member& member, bool& out) {
    out = tape_.kind(member.at) == JsonKind::true_value;
    return out || tape_.kind(member.at) == JsonKind::false_value || fail(member, "true or false");
  }
  bool uuid(const Member& member, Uuid& out) {
    std::string_view view;
    return read_string(tape_, member.at, member.name, view, error_) &&
           (parse_uuid(view, out) || fail(member, "a UUID"));
  }
  bool time(const Member& member, std::int64_t& out) {
    std::string_view view;
    return read_string(tape_, member.at, member.name, view, error_) &&
           (parse_time_us(view, out) || fail(member, "a time such as 2026-11-22T21:47:00.000000Z"));
  }
  bool digest(const Member& member, ContentDigest& out) {
    std::string_view view;
    return read_string(tape_, member.at, member.name, view, error_) &&
           (parse_hex(view, out) || fail(member, "32 hex digits"));
  }
  // null, or what `read` reads.
  template <typename T>
  bool optional(const Member& member, std::optional<T>& out,
                bool (MemberReader::*read)(const Member&, T&)) {
    out.reset();
    if (tape_.kind(member.at) == JsonKind::null) return true;
    T value{};
    if (!(this->*read)(member, value)) return false;
    out = std::move(value);
    return true;
  }
  bool texts(const Member& member, std::vector<std::string>& out) {
    out.clear();
    if (tape_.kind(member.at) != JsonKind::array) return fail(member, "an array of strings");
    const std::size_t end = tape_.end(member.at);
    for (std::size_t i = JsonTape::first(member.at); i != end; i = tape_.after(i)) {
      if (tape_.kind(i) != JsonKind::string) return fail(member, "an array of strings");
      out.emplace_back(tape_.string(i));
    }
    return true;
  }
  bool text_map(const Member& member, std::vector<std::pair<std::string, std::string>>& out) {
    out.clear();
    if (tape_.kind(member.at) != JsonKind::object) return fail(member, "an object of strings");
    const std::size_t end = tape_.end(member.at);
    for (std::size_t i = JsonTape::first(member.at); i != end; i = tape_.after(i + 1)) {
      if (tape_.kind(i + 1) != JsonKind::string) return fail(member, "an object of strings");
      out.emplace_back(tape_.string(i), tape_.string(i + 1));
    }
    std::sort(out.begin(), out.end());
    return check_duplicate_keys(tape_, member.at, error_);
  }
  bool statistics(const Member& member, BackupStatistics& out) {
    Member counts[] = {{"entity_count"}, {"edge_count"},    {"metadata_count"},
                       {"schema_count"}, {"deleted_count"}, {"total_records"}};
    out = {};
    return find_members(tape_, member.at, counts, error_) && number(counts[0], out.entity_count) &&
           number(counts[1], out.edge_count) && number(counts[2], out.metadata_count) &&
           number(counts[3], out.schema_count) && number(counts[4], out.deleted_count) &&
           number(counts[5], out.total_records);
  }
  bool fail(const Member& member, std::string_view expected) {
    return error_.set(member.at,
                      "member " + quote_text(member.name) + " must be " + std::string(expected));
  }

 private:
  JsonTape tape_;
  TapeError& error_;
};

}  // namespace manifolddb::backup
