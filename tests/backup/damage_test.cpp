// A backup that was damaged anywhere must never pass for a good one: every byte, every length,
// every line removed, doubled or swapped is found by verify, at its place, and refused by restore.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>

#include "support/backup_files.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb::test_support {
namespace {

using backup::Damage;
using backup::VerifyReport;
using test::error_of;
using test::TempDir;

// One or a few findings for one damage; a line damage can show in its block and the next.
constexpr std::uint64_t kFindingsPerDamageMax = 4;

std::string small_backup() {
  Database database = Database::in_memory();
  WriteTransaction transaction = database.begin();
  transaction.put_metadata("colour", std::string("\0blue\xff", 6));
  const EntityId a = transaction.create_entity({"City", "Port"}, {{"name", "Rijeka"}, {"n", 7}});
  const EntityId b = transaction.create_entity({}, {{"v", Vector{{0.5f, -1.0f}}}, {"x", -0.25}});
  transaction.create_edge(a, b, "ROAD", {{"km", 12.5}});
  transaction.create_edge(b, b, "LOOP");
  transaction.commit();
  backup::ExportOptions options;
  options.description = "a small one";
  return backup_bytes(database, options);
}

// Several blocks of ordinary records.
std::string large_backup() {
  Database database = Database::in_memory();
  store_graph(database, make_random_graph(29, {.entities = 6500,
                                               .edges = 13000,
                                               .metadata = 100,
                                               .properties_max = 4,
                                               .depth_max = 4}));
  return backup_bytes(database);
}

std::uint64_t line_of(const std::string& text, std::size_t byte) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(byte);
  return static_cast<std::uint64_t>(std::count(text.begin(), end, '\n')) + 1;
}

std::string told(const VerifyReport& report) {
  std::string text;
  for (const Damage& damage : report.damages) {
    text += "lines " + std::to_string(damage.first_line) + "-" + std::to_string(damage.last_line) +
            ", bytes " + std::to_string(damage.first_byte) + "-" +
            std::to_string(damage.last_byte) + ": " + damage.what + "\n";
  }
  return text;
}

bool covers(const VerifyReport& report, std::uint64_t line) {
  return std::any_of(report.damages.begin(), report.damages.end(), [line](const Damage& damage) {
    return damage.first_line <= line && line <= damage.last_line;
  });
}

// Verifies what is surely damaged; false when it is refused outright as another thing.
void expect_found(const std::string& bytes, std::optional<std::uint64_t> line) {
  VerifyReport report;
  try {
    report = verify_bytes(bytes, {{.threads = 1}});
  } catch (const Error& error) {
    // Not recognised as a backup, or as one of a version to come: both refuse it.
    EXPECT_TRUE(error.code() == ErrorCode::damaged || error.code() == ErrorCode::newer_format)
        << error.what();
    return;
  }
  EXPECT_FALSE(report.ok());
  EXPECT_LE(report.damage_count, kFindingsPerDamageMax) << told(report);
  if (line) {
    EXPECT_TRUE(covers(report, *line)) << "line " << *line << " is not in:\n" << told(report);
  }
}

void expect_refused(const std::string& bytes) {
  const TempDir folder;
  std::istringstream in(bytes);
  const Error error = error_of([&] { backup::restore(in, folder / "copy", {.threads = 1}); });
  EXPECT_TRUE(error.code() == ErrorCode::damaged || error.code() == ErrorCode::newer_format)
      << error.what();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(DamagedBackup, IsFoundWhereverOneByteIsChanged) {
  const std::string good = small_backup();
  ASSERT_TRUE(verify_bytes(good).ok());
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char changed : {static_cast<char>(good[i] ^ 1), static_cast<char>(good[i] ^ 0x20),
                               static_cast<char>(good[i] ^ 0x80), '\n', '\0', '"'}) {
      if (changed == good[i]) continue;
      SCOPED_TRACE("byte " + std::to_string(i) + " is " + std::to_string(changed));
      std::string bad = good;
      bad[i] = changed;
      expect_found(bad, line_of(good, i));
      if (HasFailure()) return;
    }
  }
}

TEST(DamagedBackup, IsFoundWhereverOneByteIsMissingOrTooMany) {
  const std::string good = small_backup();
  for (std::size_t i = 0; i < good.size(); ++i) {
    SCOPED_TRACE("byte " + std::to_string(i));
    std::string bad = good;
    bad.erase(i, 1);
    expect_found(bad, {});
    bad = good;
    bad.insert(i, 1, 'x');
    expect_found(bad, {});
    if (HasFailure()) return;
  }
}

TEST(DamagedBackup, IsFoundWhereverItIsCutOff) {
  const std::string good = small_backup();
  for (std::size_t size = 0; size < good.size(); ++size) {
    SCOPED_TRACE("cut off after " + std::to_string(size) + " bytes");
    expect_found(good.substr(0, size), {});
    if (HasFailure()) return;
  }
}

TEST(DamagedBackup, IsFoundWhenAnyLineIsRemovedDoubledOrSwapped) {
  const std::vector<std::string> good = split_lines(small_backup());
  for (std::size_t i = 0; i < good.size(); ++i) {
    SCOPED_TRACE("line " + std::to_string(i + 1));
    std::vector<std::string> bad = good;
    bad.erase(bad.begin() + static_cast<std::ptrdiff_t>(i));
    expect_found(join_lines(bad), {});
    bad = good;
    bad.insert(bad.begin() + static_cast<std::ptrdiff_t>(i), good[i]);
    expect_found(join_lines(bad), {});
    for (std::size_t j = i + 1; j < good.size(); ++j) {
      SCOPED_TRACE("swapped with line " + std::to_string(j + 1));
      bad = good;
      std::swap(bad[i], bad[j]);
      VerifyReport report;
      try {
        report = verify_bytes(join_lines(bad));
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::damaged);
        continue;
      }
      EXPECT_FALSE(report.ok());
    }
    if (HasFailure()) return;
  }
}

TEST(DamagedBackup, IsRefusedByRestoreWithNothingAtTheTarget) {
  const std::string good = small_backup();
  for (std::size_t i = 0; i < good.size(); i += 47) {
    SCOPED_TRACE("byte " + std::to_string(i));
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 2);
    expect_refused(bad);
  }
  for (std::size_t size = 0; size < good.size(); size += 211) expect_refused(good.substr(0, size));
  const std::vector<std::string> lines = split_lines(good);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::vector<std::string> bad = lines;
    bad.erase(bad.begin() + static_cast<std::ptrdiff_t>(i));
    expect_refused(join_lines(bad));
  }
}

TEST(DamagedBackup, OfManyBlocksIsFoundAtItsPlace) {
  const std::string good = large_backup();
  ASSERT_TRUE(verify_bytes(good).ok());
  ASSERT_GT(good.size(), 4u << 20);
  std::random_device entropy;
  const std::uint64_t seed = entropy();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 10; ++round) {
    const std::size_t i = random() % good.size();
    const char changed = static_cast<char>(good[i] ^ static_cast<char>(1 << random() % 8));
    SCOPED_TRACE("byte " + std::to_string(i) + " is " + std::to_string(changed));
    std::string bad = good;
    bad[i] = changed;
    expect_found(bad, line_of(good, i));
  }
}

// Where an id was changed to that of a neighbour, or past it, the order does not tell which of the
// two lines was changed.
TEST(DamagedBackup, OfAnIdThatNoLongerFitsItsNeighbourNamesBothLines) {
  const std::vector<std::string> good = split_lines(large_backup());
  const auto changed = std::find_if(good.begin(), good.end(), [](const std::string& line) {
    return line.starts_with("{\"type\":\"edge\",\"data\":{\"id\":4000,");
  });
  ASSERT_NE(changed, good.end());
  const auto line = static_cast<std::uint64_t>(changed - good.begin()) + 1;
  for (const char* id : {"4001", "4009", "3009"}) {
    SCOPED_TRACE(id);
    std::vector<std::string> bad = good;
    std::string& text = bad[line - 1];
    text.replace(text.find("4000"), 4, id);
    expect_found(join_lines(bad), line);
  }
}

// Checkpoints are what keeps a reader in step.
TEST(DamagedBackup, OfManyBlocksIsReadOnBehindADamagedCheckpoint) {
  const std::vector<std::string> good = split_lines(large_backup());
  std::vector<std::size_t> checkpoints;
  for (std::size_t i = 0; i < good.size(); ++i) {
    if (good[i].starts_with("{\"type\":\"checkpoint\"")) checkpoints.push_back(i);
  }
  ASSERT_GE(checkpoints.size(), 4u);
  const std::size_t at = checkpoints[1];
  std::vector<std::string> bad = good;
  bad[at][10] = 'X';
  expect_found(join_lines(bad), at + 1);
  bad = good;
  bad.erase(bad.begin() + static_cast<std::ptrdiff_t>(at));
  expect_found(join_lines(bad), at);
  // Damage in another block is found beside it.
  bad[checkpoints[2] + 5].insert(12, " ");
  EXPECT_TRUE(covers(verify_bytes(join_lines(bad)), checkpoints[2] + 6));

  bad.clear();
  for (const std::string& line : good) {
    if (!line.starts_with("{\"type\":\"checkpoint\"")) bad.push_back(line);
  }
  EXPECT_FALSE(verify_bytes(join_lines(bad)).ok());
}

TEST(DamagedBackup, TellsManyDamagesUpToTheLimitAndCountsTheOthers) {
  std::vector<std::string> lines = split_lines(large_backup());
  std::uint64_t changed = 0;
  for (std::size_t i = 1; i < lines.size(); i += 3) {
    if (!lines[i].starts_with("{\"type\":\"edge\"")) continue;
    lines[i].insert(8, " ");
    ++changed;
  }
  backup::VerifyOptions options;
  options.damages_max = 100;
  const VerifyReport report = verify_bytes(join_lines(lines), options);
  EXPECT_EQ(report.damages.size(), 100u);
  EXPECT_GE(report.damage_count, changed);
  EXPECT_LE(report.damage_count, changed + 2);
}

TEST(DamagedBackup, NamesAMissingEntityOnceHoweverManyEdgesNameIt) {
  std::vector<std::string> lines = split_lines(small_backup());
  const auto entity = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
    return line.starts_with("{\"type\":\"entity\",\"data\":{\"id\":2,");
  });
  ASSERT_NE(entity, lines.end());
  lines.erase(entity);
  const VerifyReport report = verify_bytes(join_lines(lines));
  EXPECT_EQ(report.damage_count, 2u) << told(report);
  EXPECT_NE(told(report).find("edge 1 names entity 2, which is not in the backup"),
            std::string::npos)
      << told(report);
}

// zstd adds its own checks; a change that decompresses to the same bytes is no damage.
TEST(DamagedBackup, IsFoundInACompressedFileToo) {
  Database database = Database::in_memory();
  store_graph(database, make_random_graph(31, {.entities = 2000, .edges = 3000}));
  const std::string good = backup_bytes(database, {{}, backup::Compression::zstd});
  ASSERT_TRUE(verify_bytes(good).ok());
  std::random_device entropy;
  const std::uint64_t seed = entropy();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const DatabaseContent expected = content_of(database);
  for (int round = 0; round < 10; ++round) {
    const std::size_t i = random() % good.size();
    SCOPED_TRACE("byte " + std::to_string(i));
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ static_cast<char>(1 << random() % 8));
    try {
      const VerifyReport report = verify_bytes(bad);
      if (!report.ok()) continue;
      Database copy = Database::in_memory();
      std::istringstream in(bad);
      backup::import(copy, in);
      EXPECT_TRUE(content_of(copy) == expected) << "passed, though it is another content";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::damaged) << error.what();
    }
  }
  for (int round = 0; round < 10; ++round) {
    const std::size_t size = random() % good.size();
    SCOPED_TRACE("cut off after " + std::to_string(size) + " bytes");
    expect_found(good.substr(0, size), {});
  }
}

}  // namespace
}  // namespace manifolddb::test_support
