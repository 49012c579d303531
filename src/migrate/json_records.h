// One JSON text after the other out of a file of any size: those of JSON lines, the items of an
// array, the members of an object that only holds records together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backup/json_value.h"
#include "migrate/graph_sink.h"
#include "migrate/input_files.h"

namespace manifolddb::migrate {

// Not thread-safe. Memory, with the values that are made of it: some 15 times the longest record,
// of one that is a list of one-digit numbers a hundred times.
class JsonRecords {
 public:
  // Longer records are refused.
  static constexpr std::size_t kRecordBytesMax = 64u << 20;
  // Arrays and objects around records; what is deeper belongs to a record.
  static constexpr std::size_t kEnvelopesMax = 4;

  enum class Envelopes {
    none,     // every text is a record
    entered,  // arrays, and objects whose first member is an array or object, and which do not
              // begin as a record of APOC (labels, properties, start, end), are not records: what
              // is in them is
  };
  JsonRecords(InputFiles& files, std::uint32_t file, Envelopes envelopes);

  // False at the end. Views live until the next call. Throws Error{damaged} with line and byte for
  // what is not JSON, and for a record over the limit.
  bool next();

  backup::JsonTape tape() const { return document_.tape(); }
  std::string_view text() const { return text_; }
  Place place() const { return {file_, line_, byte_}; }

 private:
  int peek(std::size_t ahead);
  void skip(std::size_t count);
  void skip_space();
  bool refill(std::size_t ahead);
  bool enter_or_leave();
  bool is_envelope();
  std::size_t value_end();
  std::size_t string_end(std::size_t ahead);
  std::size_t brackets_end();
  [[noreturn]] void fail(std::size_t ahead, const std::string& what);
  void parse();

  std::uint32_t file_;
  std::string name_;
  InputText input_;
  Envelopes envelopes_;
  backup::JsonDocument document_;

  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of what is not consumed
  bool at_end_ = false;
  std::uint64_t next_line_ = 1, next_byte_ = 0;  // at begin_

  std::string closers_;         // of the envelopes that are open
  bool behind_record_ = false;  // in an envelope: a comma or its end is next
  std::string_view text_;
  std::uint64_t line_ = 0, byte_ = 0;
};

}  // namespace manifolddb::migrate
