// A real full disk, not a simulated one: each kind of work on a small file system with too little
// room. It fails with an error, leaves no temporary file, loses nothing, and succeeds when there is
// room again. Needs the right to mount in a namespace of its own, which root has, and others on
// most systems.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/run_command.h"
#include "support/temp_dir.h"

namespace manifolddb::test {
namespace {
namespace fs = std::filesystem;

// Arguments: worker, work, mount point, folder to begin with, source, KiB left free.
constexpr const char* kScript = R"(
set -e
mount -t tmpfs -o size=24m none "$3"
cp -r "$4/." "$3/"
available=$(df --output=avail -k "$3" | tail -1)
head -c $(( (available - $6) * 1024 )) /dev/zero > "$3/filler"
set +e
"$1" "$2" "$3" "$5"
echo "exit $?"
ls -A "$3" | sed 's/^/left /'
rm "$3/filler"
if [ -d "$4/db" ]; then "$1" check "$3"; echo "checked $?"; fi
"$1" "$2" "$3" "$5" >/dev/null
echo "again $?"
)";

struct FullDiskRun {
  int exit_code = -1;
  int checked = -1;
  int again = -1;
  std::uint64_t durable = 0;
  std::uint64_t state = 0;  // sequence number found
  bool sound = true;        // nothing found by check, digests agree
  std::set<std::string> left;
  std::string text;
};

FullDiskRun parse(const CommandResult& result) {
  FullDiskRun run;
  run.text = result.out + result.err;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word == "exit") {
      words >> run.exit_code;
    } else if (word == "checked") {
      words >> run.checked;
    } else if (word == "again") {
      words >> run.again;
    } else if (word == "durable") {
      words >> run.durable;
    } else if (word == "left") {
      words >> word;
      run.left.insert(word);
    } else if (word == "finding") {
      run.sound = false;
    } else if (word == "state") {
      std::string computed;
      std::string stored;
      words >> run.state >> computed >> stored;
      run.sound = run.sound && computed == stored;
    }
  }
  return run;
}

class FullDisk : public ::testing::Test {
 protected:
  FullDisk() {
    fs::create_directory(temp_ / "mount");
    fs::create_directory(temp_ / "begin");
    fs::create_directory(temp_ / "other");
    work("create", temp_ / "other");
    work("bulk", temp_ / "other");
    work("backup", temp_ / "other");
    fs::rename(temp_ / "other/backup", temp_ / "source");
  }

  void begin_with_a_database() {
    work("create", temp_ / "begin");
    work("commits", temp_ / "begin");
  }

  void work(const std::string& name, const fs::path& folder) {
    const CommandResult result = run_command({CRASH_WORKER, name, folder.string()});
    ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  }

  FullDiskRun run(const std::string& name, int free_kib) {
    return parse(
        run_command({"unshare", ::geteuid() == 0 ? "-m" : "-rm", "sh", "-c", kScript, "sh",
                     CRASH_WORKER, name, (temp_ / "mount").string(), (temp_ / "begin").string(),
                     (temp_ / "source").string(), std::to_string(free_kib)}));
  }

  // `final_name` must not be there after a failure.
  void expect_clean_failures(const std::string& name, const std::vector<int>& frees_kib,
                             const std::string& final_name) {
    int failures = 0;
    for (const int free_kib : frees_kib) {
      const FullDiskRun run = this->run(name, free_kib);
      failures += run.exit_code != 0 ? 1 : 0;
      EXPECT_TRUE(run.exit_code == 0 || run.exit_code == 1 || run.exit_code == 8 ||
                  run.exit_code == 20)
          << free_kib << " KiB free: " << run.text;
      for (const std::string& left : run.left) {
        EXPECT_TRUE(left == "filler" || left == "db" || (left == final_name && run.exit_code == 0))
            << free_kib << " KiB free, left behind: " << left << "\n"
            << run.text;
      }
      if (fs::exists(temp_ / "begin/db")) {
        EXPECT_EQ(run.checked, 0) << free_kib << " KiB free: " << run.text;
        EXPECT_TRUE(run.sound) << run.text;
        EXPECT_GE(run.state, run.durable) << run.text;
      }
      if (run.exit_code != 0) {
        EXPECT_EQ(run.again, 0) << free_kib << " KiB free: " << run.text;
      }
    }
    EXPECT_GT(failures, 0) << "there was room enough each time: nothing was tried";
  }

  TempDir temp_;
};

TEST_F(FullDisk, FailsACreationCleanly) {
  expect_clean_failures("create", {0, 8, 40}, "db");
}

TEST_F(FullDisk, FailsACommitCleanly) {
  begin_with_a_database();
  expect_clean_failures("commits", {4, 40, 120}, "db");
}

TEST_F(FullDisk, FailsABulkTransactionCleanly) {
  begin_with_a_database();
  expect_clean_failures("bulk", {8, 24, 60}, "db");
}

TEST_F(FullDisk, FailsABackupCleanly) {
  begin_with_a_database();
  expect_clean_failures("backup", {0, 4, 64}, "backup");
}

TEST_F(FullDisk, FailsARestoreCleanly) {
  expect_clean_failures("restore", {16, 200, 400}, "restored");
}

TEST_F(FullDisk, FailsAnImportCleanly) {
  begin_with_a_database();
  expect_clean_failures("import", {0, 8, 24, 60}, "db");
}

}  // namespace
}  // namespace manifolddb::test
