// Lines of any input, cut into pieces of whole lines that can be parsed side by side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "io/byte_stream.h"

namespace manifolddb::backup {

// Whole lines, each with its '\n'; only the last line of an input may lack it.
struct LinePiece {
  std::string bytes;     // the lines, then padding for the parser
  std::size_t size = 0;  // of the lines
  std::uint64_t first_line = 1;
  std::uint64_t line_count = 0;
  std::uint64_t first_byte = 0;  // offset in the uncompressed input
  std::string_view lines() const { return std::string_view(bytes).substr(0, size); }
};

// Not thread-safe. Memory: two pieces, or twice the longest line.
class LinePieceReader {
 public:
  static constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

  LinePieceReader(ByteSource& source, std::size_t line_bytes_max)
      : source_(source), line_bytes_max_(line_bytes_max) {}

  // False at the end. Throws Error{damaged}, naming line and byte, when a line is longer than the
  // limit, as soon as that many bytes of it were read; and what the source throws.
  bool next(LinePiece& piece);

 private:
  ByteSource& source_;
  std::size_t line_bytes_max_;
  std::string rest_;  // the beginning of a line whose end was not in the last piece
  std::uint64_t next_line_ = 1;
  std::uint64_t next_byte_ = 0;
  bool at_end_ = false;
};

// "SOURCE: line 12 (byte 3456): ", as every message about a line begins.
std::string line_place(std::string_view source_name, std::uint64_t line, std::uint64_t byte);

}  // namespace manifolddb::backup
