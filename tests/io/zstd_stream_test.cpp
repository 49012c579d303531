// Compressed backups come from pipes, other tools and damaged disks. Every byte of them must be
// right, or be refused by its place, in memory that no file can drive up.
#include "io/zstd_stream.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zstd.h>

#include <random>

#include "support/error_of.h"
#include "support/memory_streams.h"

namespace manifolddb {
namespace {

using test::error_of;
using test::MemorySource;
using test::read_all;

std::string decompress(std::string compressed, std::size_t piece_in = 1 << 20,
                       std::size_t piece_out = 4096) {
  ZstdSource source(std::make_unique<MemorySource>(std::move(compressed), piece_in));
  return read_all(source, piece_out);
}

std::string sample_text(std::size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size) text += "line " + std::to_string(random() % 1000) + "\n";
  return text;
}

TEST(ZstdStream, ConcatenatedFramesComeBackWhateverThePieces) {
  const std::string first = sample_text(300'000);
  const std::string second = sample_text(10);
  FrameCompressor compressor(1);
  std::string compressed;
  compressor.compress(first, compressed);
  compressor.compress("", compressed);
  compressor.compress(second, compressed);
  for (const std::size_t piece_in : {std::size_t{1}, std::size_t{1000}, std::size_t{1} << 20}) {
    for (const std::size_t piece_out : {std::size_t{1}, std::size_t{4096}, std::size_t{1} << 20}) {
      EXPECT_EQ(decompress(compressed, piece_in, piece_out), first + second);
    }
  }
}

TEST(ZstdStream, FramesCarryTheirSizeAndAChecksum) {
  const std::string frame = compress_frame("hello", 3);
  EXPECT_EQ(ZSTD_getFrameContentSize(frame.data(), frame.size()), 5u);
  // RFC 8878, 3.1.1.1.1: bit 2 of the descriptor byte.
  EXPECT_NE(static_cast<unsigned char>(frame.at(4)) & 4u, 0u);
}

TEST(ZstdStream, TheSameBytesGiveTheSameFrameFromAUsedAndAFreshCompressor) {
  FrameCompressor used(1);
  std::string ignored;
  used.compress(sample_text(100'000), ignored);
  std::string again;
  used.compress("hello", again);
  EXPECT_EQ(again, compress_frame("hello", 1));
}

TEST(ZstdStream, RefusesLevelsOutsideTheRange) {
  EXPECT_EQ(error_of([] { FrameCompressor compressor(0); }).code(), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([] { FrameCompressor compressor(20); }).code(), ErrorCode::invalid_argument);
  EXPECT_EQ(decompress(compress_frame("x", 19)), "x");
}

TEST(ZstdStream, AnEmptySourceIsAnEmptyOutput) {
  EXPECT_EQ(decompress(""), "");
}

TEST(ZstdStream, TheEndStaysTheEnd) {
  ZstdSource source(std::make_unique<MemorySource>(compress_frame("x", 1)));
  EXPECT_EQ(read_all(source), "x");
  char byte;
  EXPECT_EQ(source.read(&byte, 1), 0u);
}

TEST(ZstdStream, RefusesEveryTruncation) {
  const std::string first = compress_frame(sample_text(500), 1);
  const std::string whole = first + compress_frame(sample_text(700), 1);
  for (std::size_t size = 1; size < whole.size(); ++size) {
    if (size == first.size()) continue;  // a whole frame is a whole file
    const Error error = error_of([&] { decompress(whole.substr(0, size)); });
    EXPECT_EQ(error.code(), ErrorCode::damaged) << size;
    EXPECT_NE(std::string(error.what()).find("compressed byte " + std::to_string(size)),
              std::string::npos)
        << size << ": " << error.what();
  }
}

TEST(ZstdStream, AChangedByteIsRefusedOrChangesNothing) {
  const std::string text = sample_text(2000);
  const std::string compressed = compress_frame(text, 1);
  std::size_t refused = 0;
  for (std::size_t i = 0; i < compressed.size(); ++i) {
    for (const int flip : {1, 0x80, 0xFF}) {
      std::string changed = compressed;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      try {
        EXPECT_EQ(decompress(changed), text) << "byte " << i << " xor " << flip;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::damaged) << error.what();
        ++refused;
      }
    }
  }
  // Some bits of a frame are free (RFC 8878: the unused bit of the descriptor); most are not.
  EXPECT_GT(refused, compressed.size() * 3 * 9 / 10);
}

TEST(ZstdStream, RefusesGarbageBehindTheLastFrameWithItsPlace) {
  const std::string frame = compress_frame("hello", 1);
  const Error error = error_of([&] { decompress(frame + "garbage"); });
  EXPECT_EQ(error.code(), ErrorCode::damaged);
  EXPECT_NE(std::string(error.what()).find("begins at byte " + std::to_string(frame.size())),
            std::string::npos)
      << error.what();
}

TEST(ZstdStream, SkipsSkippableFrames) {
  const std::string skippable(
      "\x50\x2A\x4D\x18\x03\x00\x00\x00"
      "abc",
      11);
  EXPECT_EQ(decompress(skippable + compress_frame("x", 1) + skippable), "x");
}

// One frame made of `size` zeros, without a content size, as `zstd` makes of a pipe.
std::string stream_of_zeros(std::uint64_t size, int window_log) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1);
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  const std::string zeros(std::size_t{1} << 20, '\0');
  std::string compressed;
  std::string piece(ZSTD_CStreamOutSize(), '\0');
  for (std::uint64_t done = 0; done < size; done += zeros.size()) {
    const auto directive = done + zeros.size() >= size ? ZSTD_e_end : ZSTD_e_continue;
    ZSTD_inBuffer in{zeros.data(), zeros.size(), 0};
    std::size_t left = 1;
    while (directive == ZSTD_e_end ? left != 0 : in.pos != in.size) {
      ZSTD_outBuffer out{piece.data(), piece.size(), 0};
      left = ZSTD_compressStream2(context, &out, &in, directive);
      compressed.append(piece, 0, out.pos);
    }
  }
  ZSTD_freeCCtx(context);
  return compressed;
}

long peak_memory_kib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST(ZstdStream, ABombIsReadInBoundedMemory) {
  constexpr std::uint64_t kSize = std::uint64_t{3} << 30;
  std::string bomb = stream_of_zeros(kSize, 20);
  EXPECT_LT(bomb.size(), std::size_t{1} << 20);
  const long before = peak_memory_kib();
  ZstdSource source(std::make_unique<MemorySource>(std::move(bomb)));
  std::string buffer(std::size_t{1} << 20, '\0');
  std::uint64_t total = 0;
  while (const std::size_t n = source.read(buffer.data(), buffer.size())) total += n;
  EXPECT_EQ(total, kSize);
  EXPECT_LT(peak_memory_kib() - before, 64 << 10);
}

TEST(ZstdStream, RefusesAWindowOver128MiB) {
  // Two pieces: with all its input at hand, zstd would take a window no larger than that.
  const std::string allowed = stream_of_zeros(std::uint64_t{2} << 20, kZstdWindowLogMax);
  EXPECT_EQ(decompress(allowed).size(), std::size_t{2} << 20);
  const std::string refused = stream_of_zeros(std::uint64_t{2} << 20, kZstdWindowLogMax + 1);
  const Error error = error_of([&] { decompress(refused); });
  EXPECT_EQ(error.code(), ErrorCode::damaged);
  EXPECT_NE(std::string(error.what()).find("128 MiB"), std::string::npos) << error.what();
}

TEST(OpenMaybeCompressed, TellsByContentNotByName) {
  const std::string skippable("\x5F\x2A\x4D\x18\x00\x00\x00\x00", 8);
  const std::pair<std::string, std::string> cases[] = {
      {compress_frame("text", 1), "text"}, {skippable + compress_frame("text", 1), "text"},
      {"{\"type\":", "{\"type\":"},        {"", ""},
      {"\x28\xB5\x2F", "\x28\xB5\x2F"},    {"ab", "ab"},
  };
  for (const auto& [stored, expected] : cases) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{100}}) {
      const auto source = open_maybe_compressed(std::make_unique<MemorySource>(stored, piece));
      EXPECT_EQ(read_all(*source), expected);
      EXPECT_EQ(source->name(), "memory");
    }
  }
}

}  // namespace
}  // namespace manifolddb
