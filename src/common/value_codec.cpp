#include "common/value_codec.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "common/temporal_text.h"
#include "common/text.h"
#include "common/varint.h"
#include "manifolddb/error.h"

namespace manifolddb {

namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorCode::invalid_argument, why);
}

// Cuts `out` back to its old size unless the encoding came to its end.
class Rollback {
 public:
  explicit Rollback(std::string& out) : out_(out), old_size_(out.size()) {}
  ~Rollback() {
    if (!done_) out_.resize(old_size_);
  }
  Rollback(const Rollback&) = delete;
  Rollback& operator=(const Rollback&) = delete;
  void done() { done_ = true; }

 private:
  std::string& out_;
  std::size_t old_size_;
  bool done_ = false;
};

void check_utf8(std::string_view text, const char* what) {
  const std::size_t invalid = find_invalid_utf8(text);
  if (invalid != kValidUtf8) {
    refuse(std::string(what) + " is not valid UTF-8 at byte " + std::to_string(invalid));
  }
}

void append_name(std::string_view name, const char* what, std::string& out) {
  if (name.size() > kNameBytesMax) {
    refuse(std::string(what) + " " + quote_text(name) + " has " + std::to_string(name.size()) +
           " bytes; names may have " + std::to_string(kNameBytesMax));
  }
  const std::size_t invalid = find_invalid_utf8(name);
  if (invalid != kValidUtf8) {
    refuse(std::string(what) + " " + quote_text(name) + " is not valid UTF-8 at byte " +
           std::to_string(invalid));
  }
  append_bytes(out, name);
}

template <typename T>
void append_fixed(std::string& out, T value) {
  char buffer[sizeof(T)];
  std::memcpy(buffer, &value, sizeof(T));
  out.append(buffer, sizeof(T));
}

void append_signed(std::string& out, std::int64_t value) {
  append_varint(out, zigzag(value));
}

void append_days(std::int32_t days, std::string& out) {
  if (days < kDateDaysMin || days > kDateDaysMax) {
    refuse("the date " + std::to_string(days) +
           " days from 1970-01-01 is outside the years 0001 to 9999");
  }
  append_signed(out, days);
}

void append_nanoseconds(std::int64_t nanoseconds, std::string& out) {
  if (nanoseconds < 0 || nanoseconds >= kNanosecondsPerDay) {
    refuse("the time " + std::to_string(nanoseconds) +
           " ns is outside the day, 0 to 86399999999999");
  }
  append_varint(out, static_cast<std::uint64_t>(nanoseconds));
}

void append_offset(std::int16_t minutes, std::string& out) {
  if (minutes < -kOffsetMinutesMax || minutes > kOffsetMinutesMax) {
    refuse("the time offset " + std::to_string(minutes) + " minutes is outside -1439 to 1439");
  }
  append_signed(out, minutes);
}

void append_floats(const std::vector<float>& elements, std::string& out) {
  append_varint(out, elements.size());
  out.append(reinterpret_cast<const char*>(elements.data()), elements.size() * sizeof(float));
}

void append_indices(const std::vector<std::uint32_t>& indices, std::string& out) {
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (i != 0 && indices[i - 1] >= indices[i]) {
      refuse("sparse vector indices must ascend: " + std::to_string(indices[i]) + " follows " +
             std::to_string(indices[i - 1]));
    }
    append_varint(out, indices[i]);
  }
}

// Writes one value; one overload for each alternative of Value::Variant.
class Encoder {
 public:
  Encoder(std::string& out, int depth) : out_(out), depth_(depth) {}

  void operator()(std::monostate) { tag(ValueTag::null); }
  void operator()(bool value) { tag(value ? ValueTag::true_value : ValueTag::false_value); }
  void operator()(std::int64_t value) {
    tag(ValueTag::integer);
    append_signed(out_, value);
  }
  void operator()(double value) {
    tag(ValueTag::real);
    append_fixed(out_, value);
  }
  void operator()(const std::string& value) {
    check_utf8(value, "text");
    tag(ValueTag::string);
    append_bytes(out_, value);
  }
  void operator()(const Bytes& value) {
    tag(ValueTag::bytes);
    append_bytes(out_, value.data);
  }
  void operator()(const Date& value) {
    tag(ValueTag::date);
    append_days(value.days, out_);
  }
  void operator()(const Time& value) {
    tag(value.offset_minutes ? ValueTag::time : ValueTag::local_time);
    append_nanoseconds(value.nanoseconds, out_);
    if (value.offset_minutes) append_offset(*value.offset_minutes, out_);
  }
  void operator()(const DateTime& value) {
    if (value.zone && !value.offset_minutes) {
      refuse("a time zone name (" + quote_text(*value.zone) + ") needs an offset");
    }
    tag(value.zone             ? ValueTag::zoned_datetime
        : value.offset_minutes ? ValueTag::datetime
                               : ValueTag::local_datetime);
    append_days(value.days, out_);
    append_nanoseconds(value.nanoseconds, out_);
    if (value.offset_minutes) append_offset(*value.offset_minutes, out_);
    if (!value.zone) return;
    if (!is_zone_name(*value.zone)) {
      refuse("the time zone name " + quote_text(*value.zone) +
             " is not 1 to 255 bytes of A-Z a-z 0-9 _ + - / . :");
    }
    append_bytes(out_, *value.zone);
  }
  void operator()(const Duration& value) {
    if (value.nanoseconds < 0 || value.nanoseconds >= kNanosecondsPerSecond) {
      refuse("a duration's nanoseconds are " + std::to_string(value.nanoseconds) +
             ", outside 0 to 999999999");
    }
    tag(ValueTag::duration);
    append_signed(out_, value.months);
    append_signed(out_, value.days);
    append_signed(out_, value.seconds);
    append_varint(out_, static_cast<std::uint64_t>(value.nanoseconds));
  }
  void operator()(const Point& value) {
    tag(value.z ? ValueTag::point_3d : ValueTag::point_2d);
    append_varint(out_, value.srid);
    append_fixed(out_, value.x);
    append_fixed(out_, value.y);
    if (value.z) append_fixed(out_, *value.z);
  }
  void operator()(const List& value) {
    tag(ValueTag::list);
    append_varint(out_, value.size());
    for (const Value& item : value) encode_value(item, depth_ + 1, out_);
  }
  void operator()(const Map& value) {
    tag(ValueTag::map);
    append_varint(out_, value.size());
    for (const auto& [key, item] : value) {
      check_utf8(key, "a map's key");
      append_bytes(out_, key);
      encode_value(item, depth_ + 1, out_);
    }
  }
  void operator()(const Vector& value) {
    tag(ValueTag::vector);
    append_floats(value.elements, out_);
  }
  void operator()(const SparseVector& value) {
    if (value.indices.size() != value.values.size()) {
      refuse("a sparse vector has " + std::to_string(value.indices.size()) + " indices and " +
             std::to_string(value.values.size()) + " values");
    }
    tag(ValueTag::sparse_vector);
    append_varint(out_, value.indices.size());
    append_indices(value.indices, out_);
    out_.append(reinterpret_cast<const char*>(value.values.data()),
                value.values.size() * sizeof(float));
  }
  void operator()(const MultiVector& value) {
    tag(ValueTag::multi_vector);
    append_varint(out_, value.rows.size());
    for (const auto& row : value.rows) append_floats(row, out_);
  }

 private:
  void tag(ValueTag value) { out_.push_back(static_cast<char>(value)); }

  std::string& out_;
  int depth_;
};

void encode_properties(const Properties& properties, std::string& out) {
  append_varint(out, properties.size());
  for (const auto& [key, value] : properties) {
    append_name(key, "property name", out);
    try {
      encode_value(value, 1, out);
    } catch (const Error& error) {
      refuse("property " + quote_text(key) + ": " + error.what());
    }
  }
}

}  // namespace

void encode_value(const Value& value, int depth, std::string& out) {
  if (depth > kValueDepthMax) {
    refuse("values are nested deeper than " + std::to_string(kValueDepthMax));
  }
  Rollback rollback(out);
  std::visit(Encoder(out, depth), value.variant());
  rollback.done();
}

void encode_entity_body(const std::vector<std::string>& labels, const Properties& properties,
                        std::string& out) {
  Rollback rollback(out);
  std::vector<std::string_view> sorted(labels.begin(), labels.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  append_varint(out, sorted.size());
  for (const std::string_view label : sorted) append_name(label, "label", out);
  encode_properties(properties, out);
  rollback.done();
}

void encode_edge_body(EntityId source, EntityId target, std::string_view edge_type,
                      const Properties& properties, std::string& out) {
  Rollback rollback(out);
  append_varint(out, source.value);
  append_varint(out, target.value);
  append_name(edge_type, "edge type", out);
  encode_properties(properties, out);
  rollback.done();
}

}  // namespace manifolddb
