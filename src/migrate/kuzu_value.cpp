// Nested values have no quotes: [a,b, c] may be ["a", "b", " c"] or ["a", "b, c"]. What divides
// them is looked for by type: the names of a STRUCT are known, brackets count only where items have
// some. Wherever a text may have been divided otherwise, that is counted.
#include "migrate/kuzu_value.h"

#include <string>
#include <utility>

#include "common/text.h"
#include "manifolddb/error.h"
#include "migrate/item_budget.h"
#include "migrate/kuzu_scalar.h"
#include "migrate/value_notes.h"

namespace manifolddb::migrate {

namespace {

using Shape = KuzuType::Shape;

constexpr const char* kUnionByText =
    "a UNION's value is of the first of its types that it reads as";
constexpr const char* kMapKeyIsText = "a MAP's key that is no text is kept as text";
constexpr const char* kMayBeOther =
    "texts in a list, struct or map are divided as they stand: Kuzu writes them without quotes";
constexpr const char* kMayBeNull = "an empty text in a list, struct or map may have been null";
constexpr const char* kMayBeOneText = "an empty list of texts may have held an empty one, or null";
constexpr const char* kMayBeOneNull = "an empty list may have held one null";
constexpr const char* kNullInVector = "a vector with a null in it is kept as a list";
constexpr const char* kKuzuKeptAsText =
    "a list, struct or map that cannot be read as its type is kept as text";

[[noreturn]] void refuse_nested(std::string_view text, const std::string& why) {
  throw Error(ErrorCode::invalid_argument, quote_text(text) + " " + why);
}

// Where values are divided. Where brackets count, a divider within some divides nothing.
class KuzuDividers {
 public:
  KuzuDividers(std::string_view text, std::string_view divider, bool brackets_count)
      : text_(text), divider_(divider), brackets_count_(brackets_count) {}

  // The next one, or npos.
  std::size_t next() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (brackets_count_ && (c == '[' || c == '{')) ++depth_;
      if (brackets_count_ && (c == ']' || c == '}') && depth_ != 0) --depth_;
      if (depth_ != 0 || !text_.substr(at_).starts_with(divider_)) continue;
      at_ += divider_.size();
      return at_ - divider_.size();
    }
    return std::string_view::npos;
  }

  bool is_in_brackets() const { return depth_ != 0; }

 private:
  std::string_view text_, divider_;
  bool brackets_count_;
  std::size_t at_ = 0, depth_ = 0;
};

class KuzuValueReader {
 public:
  const ValueNotes& notes() const { return notes_; }
  bool is_too_large() const { return budget_.is_used_up(); }

  Value read(std::string_view text, const KuzuType& type) { return read(text, type, false); }

 private:
  // `divided`: something that this text is in was divided, and brackets counted.
  Value read(std::string_view text, const KuzuType& type, bool divided) {
    switch (type.shape) {
      case Shape::vector:
        return read_vector(text);
      case Shape::list:
        return read_list(text, type, divided);
      case Shape::members:
        return read_struct(text, type, divided);
      case Shape::map:
        return read_map(text, type, divided);
      case Shape::any_of:
        return read_union(text, type, divided);
      default:
        break;
    }
    // Its brackets are not those of lists, structs and maps, but were counted as if they were.
    if (divided && type.is_free_text && text.find_first_of("[]{}") != std::string_view::npos) {
      notes_.add(kMayBeOther);
    }
    return read_kuzu_scalar(text, type, notes_);
  }

  static std::string_view inside(std::string_view text, char open, char close) {
    if (text.size() < 2 || text.front() != open || text.back() != close) {
      refuse_nested(text, std::string("does not stand between ") + open + " and " + close);
    }
    return text.substr(1, text.size() - 2);
  }

  template <typename Take>
  void for_each_part(std::string_view text, std::string_view divider, bool brackets_count,
                     const Take& take) {
    KuzuDividers dividers(text, divider, brackets_count);
    for (std::size_t begin = 0;;) {
      const std::size_t end = dividers.next();
      budget_.take();
      take(text.substr(begin, end == std::string_view::npos ? end : end - begin));
      if (end == std::string_view::npos) break;
      begin = end + divider.size();
    }
    if (dividers.is_in_brackets()) notes_.add(kMayBeOther);
  }

  // An item, member or value of a map. Nothing at all is null, but for texts, which may be empty.
  Value read_part(std::string_view text, const KuzuType& type, bool divided) {
    if (text.empty()) {
      if (!type.is_free_text) return nullptr;
      notes_.add(kMayBeNull);
    }
    return read(text, type, divided);
  }

  Value read_vector(std::string_view text) {
    const std::string_view items = inside(text, '[', ']');
    const bool has_null = items.empty() || items.starts_with(',') || items.ends_with(',') ||
                          items.find(",,") != std::string_view::npos;
    if (!has_null) return read_csv_vector(text, ',');
    notes_.add(kNullInVector);
    KuzuType element;
    element.plain.kind = CsvType::Kind::float32;
    return read_items(items, element, false);
  }

  Value read_list(std::string_view text, const KuzuType& type, bool divided) {
    const KuzuType& item_type = type.items.front();
    const std::string_view items = inside(text, '[', ']');
    if (!items.empty()) return read_items(items, item_type, divided);
    notes_.add(item_type.is_free_text ? kMayBeOneText : kMayBeOneNull);
    return List();
  }

  Value read_items(std::string_view items, const KuzuType& type, bool divided) {
    List list;
    const bool brackets_count = type.holds_nested;
    for_each_part(items, ",", brackets_count, [&](std::string_view item) {
      list.push_back(read_part(item, type, divided || brackets_count));
    });
    if (list.size() > 1 && type.holds_free_text) notes_.add(kMayBeOther);
    return list;
  }

  // {a: 1, b: x, y}: each name is where it has to come next.
  Value read_struct(std::string_view text, const KuzuType& type, bool divided) {
    std::string_view rest = inside(text, '{', '}');
    Map map;
    for (std::size_t i = 0; i < type.items.size(); ++i) {
      const std::string mark = type.names[i] + ": ";
      if (!rest.starts_with(mark)) {
        refuse_nested(text, "has no member " + quote_text(type.names[i]));
      }
      rest.remove_prefix(mark.size());
      std::string_view member = rest;
      bool is_divided = divided;
      if (i + 1 < type.items.size()) {
        const bool brackets_count = type.items[i].holds_nested;
        const std::string next = ", " + type.names[i + 1] + ": ";
        const std::size_t end = KuzuDividers(rest, next, brackets_count).next();
        if (end == std::string_view::npos) {
          refuse_nested(text, "has no member " + quote_text(type.names[i + 1]));
        }
        member = rest.substr(0, end);
        rest.remove_prefix(end + 2);
        is_divided = divided || brackets_count;
      }
      if (type.holds_free_text && holds_mark(member, type, i)) notes_.add(kMayBeOther);
      budget_.take();
      if (!map.emplace(type.names[i], read_part(member, type.items[i], is_divided)).second) {
        refuse_nested(text, "has a member twice");
      }
    }
    return map;
  }

  // Whether in a member, or behind it, one up to it could also have begun.
  static bool holds_mark(std::string_view member, const KuzuType& type, std::size_t number) {
    constexpr std::size_t kMarksMax = 64;  // looked for; where there are more, any comma may be one
    if (member.find(": ") == std::string_view::npos) return false;
    if (number > kMarksMax) return member.find(", ") != std::string_view::npos;
    for (std::size_t i = 1; i <= number; ++i) {
      if (member.find(", " + type.names[i] + ": ") != std::string_view::npos) return true;
    }
    return false;
  }

  // {k=1, l=2}
  Value read_map(std::string_view text, const KuzuType& type, bool divided) {
    const std::string_view entries = inside(text, '{', '}');
    Map map;
    if (entries.empty()) return map;
    const KuzuType& key_type = type.items[0];
    const KuzuType& value_type = type.items[1];
    const bool brackets_count = key_type.holds_nested || value_type.holds_nested;
    const bool is_divided = divided || brackets_count;
    for_each_part(entries, ", ", brackets_count, [&](std::string_view entry) {
      const std::size_t equals = KuzuDividers(entry, "=", key_type.holds_nested).next();
      if (equals == std::string_view::npos) refuse_nested(entry, "has no = of a map's entry");
      const std::string_view key = entry.substr(0, equals);
      const std::string_view value = entry.substr(equals + 1);
      read(key, key_type, is_divided);  // whether it is one
      if (!key_type.is_free_text) notes_.add(kMapKeyIsText);
      if (key_type.holds_free_text && value.find('=') != std::string_view::npos) {
        notes_.add(kMayBeOther);
      }
      if (!map.emplace(key, read_part(value, value_type, is_divided)).second) {
        refuse_nested(text, "has the key " + quote_text(key) + " twice");
      }
    });
    if (map.size() > 1 && type.holds_free_text) notes_.add(kMayBeOther);
    return map;
  }

  Value read_union(std::string_view text, const KuzuType& type, bool divided) {
    const ValueNotes notes = notes_;
    const std::size_t used = budget_.used();
    for (const KuzuType& item : type.items) {
      try {
        Value value = read(text, item, divided);
        notes_.add(kUnionByText);
        return value;
      } catch (const Error& error) {
        if (error.code() != ErrorCode::invalid_argument || is_too_large()) throw;
        notes_ = notes;
        budget_.give_back(used);
      }
    }
    refuse_nested(text, "is of none of the types of its UNION");
  }

  ValueNotes notes_;
  ItemBudget budget_{"the value"};
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
  KuzuValueReader reader;
  try {
    properties.add(name, of_property(name, [&] { return reader.read(text, type); }));
  } catch (const Error& error) {
    const bool is_other = error.code() == ErrorCode::invalid_argument && !reader.is_too_large();
    if (!is_other || !type.is_nested || !type.holds_free_text) throw;
    sink.convert(kKuzuKeptAsText, place);
    return properties.add_text(name, text);
  }
  reader.notes().tell(sink, place);
}

}  // namespace manifolddb::migrate
