// One pass over a canonical body, straight into the memory of the output: nothing is allocated for
// a value, and the only checks are those of BodyReader and one for room before each token. The hot
// loop of json_writer.cpp, and of no other file.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

#include "common/body_reader.h"
#include "common/float_text.h"
#include "common/json_text.h"
#include "common/line_buffer.h"
#include "common/text.h"
#include "common/varint.h"

namespace manifolddb {

// `readable_end`: how far memory can be read behind the text.
inline void write_string(LineBuffer& to, std::string_view text, const char* readable_end) {
  char* at = to.room(text.size() + 2 + kCopySlack);
  *at++ = '"';
  while (true) {
    const bool may_read_slack = readable_end - text.data() >= std::ptrdiff_t{kCopySlack};
    const std::size_t clean = copy_clean_prefix(at, text, may_read_slack);
    at += clean;
    if (clean == text.size()) break;
    to.written_to(at);
    at = to.room(kEscapedByteMax + text.size() - clean + 1 + kCopySlack);
    at = write_escaped_byte(at, text[clean]);
    text.remove_prefix(clean + 1);
  }
  *at++ = '"';
  to.written_to(at);
}

class BodyWriter {
 public:
  BodyWriter(std::string_view body, LineBuffer& to) : from_(body), to_(to) {}

  // The objects that stand as "data".
  void entity(std::uint64_t id) {
    to_.literal("{\"id\":");
    unsigned_number(id);
    to_.literal(",\"labels\":[");
    labels();
    to_.literal("],\"properties\":");
    properties();
    to_.character('}');
  }

  void edge(std::uint64_t id) {
    to_.literal("{\"id\":");
    unsigned_number(id);
    to_.literal(",\"source\":");
    unsigned_number(from_.id());
    to_.literal(",\"target\":");
    unsigned_number(from_.id());
    to_.literal(",\"edge_type\":");
    string(from_.name());
    to_.literal(",\"properties\":");
    properties();
    to_.character('}');
  }

  void lone_value() {
    value(1);
    from_.expect_end();
  }

 private:
  void labels() {
    const std::size_t count = from_.count(1);
    AscendingKeys keys;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view label = from_.name();
      if (!keys.next(label)) from_.fail("labels do not ascend");
      if (i != 0) to_.character(',');
      string(label);
    }
  }

  void properties() {
    const std::size_t count = from_.count(2);
    AscendingKeys keys;
    to_.character('{');
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view key = from_.name();
      if (!keys.next(key)) from_.fail("property names do not ascend");
      member(key, i, 1);
    }
    to_.character('}');
    from_.expect_end();
  }

  void member(std::string_view key, std::size_t index, int value_depth) {
    if (index != 0) to_.character(',');
    string(key);
    to_.character(':');
    value(value_depth);
  }

  void value(int depth) {
    if (depth > kValueDepthMax) from_.fail("values are nested deeper than 48");
    switch (const ValueTag tag = from_.tag(); tag) {
      case ValueTag::null:
        return to_.literal("null");
      case ValueTag::false_value:
        return to_.literal("false");
      case ValueTag::true_value:
        return to_.literal("true");
      case ValueTag::integer:
        return to_.written_to(write_integer(to_.room(kIntegerTextMax), from_.signed_varint()));
      case ValueTag::real:
        return real(from_.real());
      case ValueTag::string:
        return string(from_.bytes());
      case ValueTag::bytes:
        return bytes(from_.bytes());
      case ValueTag::date:
      case ValueTag::local_time:
      case ValueTag::time:
      case ValueTag::local_datetime:
      case ValueTag::datetime:
      case ValueTag::zoned_datetime:
      case ValueTag::duration:
        return temporal(tag);
      case ValueTag::point_2d:
        return point(false);
      case ValueTag::point_3d:
        return point(true);
      case ValueTag::list:
        return list(depth);
      case ValueTag::map:
        return map(depth);
      case ValueTag::vector:
        to_.literal("{\"$vector\":");
        floats(from_.count(sizeof(float)));
        return to_.character('}');
      case ValueTag::sparse_vector:
        return sparse_vector();
      case ValueTag::multi_vector:
        return multi_vector();
    }
    from_.fail("unknown value tag");
  }

  void string(std::string_view text) { write_string(to_, text, from_.end()); }

  void unsigned_number(std::uint64_t number) {
    to_.written_to(write_unsigned(to_.room(kIntegerTextMax), number));
  }

  void real(double number) { to_.written_to(write_double(to_.room(kTaggedDoubleTextMax), number)); }

  void bytes(std::string_view data) {
    to_.literal("{\"$bytes\":\"");
    to_.written_to(write_base64(to_.room(base64_text_bytes(data.size())), data));
    to_.literal("\"}");
  }

  void temporal(ValueTag tag) {
    switch (tag) {
      case ValueTag::date:
        to_.literal("{\"$date\":\"");
        to_.written_to(write_date(to_.room(kDateTextMax), from_.date_days()));
        break;
      case ValueTag::local_time:
      case ValueTag::time:
        to_.literal("{\"$time\":\"");
        time_of_day(tag == ValueTag::time);
        break;
      case ValueTag::duration:
        to_.literal("{\"$duration\":\"");
        to_.written_to(write_duration(to_.room(kDurationTextMax), from_.duration()));
        break;
      default:
        datetime(tag);
        break;
    }
    to_.literal("\"}");
  }

  void time_of_day(bool has_offset) {
    char* at = to_.room(kTimeOfDayTextMax + kOffsetTextMax);
    at = write_time_of_day(at, from_.nanoseconds_of_day());
    if (has_offset) at = write_offset(at, from_.offset_minutes());
    to_.written_to(at);
  }

  void datetime(ValueTag tag) {
    to_.literal("{\"$datetime\":\"");
    to_.written_to(write_date(to_.room(kDateTextMax), from_.date_days()));
    to_.character('T');
    time_of_day(tag != ValueTag::local_datetime);
    if (tag != ValueTag::zoned_datetime) return;
    const std::string_view zone = from_.zone();
    to_.character('[');
    std::memcpy(to_.room(zone.size()), zone.data(), zone.size());
    to_.written_to(to_.room(zone.size()) + zone.size());
    to_.character(']');
  }

  void point(bool has_z) {
    to_.literal("{\"$point\":{\"srid\":");
    unsigned_number(from_.uint32());
    to_.literal(",\"x\":");
    real(from_.real());
    to_.literal(",\"y\":");
    real(from_.real());
    if (has_z) {
      to_.literal(",\"z\":");
      real(from_.real());
    }
    to_.literal("}}");
  }

  void list(int depth) {
    const std::size_t count = from_.count(1);
    to_.character('[');
    for (std::size_t i = 0; i < count; ++i) {
      if (i != 0) to_.character(',');
      value(depth + 1);
    }
    to_.character(']');
  }

  // Whether a key begins with `$` is known only when all are seen, and nearly none does: the tag is
  // put in front afterwards.
  void map(int depth) {
    const std::size_t count = from_.count(2);
    const std::size_t start = to_.offset();
    bool needs_tag = false;
    AscendingKeys keys;
    to_.character('{');
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view key = from_.bytes();
      if (!keys.next(key)) from_.fail("a map's keys do not ascend");
      if (!key.empty() && key.front() == '$') needs_tag = true;
      member(key, i, depth + 1);
    }
    to_.character('}');
    if (!needs_tag) return;
    to_.insert(start, "{\"$map\":");
    to_.character('}');
  }

  void floats(std::size_t count) {
    to_.character('[');
    for (std::size_t i = 0; i < count; ++i) {
      char* at = to_.room(kFloatTextMax + 1);
      if (i != 0) *at++ = ',';
      to_.written_to(write_vector_element(at, from_.real32()));
    }
    to_.character(']');
  }

  void sparse_vector() {
    to_.literal("{\"$sparse_vector\":{\"indices\":[");
    const std::size_t count = from_.count(1 + sizeof(float));
    std::uint32_t previous = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t index = from_.uint32();
      if (i != 0 && previous >= index) from_.fail("sparse vector indices do not ascend");
      previous = index;
      if (i != 0) to_.character(',');
      unsigned_number(index);
    }
    to_.literal("],\"values\":");
    floats(count);
    to_.literal("}}");
  }

  void multi_vector() {
    to_.literal("{\"$multi_vector\":[");
    const std::size_t count = from_.count(1);
    for (std::size_t i = 0; i < count; ++i) {
      if (i != 0) to_.character(',');
      floats(from_.count(sizeof(float)));
    }
    to_.literal("]}");
  }

  BodyReader from_;
  LineBuffer& to_;
};

}  // namespace manifolddb
