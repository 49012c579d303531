// The folder of an image is removed when its process is gone, and never while somebody reads it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <filesystem>
#include <string>

#include "common/file_system.h"
#include "manifolddb/database.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

namespace fs = std::filesystem;

// Seen from another namespace, the number of a living process may be nobody's. This one is: it is
// over the kernel's limit.
constexpr const char* kNobodys = ".db.image-4194399-1";

TEST(ImageFolder, StaysWhileItIsLockedWhateverItsProcessSeemsToBe) {
  test::TempDir temp;
  Database::open(temp / "db").close();
  fs::create_directories(temp / kNobodys / "engine");
  {
    const FileDescriptor lock = open_file(temp / kNobodys, O_RDONLY | O_DIRECTORY);
    ASSERT_EQ(::flock(lock.get(), LOCK_EX | LOCK_NB), 0);
    Database::open_read_only(temp / "db");
    EXPECT_TRUE(fs::exists(temp / kNobodys / "engine"));
  }
  Database::open_read_only(temp / "db");
  EXPECT_FALSE(fs::exists(temp / kNobodys));
}

TEST(ImageFolder, IsLockedAsLongAsTheImageIsOpen) {
  test::TempDir temp;
  Database::open(temp / "db").close();
  const Database image = Database::open_read_only(temp / "db");
  int found = 0;
  for (const auto& entry : fs::directory_iterator(temp.path())) {
    if (!entry.path().filename().string().starts_with(".db.image-")) continue;
    ++found;
    const FileDescriptor lock = open_file(entry.path(), O_RDONLY | O_DIRECTORY);
    EXPECT_NE(::flock(lock.get(), LOCK_EX | LOCK_NB), 0);
  }
  EXPECT_EQ(found, 1);
}

}  // namespace
}  // namespace manifolddb
