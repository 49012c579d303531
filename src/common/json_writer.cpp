#include "common/json_writer.h"

#include "common/body_writer.h"
#include "common/float_text.h"
#include "common/json_text.h"
#include "common/line_buffer.h"
#include "common/text.h"
#include "common/varint.h"
#include "manifolddb/error.h"

namespace manifolddb {

namespace {

// The most that one byte of a body becomes in JSON: {"$sparse_vector":{"indices":[],"values":[]}}
// and its comma, for two bytes, is the worst; and what a line has around its body.
constexpr std::size_t kExpansionMax = 24;
constexpr std::size_t kLineFrameMax = 160;

std::uint64_t id_of(const RecordView& record) {
  const std::uint64_t id = record.key.size() == 8 ? read_be64(record.key.data()) : 0;
  if (id == 0 || id >> 63 != 0) {
    throw Error(ErrorCode::damaged, "the key of a stored record, " + quote_text(record.key) +
                                        ", is not an id from 1 to 2^63-1");
  }
  return id;
}

void write_base64_string(LineBuffer& to, std::string_view bytes) {
  to.character('"');
  to.written_to(write_base64(to.room(base64_text_bytes(bytes.size())), bytes));
  to.character('"');
}

void write_data(const RecordView& record, LineBuffer& to) {
  switch (record.kind) {
    case RecordKind::entity:
      return BodyWriter(record.body, to).entity(id_of(record));
    case RecordKind::edge:
      return BodyWriter(record.body, to).edge(id_of(record));
    case RecordKind::key_value:
      to.literal("{\"key\":");
      write_base64_string(to, record.key);
      to.literal(",\"value\":");
      write_base64_string(to, record.body);
      return to.character('}');
  }
  throw Error(ErrorCode::damaged, "a stored record has an unknown kind");
}

// A line up to and with the object that is its "data".
void write_record(const RecordView& record, LineBuffer& to) {
  switch (record.kind) {
    case RecordKind::entity:
      to.literal("{\"type\":\"entity\",\"data\":");
      break;
    case RecordKind::edge:
      to.literal("{\"type\":\"edge\",\"data\":");
      break;
    case RecordKind::key_value:
      to.literal("{\"type\":\"key_value\",\"data\":");
      break;
  }
  write_data(record, to);
}

void write_deletion(RecordKind kind, std::string_view key, LineBuffer& to) {
  if (kind == RecordKind::key_value) {
    to.literal("{\"type\":\"key_value_deleted\",\"data\":{\"key\":");
    write_base64_string(to, key);
    return to.character('}');
  }
  if (kind == RecordKind::entity) {
    to.literal("{\"type\":\"entity_deleted\",\"data\":{\"id\":");
  } else {
    to.literal("{\"type\":\"edge_deleted\",\"data\":{\"id\":");
  }
  to.written_to(write_unsigned(to.room(kIntegerTextMax), id_of({kind, key, {}})));
  to.character('}');
}

// Bodies of text and ids hardly grow; others are given room as they need it.
std::size_t expected_bytes(const RecordView& record) {
  return kLineFrameMax + record.key.size() + record.body.size() + record.body.size() / 2;
}

}  // namespace

void append_record_line(const RecordView& record, std::string& out) {
  LineBuffer to(out, expected_bytes(record));
  write_record(record, to);
  to.literal("}\n");
  to.finish();
}

void append_record_data(const RecordView& record, std::string& out) {
  LineBuffer to(out, expected_bytes(record));
  write_data(record, to);
  to.finish();
}

void append_deletion_line(RecordKind kind, std::string_view key, std::string& out) {
  LineBuffer to(out, kLineFrameMax);
  write_deletion(kind, key, to);
  to.literal("}\n");
  to.finish();
}

void append_change_line(RecordKind kind, std::string_view key,
                        std::optional<std::string_view> before,
                        std::optional<std::string_view> after, std::string& out) {
  const RecordView old_record{kind, key, before.value_or(std::string_view())};
  const RecordView new_record{kind, key, after.value_or(std::string_view())};
  LineBuffer to(out, expected_bytes(old_record) + expected_bytes(new_record));
  if (after) {
    write_record(new_record, to);
  } else {
    write_deletion(kind, key, to);
  }
  to.literal(",\"before\":");
  if (before) {
    write_data(old_record, to);
  } else {
    to.literal("null");
  }
  to.literal("}\n");
  to.finish();
}

void append_json_value(std::string_view encoded, std::string& out) {
  LineBuffer to(out, kLineFrameMax + encoded.size() * 2);
  BodyWriter(encoded, to).lone_value();
  to.finish();
}

void append_json_string(std::string_view utf8, std::string& out) {
  LineBuffer to(out, utf8.size() + 2 + kCopySlack);
  write_string(to, utf8, utf8.data() + utf8.size());
  to.finish();
}

void append_json_double(double value, std::string& out) {
  char buffer[kTaggedDoubleTextMax];
  out.append(buffer, static_cast<std::size_t>(write_double(buffer, value) - buffer));
}

std::size_t line_bytes(const RecordView& record) {
  std::string line;
  append_record_line(record, line);
  return line.size() - 1;
}

bool line_fits(const RecordView& record, std::size_t line_bytes_max) {
  const std::size_t bound =
      kLineFrameMax + (record.key.size() + record.body.size()) * kExpansionMax;
  return bound <= line_bytes_max || line_bytes(record) <= line_bytes_max;
}

}  // namespace manifolddb
