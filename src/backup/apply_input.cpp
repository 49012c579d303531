#include "backup/apply_input.h"

#include <algorithm>

#include "common/varint.h"

namespace manifolddb::backup {

void ApplyPiece::parse(LineParser& parser) {
  const std::string_view text = lines_.lines();
  arena_.reserve(text.size());
  entries_.reserve(static_cast<std::size_t>(lines_.line_count));
  ParsedLine parsed;
  std::uint64_t line = lines_.first_line;
  for (std::size_t at = 0; at < text.size() && !bad_line_; ++line) {
    const std::size_t line_end = std::min(text.find('\n', at), text.size());
    const std::uint64_t byte = lines_.first_byte + at;
    if (auto error = parse_line(parser, parsed, text.substr(at, line_end - at), line, byte)) {
      bad_line_ = BadLine{line, byte + error->byte, std::move(error->what)};
    }
    at = line_end + 1;
  }
  lines_.bytes = std::string();
  lines_.size = 0;
}

std::optional<LineError> ApplyPiece::parse_line(LineParser& parser, ParsedLine& parsed,
                                                std::string_view text, std::uint64_t line,
                                                std::uint64_t byte) {
  LineError error;
  if (!parser.parse(text, parsed, error)) return error;
  Effect effect = Effect::skip;
  switch (parsed.type) {
    case LineType::metadata:
    case LineType::checkpoint:
    case LineType::commit:
    case LineType::end_of_backup:
      break;
    case LineType::key_value:
    case LineType::entity:
    case LineType::edge:
      effect = Effect::put;
      break;
    case LineType::key_value_deleted:
    case LineType::entity_deleted:
    case LineType::edge_deleted:
      effect = Effect::remove;
      break;
    case LineType::schema:
    case LineType::schema_deleted:
      return LineError{0, "schema records: no kind of them is known to this version"};
    case LineType::unknown:
      return LineError{0, "unknown record type \"" + parsed.type_name + "\""};
  }
  // The parsed line is reused: only a record has its own body, only records and deletions a key.
  const std::string_view key = effect == Effect::skip ? std::string_view() : parsed.key;
  const std::string_view body = effect == Effect::put ? parsed.body : std::string_view();
  entries_.push_back({effect, parsed.kind, static_cast<std::uint32_t>(key.size()),
                      static_cast<std::uint32_t>(body.size()), arena_.size(), line, byte});
  arena_.append(key).append(body);
  return std::nullopt;
}

Operation ApplyPiece::operation(std::size_t index) const {
  const Entry& entry = entries_[index];
  const std::string_view both = std::string_view(arena_).substr(entry.offset);
  return {entry.effect,
          entry.kind,
          both.substr(0, entry.key_bytes),
          both.substr(entry.key_bytes, entry.body_bytes),
          entry.line,
          entry.byte};
}

std::optional<InputPlace> find_edge_line(ByteSource& source, std::uint64_t edge,
                                         std::uint64_t first_line, std::uint64_t last_line) {
  LinePieceReader reader(source, kReadLineBytesMax);
  LineParser parser(Strictness::tolerant, kReadLineBytesMax);
  std::optional<InputPlace> found;
  LinePiece lines;
  while (reader.next(lines) && lines.first_line <= last_line) {
    if (lines.first_line + lines.line_count <= first_line) continue;
    ApplyPiece piece(std::move(lines));
    piece.parse(parser);
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const Operation operation = piece.operation(i);
      if (operation.effect == Effect::put && operation.kind == RecordKind::edge &&
          operation.line >= first_line && operation.line <= last_line &&
          read_be64(operation.key.data()) == edge) {
        found = InputPlace{operation.line, operation.byte};
      }
    }
  }
  return found;
}

}  // namespace manifolddb::backup
