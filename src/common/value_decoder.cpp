// The reading half of value_codec.h.
#include <bit>
#include <cstring>

#include "common/body_reader.h"
#include "common/text.h"
#include "common/value_codec.h"

namespace manifolddb {

namespace {

void check_depth(const BodyReader& reader, int depth) {
  if (depth > kValueDepthMax) reader.fail("values are nested deeper than 48");
}

std::vector<float> read_floats(BodyReader& reader, std::size_t count) {
  std::vector<float> elements(count);
  for (float& element : elements) element = reader.real32();
  return elements;
}

Point read_point(BodyReader& reader, bool has_z) {
  Point point;
  point.srid = reader.uint32();
  point.x = reader.real();
  point.y = reader.real();
  if (has_z) point.z = reader.real();
  return point;
}

DateTime read_datetime(BodyReader& reader, ValueTag tag) {
  DateTime result;
  result.days = static_cast<std::int32_t>(reader.date_days());
  result.nanoseconds = reader.nanoseconds_of_day();
  if (tag != ValueTag::local_datetime) {
    result.offset_minutes = static_cast<std::int16_t>(reader.offset_minutes());
  }
  if (tag == ValueTag::zoned_datetime) result.zone = std::string(reader.zone());
  return result;
}

Time read_time(BodyReader& reader, bool has_offset) {
  Time result;
  result.nanoseconds = reader.nanoseconds_of_day();
  if (has_offset) result.offset_minutes = static_cast<std::int16_t>(reader.offset_minutes());
  return result;
}

// The values of a sparse vector follow its indices.
SparseVector read_sparse_vector(BodyReader& reader) {
  SparseVector result;
  const std::size_t count = reader.count(1 + sizeof(float));
  result.indices.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    result.indices[i] = reader.uint32();
    if (i != 0 && result.indices[i - 1] >= result.indices[i]) {
      reader.fail("sparse vector indices do not ascend");
    }
  }
  result.values = read_floats(reader, count);
  return result;
}

MultiVector read_multi_vector(BodyReader& reader) {
  MultiVector result;
  result.rows.resize(reader.count(1));
  for (auto& row : result.rows) row = read_floats(reader, reader.count(sizeof(float)));
  return result;
}

Value read_value(BodyReader& reader, int depth);

List read_list(BodyReader& reader, int depth) {
  const std::size_t count = reader.count(1);
  List list;
  for (std::size_t i = 0; i < count; ++i) list.push_back(read_value(reader, depth + 1));
  return list;
}

Map read_map(BodyReader& reader, int depth) {
  Map map;
  const std::size_t count = reader.count(2);
  AscendingKeys keys;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view key = reader.bytes();
    if (!keys.next(key)) reader.fail("a map's keys do not ascend");
    map.emplace_hint(map.end(), key, read_value(reader, depth + 1));
  }
  return map;
}

Value read_value(BodyReader& reader, int depth) {
  check_depth(reader, depth);
  const ValueTag tag = reader.tag();
  switch (tag) {
    case ValueTag::null:
      return {};
    case ValueTag::false_value:
      return false;
    case ValueTag::true_value:
      return true;
    case ValueTag::integer:
      return reader.signed_varint();
    case ValueTag::real:
      return reader.real();
    case ValueTag::string:
      return std::string(reader.bytes());
    case ValueTag::bytes:
      return Bytes{std::string(reader.bytes())};
    case ValueTag::date:
      return Date{static_cast<std::int32_t>(reader.date_days())};
    case ValueTag::local_time:
      return read_time(reader, false);
    case ValueTag::time:
      return read_time(reader, true);
    case ValueTag::local_datetime:
    case ValueTag::datetime:
    case ValueTag::zoned_datetime:
      return read_datetime(reader, tag);
    case ValueTag::duration:
      return reader.duration();
    case ValueTag::point_2d:
      return read_point(reader, false);
    case ValueTag::point_3d:
      return read_point(reader, true);
    case ValueTag::list:
      return read_list(reader, depth);
    case ValueTag::map:
      return read_map(reader, depth);
    case ValueTag::vector:
      return Vector{read_floats(reader, reader.count(sizeof(float)))};
    case ValueTag::sparse_vector:
      return read_sparse_vector(reader);
    case ValueTag::multi_vector:
      return read_multi_vector(reader);
  }
  reader.fail("unknown value tag");
}

void check_text(const BodyReader& reader, std::string_view text) {
  if (find_invalid_utf8(text) != kValidUtf8) reader.fail("text is not valid UTF-8");
}

// Like read_value, without building anything but vectors, and with UTF-8 checked.
void check_value(BodyReader& reader, int depth);

void check_list(BodyReader& reader, int depth) {
  const std::size_t count = reader.count(1);
  for (std::size_t i = 0; i < count; ++i) check_value(reader, depth + 1);
}

void check_map(BodyReader& reader, int depth) {
  const std::size_t count = reader.count(2);
  AscendingKeys keys;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view key = reader.bytes();
    if (!keys.next(key)) reader.fail("a map's keys do not ascend");
    check_text(reader, key);
    check_value(reader, depth + 1);
  }
}

void check_value(BodyReader& reader, int depth) {
  const BodyReader before = reader;
  const ValueTag tag = reader.tag();
  switch (tag) {
    case ValueTag::string:
      check_depth(reader, depth);
      return check_text(reader, reader.bytes());
    case ValueTag::bytes:
      check_depth(reader, depth);
      reader.bytes();
      return;
    case ValueTag::list:
      check_depth(reader, depth);
      return check_list(reader, depth);
    case ValueTag::map:
      check_depth(reader, depth);
      return check_map(reader, depth);
    default: {
      reader = before;
      read_value(reader, depth);
    }
  }
}

// Checks or skips the labels; hands each to `on_label`.
template <typename OnLabel>
void read_labels(BodyReader& reader, OnLabel on_label) {
  const std::size_t count = reader.count(1);
  AscendingKeys keys;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view label = reader.name();
    if (!keys.next(label)) reader.fail("labels do not ascend");
    on_label(label);
  }
}

EdgeHead read_edge_head(BodyReader& reader) {
  EdgeHead head;
  head.source = reader.id();
  head.target = reader.id();
  head.edge_type = reader.name();
  return head;
}

template <typename OnProperty>
void read_properties(BodyReader& reader, OnProperty on_property) {
  const std::size_t count = reader.count(2);
  AscendingKeys keys;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view key = reader.name();
    if (!keys.next(key)) reader.fail("property names do not ascend");
    on_property(key);
  }
  reader.expect_end();
}

Properties decode_properties(BodyReader& reader) {
  Properties properties;
  read_properties(reader, [&](std::string_view key) {
    properties.emplace_hint(properties.end(), key, read_value(reader, 1));
  });
  return properties;
}

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

template <typename T>
bool equal(const T& a, const T& b) {
  return a == b;
}
bool equal(double a, double b) {
  return same_bits(a, b);
}
bool equal(const Point& a, const Point& b) {
  return a.srid == b.srid && same_bits(a.x, b.x) && same_bits(a.y, b.y) &&
         a.z.has_value() == b.z.has_value() && (!a.z || same_bits(*a.z, *b.z));
}
bool equal(const Vector& a, const Vector& b) {
  return same_bits(a.elements, b.elements);
}
bool equal(const SparseVector& a, const SparseVector& b) {
  return a.indices == b.indices && same_bits(a.values, b.values);
}
bool equal(const MultiVector& a, const MultiVector& b) {
  if (a.rows.size() != b.rows.size()) return false;
  for (std::size_t i = 0; i < a.rows.size(); ++i) {
    if (!same_bits(a.rows[i], b.rows[i])) return false;
  }
  return true;
}

}  // namespace

bool operator==(const Value& a, const Value& b) {
  if (a.data_.index() != b.data_.index()) return false;
  return std::visit(
      [&b](const auto& held) { return equal(held, *b.get_if<std::decay_t<decltype(held)>>()); },
      a.data_);
}

void decode_entity(EntityId id, std::string_view body, Entity& out) {
  BodyReader reader(body);
  Entity entity;
  entity.id = id;
  read_labels(reader, [&](std::string_view label) { entity.labels.emplace_back(label); });
  entity.properties = decode_properties(reader);
  out = std::move(entity);
}

void decode_edge(EdgeId id, std::string_view body, Edge& out) {
  BodyReader reader(body);
  const EdgeHead head = read_edge_head(reader);
  Properties properties = decode_properties(reader);
  out = {id, {head.source}, {head.target}, std::string(head.edge_type), std::move(properties)};
}

EdgeHead decode_edge_head(std::string_view body) {
  BodyReader reader(body);
  return read_edge_head(reader);
}

void decode_labels(std::string_view body, std::vector<std::string_view>& out) {
  BodyReader reader(body);
  out.clear();
  read_labels(reader, [&](std::string_view label) { out.push_back(label); });
}

void check_body(RecordKind kind, std::string_view body) {
  if (kind == RecordKind::key_value) return;
  BodyReader reader(body);
  if (kind == RecordKind::entity) {
    read_labels(reader, [&](std::string_view label) { check_text(reader, label); });
  } else if (kind == RecordKind::edge) {
    check_text(reader, read_edge_head(reader).edge_type);
  } else {
    reader.fail("unknown kind of record");
  }
  read_properties(reader, [&](std::string_view key) {
    check_text(reader, key);
    check_value(reader, 1);
  });
}

}  // namespace manifolddb
