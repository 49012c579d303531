#include "backup/canonical_reader.h"

#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <cstring>

#include "backup/canonical_text.h"
#include "common/float_text.h"
#include "common/temporal_text.h"
#include "common/text.h"

namespace manifolddb::backup {

namespace {}  // namespace

template <std::size_t kSize>
bool CanonicalReader::eat(const char (&text)[kSize]) {
  constexpr std::size_t kLength = kSize - 1;
  static_assert(kLength <= kLinePadding);
  if (std::memcmp(at_, text, kLength) != 0 || end_ - at_ < std::ptrdiff_t{kLength}) return false;
  at_ += kLength;
  return true;
}

bool CanonicalReader::read(std::string_view line, ParsedLine& out) {
  at_ = line.data();
  end_ = at_ + line.size();
  if (!eat("{\"type\":\"e") || !simdjson::validate_utf8(line.data(), line.size())) return false;
  const LineType old_type = out.type;
  body_.start(line.size());
  if (record(out) && (form_ == LineForm::backup || before(out)) && eat("}") && at_ == end_) {
    return true;
  }
  out.type = old_type;
  return false;
}

bool CanonicalReader::record(ParsedLine& out) {
  if (eat("dge\",\"data\":")) {
    out.type = LineType::edge;
    out.kind = RecordKind::edge;
    return edge(out.key, out.body, out.source, out.target);
  }
  if (eat("ntity\",\"data\":")) {
    out.type = LineType::entity;
    out.kind = RecordKind::entity;
    return entity(out.key, out.body);
  }
  if (eat("dge_deleted\",\"data\":")) {
    out.type = LineType::edge_deleted;
    out.kind = RecordKind::edge;
  } else if (eat("ntity_deleted\",\"data\":")) {
    out.type = LineType::entity_deleted;
    out.kind = RecordKind::entity;
  } else {
    return false;
  }
  out.body.clear();
  return eat("{\"id\":") && id_key(out.key) && eat("}");
}

bool CanonicalReader::before(ParsedLine& out) {
  const bool is_deletion =
      out.type == LineType::entity_deleted || out.type == LineType::edge_deleted;
  if (!eat(",\"before\":")) return false;
  out.before.clear();
  out.has_before = !eat("null");
  if (!out.has_before) return !is_deletion;
  body_.start(static_cast<std::size_t>(end_ - at_));
  std::uint64_t source = 0, target = 0;
  return (out.kind == RecordKind::entity ? entity(before_key_, out.before)
                                         : edge(before_key_, out.before, source, target)) &&
         before_key_ == out.key;
}

bool CanonicalReader::entity(std::string& key, std::string& body) {
  if (!eat("{\"id\":") || !id_key(key) || !eat(",\"labels\":[") || !labels() ||
      !eat(",\"properties\":{") || !members(Keys::names, 0) || !eat("}")) {
    return false;
  }
  body.assign(body_.view());
  return true;
}

bool CanonicalReader::edge(std::string& key, std::string& body, std::uint64_t& source,
                           std::uint64_t& target) {
  if (!eat("{\"id\":") || !id_key(key) || !eat(",\"source\":") || !id(source) ||
      !eat(",\"target\":") || !id(target) || !eat(",\"edge_type\":")) {
    return false;
  }
  body_.varint(source);
  body_.varint(target);
  const std::size_t type_at = body_.size();
  if (!string() || written_text(type_at).size() > kNameBytesMax || !eat(",\"properties\":{") ||
      !members(Keys::names, 0) || !eat("}")) {
    return false;
  }
  body.assign(body_.view());
  return true;
}

bool CanonicalReader::id(std::uint64_t& out) {
  const auto [end, code] = std::from_chars(at_, end_, out);
  if (code != std::errc() || *at_ == '0' || out >> 63 != 0) return false;
  at_ = end;
  return true;
}

bool CanonicalReader::id_key(std::string& key) {
  std::uint64_t number = 0;
  if (!id(number)) return false;
  key.resize(8);
  write_be64(key.data(), number);
  return true;
}

bool CanonicalReader::labels() {
  const std::size_t count_at = body_.leave_byte();
  std::uint64_t count = 0;
  std::string_view previous;
  for (; !eat("]"); ++count) {
    if (count != 0 && !eat(",")) return false;
    const std::size_t label_at = body_.size();
    if (!string()) return false;
    const std::string_view label = written_text(label_at);
    if (label.size() > kNameBytesMax || (count != 0 && label <= previous)) return false;
    previous = label;
  }
  set_count(count_at, count);
  return true;
}

bool CanonicalReader::members(Keys keys, int depth) {
  const std::size_t count_at = body_.leave_byte();
  std::uint64_t count = 0;
  bool has_tag = false;
  std::string_view previous;
  for (; !eat("}"); ++count) {
    if (count != 0 && !eat(",")) return false;
    const std::size_t key_at = body_.size();
    if (!string() || !eat(":")) return false;
    const std::string_view key = written_text(key_at);
    if (count != 0 && key <= previous) return false;
    if (keys == Keys::names && key.size() > kNameBytesMax) return false;
    has_tag = has_tag || key.starts_with('$');
    previous = key;
    if (!value(depth + 1)) return false;
  }
  // A map is written under {"$map":...} when a key could be taken for a tag, and only then.
  if (keys != Keys::names && has_tag != (keys == Keys::with_tag)) return false;
  set_count(count_at, count);
  return true;
}

bool CanonicalReader::value(int depth) {
  if (depth > kValueDepthMax || at_ >= end_) return false;
  switch (*at_) {
    case '"':
      body_.tag(ValueTag::string);
      return string();
    case 't':
      body_.tag(ValueTag::true_value);
      return eat("true");
    case 'f':
      body_.tag(ValueTag::false_value);
      return eat("false");
    case 'n':
      body_.tag(ValueTag::null);
      return eat("null");
    case '[':
      return list(depth);
    case '{':
      return object(depth);
    default:
      return number();
  }
}

bool CanonicalReader::number() {
  const bool is_negative = *at_ == '-';
  const char* const first = at_ + (is_negative ? 1 : 0);
  std::uint64_t magnitude = 0;
  const auto [after, code] = std::from_chars(first, end_, magnitude);
  if (first == after) return false;
  if (after != end_ && (*after == '.' || *after == 'e')) {
    double number = 0;
    if (!real(number)) return false;
    body_.tag(ValueTag::real);
    body_.fixed(number);
    return true;
  }
  const bool is_plain = code == std::errc() && (*first != '0' || after - first == 1);
  constexpr std::uint64_t kMagnitudeMax = std::uint64_t{1} << 63;  // of the lowest integer
  if (!is_plain || (is_negative ? magnitude - 1 >= kMagnitudeMax : magnitude >= kMagnitudeMax)) {
    return false;
  }
  body_.tag(ValueTag::integer);
  body_.signed_varint(static_cast<std::int64_t>(is_negative ? 0 - magnitude : magnitude));
  at_ = after;
  return true;
}

// A number is canonical when it is written as it would be.
bool CanonicalReader::real(double& out) {
  if (at_ >= end_ || !(is_digit(*at_) || *at_ == '-')) return false;
  const auto [after, code] = std::from_chars(at_, end_, out);
  if (code != std::errc() || !std::isfinite(out)) return false;
  char written[kDoubleTextMax];
  const auto length = static_cast<std::size_t>(write_finite_double(written, out) - written);
  if (at_ + length != after || std::memcmp(written, at_, length) != 0) return false;
  at_ = after;
  return true;
}

bool CanonicalReader::element(float& out) {
  if (at_ >= end_ || !(is_digit(*at_) || *at_ == '-')) return false;
  const auto [after, code] = std::from_chars(at_, end_, out);
  if (code != std::errc() || !std::isfinite(out)) return false;
  char written[kFloatTextMax];
  const auto length = static_cast<std::size_t>(write_finite_float(written, out) - written);
  if (at_ + length != after || std::memcmp(written, at_, length) != 0) return false;
  at_ = after;
  return true;
}

bool CanonicalReader::list(int depth) {
  ++at_;
  body_.tag(ValueTag::list);
  const std::size_t count_at = body_.leave_byte();
  std::uint64_t count = 0;
  for (; !eat("]"); ++count) {
    if ((count != 0 && !eat(",")) || !value(depth + 1)) return false;
  }
  set_count(count_at, count);
  return true;
}

bool CanonicalReader::object(int depth) {
  ++at_;
  if (eat("\"$")) return tagged(depth) && eat("}");
  body_.tag(ValueTag::map);
  return members(Keys::without_tag, depth);
}

// The rarer forms are left to LineParser.
bool CanonicalReader::tagged(int depth) {
  if (eat("datetime\":")) return datetime();
  if (eat("vector\":[")) return vector();
  if (eat("point\":{\"srid\":")) return point();
  if (eat("date\":")) {
    std::string_view text;
    std::int32_t days = 0;
    if (!quoted(text) || !parse_date(text, days)) return false;
    body_.tag(ValueTag::date);
    body_.signed_varint(days);
    return true;
  }
  if (eat("bytes\":")) {
    std::string_view text;
    scratch_.clear();
    if (!quoted(text) || !append_from_base64(text, scratch_)) return false;
    body_.tag(ValueTag::bytes);
    body_.bytes(scratch_);
    return true;
  }
  if (!eat("map\":{")) return false;
  body_.tag(ValueTag::map);
  return members(Keys::with_tag, depth);
}

bool CanonicalReader::vector() {
  body_.tag(ValueTag::vector);
  const std::size_t count_at = body_.leave_byte();
  std::uint64_t count = 0;
  for (; !eat("]"); ++count) {
    float number = 0;
    if ((count != 0 && !eat(",")) || !element(number)) return false;
    body_.fixed(number);
  }
  set_count(count_at, count);
  return true;
}

bool CanonicalReader::point() {
  std::uint32_t srid = 0;
  const auto [after, code] = std::from_chars(at_, end_, srid);
  if (code != std::errc() || (*at_ == '0' && after - at_ != 1)) return false;
  at_ = after;
  double x = 0, y = 0, z = 0;
  if (!eat(",\"x\":") || !real(x) || !eat(",\"y\":") || !real(y)) return false;
  const bool has_z = eat(",\"z\":");
  if ((has_z && !real(z)) || !eat("}")) return false;
  body_.tag(has_z ? ValueTag::point_3d : ValueTag::point_2d);
  body_.varint(srid);
  body_.fixed(x);
  body_.fixed(y);
  if (has_z) body_.fixed(z);
  return true;
}

bool CanonicalReader::datetime() {
  std::string_view text;
  DateTimeText time;
  if (!quoted(text) || !parse_datetime(text, time) || !time.zone.empty()) return false;
  char written[kDateTextMax + 1 + kTimeOfDayTextMax + kOffsetTextMax];
  char* out = write_date(written, time.days);
  *out++ = 'T';
  out = write_time_of_day(out, time.nanoseconds);
  if (time.offset_minutes) out = write_offset(out, *time.offset_minutes);
  if (text != std::string_view(written, static_cast<std::size_t>(out - written))) return false;
  body_.tag(time.offset_minutes ? ValueTag::datetime : ValueTag::local_datetime);
  body_.signed_varint(time.days);
  body_.varint(static_cast<std::uint64_t>(time.nanoseconds));
  if (time.offset_minutes) body_.signed_varint(*time.offset_minutes);
  return true;
}

bool CanonicalReader::string() {
  if (at_ >= end_ || *at_ != '"') return false;
  const char* const begin = at_ + 1;
  const char* const special = clean_text_end(begin, end_);
  if (special == end_) return false;
  if (*special != '"') return escaped_string(begin, special);
  body_.bytes({begin, static_cast<std::size_t>(special - begin)});
  at_ = special + 1;
  return true;
}

bool CanonicalReader::escaped_string(const char* begin, const char* special) {
  scratch_.assign(begin, special);
  while (special != end_ && *special == '\\') {
    char byte = 0;
    begin = read_escape(special, end_, byte);
    if (begin == nullptr) return false;
    scratch_.push_back(byte);
    special = clean_text_end(begin, end_);
    scratch_.append(begin, special);
  }
  if (special == end_ || *special != '"') return false;
  body_.bytes(scratch_);
  at_ = special + 1;
  return true;
}

// A string without escapes.
bool CanonicalReader::quoted(std::string_view& out) {
  if (at_ >= end_ || *at_ != '"') return false;
  const char* const special = clean_text_end(at_ + 1, end_);
  if (special == end_ || *special != '"') return false;
  out = {at_ + 1, static_cast<std::size_t>(special - at_ - 1)};
  at_ = special + 1;
  return true;
}

void CanonicalReader::set_count(std::size_t offset, std::uint64_t count) {
  char bytes[kVarintBytesMax];
  body_.replace_byte(offset, {bytes, static_cast<std::size_t>(write_varint(bytes, count) - bytes)});
}

std::string_view CanonicalReader::written_text(std::size_t offset) const {
  std::string_view text;
  read_bytes(body_.view(), offset, text);
  return text;
}

}  // namespace manifolddb::backup
