#include "backup/file_writer.h"

#include <algorithm>
#include <utility>

namespace manifolddb::backup {

namespace {

// Blocks that wait for a compressor or for their turn to be written, for each worker.
constexpr std::size_t kBlocksAheadMax = 3;

}  // namespace

FileWriter::FileWriter(ByteSink& sink, WorkerPool& pool, std::optional<int> level)
    : sink_(sink), level_(level) {
  if (!level_) return;
  for (unsigned worker = 0; worker < pool.size(); ++worker) {
    compressors_.push_back(std::make_unique<Compressor>(*level_));
  }
  compression_.emplace(pool, kBlocksAheadMax * pool.size(),
                       [this](Block& block, unsigned worker) { compress_block(block, worker); });
}

FileWriter::FileWriter(ByteSink& sink, std::optional<int> level) : sink_(sink), level_(level) {
  if (level_) compressors_.push_back(std::make_unique<Compressor>(*level_));
}

void FileWriter::begin(const Header& header) {
  header_ = header;
  std::string line;
  append_header_line(header, line);
  envelope_hash_.update(line);
  write_line_alone(line);
}

void FileWriter::append(const WrittenLines& piece) {
  const std::vector<std::uint32_t>& ends = piece.line_ends;
  std::size_t first_line = 0;
  std::size_t begin = 0;
  while (first_line < ends.size()) {
    const std::uint64_t wanted = begin + (kBlockBytes - block_bytes_);
    const auto cut = std::lower_bound(ends.begin() + static_cast<std::ptrdiff_t>(first_line),
                                      ends.end(), wanted);
    const bool block_is_full = cut != ends.end();
    const auto last_line =
        static_cast<std::size_t>(cut - ends.begin()) + (block_is_full ? 1 : 0);  // exclusive
    const std::size_t end = ends[last_line - 1];
    take_lines(std::string_view(piece.lines).substr(begin, end - begin), last_line - first_line);
    if (block_is_full) close_block();
    first_line = last_line;
    begin = end;
  }
}

void FileWriter::finish() {
  if (block_records_ != 0) close_block();
  while (compression_ && !compression_->empty()) write_finished_block();

  Trailer trailer;
  trailer.statistics = header_.statistics;
  trailer.content_digest = header_.content_digest;
  trailer.blocks = blocks_;
  trailer.bytes = bytes_;
  trailer.xxh3_128 = envelope_hash_.digest();
  std::string line;
  append_trailer_line(trailer, line);
  write_line_alone(line);
  sink_.finish();
}

void FileWriter::take_lines(std::string_view lines, std::uint64_t count) {
  block_records_ += count;
  block_bytes_ += lines.size();
  if (level_) {
    open_block_.lines.append(lines);
    return;
  }
  if (!block_hash_) block_hash_.emplace();
  block_hash_->update(lines);
  bytes_ += lines.size();
  store(lines);
}

void FileWriter::close_block() {
  Checkpoint checkpoint{.records = block_records_, .bytes = block_bytes_, .xxh3_128 = {}};
  if (level_) {
    open_block_.checkpoint = checkpoint;
    Block block = std::exchange(open_block_, Block{});
    if (compression_) {
      if (!compression_->accepts()) write_finished_block();
      compression_->give(std::move(block), 1);
    } else {
      compress_block(block, 0);
      write_compressed(std::move(block));
    }
    if (!spare_buffers_.empty()) {
      open_block_.lines = std::move(spare_buffers_.back());
      spare_buffers_.pop_back();
      open_block_.lines.clear();
    }
  } else {
    checkpoint.xxh3_128 = block_hash_->digest();
    std::string line;
    append_checkpoint_line(checkpoint, line);
    account_checkpoint(line);
    bytes_ += line.size();
    store(line);
    block_hash_.reset();
  }
  block_records_ = 0;
  block_bytes_ = 0;
}

void FileWriter::compress_block(Block& block, unsigned worker) {
  block.checkpoint.xxh3_128 = xxh3_128(block.lines);
  append_checkpoint_line(block.checkpoint, block.checkpoint_line);
  block.lines.append(block.checkpoint_line);
  Compressor& compressor = *compressors_[worker];
  compressor.frame.clear();
  compressor.frames.compress(block.lines, compressor.frame);
  std::swap(block.lines, compressor.frame);
}

void FileWriter::write_finished_block() {
  write_compressed(compression_->take());
}

void FileWriter::write_compressed(Block&& block) {
  account_checkpoint(block.checkpoint_line);
  bytes_ += block.checkpoint.bytes + block.checkpoint_line.size();
  store(block.lines);
  spare_buffers_.push_back(std::move(block.lines));
}

void FileWriter::account_checkpoint(const std::string& line) {
  envelope_hash_.update(line);
  ++blocks_;
}

// The header and the trailer stand in blocks, and so in frames, of their own.
void FileWriter::write_line_alone(const std::string& line) {
  bytes_ += line.size();
  if (!level_) return store(line);
  // Nothing else is compressed meanwhile: this is before the first block or behind the last.
  Compressor& compressor = *compressors_.front();
  compressor.frame.clear();
  compressor.frames.compress(line, compressor.frame);
  store(compressor.frame);
}

void FileWriter::store(std::string_view bytes) {
  sink_.write(bytes);
  stored_bytes_ += bytes.size();
}

}  // namespace manifolddb::backup
