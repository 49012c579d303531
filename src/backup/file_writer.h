// A backup file from data lines in order: cuts blocks, closes each with its checkpoint, compresses.
// docs/backup_format.md section 2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backup/ordered_pipeline.h"
#include "backup/record_codec.h"
#include "common/hash.h"
#include "io/byte_stream.h"
#include "io/zstd_stream.h"

namespace manifolddb::backup {

// A block's data ends behind the first line at which it has so many bytes.
inline constexpr std::size_t kBlockBytes = 1u << 20;

// Whole data lines and where each ends (behind its '\n').
struct WrittenLines {
  std::string lines;
  std::vector<std::uint32_t> line_ends;
};

// Not thread-safe. begin(), append() any number of times, finish(); without finish() the file has
// no trailer and counts as incomplete. Throws what the sink throws.
class FileWriter {
 public:
  // `level`: of zstd; none: not compressed. Blocks are compressed on the pool, which must outlive
  // the writer, or by the calls themselves.
  FileWriter(ByteSink& sink, WorkerPool& pool, std::optional<int> level);
  FileWriter(ByteSink& sink, std::optional<int> level);

  void begin(const Header& header);

  // The same content gives the same blocks, however it is divided into pieces.
  void append(const WrittenLines& piece);

  // Closes the last block, writes the trailer and hands everything on.
  void finish();

  std::uint64_t bytes() const { return bytes_; }                // of lines, trailer included
  std::uint64_t stored_bytes() const { return stored_bytes_; }  // as given to the sink

 private:
  struct Block {
    std::string lines;  // data; becomes the frame
    Checkpoint checkpoint;
    std::string checkpoint_line;
  };

  void take_lines(std::string_view lines, std::uint64_t count);
  void close_block();
  void compress_block(Block& block, unsigned worker);
  void write_finished_block();
  void write_compressed(Block&& block);
  void account_checkpoint(const std::string& line);
  void write_line_alone(const std::string& line);
  void store(std::string_view bytes);

  ByteSink& sink_;
  std::optional<int> level_;
  Header header_;
  std::uint64_t bytes_ = 0;
  std::uint64_t stored_bytes_ = 0;
  std::uint64_t blocks_ = 0;
  Xxh3Stream envelope_hash_;  // header line and checkpoint lines

  // The open block. Without compression its lines are written as they come, else they are kept.
  std::uint64_t block_records_ = 0;
  std::uint64_t block_bytes_ = 0;
  std::optional<Xxh3Stream> block_hash_;
  Block open_block_;
  std::vector<std::string> spare_buffers_;
  struct Compressor {
    explicit Compressor(int level) : frames(level) {}
    FrameCompressor frames;
    std::string frame;
  };
  std::vector<std::unique_ptr<Compressor>> compressors_;  // one a worker
  std::optional<OrderedPipeline<Block>> compression_;     // last: its jobs use what is above
};

}  // namespace manifolddb::backup
