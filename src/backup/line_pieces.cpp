#include "backup/line_pieces.h"

#include "common/format.h"

#include <algorithm>

#include "backup/record_codec.h"
#include "manifolddb/error.h"

namespace manifolddb::backup {

bool LinePieceReader::next(LinePiece& piece) {
  std::string bytes = std::move(rest_);
  rest_.clear();
  std::size_t end = std::string::npos;  // behind the last line end
  while (!at_end_ && end == std::string::npos) {
    const std::size_t old_size = bytes.size();
    bytes.resize(old_size + kPieceBytes);
    const std::size_t read = read_fully(source_, bytes.data() + old_size, kPieceBytes);
    at_end_ = read < kPieceBytes;
    bytes.resize(old_size + read);
    const std::size_t line_end = std::string_view(bytes).substr(old_size).rfind('\n');
    if (line_end != std::string_view::npos) {
      end = old_size + line_end + 1;
    } else if (bytes.size() > line_bytes_max_) {
      throw Error(ErrorCode::damaged,
                  format("{}the line is longer than {} bytes",
                         line_place(source_.name(), next_line_, next_byte_), line_bytes_max_));
    }
  }
  if (at_end_) end = bytes.size();
  if (end == 0) return false;

  rest_.assign(bytes, end);
  bytes.resize(end);
  bytes.append(kLinePadding, '\0');
  piece.bytes = std::move(bytes);
  piece.size = end;
  piece.first_line = next_line_;
  piece.first_byte = next_byte_;
  const std::string_view lines = piece.lines();
  piece.line_count = static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n')) +
                     (lines.back() == '\n' ? 0 : 1);
  next_line_ += piece.line_count;
  next_byte_ += end;
  return true;
}

std::string line_place(std::string_view source_name, std::uint64_t line, std::uint64_t byte) {
  return format("{}: line {} (byte {}): ", source_name, line, byte);
}

}  // namespace manifolddb::backup
