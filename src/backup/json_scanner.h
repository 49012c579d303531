// Where in a text: simdjson says neither the byte of an error nor that of a value. A plain scanner,
// run only when something is wrong, finds both.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "backup/json_value.h"
#include "backup/record_codec.h"

namespace manifolddb::backup {

// The first byte at which `text` stops being one JSON value, nested at most kJsonDepthMax deep,
// with numbers that fit 64-bit integers or finite doubles; nothing when it is one.
std::optional<LineError> find_json_error(std::string_view text);

// From tape indices to bytes of a text that was parsed without error. Goes forward only: indices
// must not descend, and all calls together take time linear in the text.
class TokenFinder {
 public:
  TokenFinder(std::string_view text, JsonTape tape) : text_(text), tape_(tape) {}
  // The first byte of the token at `tape_index`.
  std::size_t find(std::size_t tape_index);
  std::string_view number_at(std::size_t tape_index);

 private:
  void skip_separators();
  void skip_token();

  std::string_view text_;
  JsonTape tape_;
  std::size_t tape_index_ = JsonTape::kRoot;
  std::size_t byte_ = 0;
};

}  // namespace manifolddb::backup
