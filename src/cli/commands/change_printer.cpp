#include "cli/commands/change_printer.h"

#include "common/format.h"
#include "common/json_writer.h"
#include "database/key_codec.h"

namespace manifolddb::cli {

using backup::Difference;

void ChangePrinter::print_apply_line(const Difference& difference) {
  line_.clear();
  if (difference.after) {
    append_record_line({difference.kind, difference.key, *difference.after}, line_);
  } else {
    append_deletion_line(difference.kind, difference.key, line_);
  }
  out_.write(line_);
}

// The record's "data", as in its line.
std::string ChangePrinter::data(const Difference& difference, std::string_view body) {
  line_.clear();
  append_record_data({difference.kind, difference.key, body}, line_);
  return line_;
}

void ChangePrinter::add_members(const Difference& difference, JsonObject& object) {
  object.text("change", !difference.before  ? "added"
                        : !difference.after ? "removed"
                                            : "changed")
      .text("type", difference.kind == RecordKind::entity ? "entity"
                    : difference.kind == RecordKind::edge ? "edge"
                                                          : "key_value")
      .json("before", difference.before ? data(difference, *difference.before) : "null")
      .json("after", difference.after ? data(difference, *difference.after) : "null");
}

void ChangePrinter::print_text(const Difference& difference) {
  const std::string name = describe_record(difference.kind, difference.key);
  if (!difference.before) {
    return out_.line(indent_ + "+ " + name + " " + data(difference, *difference.after));
  }
  if (!difference.after) {
    return out_.line(indent_ + "- " + name + " " + data(difference, *difference.before));
  }
  out_.line(indent_ + "~ " + name);
  for (const backup::FieldDifference& field : backup::compare_fields(difference)) {
    const std::string label = field.is_property ? json_text(field.name) : field.name;
    if (!field.before) {
      out_.line(format("{}    + {}: {}", indent_, label, *field.after));
    } else if (!field.after) {
      out_.line(format("{}    - {}: {}", indent_, label, *field.before));
    } else {
      out_.line(format("{}    ~ {}: {} -> {}", indent_, label, *field.before, *field.after));
    }
  }
}

}  // namespace manifolddb::cli
