// A restore goes through thousands of segments, so one that was damaged must never pass for a good
// one: every byte, every length, every line removed, doubled or swapped is found, at its place.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "support/backup_files.h"
#include "support/error_of.h"
#include "support/log_segments.h"

namespace manifolddb::test_support {
namespace {

using backup::Damage;
using backup::VerifyReport;
using test::error_of;

constexpr std::uint64_t kFindingsPerLogDamageMax = 4;

TransactionScript small_script() {
  TransactionScript script(6);
  script.put(RecordKind::key_value, "k", "v");
  script.put_entity(1, entity_body({"City"}, {{"name", "Rijeka"}}));
  script.put_entity(2, entity_body({}, {{"x", -0.25}}));
  script.put_edge(1, edge_body(1, 2, "ROAD"));
  script.commit();
  script.put_entity(1, entity_body({"City", "Port"}, {{"name", "Rijeka"}, {"n", 7}}));
  script.remove_edge(1);
  script.commit();
  script.put_edge(2, edge_body(2, 2, "LOOP"));
  script.remove(RecordKind::key_value, "k");
  script.commit();
  return script;
}

std::string told_of_log(const VerifyReport& report) {
  std::string text;
  for (const Damage& damage : report.damages) {
    text += "lines " + std::to_string(damage.first_line) + "-" + std::to_string(damage.last_line) +
            ", bytes " + std::to_string(damage.first_byte) + "-" +
            std::to_string(damage.last_byte) + ": " + damage.what + "\n";
  }
  return text;
}

std::uint64_t line_of_log(const std::string& text, std::size_t byte) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(byte);
  return static_cast<std::uint64_t>(std::count(text.begin(), end, '\n')) + 1;
}

bool is_refusal(const Error& error) {
  return error.code() == ErrorCode::damaged || error.code() == ErrorCode::newer_format;
}

void expect_found_in_log(const std::string& bytes, std::optional<std::uint64_t> line = {}) {
  EXPECT_TRUE(is_refusal(error_of([&] { read_segment(bytes); }))) << "it was read as good";
  for (const backup::VerifyLevel level :
       {backup::VerifyLevel::chain, backup::VerifyLevel::structure}) {
    VerifyReport report;
    try {
      report = verify_bytes(bytes, {{.threads = 1}, level});
    } catch (const Error& error) {
      EXPECT_TRUE(is_refusal(error)) << error.what();
      continue;
    }
    EXPECT_FALSE(report.ok());
    EXPECT_LE(report.damage_count, kFindingsPerLogDamageMax) << told_of_log(report);
    // Without reading lines, one that was broken in two is told by its second part.
    if (!line || level == backup::VerifyLevel::structure) continue;
    EXPECT_TRUE(std::any_of(report.damages.begin(), report.damages.end(),
                            [line](const Damage& damage) {
                              return damage.first_line <= *line && *line <= damage.last_line;
                            }))
        << "line " << *line << " is not in:\n"
        << told_of_log(report);
  }
}

TEST(DamagedLogSegment, IsFoundWhereverOneByteIsChanged) {
  const std::string good = small_script().lines();
  ASSERT_TRUE(verify_bytes(good).ok());
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char changed : {static_cast<char>(good[i] ^ 1), static_cast<char>(good[i] ^ 0x20),
                               static_cast<char>(good[i] ^ 0x80), '\n', '"'}) {
      if (changed == good[i]) continue;
      SCOPED_TRACE("byte " + std::to_string(i) + " is " + std::to_string(changed));
      std::string bad = good;
      bad[i] = changed;
      expect_found_in_log(bad, line_of_log(good, i));
      if (HasFailure()) return;
    }
  }
}

TEST(DamagedLogSegment, IsFoundWhereverOneByteIsMissingOrTooManyOrTheRestIs) {
  const std::string good = small_script().lines();
  for (std::size_t i = 0; i < good.size(); ++i) {
    SCOPED_TRACE("byte " + std::to_string(i));
    std::string bad = good;
    bad.erase(i, 1);
    expect_found_in_log(bad);
    bad = good;
    bad.insert(i, 1, 'x');
    expect_found_in_log(bad);
    expect_found_in_log(good.substr(0, i));
    if (HasFailure()) return;
  }
}

TEST(DamagedLogSegment, IsFoundWhenAnyLineIsRemovedDoubledOrSwapped) {
  const std::vector<std::string> good = split_lines(small_script().lines());
  for (std::size_t i = 0; i < good.size(); ++i) {
    SCOPED_TRACE("line " + std::to_string(i + 1));
    std::vector<std::string> bad = good;
    bad.erase(bad.begin() + static_cast<std::ptrdiff_t>(i));
    expect_found_in_log(join_lines(bad));
    bad = good;
    bad.insert(bad.begin() + static_cast<std::ptrdiff_t>(i), good[i]);
    expect_found_in_log(join_lines(bad));
    for (std::size_t j = i + 1; j < good.size(); ++j) {
      SCOPED_TRACE("swapped with line " + std::to_string(j + 1));
      bad = good;
      std::swap(bad[i], bad[j]);
      EXPECT_TRUE(is_refusal(error_of([&] { read_segment(join_lines(bad)); })));
    }
    if (HasFailure()) return;
  }
}

TEST(DamagedLogSegment, OfBulkTransactionsIsFoundWhereverOneByteIsChanged) {
  TransactionScript script(6);
  script.commit_bulk({5, 6});
  script.commit_bulk({7, 8});
  const std::string good = script.lines();
  for (std::size_t i = 0; i < good.size(); ++i) {
    SCOPED_TRACE("byte " + std::to_string(i));
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    expect_found_in_log(bad, line_of_log(good, i));
    if (HasFailure()) return;
  }
}

// The transaction is named, not the block of thousands of lines.
TEST(DamagedLogSegment, OfManyBlocksIsFoundInItsTransaction) {
  std::random_device entropy;
  const std::uint64_t seed = entropy();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomValues random(seed, {.string_bytes_max = 12, .depth_max = 3});
  TransactionScript script;
  for (int i = 0; i < 6000; ++i) script.random_transaction(random, 4, 500);
  const std::string good = script.lines();
  ASSERT_GT(good.size(), 3u << 20);
  for (int round = 0; round < 8; ++round) {
    const std::size_t i = random.below(good.size());
    const char changed = static_cast<char>(good[i] ^ static_cast<char>(1u << random.below(8)));
    SCOPED_TRACE("byte " + std::to_string(i) + " is " + std::to_string(changed));
    std::string bad = good;
    bad[i] = changed;
    expect_found_in_log(bad, line_of_log(good, i));
  }
  const std::size_t digest = good.find("\"content_digest\":\"", good.size() / 2) + 18;
  std::string bad = good;
  bad[digest] = bad[digest] == '0' ? '1' : '0';
  const VerifyReport report = verify_bytes(bad);
  ASSERT_EQ(report.damage_count, 1u) << told_of_log(report);
  EXPECT_LE(report.damages[0].last_line - report.damages[0].first_line, 5u);
  EXPECT_NE(report.damages[0].what.find("but its records lead to"), std::string::npos)
      << told_of_log(report);
}

// zstd adds its own checks; a change that decompresses to the same bytes is no damage.
TEST(DamagedLogSegment, IsFoundInACompressedFileToo) {
  const TransactionScript script = small_script();
  const std::string good = script.segment();
  for (std::size_t i = 0; i < good.size(); ++i) {
    SCOPED_TRACE("byte " + std::to_string(i));
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ static_cast<char>(1u << i % 8));
    try {
      read_segment(bad);
      EXPECT_EQ(decompressed(bad), decompressed(good));
    } catch (const Error& error) {
      EXPECT_TRUE(is_refusal(error)) << error.what();
    }
    EXPECT_TRUE(is_refusal(error_of([&] { read_segment(good.substr(0, i)); })));
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace manifolddb::test_support
