// What the small JSON files of a repository have in common: one line, a format and a version first,
// and last the XXH3-128 of the bytes before it, so that any change to the file is found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backup/member_codec.h"
#include "manifolddb/graph.h"

namespace manifolddb::backup {

inline constexpr std::uint64_t kRepositoryVersion = 1;

// {"format":NAME,"version":1
void append_small_format(std::string_view format_name, std::string& out);
// Everything before the hash becomes the whole line.
std::string with_small_hash(std::string body);

// A line that was parsed; keeps what its tape points to.
class SmallFile {
 public:
  // Throws Error{damaged} for another format or none, {newer_format}; `name` is for messages.
  SmallFile(std::string_view text, std::string_view format_name, std::string name);
  JsonTape tape() const { return document_.tape(); }

  [[noreturn]] void refuse(const std::string& why) const;
  // What was read must give the same bytes again, the hash over them included.
  void require_same(const std::string& again) const;

 private:
  void check_format(std::string_view format_name) const;

  JsonDocument document_;
  std::string name_;
  std::string text_;  // with the padding that the parser needs
  std::size_t size_ = 0;
};

// Where a history came from: two members, both or none.
void append_parent_point(const std::optional<Uuid>& history,
                         const std::optional<SequenceNumber>& sequence, std::string& out);
bool read_parent_point(MemberReader& reader, const Member& history, const Member& sequence,
                       std::optional<Uuid>& history_out,
                       std::optional<SequenceNumber>& sequence_out);

}  // namespace manifolddb::backup
