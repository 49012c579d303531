// A stream of backup lines cut where its checkpoints stand, so that blocks can be parsed side by
// side. Reads on behind any damage, in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backup/record_codec.h"
#include "io/byte_stream.h"

namespace manifolddb::backup {

// Strings in lines escape quotes, so this begins checkpoint lines and nothing else.
inline constexpr std::string_view kCheckpointStart = "{\"type\":\"checkpoint\",";

// How far behind the place where a block has to end a checkpoint is looked for.
inline constexpr std::size_t kCheckpointSearchMax = 2u << 20;

enum class BlockEnd {
  header,         // the first line of the file
  checkpoint,     // its last line begins as a checkpoint does
  no_checkpoint,  // cut at its right place, but no checkpoint stands there or in reach
  long_line,      // a line over line_bytes_max() follows; it was skipped
  end_of_file,    // what is left; in a whole backup the trailer
  unreadable,     // the source failed behind it (RawBlock::failure)
};

struct RawBlock {
  std::string buffer;  // kLinePadding more than size
  std::size_t size = 0;
  std::uint64_t first_byte = 0;  // offset of the block in the stream
  BlockEnd end = BlockEnd::end_of_file;
  std::size_t checkpoint_begin = 0;  // where the data end: the checkpoint's line, else size
  std::uint64_t skipped_bytes = 0;   // long_line: its bytes, line end included
  std::string failure;               // unreadable: why

  std::string_view bytes() const { return std::string_view(buffer).substr(0, size); }
};

// Not thread-safe. Memory: a block, and at most line_bytes_max() more when lines are that long.
class BlockCutter {
 public:
  explicit BlockCutter(ByteSource& source) : source_(source) {}

  // False at the end of the source. `block` may bring memory for its buffer. Throws what the source
  // throws, except that Error{damaged} becomes BlockEnd::unreadable.
  bool next(RawBlock& block);

  // For the lines that follow. Default: kReadLineBytesMax.
  void set_line_bytes_max(std::size_t line_bytes_max) { line_bytes_max_ = line_bytes_max; }
  std::size_t line_bytes_max() const { return line_bytes_max_; }

  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  enum class LineEnd { found, end_of_file, too_long };

  static void leave_out_trailer(RawBlock& block);
  void start(RawBlock& block);
  void fill(RawBlock& block, std::size_t size);
  LineEnd find_line_end(RawBlock& block, std::size_t from, std::size_t& position);
  std::size_t find_checkpoint(const RawBlock& block) const;
  void cut_header(RawBlock& block);
  void cut_data(RawBlock& block);
  void cut_behind_checkpoint(RawBlock& block, std::size_t checkpoint_begin);
  void cut_before_long_line(RawBlock& block, std::size_t from);
  void cut(RawBlock& block, std::size_t size, BlockEnd end);
  std::size_t read_some(char* buffer, std::size_t size);

  ByteSource& source_;
  std::size_t line_bytes_max_ = kReadLineBytesMax;
  std::string carry_;  // read, but of the next block
  std::uint64_t next_first_byte_ = 0;
  std::uint64_t bytes_read_ = 0;
  bool header_is_cut_ = false;
  bool source_ended_ = false;
  bool finished_ = false;
  std::optional<std::string> failure_;
};

}  // namespace manifolddb::backup
