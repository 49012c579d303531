#include "support/line_parsing.h"

#include "common/json_writer.h"

namespace manifolddb::test_support {

std::string rewrite(const backup::ParsedLine& line) {
  std::string text;
  append_record_line({line.kind, line.key, line.body}, text);
  text.pop_back();
  return text;
}

}  // namespace manifolddb::test_support
