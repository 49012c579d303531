// Reads the parts of parsed lines: objects with known members, and scalars of known types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "backup/json_value.h"

namespace manifolddb::backup {

// Why a parsed line is refused, and the tape index of the token at fault.
struct TapeError {
  std::size_t at = 0;
  std::string what;

  // Always false, so that readers can return it.
  bool set(std::size_t index, std::string why) {
    at = index;
    what = std::move(why);
    return false;
  }
};

enum class Presence { required, optional };

struct Member {
  std::string_view name;
  Presence presence = Presence::required;
  std::size_t at = 0;  // tape index of the value; 0: not there
};

// Finds each member of the object at `at`. False for a value that is no object, for a member that
// is not listed, one that comes twice and a required one that is missing. Fast when they come in
// the order of the list.
bool find_members(JsonTape tape, std::size_t at, std::span<Member> members, TapeError& error);

// Scalars; `name` is for the message. Integers may not have a point or an exponent.
bool read_unsigned(JsonTape tape, std::size_t at, std::string_view name, std::uint64_t& out,
                   TapeError& error);
bool read_id(JsonTape tape, std::size_t at, std::string_view name, std::uint64_t& out,
             TapeError& error);
bool read_string(JsonTape tape, std::size_t at, std::string_view name, std::string_view& out,
                 TapeError& error);
bool read_base64(JsonTape tape, std::size_t at, std::string_view name, std::string& out,
                 TapeError& error);

// Refuses a key that an object anywhere in the tape's value at `at` has twice.
bool check_duplicate_keys(JsonTape tape, std::size_t at, TapeError& error);

}  // namespace manifolddb::backup
