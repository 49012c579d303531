#include "migrate/kuzu_scalar.h"

#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "common/text.h"
#include "manifolddb/error.h"
#include "migrate/temporal_input.h"

namespace manifolddb::migrate {

namespace {

constexpr const char* kWideIsText =
    "a whole number that does not fit 64 bits with a sign is kept as text";
constexpr const char* kUuidIsText = "a UUID is kept as text";
constexpr const char* kDecimalIsText = "a DECIMAL is kept as text";
constexpr const char* kJsonIsText = "a JSON value is kept as text";
constexpr std::string_view kKuzuDigits = "0123456789";

[[noreturn]] void refuse_scalar(std::string_view text, const std::string& why) {
  throw Error(ErrorCode::invalid_argument, quote_text(text) + " " + why);
}

// "-2 years -11 months -5 days -00:00:00.000001", as ISO 8601 has it, which says what of it is in
// range: P-2Y-11M-5DT-00H-00M-00.000001S.
class KuzuInterval {
 public:
  explicit KuzuInterval(std::string_view text) : text_(text), rest_(text) {}

  Value read() {
    while (!rest_.empty()) {
      if (iso_.size() > 1 && !take(' ')) fail();
      take_part();
    }
    const std::optional<Value> duration = read_duration(iso_);
    if (!duration) fail();
    return *duration;
  }

 private:
  [[noreturn]] void fail() const { refuse_scalar(text_, "is no interval"); }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view take_digits() {
    const std::string_view digits = rest_.substr(0, rest_.find_first_not_of(kKuzuDigits));
    if (digits.empty()) fail();
    rest_.remove_prefix(digits.size());
    return digits;
  }

  void take_part() {
    static constexpr std::array<std::pair<std::string_view, char>, 3> kUnits{
        {{"year", 'Y'}, {"month", 'M'}, {"day", 'D'}}};
    const std::string_view sign = take('-') ? "-" : "";
    const std::string_view number = take_digits();
    if (take(':')) return take_clock(sign, number);
    if (!take(' ')) fail();
    std::string_view unit = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(unit.size());
    if (unit.ends_with('s')) unit.remove_suffix(1);
    for (const auto& [name, letter] : kUnits) {
      if (unit == name) {
        iso_.append(sign).append(number) += letter;
        return;
      }
    }
    fail();
  }

  // Behind the hours: 05:06.007008. The sign belongs to all of it, and nothing comes behind it.
  void take_clock(std::string_view sign, std::string_view hours) {
    const std::string_view minutes = take_digits();
    if (!take(':')) fail();
    if (rest_.empty() || rest_.find_first_not_of("0123456789.") != std::string_view::npos) fail();
    iso_.append("T").append(sign).append(hours).append("H");
    iso_.append(sign).append(minutes).append("M");
    iso_.append(sign).append(rest_).append("S");
    rest_ = {};
  }

  std::string_view text_, rest_;
  std::string iso_ = "P";
};

// \xAA stands for a byte, anything else for itself.
Value read_kuzu_blob(std::string_view text) {
  constexpr std::size_t kEscapeBytes = 4;
  Bytes bytes;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\') {
      bytes.data.push_back(text[at++]);
      continue;
    }
    const std::string_view escape = text.substr(at, kEscapeBytes);
    unsigned byte = 0;
    const char* const end = escape.data() + escape.size();
    if (escape.size() != kEscapeBytes || escape[1] != 'x' ||
        std::from_chars(escape.data() + 2, end, byte, 16).ptr != end) {
      refuse_scalar(text, "is no BLOB: a backslash stands before x and two digits there");
    }
    bytes.data.push_back(static_cast<char>(byte));
    at += kEscapeBytes;
  }
  return bytes;
}

std::string_view without_minus(std::string_view text) {
  return text.starts_with('-') ? text.substr(1) : text;
}

Value read_wide(std::string_view text, ValueNotes& notes) {
  const std::string_view digits = without_minus(text);
  if (digits.empty() || digits.find_first_not_of(kKuzuDigits) != std::string_view::npos) {
    refuse_scalar(text, "is no whole number");
  }
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  if (std::from_chars(text.data(), end, number).ec == std::errc()) return number;
  notes.add(kWideIsText);
  return std::string(text);
}

// 12345.67, -1, 0.05
bool is_kuzu_decimal(std::string_view text) {
  const std::string_view digits = without_minus(text);
  const std::size_t point = digits.find('.');
  const bool has_digit = digits.find_first_of(kKuzuDigits) != std::string_view::npos;
  return has_digit && digits.find_first_not_of("0123456789.") == std::string_view::npos &&
         (point == std::string_view::npos || digits.find('.', point + 1) == std::string_view::npos);
}

Value read_exact_text(std::string_view text, std::string_view type, ValueNotes& notes) {
  if (type == "UUID") {
    Uuid ignored;
    if (!parse_uuid(text, ignored)) refuse_scalar(text, "is no UUID");
    notes.add(kUuidIsText);
  } else if (type == "DECIMAL") {
    if (!is_kuzu_decimal(text)) refuse_scalar(text, "is no DECIMAL");
    notes.add(kDecimalIsText);
  } else {
    notes.add(kJsonIsText);
  }
  return std::string(text);
}

}  // namespace

Value read_kuzu_scalar(std::string_view text, const KuzuType& type, ValueNotes& notes) {
  using Shape = KuzuType::Shape;
  switch (type.shape) {
    case Shape::wide_integer:
      return read_wide(text, notes);
    case Shape::exact_text:
      return read_exact_text(text, type.name, notes);
    case Shape::interval:
      return KuzuInterval(text).read();
    case Shape::blob:
      return read_kuzu_blob(text);
    default:
      break;
  }
  CsvNote note = nullptr;
  Value value = read_csv_value(text, type.plain, note);
  if (note != nullptr) notes.add(note);
  return value;
}

}  // namespace manifolddb::migrate
