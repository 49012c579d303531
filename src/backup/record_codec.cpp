#include "backup/record_codec.h"

#include <algorithm>
#include <array>
#include <span>

#include "backup/body_buffer.h"
#include "backup/canonical_reader.h"
#include "backup/header_codec.h"
#include "backup/json_members.h"
#include "backup/json_scanner.h"
#include "backup/json_value.h"
#include "backup/value_reader.h"
#include "common/json_writer.h"
#include "common/text.h"
#include "common/varint.h"
#include "database/key_codec.h"

namespace manifolddb::backup {

namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

struct TypeName {
  std::string_view name;
  LineType type;
};
// The frequent ones first.
constexpr std::array<TypeName, 12> kTypeNames = {
    {{"edge", LineType::edge},
     {"entity", LineType::entity},
     {"key_value", LineType::key_value},
     {"checkpoint", LineType::checkpoint},
     {"metadata", LineType::metadata},
     {"end_of_backup", LineType::end_of_backup},
     {"entity_deleted", LineType::entity_deleted},
     {"edge_deleted", LineType::edge_deleted},
     {"key_value_deleted", LineType::key_value_deleted},
     {"schema", LineType::schema},
     {"schema_deleted", LineType::schema_deleted},
     {"commit", LineType::commit}}};

LineType find_type(std::string_view name) {
  for (const TypeName& entry : kTypeNames) {
    if (entry.name == name) return entry.type;
  }
  return LineType::unknown;
}

// "the text" at `byte` and what follows, for the message of a difference.
std::string text_from(std::string_view line, std::size_t byte) {
  constexpr std::size_t kShown = 16;
  return byte == line.size() ? "the end of the line" : quote_text(line.substr(byte, kShown));
}

// Where the state of a record, now or before, goes to.
struct RecordState {
  std::string& key;
  std::string& body;
  std::uint64_t& source;  // of edges
  std::uint64_t& target;
};

bool is_record(LineType type) {
  return type == LineType::entity || type == LineType::edge || type == LineType::key_value;
}
bool is_deletion(LineType type) {
  return type == LineType::entity_deleted || type == LineType::edge_deleted ||
         type == LineType::key_value_deleted;
}

RecordKind record_kind(LineType type) {
  switch (type) {
    case LineType::entity:
    case LineType::entity_deleted:
      return RecordKind::entity;
    case LineType::edge:
    case LineType::edge_deleted:
      return RecordKind::edge;
    default:
      return RecordKind::key_value;
  }
}

}  // namespace

struct LineParser::Impl {
  Impl(Strictness strictness_in, std::size_t line_bytes_max_in, LineForm form_in)
      : strictness(strictness_in),
        line_bytes_max(line_bytes_max_in),
        form(form_in),
        document(kJsonDepthMax),
        canonical_reader(form_in) {}

  bool parse(std::string_view line, ParsedLine& out, LineError& error);
  bool parse_json(std::string_view line, LineError& error);
  bool read_line(ParsedLine& out);
  bool read_data(ParsedLine& out, std::size_t data);
  bool read_record(ParsedLine& out, std::size_t data);
  bool read_deletion(ParsedLine& out, std::size_t data);
  bool read_before(ParsedLine& out, std::size_t before);
  bool read_state(RecordKind kind, std::size_t at, RecordState out);
  bool read_entity(std::size_t at, RecordState out);
  bool read_edge(std::size_t at, RecordState out);
  bool read_key_value(std::size_t at, RecordState out);
  bool refuse_schema(std::size_t data);
  bool read_unknown(ParsedLine& out, std::string_view type_name);
  bool read_id_key(std::size_t id_at, std::string& key);
  void append_canonical_line(const ParsedLine& line);
  bool check_canonical(std::string_view line, const ParsedLine& out, LineError& error);

  Strictness strictness;
  std::size_t line_bytes_max;
  LineForm form;
  JsonDocument document;
  CanonicalReader canonical_reader;
  JsonTape tape{nullptr, nullptr};
  std::size_t text_bytes = 0;  // of the line at hand
  BodyBuffer body;
  ValueReader values;
  TapeError tape_error;
  std::string canonical;
  std::string before_key;
};

LineParser::LineParser(Strictness strictness, std::size_t line_bytes_max, LineForm form)
    : impl_(std::make_unique<Impl>(strictness, line_bytes_max, form)) {}
LineParser::~LineParser() = default;
LineParser::LineParser(LineParser&&) noexcept = default;

bool LineParser::parse(std::string_view line, ParsedLine& out, LineError& error) {
  return impl_->parse(line, out, error);
}

bool LineParser::Impl::parse(std::string_view line, ParsedLine& out, LineError& error) {
  if (line.size() <= line_bytes_max && canonical_reader.read(line, out)) return true;
  if (!parse_json(line, error)) return false;
  tape = document.tape();
  text_bytes = line.size();
  body.start(text_bytes);
  values.start(line, tape, body, tape_error);
  if (!read_line(out)) {
    error = {TokenFinder(line, tape).find(tape_error.at), std::move(tape_error.what)};
    return false;
  }
  return strictness == Strictness::tolerant || check_canonical(line, out, error);
}

bool LineParser::Impl::parse_json(std::string_view line, LineError& error) {
  if (line.size() > line_bytes_max) {
    error = {line_bytes_max, "the line has " + std::to_string(line.size()) + " bytes; at most " +
                                 std::to_string(line_bytes_max) + " are read"};
    return false;
  }
  if (line.empty()) {
    error = {0, "the line is empty"};
    return false;
  }
  if (line.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    error = {0, "the line begins with a byte order mark"};
    return false;
  }
  if (document.parse(line)) return true;
  if (const auto found = find_json_error(line)) {
    error = *found;
  } else {
    error = {0, "not JSON: " + std::string(document.reason())};
  }
  return false;
}

bool LineParser::Impl::read_line(ParsedLine& out) {
  if (tape.kind(JsonTape::kRoot) != JsonKind::object) {
    return tape_error.set(JsonTape::kRoot, "a line must be an object");
  }
  // A record type that is not known here may have members that are not known here.
  std::string_view name;
  for (std::size_t i = JsonTape::first(JsonTape::kRoot); i != tape.end(JsonTape::kRoot);
       i = tape.after(i + 1)) {
    if (tape.string(i) != "type") continue;
    if (!read_string(tape, i + 1, "type", name, tape_error)) return false;
    out.type = find_type(name);
    if (out.type == LineType::unknown) return read_unknown(out, name);
    break;
  }
  std::array<Member, 3> members{{{"type"}, {"data"}, {"before"}}};
  const bool has_before = form == LineForm::log && (is_record(out.type) || is_deletion(out.type));
  const std::span<Member> expected = std::span(members).first(has_before ? 3 : 2);
  return find_members(tape, JsonTape::kRoot, expected, tape_error) &&
         read_data(out, members[1].at) && (!has_before || read_before(out, members[2].at));
}

bool LineParser::Impl::read_unknown(ParsedLine& out, std::string_view type_name) {
  out.type_name = type_name;
  return check_duplicate_keys(tape, JsonTape::kRoot, tape_error);
}

bool LineParser::Impl::read_data(ParsedLine& out, std::size_t data) {
  switch (out.type) {
    case LineType::entity:
    case LineType::edge:
    case LineType::key_value:
      return read_record(out, data);
    case LineType::entity_deleted:
    case LineType::edge_deleted:
    case LineType::key_value_deleted:
      return read_deletion(out, data);
    case LineType::metadata:
      return read_header(tape, data, out.header, tape_error);
    case LineType::checkpoint:
      return read_checkpoint(tape, data, out.checkpoint, tape_error);
    case LineType::end_of_backup:
      return read_trailer(tape, data, out.trailer, tape_error);
    case LineType::schema:
    case LineType::schema_deleted:
      return refuse_schema(data);
    case LineType::commit:
      if (form == LineForm::log) return read_commit(tape, data, out.commit, tape_error);
      break;
    case LineType::unknown:
      break;
  }
  return tape_error.set(data, "commit lines stand in log segments only");
}

bool LineParser::Impl::read_record(ParsedLine& out, std::size_t data) {
  out.kind = record_kind(out.type);
  return read_state(out.kind, data, {out.key, out.body, out.source, out.target});
}

// As strict as `data`, since it is what an undo puts back.
bool LineParser::Impl::read_before(ParsedLine& out, std::size_t before) {
  out.before.clear();
  out.has_before = tape.kind(before) != JsonKind::null;
  if (!out.has_before) {
    return !is_deletion(out.type) ||
           tape_error.set(before, "what was deleted must have been there: null stands for nothing");
  }
  std::uint64_t source = 0, target = 0;
  body.start(text_bytes);
  if (!read_state(out.kind, before, {before_key, out.before, source, target})) return false;
  return before_key == out.key ||
         tape_error.set(before, "\"before\" is of " + describe_record(out.kind, before_key) +
                                    ", \"data\" of " + describe_record(out.kind, out.key));
}

bool LineParser::Impl::read_state(RecordKind kind, std::size_t at, RecordState out) {
  switch (kind) {
    case RecordKind::entity:
      return read_entity(at, out);
    case RecordKind::edge:
      return read_edge(at, out);
    case RecordKind::key_value:
      break;
  }
  return read_key_value(at, out);
}

bool LineParser::Impl::read_id_key(std::size_t id_at, std::string& key) {
  std::uint64_t id = 0;
  if (!read_id(tape, id_at, "id", id, tape_error)) return false;
  key.resize(8);
  write_be64(key.data(), id);
  return true;
}

bool LineParser::Impl::read_entity(std::size_t at, RecordState out) {
  std::array<Member, 3> m{{{"id"}, {"labels"}, {"properties"}}};
  if (!find_members(tape, at, m, tape_error) || !read_id_key(m[0].at, out.key) ||
      !values.labels(m[1].at) || !values.properties(m[2].at)) {
    return false;
  }
  out.body.assign(body.view());
  return true;
}

bool LineParser::Impl::read_edge(std::size_t at, RecordState out) {
  std::array<Member, 5> m{{{"id"}, {"source"}, {"target"}, {"edge_type"}, {"properties"}}};
  if (!find_members(tape, at, m, tape_error) || !read_id_key(m[0].at, out.key) ||
      !read_id(tape, m[1].at, "source", out.source, tape_error) ||
      !read_id(tape, m[2].at, "target", out.target, tape_error)) {
    return false;
  }
  body.varint(out.source);
  body.varint(out.target);
  if (!values.name(m[3].at, "edge_type") || !values.properties(m[4].at)) return false;
  out.body.assign(body.view());
  return true;
}

bool LineParser::Impl::read_key_value(std::size_t at, RecordState out) {
  std::array<Member, 2> m{{{"key"}, {"value"}}};
  return find_members(tape, at, m, tape_error) &&
         read_base64(tape, m[0].at, "key", out.key, tape_error) &&
         read_base64(tape, m[1].at, "value", out.body, tape_error);
}

bool LineParser::Impl::read_deletion(ParsedLine& out, std::size_t data) {
  out.body.clear();
  out.kind = record_kind(out.type);
  const bool by_key = out.kind == RecordKind::key_value;
  std::array<Member, 1> m{{{by_key ? "key" : "id"}}};
  if (!find_members(tape, data, m, tape_error)) return false;
  if (by_key) return read_base64(tape, m[0].at, "key", out.key, tape_error);
  return read_id_key(m[0].at, out.key);
}

bool LineParser::Impl::refuse_schema(std::size_t data) {
  if (tape.kind(data) == JsonKind::object) {
    for (std::size_t i = JsonTape::first(data); i != tape.end(data); i = tape.after(i + 1)) {
      if (tape.string(i) != "kind" || tape.kind(i + 1) != JsonKind::string) continue;
      return tape_error.set(i + 1, "schema records of kind " + quote_text(tape.string(i + 1)) +
                                       " are not known to this version");
    }
  }
  return tape_error.set(data, "a schema record without a kind");
}

void LineParser::Impl::append_canonical_line(const ParsedLine& line) {
  switch (line.type) {
    case LineType::metadata:
      return append_header_line(line.header, canonical);
    case LineType::checkpoint:
      return append_checkpoint_line(line.checkpoint, canonical);
    case LineType::commit:
      return append_commit_line(line.commit, canonical);
    case LineType::end_of_backup:
      return append_trailer_line(line.trailer, canonical);
    default:
      break;
  }
  if (form == LineForm::log) {
    const auto state = [](bool exists, const std::string& bytes) {
      return exists ? std::optional<std::string_view>(bytes) : std::nullopt;
    };
    return append_change_line(line.kind, line.key, state(line.has_before, line.before),
                              state(is_record(line.type), line.body), canonical);
  }
  if (is_deletion(line.type)) return append_deletion_line(line.kind, line.key, canonical);
  append_record_line({line.kind, line.key, line.body}, canonical);
}

bool LineParser::Impl::check_canonical(std::string_view line, const ParsedLine& out,
                                       LineError& error) {
  // Their canonical form is not known.
  if (out.type == LineType::unknown) return true;
  if (out.type == LineType::metadata && out.header.version != kFormatVersion) return true;
  if (canonical.capacity() > kLineBytesMaxDefault * 2 && line.size() < kLineBytesMaxDefault) {
    canonical = {};
  }
  canonical.clear();
  append_canonical_line(out);
  const std::string_view expected(canonical.data(), canonical.size() - 1);
  if (line == expected) return true;
  const auto difference =
      std::mismatch(line.begin(), line.end(), expected.begin(), expected.end()).first;
  const auto byte = static_cast<std::size_t>(difference - line.begin());
  error = {byte, "not the canonical form: " + text_from(line, byte) + " stands where " +
                     text_from(expected, byte) + " belongs"};
  return false;
}

}  // namespace manifolddb::backup
