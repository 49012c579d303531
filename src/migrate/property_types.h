// What the texts among foreign properties are, where a format writes dates, times and durations as
// texts: by a file that says it, or by what all values of a column look like.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "manifolddb/value.h"

namespace manifolddb::migrate {

enum class TextType { date, time, datetime, duration, point };

// What the text is by its look; no points.
std::optional<TextType> temporal_type_of(std::string_view text);

// The text, or the list of texts, as values of the type. Throws Error{invalid_argument} when one is
// not such a value; what is no text stays as it is. `note` is set as by read_datetime().
Value to_text_type(const Value& value, TextType type, const char*& note);

// Not thread-safe.
class PropertyTypes {
 public:
  enum class Of { node, edge };
  static constexpr std::size_t kFileBytesMax = 16u << 20;

  // The configuration of apoc.import.json: {"nodePropertyMappings": {"User": {"born":
  // "LocalDateTime"}}, "relPropertyMappings": {"KNOWS": {"since": "Date"}}}. Throws
  // Error{not_found}, and Error{damaged} for what it cannot be.
  static PropertyTypes read(const std::filesystem::path& file);

  // Inference: each text of a column counts for every label that its record has. `labels`: of an
  // edge its type alone.
  void observe(Of of, std::span<const std::string_view> labels, std::string_view name,
               const Value& value);

  // For inferred ones only if all labels of the record agree; for those of a file the first label
  // that has the name.
  std::optional<TextType> find(Of of, std::span<const std::string_view> labels,
                               std::string_view name) const;

  bool empty() const { return columns_.empty(); }

 private:
  struct Column {
    std::optional<TextType> type;  // none: its values are not of one type
  };
  static std::string column_key(Of of, std::string_view label, std::string_view name);
  void observe_in(Of of, std::string_view label, std::string_view name, const Value& value);

  bool inferred_ = true;
  std::map<std::string, Column, std::less<>> columns_;
};

}  // namespace manifolddb::migrate
