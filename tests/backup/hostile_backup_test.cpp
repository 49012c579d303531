// Files made to hurt: endless lines, deep nesting, bombs. They are refused, and the memory used for
// that is bounded whatever they promise.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <sstream>

#include "backup/record_codec.h"
#include "backup/restore.h"
#include "backup/verify.h"
#include "io/zstd_stream.h"
#include "support/backup_files.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb::test_support {
namespace {

using backup::VerifyReport;
using test::error_of;
using test::TempDir;

// What a whole verification may add to the memory in use. Sanitizers hold back what is freed.
constexpr std::size_t kPeakBytesMax = 512u << 20;

std::size_t peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) << 10;
}

// `before`, then `pattern` again and again until `repeated_bytes` of it were given, then `after`.
class RepeatingSource final : public ByteSource {
 public:
  RepeatingSource(std::string before, std::string pattern, std::uint64_t repeated_bytes,
                  std::string after)
      : before_(std::move(before)),
        pattern_(std::move(pattern)),
        repeated_bytes_(repeated_bytes),
        after_(std::move(after)) {}

  std::size_t read(char* buffer, std::size_t size) override {
    std::size_t count = 0;
    while (count < size && position_ < before_.size() + repeated_bytes_ + after_.size()) {
      const std::string_view rest = piece();
      const std::size_t part = std::min(size - count, rest.size());
      rest.copy(buffer + count, part);
      count += part;
      position_ += part;
    }
    return count;
  }
  const std::string& name() const override { return name_; }

 private:
  std::string_view piece() const {
    if (position_ < before_.size()) return std::string_view(before_).substr(position_);
    const std::uint64_t repeated = position_ - before_.size();
    if (repeated >= repeated_bytes_) {
      return std::string_view(after_).substr(repeated - repeated_bytes_);
    }
    return std::string_view(pattern_)
        .substr(repeated % pattern_.size())
        .substr(0, repeated_bytes_ - repeated);
  }

  std::string name_ = "hostile";
  std::string before_, pattern_;
  std::uint64_t repeated_bytes_;
  std::string after_;
  std::uint64_t position_ = 0;
};

std::string good_backup() {
  Database database = Database::in_memory();
  store_graph(database, make_random_graph(37));
  return backup_bytes(database);
}

std::string header_of(const std::string& bytes) {
  return bytes.substr(0, bytes.find('\n') + 1);
}
std::string without_header(const std::string& bytes) {
  return bytes.substr(bytes.find('\n') + 1);
}

VerifyReport verify_source(std::unique_ptr<ByteSource> source) {
  return backup::verify(std::move(source), {});
}

TEST(HostileBackup, WithALineOfTwoGigabytesIsRefusedAndReadOnBehindIt) {
  const std::string good = good_backup();
  const std::size_t before = peak_bytes();
  const VerifyReport report = verify_source(
      std::make_unique<RepeatingSource>(header_of(good), std::string(1u << 16, 'x'),
                                        std::uint64_t{2} << 30, "\n" + without_header(good)));
  ASSERT_EQ(report.damage_count, 1u);
  EXPECT_EQ(report.damages[0].first_line, 2u);
  EXPECT_EQ(report.damages[0].last_byte - report.damages[0].first_byte, std::uint64_t{2} << 30);
  EXPECT_NE(report.damages[0].what.find("longer than"), std::string::npos);
  EXPECT_LT(peak_bytes() - before, kPeakBytesMax);
}

TEST(HostileBackup, OfOneEndlessLineIsNoBackup) {
  std::string deeper;
  for (int i = 0; i < 10'000; ++i) deeper += "{\"a\":";
  const std::size_t before = peak_bytes();
  const Error error = error_of([&] {
    verify_source(std::make_unique<RepeatingSource>("{\"type\":\"metadata\",", deeper,
                                                    std::uint64_t{1} << 30, ""));
  });
  EXPECT_EQ(error.code(), ErrorCode::damaged);
  EXPECT_LT(peak_bytes() - before, kPeakBytesMax);
}

TEST(HostileBackup, NestedAHundredThousandDeepIsRefusedWithItsLine) {
  const std::string good = good_backup();
  const std::string deep =
      "{\"type\":\"entity\",\"data\":{\"id\":1,\"labels\":[],\"properties\":{\"v\":" +
      std::string(100'000, '[') + std::string(100'000, ']') + "}}}\n";
  const VerifyReport report = verify_bytes(header_of(good) + deep + without_header(good));
  EXPECT_FALSE(report.ok());
  EXPECT_EQ(report.damages.at(0).first_line, 2u);
}

TEST(HostileBackup, WithFiftyThousandBlankLinesIsRefusedWithOneFinding) {
  const std::string good = good_backup();
  const VerifyReport report =
      verify_bytes(header_of(good) + std::string(50'000, '\n') + without_header(good));
  EXPECT_EQ(report.damage_count, 1u);
  EXPECT_EQ(report.damages.at(0).first_line, 2u);
  EXPECT_EQ(report.damages.at(0).last_line, 50'001u);
}

TEST(HostileBackup, OfBlankLinesWithoutEndIsReadInBoundedMemory) {
  const std::string good = good_backup();
  const std::size_t before = peak_bytes();
  backup::VerifyOptions options;
  options.level = backup::VerifyLevel::structure;
  const VerifyReport report =
      backup::verify(std::make_unique<RepeatingSource>(header_of(good), std::string(4096, '\n'),
                                                       std::uint64_t{16} << 20, ""),
                     options);
  EXPECT_FALSE(report.ok());
  EXPECT_LE(report.damages.size(), 1000u);
  EXPECT_LT(peak_bytes() - before, kPeakBytesMax);
}

// 1 GiB of one letter in a few kilobytes.
TEST(HostileBackup, ThatIsAZstdBombIsRefusedInBoundedMemory) {
  const std::string frame = compress_frame(std::string(4u << 20, 'x'), 19);
  std::string bomb = compress_frame(header_of(good_backup()), 1);
  for (int i = 0; i < 256; ++i) bomb += frame;
  ASSERT_LT(bomb.size(), 1u << 20);
  const std::size_t before = peak_bytes();
  const VerifyReport report = verify_bytes(bomb);
  EXPECT_FALSE(report.ok());
  EXPECT_LT(peak_bytes() - before, kPeakBytesMax);
}

TEST(HostileBackup, WithAByteOrderMarkOrNulsIsRefusedAtTheFirstOrLastLine) {
  const std::string good = good_backup();
  VerifyReport report = verify_bytes("\xef\xbb\xbf" + good);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.damages[0].first_line, 1u);
  EXPECT_EQ(report.damages[0].first_byte, 0u);

  report = verify_bytes(good + std::string(4096, '\0'));
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.damages[0].first_line, split_lines(good).size() + 1);
}

TEST(HostileBackup, WithMoreBehindItsEndIsRefused) {
  const std::string good = good_backup();
  const std::uint64_t lines = split_lines(good).size();
  for (const std::string& more : {good, std::string("\n"), std::string("text"), header_of(good)}) {
    const VerifyReport report = verify_bytes(good + more);
    ASSERT_FALSE(report.ok());
    EXPECT_LE(report.damages[0].first_line, lines + 1);
    EXPECT_GE(report.damages[0].last_line, lines);
  }
}

TEST(HostileBackup, ThatIsSomethingElseIsSaidToBeNone) {
  const TempDir folder;
  const std::vector<std::string> others = {
      "",
      "\n",
      "hello\n",
      "{\"type\":\"node\",\"id\":\"0\",\"labels\":[\"User\"]}\n",
      std::string("SQLite format 3\0", 16),
      "[1,2,3]\n",
      std::string(100'000, '\0')};
  for (const std::string& other : others) {
    SCOPED_TRACE(other.substr(0, 20));
    Error error = error_of([&] { verify_bytes(other); });
    EXPECT_EQ(error.code(), ErrorCode::damaged) << error.what();
    EXPECT_NE(std::string(error.what()).find("not a ManifoldDB backup"), std::string::npos);
    std::istringstream in(other);
    error = error_of([&] { backup::restore(in, folder / "copy"); });
    EXPECT_EQ(error.code(), ErrorCode::damaged);
  }
  EXPECT_EQ(error_of([&] { backup::verify(folder.path()); }).code(), ErrorCode::damaged);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace manifolddb::test_support
