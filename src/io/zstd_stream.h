// zstd: one independent frame for each block when writing, any sequence of frames when reading.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "io/byte_stream.h"

namespace manifolddb {

inline constexpr int kZstdLevelMin = 1;
inline constexpr int kZstdLevelMax = 19;

// Frames that need a larger window (2^27 bytes, what `zstd` itself accepts by default) are refused:
// the window is memory that a hostile file could ask for.
inline constexpr int kZstdWindowLogMax = 27;

// Reusable memory for compression. Not thread-safe: one a thread.
class FrameCompressor {
 public:
  explicit FrameCompressor(int level);  // Error{invalid_argument} outside the levels above
  ~FrameCompressor();
  FrameCompressor(const FrameCompressor&) = delete;
  FrameCompressor& operator=(const FrameCompressor&) = delete;

  // Appends one frame, with its content size and a content checksum.
  void compress(std::string_view bytes, std::string& out);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string compress_frame(std::string_view bytes, int level);

// Decompresses concatenated frames, in memory bounded by the window above. Error{damaged}, with the
// offset in the compressed bytes, for: a frame cut short, a wrong checksum, bytes that are no
// frame, a window that is too large. An empty source is an empty output.
class ZstdSource final : public ByteSource {
 public:
  explicit ZstdSource(std::unique_ptr<ByteSource> source);
  ~ZstdSource() override;

  std::size_t read(char* buffer, std::size_t size) override;
  const std::string& name() const override;

  std::uint64_t compressed_bytes_read() const;  // consumed so far

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// By content: a source that begins like a zstd frame (skippable ones included) is decompressed,
// anything else is passed on as it is.
std::unique_ptr<ByteSource> open_maybe_compressed(std::unique_ptr<ByteSource> source);

}  // namespace manifolddb
