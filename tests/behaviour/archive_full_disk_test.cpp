// A repository whose disk is full, or cannot be written to, while the application goes on: the
// writer is not held up, nothing is called archived that is not there, nothing torn is left, and
// when the disk is well again the archive catches up without a gap.
#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <random>
#include <string>

#include "support/archive_fixture.h"
#include "support/error_of.h"
#include "support/private_mounts.h"

namespace manifolddb::test {
namespace {

namespace fs = std::filesystem;
using Kind = backup::ArchiveEvent::Kind;

class ArchiveToABadDisk : public ArchiveTest {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(enter_private_mounts()) << "no right to mount"; }

  void SetUp() override {
    fs::create_directory(disk_);
    DatabaseOptions impatient;
    impatient.archive_timeout = std::chrono::milliseconds(100);
    open(impatient);
  }

  // So many transactions of 8 KiB that cannot be compressed.
  void commit_noise(int count) {
    for (int i = 0; i < count; ++i) {
      std::string noise(8 << 10, '\0');
      for (char& c : noise) c = static_cast<char>('a' + random_() % 26);
      WriteTransaction transaction = database_->begin();
      transaction.create_entity({"Noise"}, {{"text", noise}});
      const SequenceNumber at = transaction.commit();
      digests_[at.value] = database_->statistics().content_digest;
    }
  }

  // While the disk is bad.
  void expect_that_the_writer_goes_on(backup::Archiver& archiver) {
    commit_noise(30);  // returns: nobody waits for the archive
    eventually("it fails", [&] { return !archiver.status()[0].failure.empty(); });
    commit_noise(30);
    const ArchiveStatus status = archiver.status()[0];
    EXPECT_FALSE(status.failure.empty());
    EXPECT_LT(status.sequence_number, database_->sequence_number());
    EXPECT_EQ(error_of([this] { commit(Durability::archived); }).code(), ErrorCode::timed_out);
    digests_[database_->sequence_number().value] = database_->statistics().content_digest;
    expect_sound();
    expect_restorable(status.sequence_number.value, repository_on_disk_);
    EXPECT_FALSE(archiver.archive_now(std::chrono::milliseconds(50)));
  }

  void expect_that_it_catches_up(backup::Archiver& archiver, std::uint64_t first) {
    ASSERT_TRUE(archiver.archive_now(kPatience)) << archiver.status()[0].failure;
    EXPECT_EQ(archiver.status()[0].sequence_number, database_->sequence_number());
    archiver.stop();
    EXPECT_TRUE(events(Kind::gap).empty());
    EXPECT_EQ(events(Kind::backup).size(), 1u);
    EXPECT_FALSE(events(Kind::recovered).empty());
    expect_sound();
    const std::uint64_t last = database_->sequence_number().value;
    for (std::uint64_t n = first; n < last; n += 17) expect_restorable(n, repository_on_disk_);
    expect_restorable(last, repository_on_disk_);
  }

  void expect_sound() const {
    const backup::RepositoryReport report = backup::Repository::open(repository_on_disk_).verify();
    for (const auto& fault : report.faults) ADD_FAILURE() << fault.file << ": " << fault.what;
    EXPECT_TRUE(report.gaps.empty());
  }

  // All but so many KiB.
  void fill(std::uint64_t free_kib) const {
    const std::uint64_t available = fs::space(disk_).available;
    std::ofstream filler(disk_ / "filler");
    filler << std::string(available - (free_kib << 10), '\0');
    filler.close();
    ASSERT_TRUE(filler) << "the disk could not be filled";
  }

  const fs::path disk_ = folder_ / "disk";
  fs::path repository_on_disk_ = disk_ / "repository";
  std::mt19937 random_{47};
};

TEST_F(ArchiveToABadDisk, GoesOnWhenAFullDiskHasRoomAgain) {
  for (const std::uint64_t free_kib : {0u, 8u, 100u}) {
    SCOPED_TRACE(std::to_string(free_kib) + " KiB free");
    const Mount disk = Mount::small_disk(disk_, "8m");
    ASSERT_TRUE(disk.ok());
    // One of its own: what is reached once is not made anew on an empty disk.
    repository_on_disk_ = disk_ / ("repository" + std::to_string(free_kib));
    commit_noise(3);
    const std::uint64_t first = database_->sequence_number().value;
    backup::Archiver archiver = backup::archive_to(*database_, {repository_on_disk_}, options());
    ASSERT_TRUE(archiver.archive_now(kPatience));
    fill(free_kib);
    expect_that_the_writer_goes_on(archiver);
    EXPECT_NE(archiver.status()[0].failure.find("space"), std::string::npos)
        << archiver.status()[0].failure;
    fs::remove(disk_ / "filler");
    expect_that_it_catches_up(archiver, first);
    forget_events();
  }
}

TEST_F(ArchiveToABadDisk, GoesOnWhenAReadOnlyRepositoryCanBeWrittenAgain) {
  commit_noise(3);
  const std::uint64_t first = database_->sequence_number().value;
  backup::Archiver archiver = backup::archive_to(*database_, {repository_on_disk_}, options());
  ASSERT_TRUE(archiver.archive_now(kPatience));
  {
    const Mount read_only = Mount::read_only(disk_);
    ASSERT_TRUE(read_only.ok());
    expect_that_the_writer_goes_on(archiver);
    EXPECT_NE(archiver.status()[0].failure.find("Read-only"), std::string::npos)
        << archiver.status()[0].failure;
  }
  expect_that_it_catches_up(archiver, first);
}

}  // namespace
}  // namespace manifolddb::test
