// The engine's log as our own reader sees it: every batch, in order, wherever its file lies by now;
// an end is never taken for damage, and damage never for an end.
#include "database/engine_log.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <random>

#include "database/engine_log_impl.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using test::TempDir;

struct Written {
  std::uint64_t sequence = 0;
  std::string log_data;
  std::vector<std::tuple<Family, bool, std::string, std::string>> operations;
  friend bool operator==(const Written&, const Written&) = default;
};

std::mt19937_64 seeded_for_engine_log() {
  const std::uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  return std::mt19937_64(seed);
}

Written write_random(Engine& engine, std::mt19937_64& random) {
  Written written;
  EngineBatch batch;
  written.sequence = engine.latest_engine_sequence() + 1;
  // Now and then longer than a block, and than several.
  const std::size_t bytes_max = random() % 10 == 0 ? 100'000 : 200;
  written.log_data = std::string(random() % bytes_max, static_cast<char>('a' + random() % 26));
  batch.put_log_data(written.log_data);
  for (std::size_t i = 0, count = 1 + random() % 5; i < count; ++i) {
    const auto family = static_cast<Family>(random() % kFamilyCount);
    const std::string key = std::to_string(random() % 100);
    const std::string value(random() % bytes_max, static_cast<char>(random()));
    const bool is_put = random() % 3 != 0;
    if (is_put) {
      batch.put(family, key, value);
    } else {
      batch.remove(family, key);
    }
    written.operations.emplace_back(family, is_put, key, is_put ? value : "");
  }
  engine.write(batch);
  return written;
}

Written batch_of(const EngineLogReader& reader) {
  Written read;
  read.sequence = reader.engine_sequence();
  read.log_data = reader.log_data();
  reader.for_each([&](const LoggedOperation& operation) {
    read.operations.emplace_back(operation.family, operation.is_put, operation.key,
                                 operation.value);
  });
  return read;
}

std::vector<Written> read_all(EngineLogReader& reader) {
  std::vector<Written> all;
  while (reader.next()) all.push_back(batch_of(reader));
  return all;
}

void expect_same(const std::vector<Written>& read, const std::vector<Written>& written) {
  ASSERT_EQ(read.size(), written.size());
  for (std::size_t i = 0; i < read.size(); ++i) ASSERT_TRUE(read[i] == written[i]) << i;
}

std::vector<fs::path> log_files(const fs::path& engine_folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(engine_folder)) {
    if (entry.path().extension() == ".log" && entry.file_size() != 0) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.filename() < b.filename(); });
  return files;
}

class EngineLog : public ::testing::TestWithParam<EngineOptions::Where> {
 protected:
  void open() {
    engine.reset();
    engine = Engine::open(
        {.path = folder / "db", .where = GetParam(), .mode = EngineOptions::Mode::create});
  }
  TempDir folder;
  std::unique_ptr<Engine> engine;
};

TEST_P(EngineLog, IsFollowedAcrossFlushesFromWhereItWasLeft) {
  std::mt19937_64 random = seeded_for_engine_log();
  open();
  EngineLogReader reader(*engine, 0);
  std::vector<Written> written, read;
  for (int round = 0; round < 60; ++round) {
    for (std::size_t i = random() % 20; i != 0; --i)
      written.push_back(write_random(*engine, random));
    if (random() % 4 == 0) engine->flush();
    if (random() % 2 == 0) continue;
    for (Written& batch : read_all(reader)) read.push_back(std::move(batch));
    EXPECT_EQ(reader.bytes_behind(), 0u);
    EXPECT_FALSE(reader.next());
  }
  for (Written& batch : read_all(reader)) read.push_back(std::move(batch));
  expect_same(read, written);
  EngineLogReader again(*engine, 0);
  expect_same(read_all(again), written);
}

TEST_P(EngineLog, IsReadFromTheFileThatHoldsANumber) {
  std::mt19937_64 random = seeded_for_engine_log();
  open();
  std::vector<Written> written;
  for (int i = 0; i < 60; ++i) {
    written.push_back(write_random(*engine, random));
    if (i % 10 == 9) engine->flush();
  }
  for (std::size_t i = 0; i < written.size(); ++i) {
    EngineLogReader reader(*engine, 0);
    const std::uint64_t oldest = reader.file_number();
    reader.seek(written[i].sequence);
    EXPECT_EQ(reader.file_number() != oldest, i >= 10) << i;
    const std::uint64_t number = reader.file_number();
    bool found = false;
    while (!found && reader.next()) found = reader.engine_sequence() == written[i].sequence;
    EXPECT_TRUE(found) << i;
    EXPECT_EQ(reader.file_number(), number) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(OnDiskAndInMemory, EngineLog,
                         ::testing::Values(EngineOptions::Where::disk,
                                           EngineOptions::Where::memory));

class EngineLogFiles : public ::testing::Test {
 protected:
  // A closed log of several files.
  void write_log(int batches, int files = 1) {
    auto engine = Engine::open({.path = folder / "db", .mode = EngineOptions::Mode::create});
    for (int i = 0; i < batches * files; ++i) {
      written.push_back(write_random(*engine, random));
      if (i % batches == batches - 1 && i + 1 < batches * files) engine->flush();
    }
    engine->close();
    paths = log_files(folder / "db/engine");
    ASSERT_EQ(paths.size(), static_cast<std::size_t>(files));
  }
  EngineLogReader reader() const { return EngineLogReader(folder / "db/engine", 0); }

  TempDir folder;
  std::mt19937_64 random = seeded_for_engine_log();
  std::vector<Written> written;
  std::vector<fs::path> paths;
};

TEST_F(EngineLogFiles, AreReadFromAClosedDatabaseAndSynced) {
  write_log(20, 3);
  EngineLogReader log = reader();
  expect_same(read_all(log), written);
  log.sync();
  EXPECT_EQ(log.bytes_behind(), 0u);
}

TEST_F(EngineLogFiles, GrowUnderAReaderByteByByteWithoutLookingDamaged) {
  write_log(30);
  const std::string whole = test::read_file(paths[0]);
  const fs::path copy = folder / "copy/engine";
  fs::create_directories(copy);
  std::ofstream out(copy / paths[0].filename(), std::ios::binary);
  EngineLogReader log(copy, 0);
  std::vector<Written> read;
  for (std::size_t at = 0; at < whole.size();) {
    const std::size_t size = std::min<std::size_t>(1 + random() % 5000, whole.size() - at);
    out.write(whole.data() + at, static_cast<std::streamsize>(size)).flush();
    at += size;
    for (Written& batch : read_all(log)) read.push_back(std::move(batch));
  }
  expect_same(read, written);
}

TEST_F(EngineLogFiles, EndWhereTheNewestIsTornOrZero) {
  write_log(30);
  const std::string whole = test::read_file(paths[0]);
  for (int i = 0; i < 50; ++i) {
    const std::size_t cut = random() % whole.size();
    const std::string zeros(i % 2 == 0 ? 0 : 70'000, '\0');
    test::write_file(paths[0], whole.substr(0, cut) + zeros);
    EngineLogReader log = reader();
    const std::vector<Written> read = read_all(log);
    ASSERT_LE(read.size(), written.size());
    for (std::size_t n = 0; n < read.size(); ++n) ASSERT_TRUE(read[n] == written[n]) << n;
    test::write_file(paths[0], whole);  // the write that was going on is complete
    std::vector<Written> rest = read_all(log);
    ASSERT_EQ(read.size() + rest.size(), written.size()) << "cut at " << cut;
  }
}

TEST_F(EngineLogFiles, SkipATornTailOnceThereIsANewerFile) {
  write_log(10, 2);
  const std::string whole = test::read_file(paths[0]);
  EngineLogReader torn = reader();
  test::write_file(paths[0], whole.substr(0, whole.size() - 5));
  std::vector<Written> expected = written;
  expected.erase(expected.begin() + 9);
  expect_same(read_all(torn), expected);

  EngineLogReader zeros = reader();
  test::write_file(paths[0], whole + std::string(50'000, '\0'));
  expect_same(read_all(zeros), written);
}

TEST_F(EngineLogFiles, NameFileAndOffsetOfAFlippedBit) {
  write_log(30, 2);
  for (const bool newest : {false, true}) {
    const fs::path& path = paths[newest ? 1 : 0];
    const std::string whole = test::read_file(path);
    for (int i = 0; i < 60; ++i) {
      std::string bytes = whole;
      const std::size_t at = random() % bytes.size();
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
      test::write_file(path, bytes);
      EngineLogReader log = reader();
      std::vector<Written> read;
      try {
        read = read_all(log);
        // Only what is the very last batch, as far as can be seen, may look like an end.
        ASSERT_GE(read.size() + 1, newest ? written.size() : 0) << at;
        ASSERT_TRUE(newest || read.size() + 1 >= written.size()) << at;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::damaged);
        EXPECT_NE(std::string(error.what()).find(path.string() + ": byte "), std::string::npos)
            << error.what();
        EXPECT_EQ(error_of([&] { log.next(); }).code(), ErrorCode::damaged) << "only once";
      }
    }
    test::write_file(path, whole);
  }
}

TEST_F(EngineLogFiles, RefuseZerosWithRecordsBehindThem) {
  write_log(200, 2);
  std::string bytes = test::read_file(paths[0]);
  ASSERT_GT(bytes.size(), 3 * kLogBlockBytes);
  bytes.replace(kLogBlockBytes, kLogBlockBytes, std::string(kLogBlockBytes, '\0'));
  test::write_file(paths[0], bytes);
  EngineLogReader log = reader();
  const Error error = error_of([&] { read_all(log); });
  EXPECT_EQ(error.code(), ErrorCode::damaged);
  EXPECT_NE(std::string(error.what()).find(paths[0].string()), std::string::npos) << error.what();
}

}  // namespace
}  // namespace manifolddb
