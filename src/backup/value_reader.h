// Parsed JSON values to canonical value bytes (common/record.h), without anything in between.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "backup/body_buffer.h"
#include "backup/json_members.h"
#include "backup/json_scanner.h"
#include "backup/json_value.h"

namespace manifolddb::backup {

// One a thread, kept from line to line for its memory. Every function is false with `error` set for
// what format.md section 4 does not allow.
class ValueReader {
 public:
  // What follows reads this tape of this text into this body.
  void start(std::string_view text, JsonTape tape, BodyBuffer& body, TapeError& error);

  // The object at `at`, whose keys are never tags, as a record's properties.
  bool properties(std::size_t at);
  // An array of strings as labels: sorted, each once.
  bool labels(std::size_t at);
  // A string of at most kNameBytesMax bytes.
  bool name(std::size_t at, std::string_view what);

 private:
  struct Entry {
    std::string_view key;
    std::size_t key_at;  // on the tape
    std::size_t offset;  // of the encoded key and value in the body
  };
  enum class Keys { names, free };

  bool value(std::size_t at, int depth);
  bool object(std::size_t at, int depth);
  bool members(std::size_t at, int depth, Keys keys);
  bool sort_entries(std::size_t first_entry);
  bool list(std::size_t at, int depth);
  bool tagged(std::size_t key_at, std::size_t at, int depth);
  bool temporal(std::string_view tag, std::string_view text, std::size_t at);
  bool bytes(std::string_view text, std::size_t at);
  bool special_float(std::size_t at, double& out);
  bool point(std::size_t at);
  bool coordinate(std::size_t at, double& out);
  bool vector(std::size_t at);
  bool floats(std::size_t at);
  bool float_element(std::size_t at, float& out);
  bool narrow(std::size_t at, float& out);
  bool sparse_vector(std::size_t at);
  bool multi_vector(std::size_t at);
  bool array_here(std::size_t at, std::string_view what);
  bool fail(std::size_t at, std::string what) { return error_->set(at, std::move(what)); }

  std::string_view text_;
  JsonTape tape_{nullptr, nullptr};
  BodyBuffer* body_ = nullptr;
  TapeError* error_ = nullptr;
  std::vector<Entry> entries_;       // of all objects that are open
  std::vector<TokenFinder> finder_;  // at most one, made when first needed
  std::vector<std::string_view> labels_;
  std::string scratch_;
};

}  // namespace manifolddb::backup
