// Invariant: whatever bytes stand where a canonical body should, check, decode and write accept
// them or throw Error{damaged}. What decode takes, the line writer takes too, and the other way
// round. What check accepts is decoded, encoded to the same bytes, written as a line, and read back
// from that line.
#include <string>

#include "backup/record_codec.h"
#include "common/json_writer.h"
#include "common/value_codec.h"
#include "common/varint.h"
#include "fuzz_target.h"
#include "manifolddb/error.h"

namespace {

using namespace manifolddb;
using fuzz::require;

template <typename Call>
bool accepts(Call call) {
  try {
    call();
    return true;
  } catch (const Error& error) {
    require(error.code() == ErrorCode::damaged, "bad bodies are damage and nothing else");
    return false;
  }
}

std::string decode_and_encode(RecordKind kind, std::string_view body) {
  std::string again;
  if (kind == RecordKind::entity) {
    Entity entity;
    decode_entity({1}, body, entity);
    encode_entity_body(entity.labels, entity.properties, again);
  } else {
    Edge edge;
    decode_edge({1}, body, edge);
    encode_edge_body(edge.source, edge.target, edge.edge_type, edge.properties, again);
  }
  return again;
}

bool decodes(RecordKind kind, std::string_view body) {
  return accepts([&] {
    Entity entity;
    Edge edge;
    kind == RecordKind::entity ? decode_entity({1}, body, entity) : decode_edge({1}, body, edge);
  });
}

void check_line(const RecordView& record, std::string line) {
  require(line_bytes(record) == line.size() - 1, "line_bytes is the size of the line");
  require(line_fits(record, line.size() - 1), "a line fits its own size");
  require(!line_fits(record, line.size() - 2), "a line does not fit less than its size");
  require(line.find('\n') == line.size() - 1, "a line has one line end");
  const std::size_t size = line.size() - 1;
  line.append(backup::kLinePadding, '\0');
  static backup::LineParser parser(backup::Strictness::strict);
  backup::ParsedLine parsed;
  backup::LineError error;
  require(parser.parse({line.data(), size}, parsed, error), "what is written is read back");
  require(parsed.kind == record.kind && parsed.key == record.key && parsed.body == record.body,
          "what is read back is the same record");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const RecordKind kind = data[0] % 2 == 0 ? RecordKind::entity : RecordKind::edge;
  const std::string body(fuzz::as_text(data + 1, size - 1));
  std::string key;
  append_be64(key, 1);
  const RecordView record{kind, key, body};

  std::string line = "before";
  const bool written = accepts([&] { append_record_line(record, line); });
  require(line.substr(0, 6) == "before", "what stood in the output stays");
  require(written || line.size() == 6, "a failed write leaves nothing");
  require(written == decodes(kind, body), "writer and decoder take the same bodies");

  if (!accepts([&] { check_body(kind, body); })) return 0;
  require(written, "what check accepts can be written");
  require(decode_and_encode(kind, body) == body, "a checked body is encoded to the same bytes");
  check_line(record, line.substr(6));
  return 0;
}
