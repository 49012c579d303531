#include "backup/json_members.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/text.h"
#include "manifolddb/graph.h"

namespace manifolddb::backup {

namespace {

std::string member_text(std::string_view name) {
  return "member " + quote_text(name);
}

Member* find_member(std::span<Member> members, std::size_t expected, std::string_view key) {
  if (expected < members.size() && members[expected].name == key) return &members[expected];
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const Member& member) { return member.name == key; });
  return found == members.end() ? nullptr : &*found;
}

}  // namespace

bool find_members(JsonTape tape, std::size_t at, std::span<Member> members, TapeError& error) {
  if (tape.kind(at) != JsonKind::object) return error.set(at, "an object belongs here");
  std::size_t expected = 0;
  const std::size_t end = tape.end(at);
  for (std::size_t i = JsonTape::first(at); i != end; ++expected) {
    const std::string_view key = tape.string(i);
    Member* member = find_member(members, expected, key);
    if (member == nullptr) return error.set(i, "unknown " + member_text(key));
    if (member->at != 0) return error.set(i, member_text(key) + " comes twice");
    member->at = i + 1;
    i = tape.after(i + 1);
  }
  for (const Member& member : members) {
    if (member.at == 0 && member.presence == Presence::required) {
      return error.set(at, member_text(member.name) + " is missing");
    }
  }
  return true;
}

bool read_unsigned(JsonTape tape, std::size_t at, std::string_view name, std::uint64_t& out,
                   TapeError& error) {
  const JsonKind kind = tape.kind(at);
  const bool fits =
      kind == JsonKind::unsigned_integer || (kind == JsonKind::integer && tape.integer(at) >= 0);
  if (!fits) return error.set(at, member_text(name) + " must be an integer from 0 to 2^64-1");
  out = tape.unsigned_integer(at);
  return true;
}

bool read_id(JsonTape tape, std::size_t at, std::string_view name, std::uint64_t& out,
             TapeError& error) {
  if (tape.kind(at) != JsonKind::integer || tape.integer(at) <= 0) {
    return error.set(at, member_text(name) + " must be an integer from 1 to 2^63-1");
  }
  out = tape.unsigned_integer(at);
  return true;
}

bool read_string(JsonTape tape, std::size_t at, std::string_view name, std::string_view& out,
                 TapeError& error) {
  if (tape.kind(at) != JsonKind::string) {
    return error.set(at, member_text(name) + " must be a string");
  }
  out = tape.string(at);
  return true;
}

bool read_base64(JsonTape tape, std::size_t at, std::string_view name, std::string& out,
                 TapeError& error) {
  std::string_view text;
  if (!read_string(tape, at, name, text, error)) return false;
  out.clear();
  if (!append_from_base64(text, out)) {
    return error.set(at, member_text(name) + " must be padded base64 (RFC 4648 section 4)");
  }
  return true;
}

bool check_duplicate_keys(JsonTape tape, std::size_t at, TapeError& error) {
  std::vector<std::pair<std::string_view, std::size_t>> keys;
  const std::size_t end = tape.after(at);
  for (std::size_t i = at; i < end; i = tape.next_token(i)) {
    if (tape.kind(i) != JsonKind::object) continue;
    keys.clear();
    for (std::size_t key = JsonTape::first(i); key != tape.end(i); key = tape.after(key + 1)) {
      keys.emplace_back(tape.string(key), key);
    }
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(
        keys.begin(), keys.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
    if (twice != keys.end()) {
      return error.set(std::next(twice)->second, member_text(twice->first) + " comes twice");
    }
  }
  return true;
}

}  // namespace manifolddb::backup
