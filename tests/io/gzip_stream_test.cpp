// gzip as others write it: every way in which it can be cut short or altered is an error, never a
// shorter text.
#include "io/gzip_stream.h"

#include <gtest/gtest.h>

#include <sstream>

#include "io/file_stream.h"
#include "support/error_of.h"
#include "support/run_command.h"

namespace manifolddb::test_support {
namespace {

using test::error_of;

std::string gzip(const std::string& text) {
  test::CommandOptions options;
  options.input = text;
  const test::CommandResult result = test::run_command({"gzip", "-nc"}, options);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return result.out;
}

std::string decompressed(const std::string& bytes) {
  std::istringstream in(bytes);
  const auto source = open_decompressed(std::make_unique<StreamSource>(in, "t.gz"));
  std::string text, piece(100, '\0');
  while (const std::size_t n = source->read(piece.data(), piece.size())) text.append(piece, 0, n);
  return text;
}

std::string text_of(std::size_t lines) {
  std::string text;
  for (std::size_t i = 0; i < lines; ++i) text += "line " + std::to_string(i * i) + "\n";
  return text;
}

TEST(GzipSource, ReadsMembersThatFollowEachOtherAndPadding) {
  const std::string text = text_of(10'000);
  EXPECT_EQ(decompressed(gzip(text)), text);
  EXPECT_EQ(decompressed(gzip("a\n") + gzip("") + gzip(text) + std::string(512, '\0')),
            "a\n" + text);
}

TEST(GzipSource, PassesOnWhatIsNotCompressed) {
  for (const std::string text : {"", "\x1f", "\x1f\x8b", "plain text"}) {
    EXPECT_EQ(decompressed(text), text);
  }
}

TEST(GzipSource, RefusesEveryTruncation) {
  const std::string whole = gzip(text_of(50));
  for (std::size_t size = 3; size < whole.size(); ++size) {
    const Error error = error_of([&] { decompressed(whole.substr(0, size)); });
    EXPECT_EQ(error.code(), ErrorCode::damaged);
    EXPECT_EQ(std::string(error.what()).find("t.gz: compressed byte " + std::to_string(size)), 0u)
        << error.what();
  }
}

TEST(GzipSource, RefusesAWrongChecksumAndGarbageBehindTheEnd) {
  std::string altered = gzip(text_of(50));
  altered[altered.size() - 5] = static_cast<char>(altered[altered.size() - 5] ^ 1);
  EXPECT_EQ(error_of([&] { decompressed(altered); }).code(), ErrorCode::damaged);
  EXPECT_EQ(error_of([&] { decompressed(gzip("a") + "garbage"); }).code(), ErrorCode::damaged);
}

}  // namespace
}  // namespace manifolddb::test_support
