// Parsing one line in a test: the padding behind it, and the error as a value.
#pragma once

#include <string>
#include <string_view>

#include "backup/record_codec.h"

namespace manifolddb::test_support {

struct ParseOutcome {
  bool accepted = false;
  backup::ParsedLine line;
  backup::LineError error;
};

inline ParseOutcome parse_line(std::string_view line, backup::Strictness strictness) {
  // An allocation of exactly line and padding, so that the sanitizer sees a read behind it.
  std::string padded(line);
  padded.append(backup::kLinePadding, '\0');
  padded.shrink_to_fit();
  backup::LineParser parser(strictness);
  ParseOutcome outcome;
  outcome.accepted = parser.parse({padded.data(), line.size()}, outcome.line, outcome.error);
  return outcome;
}

inline ParseOutcome parse_strict(std::string_view line) {
  return parse_line(line, backup::Strictness::strict);
}
inline ParseOutcome parse_tolerant(std::string_view line) {
  return parse_line(line, backup::Strictness::tolerant);
}

// The line, without its '\n', that is written for what was parsed from a record's line.
std::string rewrite(const backup::ParsedLine& line);

// {"type":"entity",...} with `json` as the value of property "v".
inline std::string entity_line(std::string_view json) {
  return R"({"type":"entity","data":{"id":1,"labels":[],"properties":{"v":)" + std::string(json) +
         "}}}";
}
inline constexpr std::size_t kEntityValueByte =
    std::string_view(R"({"type":"entity","data":{"id":1,"labels":[],"properties":{"v":)").size();

}  // namespace manifolddb::test_support
