// The crash tests are worth what their simulated power loss is worth. So the shim is tried on its
// own: each operation alone, with and without the sync that it needs, and then under the bare
// engine, whose promises are known.
#include <gtest/gtest.h>

#include <cstddef>
#include <sstream>
#include <string>
#include <vector>

#include "support/crash_runner.h"
#include "support/power_loss.h"
#include "support/temp_dir.h"

namespace manifolddb::test {
namespace {
namespace fs = std::filesystem;

using Operations = std::vector<std::string>;
using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

class FaultShim : public ::testing::Test {
 protected:
  FaultShim() { fs::create_directory(root()); }

  fs::path root() const { return temp_ / "root"; }
  fs::path after() const { return temp_ / "after"; }

  FaultOutcome run(const Operations& operations, FaultSettings settings = {}) {
    settings.root = root();
    Operations arguments = {FAULT_SCRIPT, root().string()};
    arguments.insert(arguments.end(), operations.begin(), operations.end());
    return run_with_faults(arguments, settings);
  }

  // Runs them, takes the power away and rebuilds what is left in after().
  void lose_power_after(Operations operations, const PowerLoss& loss = {}) {
    operations.push_back("die");
    const FaultOutcome outcome = run(operations, {.shadow = temp_ / "shadow"});
    ASSERT_EQ(outcome.command.signal, SIGKILL) << outcome.describe();
    reconstruct_after_power_loss(temp_ / "shadow", root(), after(), loss);
  }

  std::string text_after(const std::string& name) const { return read_file(after() / name); }

  TempDir temp_;
};

TEST_F(FaultShim, ForgetsAFileWhoseFolderWasNotSynced) {
  lose_power_after({"write:a:text", "sync:a"});
  EXPECT_FALSE(fs::exists(after() / "a"));
}

TEST_F(FaultShim, EmptiesAFileThatWasNotSynced) {
  lose_power_after({"write:a:text", "dirsync:."});
  EXPECT_EQ(text_after("a"), "");
}

TEST_F(FaultShim, KeepsWhatWasSyncedWithItsFolder) {
  lose_power_after({"write:a:text", "sync:a", "dirsync:."});
  EXPECT_EQ(text_after("a"), "text");
}

TEST_F(FaultShim, KeepsWhatWasThereBeforeTheProgramBegan) {
  fs::create_directory(root() / "folder");
  write_file(root() / "folder/old", "old");
  lose_power_after({"write:a:text"});
  EXPECT_EQ(text_after("folder/old"), "old");
}

TEST_F(FaultShim, CutsAFileWhereItWasLastSynced) {
  lose_power_after({"write:a:one", "datasync:a", "dirsync:.", "append:a:two"});
  EXPECT_EQ(text_after("a"), "one");
}

TEST_F(FaultShim, KeepsHalfOfTheUnsyncedTailWhenAskedTo) {
  lose_power_after({"write:a:one", "sync:a", "dirsync:.", "append:a:four"},
                   {.bytes = UnsyncedBytes::half_kept});
  EXPECT_EQ(text_after("a"), "onefo");
}

TEST_F(FaultShim, KeepsTheNewestOfAKindAndCutsTheOthersWhenAskedTo) {
  lose_power_after({"write:1.log:one", "sync:1.log", "append:1.log:two", "write:2.log:three",
                    "write:a:four", "dirsync:."},
                   {.bytes = UnsyncedBytes::newest_kept});
  EXPECT_EQ(text_after("1.log"), "one");
  EXPECT_EQ(text_after("2.log"), "three");
  EXPECT_EQ(text_after("a"), "four");
}

TEST_F(FaultShim, UndoesAnUnsyncedChangeInPlace) {
  lose_power_after({"write:a:abcdef", "sync:a", "dirsync:.", "at:a:2:XY"});
  EXPECT_EQ(text_after("a"), "abcdef");
}

TEST_F(FaultShim, KeepsASyncedChangeInPlace) {
  lose_power_after({"write:a:abcdef", "sync:a", "dirsync:.", "at:a:2:XY", "sync:a", "at:a:0:!!"});
  EXPECT_EQ(text_after("a"), "abXYef");
}

TEST_F(FaultShim, UndoesAnUnsyncedCut) {
  lose_power_after({"write:a:abcdef", "sync:a", "dirsync:.", "cut:a:2"});
  EXPECT_EQ(text_after("a"), "abcdef");
}

TEST_F(FaultShim, UndoesAnUnsyncedRewriteOfAnOldFile) {
  write_file(root() / "a", "old");
  lose_power_after({"write:a:new"});
  EXPECT_EQ(text_after("a"), "old");
}

TEST_F(FaultShim, UndoesARenameWhoseFolderWasNotSynced) {
  lose_power_after({"write:a:text", "sync:a", "dirsync:.", "rename:a:b"});
  EXPECT_EQ(text_after("a"), "text");
  EXPECT_FALSE(fs::exists(after() / "b"));
}

TEST_F(FaultShim, KeepsARenameWhoseFolderWasSynced) {
  lose_power_after({"write:a:text", "sync:a", "rename:a:b", "dirsync:."});
  EXPECT_FALSE(fs::exists(after() / "a"));
  EXPECT_EQ(text_after("b"), "text");
}

TEST_F(FaultShim, BringsBackTheFileThatAnUnsyncedRenameReplaced) {
  write_file(root() / "b", "old");
  lose_power_after({"write:a:new", "sync:a", "rename:a:b"});
  EXPECT_EQ(text_after("b"), "old");
}

TEST_F(FaultShim, ShowsANameWithoutItsBytesWhenNamesAreKept) {
  lose_power_after({"write:a:text", "rename:a:b"}, {.names = UnsyncedNames::kept});
  EXPECT_EQ(text_after("b"), "");
  EXPECT_FALSE(fs::exists(after() / "a"));
}

TEST_F(FaultShim, BringsBackAnUnlinkedFileWhoseFolderWasNotSynced) {
  lose_power_after({"write:a:text", "sync:a", "dirsync:.", "unlink:a"});
  EXPECT_EQ(text_after("a"), "text");
}

// The file system gives the inode number of the removed file to the next one.
TEST_F(FaultShim, IsNotFooledByAnInodeNumberUsedAgain) {
  lose_power_after({"write:a:old", "dirsync:.", "unlink:a", "write:b:new", "sync:b"});
  EXPECT_EQ(text_after("a"), "");
  EXPECT_FALSE(fs::exists(after() / "b"));
}

TEST_F(FaultShim, ForgetsAFolderWhoseParentWasNotSynced) {
  lose_power_after({"mkdir:d", "write:d/a:text", "sync:d/a", "dirsync:d"});
  EXPECT_FALSE(fs::exists(after() / "d"));
}

TEST_F(FaultShim, KeepsAFolderThatWasFilledAsideAndRenamed) {
  lose_power_after({"mkdir:d.tmp", "write:d.tmp/a:text", "sync:d.tmp/a", "dirsync:d.tmp",
                    "rename:d.tmp:d", "dirsync:."});
  EXPECT_EQ(text_after("d/a"), "text");
  EXPECT_FALSE(fs::exists(after() / "d.tmp"));
}

TEST_F(FaultShim, SeesTheFileCallsOfTheStandardLibrary) {
  write_file(root() / "old", "old");
  lose_power_after({"stream:a:text", "sync:a", "stream:b:gone", "copy:old:c", "sync:c",
                    "remove_all:old", "dirsync:."});
  EXPECT_EQ(text_after("a"), "text");
  EXPECT_EQ(text_after("b"), "");
  EXPECT_EQ(text_after("c"), "old");
  EXPECT_FALSE(fs::exists(after() / "old"));
}

TEST_F(FaultShim, ForgetsWhatAShammedSyncPretendedToKeep) {
  const FaultOutcome outcome =
      run({"write:a.log:text", "sync:a.log", "write:b:text", "sync:b", "dirsync:.", "mkdir:d",
           "write:d/c:text", "dirsync:d", "dirsync:.", "die"},
          {.drop = "sync:*.log,dirsync:d", .shadow = temp_ / "shadow"});
  reconstruct_after_power_loss(temp_ / "shadow", root(), after());
  EXPECT_EQ(text_after("a.log"), "") << outcome.describe();
  EXPECT_EQ(text_after("b"), "text");
  EXPECT_TRUE(fs::exists(after() / "d"));
  EXPECT_FALSE(fs::exists(after() / "d/c"));
}

TEST_F(FaultShim, CountsCallsByClassAndPhase) {
  const FaultOutcome outcome = run({"write:a:text", "phase:second", "append:a:more", "sync:a",
                                    "rename:a:b", "dirsync:.", "mkdir:d", "rmdir:d", "unlink:b"});
  EXPECT_EQ(outcome.count("write", "start"), 1u);
  EXPECT_EQ(outcome.count("create", "start"), 1u);
  EXPECT_EQ(outcome.count("write", "second"), 1u);
  EXPECT_EQ(outcome.count("sync", "second"), 2u);
  EXPECT_EQ(outcome.count("rename"), 1u);
  EXPECT_EQ(outcome.count("create"), 2u);
  EXPECT_EQ(outcome.count("remove"), 2u);
  EXPECT_EQ(outcome.count("any"), 9u);
}

TEST_F(FaultShim, KillsJustBeforeTheCallAskedFor) {
  const FaultOutcome outcome =
      run({"write:a:one", "write:b:two", "phase:late", "write:c:three", "sync:c"},
          {.fault = "kill:write:3"});
  EXPECT_EQ(outcome.command.signal, SIGKILL);
  ASSERT_TRUE(outcome.killed.has_value());
  EXPECT_EQ(outcome.killed->phase, "late");
  EXPECT_EQ(outcome.killed->path, "c");
  EXPECT_EQ(outcome.command.out, "ok\nok\nok\n");
  EXPECT_EQ(read_file(root() / "b"), "two");
  EXPECT_EQ(read_file(root() / "c"), "");
}

TEST_F(FaultShim, KillsOnlyInThePhaseAndAtThePathAskedFor) {
  const FaultOutcome outcome =
      run({"write:a:one", "phase:late", "write:a:two", "write:b:three", "write:b:four"},
          {.fault = "kill:any:2", .phase = "late", .only = "b"});
  ASSERT_TRUE(outcome.killed.has_value()) << outcome.describe();
  EXPECT_EQ(outcome.killed->function, std::string("write"));
  EXPECT_EQ(read_file(root() / "a"), "two");
  EXPECT_EQ(read_file(root() / "b"), "");
}

TEST_F(FaultShim, TearsAWriteBeforeItKills) {
  run({"write:a:0123456789"}, {.fault = "torn:write:1"});
  EXPECT_EQ(read_file(root() / "a"), "01234");
}

TEST_F(FaultShim, FailsOneCallOrAllFromThereOn) {
  const Operations writes = {"write:a:1", "write:b:2", "write:c:3", "sync:c", "rename:c:d"};
  EXPECT_EQ(lines_of(run(writes, {.fault = "fail:write:2:EIO"}).command.out),
            (Lines{"ok", "EIO", "ok", "ok", "ok"}));
  fs::remove_all(root());
  fs::create_directory(root());
  const FaultOutcome outcome = run(writes, {.fault = "fail:any:2:ENOSPC+"});
  EXPECT_EQ(lines_of(outcome.command.out),
            (Lines{"ENOSPC", "ENOSPC", "ENOSPC", "ENOENT", "ENOSPC"}));
  EXPECT_EQ(outcome.failed.size(), 4u);
}

TEST_F(FaultShim, RefusesASettingItDoesNotUnderstand) {
  EXPECT_THROW(run({"write:a:1"}, {.fault = "kill:writes:1"}), std::runtime_error);
  EXPECT_THROW(run({"write:a:1"}, {.drop = "*.log"}), std::runtime_error);
}

// ---- under the engine ----

struct EngineState {
  bool opened = false;
  int last_key = 0;
  bool has_hole = false;
  std::string text;
};

EngineState read_engine(const fs::path& database) {
  const CommandResult result = run_command({FAULT_ENGINE, database.string(), "read"});
  EngineState state;
  state.opened = result.exit_code == 0;
  state.text = result.err;
  for (const std::string& line : lines_of(result.out)) {
    const int key = std::stoi(line);
    state.has_hole = state.has_hole || key != state.last_key + 1;
    state.last_key = key;
  }
  return state;
}

class FaultShimUnderTheEngine : public FaultShim {
 protected:
  static constexpr int kKeys = 100;

  // Kills the engine at the k-th call of any class and returns the last key it said was durable.
  // False when it lived to the end.
  bool kill_engine_at(std::uint64_t number, const std::string& drop, int& durable) {
    fs::remove_all(root());
    fs::remove_all(temp_ / "shadow");
    fs::create_directory(root());
    const FaultOutcome outcome =
        run_with_faults({FAULT_ENGINE, root().string(), std::to_string(kKeys)},
                        {.root = root(),
                         .fault = "kill:any:" + std::to_string(number),
                         .drop = drop,
                         .shadow = temp_ / "shadow"});
    const Lines printed = lines_of(outcome.command.out);
    durable = printed.empty() ? 0 : std::stoi(printed.back());
    EXPECT_TRUE(outcome.killed || outcome.command.exit_code == 0) << outcome.describe();
    return outcome.killed.has_value();
  }

  EngineState lose_power(const PowerLoss& loss) {
    fs::remove_all(after());
    reconstruct_after_power_loss(temp_ / "shadow", root(), after(), loss);
    return read_engine(after());
  }
};

TEST_F(FaultShimUnderTheEngine, EverySyncedKeySurvivesAPowerLossAtAnyCall) {
  constexpr std::uint64_t kStep = 23;
  int kills = 0;
  int durable = 0;
  bool lost_unsynced = false;
  for (std::uint64_t number = 1; kill_engine_at(number, "", durable); number += kStep) {
    ++kills;
    for (const PowerLoss loss :
         {PowerLoss{}, PowerLoss{.names = UnsyncedNames::kept},
          PowerLoss{.bytes = UnsyncedBytes::half_kept},
          PowerLoss{.names = UnsyncedNames::kept, .bytes = UnsyncedBytes::half_kept}}) {
      const EngineState state = lose_power(loss);
      ASSERT_TRUE(state.opened) << "call " << number << ": " << state.text;
      EXPECT_FALSE(state.has_hole) << "call " << number;
      EXPECT_GE(state.last_key, durable) << "call " << number;
    }
    const EngineState killed = read_engine(root());
    EXPECT_TRUE(killed.opened) << killed.text;
    lost_unsynced = lost_unsynced || read_engine(after()).last_key < killed.last_key;
  }
  EXPECT_GE(kills, 10);
  EXPECT_TRUE(lost_unsynced) << "no run ever lost an unsynced key: nothing was simulated";
}

TEST_F(FaultShimUnderTheEngine, LogSyncsThatLieAreNoticed) {
  int lost = 0;
  int durable = 0;
  for (std::uint64_t number = 100; kill_engine_at(number, "sync:*.log", durable); number += 40) {
    const EngineState state = lose_power({});
    lost += !state.opened || state.last_key < durable ? 1 : 0;
  }
  EXPECT_GT(lost, 0);
}

TEST_F(FaultShimUnderTheEngine, FolderSyncsThatLieAreNoticed) {
  int lost = 0;
  int durable = 0;
  for (std::uint64_t number = 100; kill_engine_at(number, "dirsync:*", durable); number += 40) {
    const EngineState state = lose_power({});
    lost += !state.opened || state.last_key < durable ? 1 : 0;
  }
  EXPECT_GT(lost, 0);
}

}  // namespace
}  // namespace manifolddb::test
