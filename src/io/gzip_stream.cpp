#include "io/gzip_stream.h"

#include <zlib.h>

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

#include "io/peeked_source.h"
#include "io/zstd_stream.h"
#include "manifolddb/error.h"

namespace manifolddb {

namespace {

constexpr std::size_t kGzipBufferBytes = 64u << 10;
constexpr int kGzipWindowBits = 15 + 16;  // the largest window, a gzip header (zlib.h)
constexpr std::size_t kGzipMagicBytes = 3;

bool begins_like_gzip(std::string_view first) {
  return first.starts_with("\x1f\x8b\x08");  // RFC 1952, section 2.3.1: magic, deflate
}

}  // namespace

struct GzipSource::State {
  explicit State(std::unique_ptr<ByteSource> from)
      : source(std::move(from)), buffer(kGzipBufferBytes) {
    if (inflateInit2(&zlib, kGzipWindowBits) != Z_OK) throw std::bad_alloc();
  }
  ~State() { inflateEnd(&zlib); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  bool refill() {
    buffer_offset += filled;
    filled = source->read(buffer.data(), buffer.size());
    zlib.next_in = reinterpret_cast<Bytef*>(buffer.data());
    zlib.avail_in = static_cast<uInt>(filled);
    return filled != 0;
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(ErrorCode::damaged, source->name() + ": compressed byte " +
                                        std::to_string(buffer_offset + filled - zlib.avail_in) +
                                        ": " + reason);
  }

  // Between members: false at the end of the source. Zeros there are padding (tape blocks).
  bool begin_member() {
    for (;;) {
      if (zlib.avail_in == 0 && !refill()) return false;
      if (members == 0 || *zlib.next_in != 0) break;
      ++zlib.next_in;
      --zlib.avail_in;
    }
    inflateReset(&zlib);
    in_member = true;
    return true;
  }

  std::unique_ptr<ByteSource> source;
  z_stream zlib{};
  std::vector<char> buffer;
  std::size_t filled = 0;
  std::uint64_t buffer_offset = 0;  // of the buffer's first byte in the source
  std::uint64_t members = 0;        // that have ended
  bool in_member = false;
};

GzipSource::GzipSource(std::unique_ptr<ByteSource> source)
    : state_(std::make_unique<State>(std::move(source))) {}

GzipSource::~GzipSource() = default;

const std::string& GzipSource::name() const {
  return state_->source->name();
}

std::size_t GzipSource::read(char* buffer, std::size_t size) {
  State& state = *state_;
  constexpr std::size_t kPieceMax = 1u << 30;
  const std::size_t wanted = std::min(size, kPieceMax);
  state.zlib.next_out = reinterpret_cast<Bytef*>(buffer);
  state.zlib.avail_out = static_cast<uInt>(wanted);
  while (state.zlib.avail_out == wanted) {
    if (!state.in_member && !state.begin_member()) return 0;
    if (state.zlib.avail_in == 0 && !state.refill()) {
      state.fail("the file ends here, within its gzip data");
    }
    const int result = inflate(&state.zlib, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      state.in_member = false;
      ++state.members;
    } else if (result == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      state.fail(state.zlib.msg != nullptr ? std::string("bad gzip data: ") + state.zlib.msg
                                           : std::string("bad gzip data"));
    }
  }
  return wanted - state.zlib.avail_out;
}

std::unique_ptr<ByteSource> open_decompressed(std::unique_ptr<ByteSource> source) {
  std::string first(kGzipMagicBytes, '\0');
  first.resize(read_fully(*source, first.data(), first.size()));
  const bool gzip = begins_like_gzip(first);
  auto whole = std::make_unique<PeekedSource>(std::move(first), std::move(source));
  if (gzip) return std::make_unique<GzipSource>(std::move(whole));
  return open_maybe_compressed(std::move(whole));
}

}  // namespace manifolddb
