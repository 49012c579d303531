// Nested values have no quotes: [a,b, c] may be ["a", "b", " c"] or ["a", "b, c"]. What divides
// them is looked for by type: the names of a STRUCT are known, brackets count only where items have
// some.
#include "migrate/kuzu_value.h"

#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/text.h"
#include "manifolddb/error.h"

namespace manifolddb::migrate {

namespace {

using Shape = KuzuType::Shape;

constexpr const char* kWideIsText =
    "a whole number that does not fit 64 bits with a sign is kept as text";
constexpr const char* kUuidIsText = "a UUID is kept as text";
constexpr const char* kDecimalIsText = "a DECIMAL is kept as text";
constexpr const char* kJsonIsText = "a JSON value is kept as text";
constexpr const char* kUnionByText =
    "a UNION's value is of the first of its types that it reads as";
constexpr const char* kMapKeyIsText = "a MAP's key that is no text is kept as text";
constexpr const char* kMayBeOther =
    "texts in a list, struct or map are divided as they stand: Kuzu writes them without quotes";
constexpr const char* kMayBeNull = "an empty text in a list, struct or map may have been null";
constexpr const char* kMayBeOneText = "an empty list of texts may have held an empty one, or null";
constexpr const char* kKuzuKeptAsText =
    "a list, struct or map whose texts cannot be told apart is kept as text";

[[noreturn]] void refuse_kuzu(std::string_view text, const std::string& why) {
  throw Error(ErrorCode::invalid_argument, quote_text(text) + " " + why);
}

// Days, months … of "-2 years -11 months -5 days -00:00:00.000001".
class KuzuInterval {
 public:
  explicit KuzuInterval(std::string_view text) : text_(text), rest_(text) {}

  Value read() {
    bool is_first = true;
    while (!rest_.empty()) {
      if (!std::exchange(is_first, false) && !take(' ')) fail();
      take_part();
    }
    if (is_first) fail();
    return duration_;
  }

 private:
  [[noreturn]] void fail() const { refuse_kuzu(text_, "is no interval"); }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::int64_t take_number() {
    constexpr std::int64_t kNumberMax = 1'000'000'000'000;  // far over what an interval holds
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    if (error != std::errc() || number < 0 || number > kNumberMax) fail();
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return number;
  }

  void take_part() {
    const std::int64_t sign = take('-') ? -1 : 1;
    const std::int64_t number = take_number();
    if (take(':')) return take_clock(sign, number);
    if (!take(' ')) fail();
    const std::string_view unit = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(unit.size());
    if (unit == "year" || unit == "years") {
      duration_.months += sign * number * 12;
    } else if (unit == "month" || unit == "months") {
      duration_.months += sign * number;
    } else if (unit == "day" || unit == "days") {
      duration_.days += sign * number;
    } else {
      fail();
    }
  }

  // Behind the hours: 05:06.007008, to which the sign belongs as a whole.
  void take_clock(std::int64_t sign, std::int64_t hours) {
    constexpr int kMicroDigits = 6;
    constexpr std::int64_t kMicros = 1'000'000;
    const std::int64_t minutes = take_number();
    if (!take(':')) fail();
    const std::int64_t seconds = take_number();
    std::int64_t micros = 0;
    if (take('.')) {
      const std::size_t before = rest_.size();
      micros = take_number();
      const auto digits = static_cast<int>(before - rest_.size());
      if (digits > kMicroDigits) fail();
      for (int i = digits; i < kMicroDigits; ++i) micros *= 10;
    }
    const std::int64_t whole = hours * 3600 + minutes * 60 + seconds;
    duration_.seconds = sign * whole;
    if (sign < 0 && micros != 0) {
      duration_.seconds -= 1;
      micros = kMicros - micros;
    }
    duration_.nanoseconds = static_cast<std::int32_t>(micros * 1000);
    if (!rest_.empty()) fail();
  }

  std::string_view text_, rest_;
  Duration duration_;
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
    unsigned byte = 0;
    const char* const digits = text.data() + at + 2;
    if (text.size() - at < kEscapeBytes || text[at + 1] != 'x' ||
        std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) {
      refuse_kuzu(text, "is no BLOB: a backslash stands before x and two digits there");
    }
    bytes.data.push_back(static_cast<char>(byte));
    at += kEscapeBytes;
  }
  return bytes;
}

class KuzuValueReader {
 public:
  explicit KuzuValueReader(std::string_view name) : name_(name) {}

  const std::vector<const char*>& notes() const { return notes_; }

  Value read(std::string_view text, const KuzuType& type) {
    switch (type.shape) {
      case Shape::plain:
        return read_plain(text, type);
      case Shape::wide_integer:
        return read_wide(text);
      case Shape::exact_text:
        note(std::string_view(type.name) == "UUID"      ? kUuidIsText
             : std::string_view(type.name) == "DECIMAL" ? kDecimalIsText
                                                        : kJsonIsText);
        return std::string(text);
      case Shape::interval:
        return KuzuInterval(text).read();
      case Shape::blob:
        return read_kuzu_blob(text);
      case Shape::vector:
        return read_vector(text);
      case Shape::list:
        return read_list(text, type);
      case Shape::members:
        return read_struct(text, type);
      case Shape::map:
        return read_map(text, type);
      default:
        return read_union(text, type);
    }
  }

 private:
  void note(const char* what) {
    for (const char* known : notes_) {
      if (known == what) return;
    }
    notes_.push_back(what);
  }

  Value read_plain(std::string_view text, const KuzuType& type) {
    CsvNote said = nullptr;
    Value value = read_csv_value(name_, text, type.plain, said);
    if (said != nullptr) note(said);
    return value;
  }

  Value read_wide(std::string_view text) {
    std::string_view digits = text;
    if (digits.starts_with('-')) digits.remove_prefix(1);
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
      refuse_kuzu(text, "is no whole number");
    }
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    if (std::from_chars(text.data(), end, number).ec == std::errc()) return number;
    note(kWideIsText);
    return std::string(text);
  }

  static std::string_view inside(std::string_view text, char open, char close) {
    if (text.size() < 2 || text.front() != open || text.back() != close) {
      refuse_kuzu(text, std::string("does not stand between ") + open + " and " + close);
    }
    return text.substr(1, text.size() - 2);
  }

  Value read_vector(std::string_view text) {
    Vector vector;
    for (const std::string_view item : split(inside(text, '[', ']'), ",", false)) {
      float element = 0;
      const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), element);
      if (error != std::errc() || end != item.data() + item.size()) {
        refuse_kuzu(item, "is no element of a vector of 32-bit floats");
      }
      vector.elements.push_back(element);
    }
    return vector;
  }

  // Where brackets count, a divider within some divides nothing.
  static std::vector<std::string_view> split(std::string_view text, std::string_view divider,
                                             bool brackets_count) {
    std::vector<std::string_view> parts;
    std::size_t begin = 0, depth = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
      const char c = text[at];
      if (brackets_count && (c == '[' || c == '{')) ++depth;
      if (brackets_count && (c == ']' || c == '}') && depth != 0) --depth;
      if (depth != 0 || !text.substr(at).starts_with(divider)) continue;
      parts.push_back(text.substr(begin, at - begin));
      at += divider.size() - 1;
      begin = at + 1;
    }
    parts.push_back(text.substr(begin));
    return parts;
  }

  // An item, member, key or value. Nothing at all is null, but for texts, which may be empty.
  Value read_part(std::string_view text, const KuzuType& type) {
    if (!text.empty()) return read(text, type);
    if (!type.is_free_text()) return nullptr;
    note(kMayBeNull);
    return type.shape == Shape::blob ? Value(Bytes{}) : Value("");
  }

  Value read_list(std::string_view text, const KuzuType& type) {
    const KuzuType& item_type = type.items.front();
    const std::string_view items = inside(text, '[', ']');
    List list;
    if (items.empty()) {
      if (item_type.is_free_text()) note(kMayBeOneText);
      return list;
    }
    for (const std::string_view item : split(items, ",", has_brackets(item_type))) {
      list.push_back(read_part(item, item_type));
    }
    if (list.size() > 1 && item_type.holds_free_text()) note(kMayBeOther);
    return list;
  }

  static bool has_brackets(const KuzuType& type) {
    if (type.is_nested()) return true;
    for (const KuzuType& item : type.items) {
      if (has_brackets(item)) return true;
    }
    return false;
  }

  // {a: 1, b: x, y}: each name is where it has to come next.
  Value read_struct(std::string_view text, const KuzuType& type) {
    std::string_view rest = inside(text, '{', '}');
    Map map;
    for (std::size_t i = 0; i < type.items.size(); ++i) {
      const std::string mark = type.names[i] + ": ";
      if (!rest.starts_with(mark)) refuse_kuzu(text, "has no member " + quote_text(type.names[i]));
      rest.remove_prefix(mark.size());
      std::string_view member = rest;
      if (i + 1 < type.items.size()) {
        const std::string next = ", " + type.names[i + 1] + ": ";
        const auto parts = split(rest, next, has_brackets(type.items[i]));
        if (parts.size() < 2) refuse_kuzu(text, "has no member " + quote_text(type.names[i + 1]));
        if (parts.size() > 2 && type.holds_free_text()) note(kMayBeOther);
        member = parts.front();
        rest.remove_prefix(member.size() + 2);
      }
      if (!map.emplace(type.names[i], read_part(member, type.items[i])).second) {
        refuse_kuzu(text, "has a member twice");
      }
    }
    return map;
  }

  // {k=1, l=2}
  Value read_map(std::string_view text, const KuzuType& type) {
    const std::string_view entries = inside(text, '{', '}');
    Map map;
    if (entries.empty()) return map;
    const KuzuType& key_type = type.items[0];
    const bool brackets_count = has_brackets(key_type) || has_brackets(type.items[1]);
    bool is_uncertain = false;
    for (const std::string_view entry : split(entries, ", ", brackets_count)) {
      const std::size_t equals = entry.find('=');
      if (equals == std::string_view::npos) refuse_kuzu(entry, "has no = of a map's entry");
      is_uncertain = is_uncertain || entry.find('=', equals + 1) != std::string_view::npos;
      const std::string_view key = entry.substr(0, equals);
      if (!key_type.is_free_text()) note(kMapKeyIsText);
      if (!map.emplace(key, read_part(entry.substr(equals + 1), type.items[1])).second) {
        refuse_kuzu(text, "has the key " + quote_text(key) + " twice");
      }
    }
    is_uncertain = is_uncertain || map.size() > 1;
    if (is_uncertain && type.holds_free_text()) note(kMayBeOther);
    return map;
  }

  Value read_union(std::string_view text, const KuzuType& type) {
    note(kUnionByText);
    for (const KuzuType& item : type.items) {
      try {
        return read(text, item);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::invalid_argument) throw;
      }
    }
    refuse_kuzu(text, "is of none of the types of its UNION");
  }

  std::string_view name_;
  std::vector<const char*> notes_;
};

}  // namespace

void add_kuzu_value(std::string_view name, std::string_view text, const KuzuType& type,
                    GraphSink& sink, const Place& place, PropertyList& properties) {
  if (type.shape == Shape::plain) {
    if (const CsvNote note = add_csv_value(name, text, type.plain, ';', properties)) {
      sink.convert(note, place);
    }
    return;
  }
  KuzuValueReader reader(name);
  try {
    properties.add(name, reader.read(text, type));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::invalid_argument) throw;
    if (!type.is_nested() || !type.holds_free_text()) {
      throw Error(ErrorCode::invalid_argument,
                  "property " + quote_text(name) + ": " + error.what());
    }
    sink.convert(kKuzuKeptAsText, place);
    return properties.add_text(name, text);
  }
  for (const char* note : reader.notes()) sink.convert(note, place);
}

}  // namespace manifolddb::migrate
