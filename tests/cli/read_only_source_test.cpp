// Reading changes nothing: neither a database that lies still, nor one that is in use, nor a
// backup.
#include <sys/mount.h>

#include "cli/command_line.h"

namespace manifolddb::test {
namespace {

class ReadOnlySource : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(directory_ / "medium");
    make_small_database(directory_ / "medium" / "db");
    make_backup(directory_ / "medium" / "db", directory_ / "medium" / "b.jsonl.zst");
  }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  void read_everything() {
    const std::string db = path("medium/db");
    const std::string backup = path("medium/b.jsonl.zst");
    const std::string number = std::to_string(++round_);
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"stats", db}, std::vector<std::string>{"digest", db},
          std::vector<std::string>{"check", db}, std::vector<std::string>{"log", db},
          std::vector<std::string>{"cat", db}, std::vector<std::string>{"show", backup},
          std::vector<std::string>{"cat", backup}, std::vector<std::string>{"verify", backup},
          std::vector<std::string>{"backup", db, "--full", "-o", path("b" + number)},
          std::vector<std::string>{"restore", backup, path("r" + number)}}) {
      const CommandResult result = manifold(arguments);
      EXPECT_EQ(result.exit_code, 0) << arguments[0] << ": " << result.err;
    }
  }
  TempDir directory_;
  int round_ = 0;
};

TEST_F(ReadOnlySource, IsNotChangedByAnyCommandThatReads) {
  const Listing before = list_files(directory_ / "medium");
  read_everything();
  EXPECT_EQ(list_files(directory_ / "medium"), before);
}

// Where the test may mount, the medium itself refuses every write.
TEST_F(ReadOnlySource, WorksOnAReadOnlyMedium) {
  const std::string medium = path("medium");
  const bool mounted =
      ::mount(medium.c_str(), medium.c_str(), nullptr, MS_BIND, nullptr) == 0 &&
      ::mount(nullptr, medium.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0;
  if (!mounted) {
    // Without that right, permissions do it; for root they are no hindrance.
    for (const auto& entry : std::filesystem::recursive_directory_iterator(medium)) {
      std::filesystem::permissions(entry.path(), std::filesystem::perms::owner_write,
                                   std::filesystem::perm_options::remove);
    }
  }
  const Listing before = list_files(medium);
  read_everything();
  EXPECT_EQ(list_files(medium), before);
  ::umount2(medium.c_str(), MNT_DETACH);
}

}  // namespace
}  // namespace manifolddb::test
