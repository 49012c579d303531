// The properties of one record on their way from a foreign format to the canonical form, without a
// tree in between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/text.h"
#include "manifolddb/error.h"
#include "manifolddb/value.h"

namespace manifolddb::migrate {

// Memory is kept from record to record. Names are views that must live until encode() and clear().
// What cannot be stored (invalid UTF-8, dates out of range ...) is Error{invalid_argument}, and the
// list is as before.
class PropertyList {
 public:
  void clear();
  std::size_t size() const { return entries_.size(); }

  void add(std::string_view name, const Value& value);
  // The common ones, without a Value.
  void add_text(std::string_view name, std::string_view text);
  void add_integer(std::string_view name, std::int64_t value);
  void add_real(std::string_view name, double value);
  void add_boolean(std::string_view name, bool value);

  // Appends the canonical properties (common/record.h), ascending by name whatever the order of the
  // additions. Error{invalid_argument} when a name is there twice or cannot be a name.
  void encode(std::string& out) const;

 private:
  struct Entry {
    std::string_view name;
    std::size_t begin, end;  // of the encoded value
  };
  void note(std::string_view name, std::size_t begin);

  std::vector<Entry> entries_;
  mutable std::vector<Entry> sorted_;
  std::string values_;
};

// Append what of a record comes before its properties. Error{invalid_argument} likewise.
void append_labels(std::span<const std::string_view> labels, std::string& out);
void append_edge_type(std::string_view type, std::string& out);

// What `read` returns; what it refuses is said with the name of the property.
template <typename Read>
auto of_property(std::string_view name, const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::invalid_argument) throw;
    throw Error(error.code(), "property " + quote_text(name) + ": " + error.what());
  }
}

}  // namespace manifolddb::migrate
