// JSON objects for --json, written member by member.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "manifolddb/graph.h"

namespace manifolddb::cli {

// Members come out in the order in which they were added. Text that is not UTF-8 (file names can be
// anything) is written with U+FFFD in place of the bytes at fault.
class JsonObject {
 public:
  // The start of every line that --json prints.
  static JsonObject line();

  JsonObject& text(std::string_view name, std::string_view value);
  JsonObject& number(std::string_view name, std::uint64_t value);
  JsonObject& boolean(std::string_view name, bool value);
  JsonObject& null(std::string_view name);
  JsonObject& object(std::string_view name, const JsonObject& value);
  JsonObject& json(std::string_view name, std::string_view value);  // any JSON, as it is

  // UTC time as in backups; null where there is none.
  JsonObject& time(std::string_view name, std::optional<std::int64_t> us_since_1970);

  // "sequence_number" and "committed_at", which is null when nothing was ever committed.
  JsonObject& point(SequenceNumber sequence, std::int64_t committed_at_us);

  std::string to_string() const { return members_.empty() ? "{}" : members_ + "}"; }

 private:
  void begin_member(std::string_view name);
  std::string members_;  // "{" and what follows, without the "}"
};

// `text` as a JSON string, with its quotes.
std::string json_text(std::string_view text);

}  // namespace manifolddb::cli
