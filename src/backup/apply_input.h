// The input of `apply`, parsed: what each line does to the graph.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backup/line_pieces.h"
#include "backup/record_codec.h"
#include "common/record.h"
#include "io/byte_stream.h"

namespace manifolddb::backup {

enum class Effect {
  put,
  remove,
  skip,  // headers, checkpoints and trailers, so that a backup can be applied as it stands
};

// What one line does. The views live as long as the piece that it came from.
struct Operation {
  Effect effect{};
  RecordKind kind{};
  std::string_view key;
  std::string_view body;   // put: canonical and checked
  std::uint64_t line = 0;  // 1-based
  std::uint64_t byte = 0;  // where the line begins
};

struct BadLine {
  std::uint64_t line = 0;
  std::uint64_t byte = 0;  // where in the input it goes wrong
  std::string what;
};

// A piece of lines and, after parse_piece, what they do, in their order.
class ApplyPiece {
 public:
  explicit ApplyPiece(LinePiece&& lines) : lines_(std::move(lines)) {}

  // Reads the lines up to the first bad one; they are given up afterwards.
  void parse(LineParser& parser);

  std::size_t size() const { return entries_.size(); }
  Operation operation(std::size_t index) const;
  std::uint64_t last_line() const { return lines_.first_line + lines_.line_count - 1; }
  const std::optional<BadLine>& bad_line() const { return bad_line_; }

 private:
  struct Entry {
    Effect effect;
    RecordKind kind;
    std::uint32_t key_bytes, body_bytes;
    std::size_t offset;  // of key and body, side by side, in arena_
    std::uint64_t line, byte;
  };
  // Returns why the line is refused, if it is.
  std::optional<LineError> parse_line(LineParser& parser, ParsedLine& parsed, std::string_view text,
                                      std::uint64_t line, std::uint64_t byte);

  LinePiece lines_;
  std::string arena_;
  std::vector<Entry> entries_;
  std::optional<BadLine> bad_line_;
};

// Where the last put of an edge begins, of those in the lines `first_line` to `last_line`: a second
// look at an input whose edge turned out to lack an end.
struct InputPlace {
  std::uint64_t line = 0;
  std::uint64_t byte = 0;
};
std::optional<InputPlace> find_edge_line(ByteSource& source, std::uint64_t edge,
                                         std::uint64_t first_line, std::uint64_t last_line);

}  // namespace manifolddb::backup
