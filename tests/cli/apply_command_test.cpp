// What `manifold apply` does beyond the library call: it makes the database, ends with the exit
// codes that scripts rely on, and leaves nothing behind when nothing came of it.
#include <memory>

#include "cli/command_line.h"
#include "cli/held_pipe.h"

namespace manifolddb::test {
namespace {

constexpr const char* kBad = R"({"type":"entity","data":{"id":3,"labels":[]}})"
                             "\n";

std::string entities(int first, int last) {
  std::string lines;
  for (int id = first; id <= last; ++id) {
    lines += R"({"type":"entity","data":{"id":)" + std::to_string(id) +
             R"(,"labels":[],"properties":{}}})" + "\n";
  }
  return lines;
}

TEST(ApplyCommand, CreatesTheDatabaseAndSaysSo) {
  const TempDir directory;
  const CommandResult first = manifold({"apply", (directory / "db").string()}, entities(1, 3));
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_TRUE(contains(first.out, "was created")) << first.out;
  EXPECT_TRUE(contains(first.out, "applied 3 lines: put 3")) << first.out;
  const CommandResult second =
      manifold({"apply", (directory / "db").string(), "-"}, entities(4, 4));
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_FALSE(contains(second.out, "was created")) << second.out;
}

TEST(ApplyCommand, RefusesABadLineWithItsPlaceAndLeavesNoNewDatabase) {
  const TempDir directory;
  write_file(directory / "in.jsonl", entities(1, 2) + kBad);
  const CommandResult result =
      manifold({"apply", (directory / "db").string(), (directory / "in.jsonl").string()});
  EXPECT_EQ(result.exit_code, 5);
  expect_three_lines(result);
  EXPECT_TRUE(contains(result.err, "in.jsonl: line 3 (byte ")) << result.err;
  EXPECT_FALSE(std::filesystem::exists(directory / "db"));
}

TEST(ApplyCommand, ChangesNothingInAnExistingDatabaseWhenALineIsBad) {
  const TempDir directory;
  const std::string db = (directory / "db").string();
  make_small_database(db);
  const std::string before = manifold({"digest", db}).out;
  EXPECT_EQ(manifold({"apply", db}, entities(20, 30) + kBad).exit_code, 5);
  EXPECT_EQ(manifold({"digest", db}).out, before);
}

TEST(ApplyCommand, ExitsWith3AndNamesTheLastLineWhenABatchedRunStops) {
  const TempDir directory;
  const std::string db = (directory / "db").string();
  const CommandResult result = manifold({"apply", db, "--batch", "2"}, entities(10, 14) + kBad);
  EXPECT_EQ(result.exit_code, 3);
  expect_three_lines(result);
  EXPECT_TRUE(contains(result.err, "-: line 6 (byte ")) << result.err;
  EXPECT_TRUE(contains(result.err, "lines 1 to 4 are committed, up to seq 2")) << result.err;
  EXPECT_TRUE(contains(manifold({"stats", db}).out, "entities          4\n"));
}

TEST(ApplyCommand, TakesABackupAsItStands) {
  const TempDir directory;
  const std::string db = (directory / "db").string();
  make_small_database(db);
  for (const char* name : {"b.jsonl", "b.jsonl.zst"}) {
    make_backup(db, directory / name);
    const std::string copy = (directory / (std::string(name) + ".manifold")).string();
    const CommandResult result = manifold({"apply", copy, (directory / name).string()});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(manifold({"digest", copy, "--json"}).out.substr(0, 90),
              manifold({"digest", db, "--json"}).out.substr(0, 90));
  }
}

TEST(ApplyCommand, ReadsANamedPipeToItsEnd) {
  const TempDir directory;
  auto pipe = std::make_unique<HeldPipe>(directory / "pipe");
  RunningCommand apply(
      {MANIFOLD_COMMAND, "apply", (directory / "db").string(), pipe->path().string()});
  pipe->write(entities(1, 2));
  pipe->wait_until_read();
  pipe->write(entities(3, 3));
  pipe.reset();
  const CommandResult result = apply.wait();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(contains(result.out, "applied 3 lines: put 3")) << result.out;
}

TEST(ApplyCommand, StoresLongerLinesOnlyWhenAsked) {
  const TempDir directory;
  const std::string db = (directory / "db").string();
  const std::string line = R"({"type":"entity","data":{"id":1,"labels":[],"properties":{"t":")" +
                           std::string(9u << 20, 'x') + "\"}}}\n";
  EXPECT_EQ(manifold({"apply", db}, line).exit_code, 5);
  const CommandResult result = manifold({"apply", db, "--line-limit", "16M"}, line);
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST(ApplyCommand, IsReadBackByCatLineForLine) {
  const TempDir directory;
  const std::string db = (directory / "db").string();
  make_small_database(db);
  EXPECT_EQ(manifold({"cat", db}).out, kSmallGraph);
}

}  // namespace
}  // namespace manifolddb::test
