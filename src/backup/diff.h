// What differs between two states of a graph, record by record and field by field.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "backup/record_stream.h"
#include "common/record.h"

namespace manifolddb::backup {

// The two forms of one record; at least one is there. Bodies live until the call returns.
struct Difference {
  RecordKind kind{};
  std::string_view key;
  std::optional<std::string_view> before, after;  // bodies
};

// Calls `fn` for every record that is only in `before`, only in `after`, or in both with different
// content, ascending by (kind, key), until it returns false. Throws what the streams throw.
void for_each_difference(RecordStream& before, RecordStream& after,
                         const std::function<bool(const Difference&)>& fn);

// A member of a record that differs, each side as JSON; none: not there.
struct FieldDifference {
  std::string name;  // "labels", "source", "target", "edge_type", "value", or a property's name
  bool is_property = false;
  std::optional<std::string> before, after;
};

// Requires both sides. Members in the order of format.md, properties by name.
std::vector<FieldDifference> compare_fields(const Difference& difference);

}  // namespace manifolddb::backup
