#include "backup/block_cutter.h"

#include <algorithm>
#include <cstring>

#include "backup/file_writer.h"
#include "manifolddb/error.h"

// Where a block ends depends on its content alone: behind the first line at which it has
// kBlockBytes. So the cutter looks there first, which costs nothing a byte; only where no
// checkpoint stands at that place, in a short last block or a damaged file, it searches. A damaged
// checkpoint line is found by the parser as a bad line inside two blocks cut as one, and the block
// behind it is in step again.

namespace manifolddb::backup {

namespace {

constexpr std::size_t kReadAheadBytes = 16u << 10;
constexpr std::size_t kFirstReadBytes = 64u << 10;
constexpr std::size_t kGrowBytes = 1u << 20;
constexpr std::string_view kTrailerStart = "{\"type\":\"end_of_backup\",";
constexpr std::size_t kBufferKeptMax = 4u << 20;  // larger buffers are not used again

}  // namespace

bool BlockCutter::next(RawBlock& block) {
  if (finished_) return false;
  start(block);
  if (!header_is_cut_) {
    header_is_cut_ = true;
    cut_header(block);
  } else {
    cut_data(block);
  }
  if (block.end == BlockEnd::end_of_file) {
    finished_ = true;
    if (failure_) {
      block.end = BlockEnd::unreadable;
      block.failure = *failure_;
      leave_out_trailer(block);
    } else if (block.size == 0) {
      return false;
    }
  }
  return true;
}

// It would be taken for a record, and what is wrong is behind it.
void BlockCutter::leave_out_trailer(RawBlock& block) {
  const std::string_view lines = block.bytes();
  const std::size_t newline = lines.substr(0, lines.empty() ? 0 : lines.size() - 1).rfind('\n');
  const std::size_t last_line = newline == std::string_view::npos ? 0 : newline + 1;
  if (!lines.substr(last_line).starts_with(kTrailerStart)) return;
  block.size = last_line;
  block.checkpoint_begin = std::min(block.checkpoint_begin, block.size);
}

void BlockCutter::start(RawBlock& block) {
  if (block.buffer.size() > kBufferKeptMax) block.buffer = std::string();
  block.first_byte = next_first_byte_;
  block.skipped_bytes = 0;
  block.failure.clear();
  block.size = carry_.size();
  if (block.buffer.size() < carry_.size() + kLinePadding) {
    block.buffer.resize(carry_.size() + kLinePadding);
  }
  std::memcpy(block.buffer.data(), carry_.data(), carry_.size());
  carry_.clear();
}

void BlockCutter::fill(RawBlock& block, std::size_t size) {
  while (block.size < size && !source_ended_) {
    // The buffer grows with what really comes: small files are common.
    std::size_t room = block.buffer.size() - kLinePadding;
    if (room == block.size) {
      room = std::min(size, std::max(kFirstReadBytes, 2 * block.size));
      block.buffer.resize(room + kLinePadding);
    }
    block.size += read_some(block.buffer.data() + block.size, std::min(room, size) - block.size);
  }
}

std::size_t BlockCutter::read_some(char* buffer, std::size_t size) {
  std::size_t count = 0;
  try {
    count = source_.read(buffer, size);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
    failure_ = error.what();
  }
  if (count == 0) source_ended_ = true;
  bytes_read_ += count;
  return count;
}

BlockCutter::LineEnd BlockCutter::find_line_end(RawBlock& block, std::size_t from,
                                                std::size_t& position) {
  fill(block, from + 1);
  if (block.size <= from) return LineEnd::end_of_file;
  const std::size_t newline_before =
      from == 0 ? std::string::npos : block.buffer.rfind('\n', from - 1);
  const std::size_t line_begin = newline_before == std::string::npos ? 0 : newline_before + 1;
  for (;;) {
    const char* begin = block.buffer.data();
    const void* found = std::memchr(begin + from, '\n', block.size - from);
    const std::size_t line_bytes =
        (found != nullptr ? static_cast<std::size_t>(static_cast<const char*>(found) - begin)
                          : block.size) -
        line_begin;
    if (line_bytes > line_bytes_max_) return LineEnd::too_long;
    if (found != nullptr) {
      position = line_begin + line_bytes;
      return LineEnd::found;
    }
    if (source_ended_) return LineEnd::end_of_file;
    from = block.size;
    fill(block, std::min(block.size + std::max(kGrowBytes, block.size / 2),
                         line_begin + line_bytes_max_ + 1));
  }
}

// The place of the first checkpoint line, or npos.
std::size_t BlockCutter::find_checkpoint(const RawBlock& block) const {
  if (block.bytes().starts_with(kCheckpointStart)) return 0;
  static const std::string kPattern = std::string("\n").append(kCheckpointStart);
  const void* found = memmem(block.buffer.data(), block.size, kPattern.data(), kPattern.size());
  if (found == nullptr) return std::string::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - block.buffer.data()) + 1;
}

void BlockCutter::cut_header(RawBlock& block) {
  fill(block, kReadAheadBytes);
  std::size_t line_end = 0;
  switch (find_line_end(block, 0, line_end)) {
    case LineEnd::found:
      return cut(block, line_end + 1, BlockEnd::header);
    case LineEnd::too_long:
      return cut_before_long_line(block, 0);
    case LineEnd::end_of_file:
      return cut(block, block.size, failure_ ? BlockEnd::end_of_file : BlockEnd::header);
  }
}

void BlockCutter::cut_data(RawBlock& block) {
  fill(block, kBlockBytes + kReadAheadBytes);
  // A checkpoint at once would be a block without lines; it is cut so that the next one is in step.
  if (block.bytes().starts_with(kCheckpointStart)) return cut_behind_checkpoint(block, 0);

  std::size_t line_end = 0;
  switch (find_line_end(block, kBlockBytes - 1, line_end)) {
    case LineEnd::too_long:
      return cut_before_long_line(block, kBlockBytes - 1);
    case LineEnd::end_of_file: {
      const std::size_t checkpoint = find_checkpoint(block);
      if (checkpoint == std::string::npos) return cut(block, block.size, BlockEnd::end_of_file);
      return cut_behind_checkpoint(block, checkpoint);
    }
    case LineEnd::found:
      break;
  }
  const std::size_t data_end = line_end + 1;
  fill(block, data_end + kCheckpointStart.size());
  if (block.bytes().substr(data_end).starts_with(kCheckpointStart)) {
    return cut_behind_checkpoint(block, data_end);
  }
  fill(block, data_end + kCheckpointSearchMax);
  const std::size_t checkpoint = find_checkpoint(block);
  if (checkpoint != std::string::npos) return cut_behind_checkpoint(block, checkpoint);
  cut(block, data_end, BlockEnd::no_checkpoint);
}

void BlockCutter::cut_behind_checkpoint(RawBlock& block, std::size_t checkpoint_begin) {
  std::size_t line_end = 0;
  switch (find_line_end(block, checkpoint_begin, line_end)) {
    case LineEnd::found:
      cut(block, line_end + 1, BlockEnd::checkpoint);
      block.checkpoint_begin = checkpoint_begin;
      return;
    case LineEnd::too_long:
      return cut_before_long_line(block, checkpoint_begin);
    case LineEnd::end_of_file:
      return cut(block, block.size, BlockEnd::end_of_file);
  }
}

void BlockCutter::cut_before_long_line(RawBlock& block, std::size_t from) {
  const std::size_t newline = from == 0 ? std::string::npos : block.buffer.rfind('\n', from - 1);
  const std::size_t line_begin = newline == std::string::npos ? 0 : newline + 1;
  std::string_view read = block.bytes().substr(line_begin);
  std::string lines(block.buffer, 0, line_begin + kLinePadding);
  std::string chunk;
  for (;;) {
    const std::size_t end = read.find('\n');
    if (end != std::string_view::npos) {
      block.skipped_bytes += end + 1;
      carry_ = read.substr(end + 1);
      break;
    }
    block.skipped_bytes += read.size();
    if (source_ended_) break;
    chunk.resize(kGrowBytes);
    read = std::string_view(chunk.data(), read_some(chunk.data(), chunk.size()));
  }
  block.buffer = std::move(lines);
  block.size = line_begin;
  block.end = BlockEnd::long_line;
  block.checkpoint_begin = block.size;
  next_first_byte_ = block.first_byte + block.size + block.skipped_bytes;
}

void BlockCutter::cut(RawBlock& block, std::size_t size, BlockEnd end) {
  carry_.assign(block.buffer, size, block.size - size);
  block.size = size;
  block.end = end;
  block.checkpoint_begin = size;
  next_first_byte_ = block.first_byte + size;
}

}  // namespace manifolddb::backup
