#include "io/zstd_stream.h"

#include <zstd.h>
#include <zstd_errors.h>

#include <new>
#include <vector>

#include "io/peeked_source.h"
#include "manifolddb/error.h"

namespace manifolddb {

namespace {

void set_parameter(ZSTD_CCtx* context, ZSTD_cParameter parameter, int value) {
  const std::size_t result = ZSTD_CCtx_setParameter(context, parameter, value);
  if (ZSTD_isError(result) != 0) {
    throw Error(ErrorCode::invariant,
                std::string("zstd refuses a parameter: ") + ZSTD_getErrorName(result));
  }
}

}  // namespace

struct FrameCompressor::Context {
  Context() : zstd(ZSTD_createCCtx()) {
    if (zstd == nullptr) throw std::bad_alloc();
  }
  ~Context() { ZSTD_freeCCtx(zstd); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  ZSTD_CCtx* zstd;
};

FrameCompressor::FrameCompressor(int level) : context_(std::make_unique<Context>()) {
  if (level < kZstdLevelMin || level > kZstdLevelMax) {
    throw Error(ErrorCode::invalid_argument,
                "zstd level " + std::to_string(level) + " is not between " +
                    std::to_string(kZstdLevelMin) + " and " + std::to_string(kZstdLevelMax));
  }
  set_parameter(context_->zstd, ZSTD_c_compressionLevel, level);
  set_parameter(context_->zstd, ZSTD_c_checksumFlag, 1);
  set_parameter(context_->zstd, ZSTD_c_contentSizeFlag, 1);
}

FrameCompressor::~FrameCompressor() = default;

void FrameCompressor::compress(std::string_view bytes, std::string& out) {
  const std::size_t old_size = out.size();
  out.resize(old_size + ZSTD_compressBound(bytes.size()));
  const std::size_t size = ZSTD_compress2(context_->zstd, out.data() + old_size,
                                          out.size() - old_size, bytes.data(), bytes.size());
  if (ZSTD_isError(size) != 0) {
    out.resize(old_size);
    if (ZSTD_getErrorCode(size) == ZSTD_error_memory_allocation) throw std::bad_alloc();
    throw Error(ErrorCode::invariant,
                std::string("zstd cannot compress a block: ") + ZSTD_getErrorName(size));
  }
  out.resize(old_size + size);
}

std::string compress_frame(std::string_view bytes, int level) {
  std::string out;
  FrameCompressor(level).compress(bytes, out);
  return out;
}

struct ZstdSource::State {
  explicit State(std::unique_ptr<ByteSource> from)
      : source(std::move(from)), zstd(ZSTD_createDCtx()), buffer(ZSTD_DStreamInSize()) {
    if (zstd == nullptr) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, kZstdWindowLogMax);
  }
  ~State() { ZSTD_freeDCtx(zstd); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::uint64_t consumed() const { return buffer_offset + input.pos; }

  // False at the end of the source.
  bool refill() {
    buffer_offset += input.pos;
    const std::size_t n = source->read(buffer.data(), buffer.size());
    input = {buffer.data(), n, 0};
    return n != 0;
  }

  [[noreturn]] void throw_damaged(const std::string& reason) const {
    throw Error(ErrorCode::damaged,
                source->name() + ": compressed byte " + std::to_string(consumed()) + ": " + reason +
                    " (in the zstd frame that begins at byte " + std::to_string(frame_begin) + ")");
  }

  [[noreturn]] void throw_zstd_error(std::size_t result) const {
    switch (ZSTD_getErrorCode(result)) {
      case ZSTD_error_memory_allocation:
        throw std::bad_alloc();
      case ZSTD_error_prefix_unknown:
        throw_damaged("these bytes are no zstd frame");
      case ZSTD_error_frameParameter_windowTooLarge:
        throw_damaged("the frame needs a window of more than " +
                      std::to_string((1u << kZstdWindowLogMax) >> 20) + " MiB");
      default:
        throw_damaged(ZSTD_getErrorName(result));
    }
  }

  std::unique_ptr<ByteSource> source;
  ZSTD_DCtx* zstd;
  std::vector<char> buffer;
  ZSTD_inBuffer input{nullptr, 0, 0};
  std::uint64_t buffer_offset = 0;  // of the buffer's first byte in the source
  std::uint64_t frame_begin = 0;
  bool in_frame = false;  // bytes of a frame were consumed and its end was not
};

ZstdSource::ZstdSource(std::unique_ptr<ByteSource> source)
    : state_(std::make_unique<State>(std::move(source))) {}

ZstdSource::~ZstdSource() = default;

const std::string& ZstdSource::name() const {
  return state_->source->name();
}

std::uint64_t ZstdSource::compressed_bytes_read() const {
  return state_->consumed();
}

std::size_t ZstdSource::read(char* buffer, std::size_t size) {
  State& state = *state_;
  ZSTD_outBuffer output{buffer, size, 0};
  while (output.pos == 0) {
    // zstd is called also without input while it is in a frame: it may hold back output.
    bool at_end = false;
    if (state.input.pos == state.input.size) at_end = !state.refill();
    if (at_end && !state.in_frame) return 0;
    if (!state.in_frame) state.frame_begin = state.consumed();
    const std::size_t before = state.consumed();
    const std::size_t result = ZSTD_decompressStream(state.zstd, &output, &state.input);
    if (ZSTD_isError(result) != 0) state.throw_zstd_error(result);
    state.in_frame = result != 0;
    if (at_end && state.in_frame && output.pos == 0 && state.consumed() == before) {
      state.throw_damaged("the file ends here, within a frame");
    }
  }
  return output.pos;
}

namespace {

constexpr std::size_t kMagicBytes = 4;

bool begins_like_zstd(std::string_view first) {
  if (first.size() < kMagicBytes) return false;
  // RFC 8878, sections 3.1.1 and 3.1.2; little-endian.
  if (first == "\x28\xB5\x2F\xFD") return true;
  return (static_cast<unsigned char>(first[0]) & 0xF0) == 0x50 && first.substr(1) == "\x2A\x4D\x18";
}

}  // namespace

std::unique_ptr<ByteSource> open_maybe_compressed(std::unique_ptr<ByteSource> source) {
  std::string first(kMagicBytes, '\0');
  first.resize(read_fully(*source, first.data(), first.size()));
  const bool compressed = begins_like_zstd(first);
  auto whole = std::make_unique<PeekedSource>(std::move(first), std::move(source));
  if (compressed) return std::make_unique<ZstdSource>(std::move(whole));
  return whole;
}

}  // namespace manifolddb
