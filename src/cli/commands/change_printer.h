// Changes of records as people and programs read them: what `diff` and `log` have in common.
#pragma once

#include <string>

#include "backup/diff.h"
#include "cli/output.h"

namespace manifolddb::cli {

// Not thread-safe.
class ChangePrinter {
 public:
  // `indent`: before every line of text.
  explicit ChangePrinter(Output& out, std::string indent = {})
      : out_(out), indent_(std::move(indent)) {}

  // "+ entity 7 {...}", "- ...", or "~ entity 7" and a line for each field that differs.
  void print_text(const backup::Difference& difference);

  // Adds `change` (added, changed, removed), `type`, `before` and `after`.
  void add_members(const backup::Difference& difference, JsonObject& object);

  // The line that makes the second state of the first, for `apply`.
  void print_apply_line(const backup::Difference& difference);

 private:
  std::string data(const backup::Difference& difference, std::string_view body);

  Output& out_;
  std::string indent_;
  std::string line_;
};

}  // namespace manifolddb::cli
