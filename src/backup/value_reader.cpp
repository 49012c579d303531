#include "backup/value_reader.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "common/temporal_text.h"
#include "common/text.h"

namespace manifolddb::backup {

namespace {

constexpr std::uint64_t kQuietNan = 0x7ff8000000000000u;
constexpr std::uint32_t kQuietNan32 = 0x7fc00000u;

// "NaN", "Infinity", "-Infinity" or the bits of another NaN, "0x" and all lower-case digits.
template <typename Bits, typename Real>
bool parse_special(std::string_view text, Bits quiet_nan, Real& out) {
  if (text == "NaN") {
    out = std::bit_cast<Real>(quiet_nan);
    return true;
  }
  if (text == "Infinity" || text == "-Infinity") {
    const Real infinity = std::numeric_limits<Real>::infinity();
    out = text.front() == '-' ? -infinity : infinity;
    return true;
  }
  if (text.size() != 2 + sizeof(Bits) * 2 || text.substr(0, 2) != "0x") return false;
  Bits bits = 0;
  const char* last = text.data() + text.size();
  const auto [end, code] = std::from_chars(text.data() + 2, last, bits, 16);
  if (code != std::errc{} || end != last) return false;
  out = std::bit_cast<Real>(bits);
  return std::isnan(out);
}

// Whether a float was rounded from a double that lies exactly between two floats. The double itself
// is rounded from the text, so the text must decide.
bool is_between_floats(double value) {
  constexpr double kNormalMin = std::numeric_limits<float>::min();
  constexpr std::uint64_t kDroppedBits = (std::uint64_t{1} << 29) - 1;
  constexpr std::uint64_t kHalf = std::uint64_t{1} << 28;
  const bool is_half = (std::bit_cast<std::uint64_t>(value) & kDroppedBits) == kHalf;
  // Subnormal floats drop more bits: there, let the text decide each time.
  return is_half || (std::fabs(value) < kNormalMin && value != 0);
}

}  // namespace

void ValueReader::start(std::string_view text, JsonTape tape, BodyBuffer& body, TapeError& error) {
  text_ = text;
  tape_ = tape;
  body_ = &body;
  error_ = &error;
  entries_.clear();
  finder_.clear();
}

bool ValueReader::properties(std::size_t at) {
  if (tape_.kind(at) != JsonKind::object) return fail(at, "properties must be an object");
  return members(at, 0, Keys::names);
}

bool ValueReader::labels(std::size_t at) {
  if (!array_here(at, "labels")) return false;
  labels_.clear();
  const std::size_t end = tape_.end(at);
  for (std::size_t i = JsonTape::first(at); i != end; i = tape_.after(i)) {
    if (tape_.kind(i) != JsonKind::string) return fail(i, "a label must be a string");
    labels_.push_back(tape_.string(i));
    if (labels_.back().size() > kNameBytesMax) return fail(i, "a label is longer than 64 KiB");
  }
  std::sort(labels_.begin(), labels_.end());
  labels_.erase(std::unique(labels_.begin(), labels_.end()), labels_.end());
  body_->varint(labels_.size());
  for (const std::string_view label : labels_) body_->bytes(label);
  return true;
}

bool ValueReader::name(std::size_t at, std::string_view what) {
  std::string_view text;
  if (!read_string(tape_, at, what, text, *error_)) return false;
  if (text.size() > kNameBytesMax) return fail(at, std::string(what) + " is longer than 64 KiB");
  body_->bytes(text);
  return true;
}

bool ValueReader::value(std::size_t at, int depth) {
  if (depth > kValueDepthMax) {
    return fail(at, "values are nested deeper than " + std::to_string(kValueDepthMax));
  }
  switch (tape_.kind(at)) {
    case JsonKind::null:
      body_->tag(ValueTag::null);
      return true;
    case JsonKind::false_value:
      body_->tag(ValueTag::false_value);
      return true;
    case JsonKind::true_value:
      body_->tag(ValueTag::true_value);
      return true;
    case JsonKind::integer:
      body_->tag(ValueTag::integer);
      body_->signed_varint(tape_.integer(at));
      return true;
    case JsonKind::real:
      body_->tag(ValueTag::real);
      body_->fixed(tape_.real(at));
      return true;
    case JsonKind::string:
      body_->tag(ValueTag::string);
      body_->bytes(tape_.string(at));
      return true;
    case JsonKind::array:
      return list(at, depth);
    case JsonKind::object:
      return object(at, depth);
    default:
      break;
  }
  return fail(at, "an integer outside -2^63 to 2^63-1");
}

bool ValueReader::list(std::size_t at, int depth) {
  body_->tag(ValueTag::list);
  body_->varint(tape_.count(at));
  const std::size_t end = tape_.end(at);
  for (std::size_t i = JsonTape::first(at); i != end; i = tape_.after(i)) {
    if (!value(i, depth + 1)) return false;
  }
  return true;
}

// A map, or, when a key begins with `$`, one of the tagged forms.
bool ValueReader::object(std::size_t at, int depth) {
  const std::size_t end = tape_.end(at);
  for (std::size_t key = JsonTape::first(at); key != end; key = tape_.after(key + 1)) {
    const std::string_view text = tape_.string(key);
    if (text.empty() || text.front() != '$') continue;
    if (tape_.after(JsonTape::first(at) + 1) != end) {
      return fail(key, "the tag " + quote_text(text) +
                           " beside other keys; a map with such a key is written {\"$map\":{...}}");
    }
    return tagged(key, key + 1, depth);
  }
  body_->tag(ValueTag::map);
  return members(at, depth, Keys::free);
}

bool ValueReader::members(std::size_t at, int depth, Keys keys) {
  body_->varint(tape_.count(at));
  const std::size_t first_entry = entries_.size();
  const std::size_t end = tape_.end(at);
  bool ascending = true;
  for (std::size_t key_at = JsonTape::first(at); key_at != end; key_at = tape_.after(key_at + 1)) {
    const std::string_view key = tape_.string(key_at);
    if (keys == Keys::names && key.size() > kNameBytesMax) {
      return fail(key_at, "a property's name is longer than 64 KiB");
    }
    ascending = ascending && (entries_.size() == first_entry || entries_.back().key < key);
    entries_.push_back({key, key_at, body_->size()});
    body_->bytes(key);
    if (!value(key_at + 1, depth + 1)) return false;
  }
  if (!ascending && !sort_entries(first_entry)) return false;
  entries_.resize(first_entry);
  return true;
}

bool ValueReader::sort_entries(std::size_t first_entry) {
  const auto first = entries_.begin() + static_cast<std::ptrdiff_t>(first_entry);
  const std::size_t start = first->offset;
  // The length of each, while the next one's offset is still beside it.
  std::vector<std::size_t> lengths(entries_.size() - first_entry);
  std::vector<std::size_t> order(lengths.size());
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    order[i] = i;
    const std::size_t next =
        i + 1 < lengths.size() ? entries_[first_entry + i + 1].offset : body_->size();
    lengths[i] = next - entries_[first_entry + i].offset;
  }
  const auto entry = [&](std::size_t i) -> const Entry& { return entries_[first_entry + i]; };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return entry(a).key != entry(b).key ? entry(a).key < entry(b).key : a < b;
  });
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (entry(order[i - 1]).key == entry(order[i]).key) {
      return fail(entry(order[i]).key_at,
                  "key " + quote_text(entry(order[i]).key) + " comes twice");
    }
  }
  scratch_.clear();
  for (const std::size_t i : order) scratch_.append(body_->at(entry(i).offset), lengths[i]);
  std::copy(scratch_.begin(), scratch_.end(), body_->at(start));
  return true;
}

bool ValueReader::tagged(std::size_t key_at, std::size_t at, int depth) {
  const std::string_view tag = tape_.string(key_at);
  if (tag == "$map") {
    if (tape_.kind(at) != JsonKind::object) return fail(at, "$map must hold an object");
    body_->tag(ValueTag::map);
    return members(at, depth, Keys::free);
  }
  if (tag == "$vector") return vector(at);
  if (tag == "$sparse_vector") return sparse_vector(at);
  if (tag == "$multi_vector") return multi_vector(at);
  if (tag == "$point") return point(at);
  if (tag == "$float") {
    double value = 0;
    if (!special_float(at, value)) return false;
    body_->tag(ValueTag::real);
    body_->fixed(value);
    return true;
  }
  const bool is_text = tag == "$bytes" || tag == "$date" || tag == "$time" || tag == "$datetime" ||
                       tag == "$duration";
  if (!is_text) return fail(key_at, "unknown tag " + quote_text(tag));
  std::string_view text;
  if (!read_string(tape_, at, tag, text, *error_)) return false;
  return tag == "$bytes" ? bytes(text, at) : temporal(tag, text, at);
}

bool ValueReader::bytes(std::string_view text, std::size_t at) {
  scratch_.clear();
  if (!append_from_base64(text, scratch_)) {
    return fail(at, "$bytes must hold padded base64 (RFC 4648 section 4)");
  }
  body_->tag(ValueTag::bytes);
  body_->bytes(scratch_);
  return true;
}

bool ValueReader::temporal(std::string_view tag, std::string_view text, std::size_t at) {
  if (tag == "$date") {
    std::int32_t days = 0;
    if (!parse_date(text, days)) return fail(at, quote_text(text) + " is not a date");
    body_->tag(ValueTag::date);
    body_->signed_varint(days);
  } else if (tag == "$time") {
    Time time;
    if (!parse_time(text, time)) return fail(at, quote_text(text) + " is not a time");
    body_->tag(time.offset_minutes ? ValueTag::time : ValueTag::local_time);
    body_->varint(static_cast<std::uint64_t>(time.nanoseconds));
    if (time.offset_minutes) body_->signed_varint(*time.offset_minutes);
  } else if (tag == "$datetime") {
    DateTimeText time;
    if (!parse_datetime(text, time)) return fail(at, quote_text(text) + " is not a datetime");
    body_->tag(!time.zone.empty()    ? ValueTag::zoned_datetime
               : time.offset_minutes ? ValueTag::datetime
                                     : ValueTag::local_datetime);
    body_->signed_varint(time.days);
    body_->varint(static_cast<std::uint64_t>(time.nanoseconds));
    if (time.offset_minutes) body_->signed_varint(*time.offset_minutes);
    if (!time.zone.empty()) body_->bytes(time.zone);
  } else {
    Duration duration;
    if (!parse_duration(text, duration)) return fail(at, quote_text(text) + " is not a duration");
    body_->tag(ValueTag::duration);
    body_->signed_varint(duration.months);
    body_->signed_varint(duration.days);
    body_->signed_varint(duration.seconds);
    body_->varint(static_cast<std::uint64_t>(duration.nanoseconds));
  }
  return true;
}

bool ValueReader::special_float(std::size_t at, double& out) {
  std::string_view text;
  if (!read_string(tape_, at, "$float", text, *error_)) return false;
  if (parse_special(text, kQuietNan, out)) return true;
  return fail(
      at, quote_text(text) + " is not \"NaN\", \"Infinity\", \"-Infinity\" or a NaN's 16 digits");
}

bool ValueReader::point(std::size_t at) {
  Member parts[] = {{"srid"}, {"x"}, {"y"}, {"z", Presence::optional}};
  if (!find_members(tape_, at, parts, *error_)) return false;
  std::uint64_t srid = 0;
  if (!read_unsigned(tape_, parts[0].at, "srid", srid, *error_)) return false;
  if (srid > 0xffffffffu) return fail(parts[0].at, "an srid has 32 bits");
  const bool has_z = parts[3].at != 0;
  body_->tag(has_z ? ValueTag::point_3d : ValueTag::point_2d);
  body_->varint(srid);
  for (std::size_t i = 1; i < (has_z ? 4 : 3); ++i) {
    double value = 0;
    if (!coordinate(parts[i].at, value)) return false;
    body_->fixed(value);
  }
  return true;
}

bool ValueReader::coordinate(std::size_t at, double& out) {
  switch (tape_.kind(at)) {
    case JsonKind::real:
      out = tape_.real(at);
      return true;
    case JsonKind::integer:
      out = static_cast<double>(tape_.integer(at));
      return true;
    case JsonKind::object: {
      Member tag[] = {{"$float"}};
      return find_members(tape_, at, tag, *error_) && special_float(tag[0].at, out);
    }
    default:
      return fail(at, "a coordinate must be a number");
  }
}

bool ValueReader::array_here(std::size_t at, std::string_view what) {
  return tape_.kind(at) == JsonKind::array || fail(at, std::string(what) + " must be an array");
}

bool ValueReader::vector(std::size_t at) {
  body_->tag(ValueTag::vector);
  return array_here(at, "$vector") && (body_->varint(tape_.count(at)), floats(at));
}

bool ValueReader::floats(std::size_t at) {
  const std::size_t end = tape_.end(at);
  for (std::size_t i = JsonTape::first(at); i != end; i = tape_.after(i)) {
    float element = 0;
    if (!float_element(i, element)) return false;
    body_->fixed(element);
  }
  return true;
}

bool ValueReader::float_element(std::size_t at, float& out) {
  switch (tape_.kind(at)) {
    case JsonKind::real:
      return narrow(at, out);
    case JsonKind::integer:
      out = static_cast<float>(tape_.integer(at));
      return true;
    case JsonKind::string:
      return parse_special(tape_.string(at), kQuietNan32, out) ||
             fail(at, quote_text(tape_.string(at)) +
                          " is not \"NaN\", \"Infinity\", \"-Infinity\" or a NaN's 8 digits");
    default:
      return fail(at, "an element of a vector must be a number");
  }
}

bool ValueReader::narrow(std::size_t at, float& out) {
  const double value = tape_.real(at);
  out = static_cast<float>(value);
  if (is_between_floats(value)) {
    if (finder_.empty()) finder_.emplace_back(text_, tape_);
    const std::string_view number = finder_.front().number_at(at);
    // Out of range here also means too near to zero: then, and for infinity, `out` is right
    // already.
    float direct = 0;
    const auto code = std::from_chars(number.data(), number.data() + number.size(), direct).ec;
    if (code == std::errc{}) out = direct;
  }
  return std::isfinite(out) || fail(at, "a number outside the range of 32-bit floats");
}

bool ValueReader::sparse_vector(std::size_t at) {
  Member parts[] = {{"indices"}, {"values"}};
  if (!find_members(tape_, at, parts, *error_)) return false;
  const std::size_t indices = parts[0].at;
  const std::size_t values = parts[1].at;
  if (!array_here(indices, "indices") || !array_here(values, "values")) return false;
  const std::size_t count = tape_.count(indices);
  if (tape_.count(values) != count) {
    return fail(values, std::to_string(count) + " indices and " +
                            std::to_string(tape_.count(values)) + " values");
  }
  body_->tag(ValueTag::sparse_vector);
  body_->varint(count);
  std::int64_t previous = -1;
  const std::size_t end = tape_.end(indices);
  for (std::size_t i = JsonTape::first(indices); i != end; i = tape_.after(i)) {
    if (tape_.kind(i) != JsonKind::integer || tape_.integer(i) <= previous ||
        tape_.integer(i) > 0xffffffffll) {
      return fail(i, "indices must ascend and lie in 0 to 2^32-1");
    }
    previous = tape_.integer(i);
    body_->varint(static_cast<std::uint64_t>(previous));
  }
  return floats(values);
}

bool ValueReader::multi_vector(std::size_t at) {
  if (!array_here(at, "$multi_vector")) return false;
  body_->tag(ValueTag::multi_vector);
  body_->varint(tape_.count(at));
  const std::size_t end = tape_.end(at);
  for (std::size_t row = JsonTape::first(at); row != end; row = tape_.after(row)) {
    if (!array_here(row, "a row of $multi_vector")) return false;
    body_->varint(tape_.count(row));
    if (!floats(row)) return false;
  }
  return true;
}

}  // namespace manifolddb::backup
