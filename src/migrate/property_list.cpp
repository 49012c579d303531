#include "migrate/property_list.h"

#include <algorithm>
#include <cstring>

#include "common/record.h"
#include "common/text.h"
#include "common/value_codec.h"
#include "common/varint.h"
#include "manifolddb/error.h"

namespace manifolddb::migrate {

namespace {

void append_checked_name(std::string_view name, const char* what, std::string& out) {
  if (name.size() > kNameBytesMax) {
    throw Error(ErrorCode::invalid_argument,
                std::string(what) + " " + quote_text(name) + " has " + std::to_string(name.size()) +
                    " bytes; names may have " + std::to_string(kNameBytesMax));
  }
  const std::size_t invalid = find_invalid_utf8(name);
  if (invalid != kValidUtf8) {
    throw Error(ErrorCode::invalid_argument, std::string(what) + " " + quote_text(name) +
                                                 " is not valid UTF-8 at byte " +
                                                 std::to_string(invalid));
  }
  append_bytes(out, name);
}

void append_tag(std::string& out, ValueTag tag) {
  out.push_back(static_cast<char>(tag));
}

}  // namespace

void PropertyList::clear() {
  entries_.clear();
  values_.clear();
}

void PropertyList::note(std::string_view name, std::size_t begin) {
  entries_.push_back({name, begin, values_.size()});
}

void PropertyList::add(std::string_view name, const Value& value) {
  const std::size_t begin = values_.size();
  try {
    encode_value(value, 1, values_);
  } catch (const Error& error) {
    values_.resize(begin);
    throw Error(error.code(), "property " + quote_text(name) + ": " + error.what());
  }
  note(name, begin);
}

void PropertyList::add_text(std::string_view name, std::string_view text) {
  const std::size_t invalid = find_invalid_utf8(text);
  if (invalid != kValidUtf8) {
    throw Error(ErrorCode::invalid_argument, "property " + quote_text(name) +
                                                 ": text is not valid UTF-8 at byte " +
                                                 std::to_string(invalid));
  }
  const std::size_t begin = values_.size();
  append_tag(values_, ValueTag::string);
  append_bytes(values_, text);
  note(name, begin);
}

void PropertyList::add_integer(std::string_view name, std::int64_t value) {
  const std::size_t begin = values_.size();
  append_tag(values_, ValueTag::integer);
  append_varint(values_, zigzag(value));
  note(name, begin);
}

void PropertyList::add_real(std::string_view name, double value) {
  const std::size_t begin = values_.size();
  append_tag(values_, ValueTag::real);
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  values_.append(bytes, sizeof bytes);
  note(name, begin);
}

void PropertyList::add_boolean(std::string_view name, bool value) {
  const std::size_t begin = values_.size();
  append_tag(values_, value ? ValueTag::true_value : ValueTag::false_value);
  note(name, begin);
}

void PropertyList::encode(std::string& out) const {
  const auto by_name = [](const Entry& a, const Entry& b) { return a.name < b.name; };
  sorted_ = entries_;
  if (!std::is_sorted(sorted_.begin(), sorted_.end(), by_name)) {
    std::sort(sorted_.begin(), sorted_.end(), by_name);
  }
  append_varint(out, sorted_.size());
  for (std::size_t i = 0; i < sorted_.size(); ++i) {
    const Entry& entry = sorted_[i];
    if (i != 0 && sorted_[i - 1].name == entry.name) {
      throw Error(ErrorCode::invalid_argument,
                  "the property " + quote_text(entry.name) + " is there twice");
    }
    append_checked_name(entry.name, "the property name", out);
    out.append(values_, entry.begin, entry.end - entry.begin);
  }
}

void append_labels(std::span<const std::string_view> labels, std::string& out) {
  if (labels.size() < 2) {
    append_varint(out, labels.size());
    if (!labels.empty()) append_checked_name(labels.front(), "the label", out);
    return;
  }
  std::vector<std::string_view> sorted(labels.begin(), labels.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  append_varint(out, sorted.size());
  for (const std::string_view label : sorted) append_checked_name(label, "the label", out);
}

void append_edge_type(std::string_view type, std::string& out) {
  append_checked_name(type, "the edge type", out);
}

}  // namespace manifolddb::migrate
