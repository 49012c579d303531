// Each kind of damage to a repository is told apart, named, and does not hide what is still good.
#include <gtest/gtest.h>

#include <algorithm>

#include "backup/manifest.h"
#include "manifolddb/repository.h"
#include "support/error_of.h"
#include "support/list_files.h"
#include "support/repository_fixture.h"

namespace manifolddb::test {
namespace {

using backup::FaultKind;
using backup::Manifest;
using backup::RepositoryReport;
using backup::VerifyLevel;

class DamagedRepository : public RepositoryTest {
 protected:
  DamagedRepository() : chain_(make_chain()) {}

  RepositoryReport verify(VerifyLevel level = VerifyLevel::chain) const {
    backup::VerifyOptions options;
    options.level = level;
    options.threads = 1;
    return repository_->verify(options);
  }

  // Exactly these kinds, in any order, and so many backups that can still be restored.
  void expect(std::vector<FaultKind> kinds, std::size_t restorable) const {
    const RepositoryReport report = verify();
    std::vector<FaultKind> found;
    std::string texts;
    for (const auto& fault : report.faults) {
      found.push_back(fault.kind);
      texts += fault.file + ": " + fault.what + "\n";
    }
    std::sort(kinds.begin(), kinds.end());
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    EXPECT_EQ(found, kinds) << texts;
    EXPECT_EQ(report.restorable.size(), restorable) << texts;
    EXPECT_FALSE(report.ok());
  }

  std::filesystem::path data(std::size_t i) const { return data_path(*repository_, chain_[i]); }
  std::filesystem::path manifest(std::size_t i) const {
    return backup_path(*repository_, chain_[i], "manifest.json");
  }
  void flip(const std::filesystem::path& file, std::size_t byte) const {
    std::string content = read_file(file);
    content.at(byte) = static_cast<char>(content.at(byte) ^ 1);
    write_file(file, content);
  }

  std::vector<Manifest> chain_;
};

TEST_F(DamagedRepository, IsNotOneThatIsHealthyAndNothingIsWritten) {
  const auto before = list_files(repository_->path());
  const RepositoryReport report = verify(VerifyLevel::restore);
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.backups_checked, 3u);
  EXPECT_EQ(report.restorable.size(), 3u);
  EXPECT_EQ(list_files(repository_->path()), before);
}

TEST_F(DamagedRepository, NamesDamagedBytesAndWhatComesBeforeThemIsRestorable) {
  const std::size_t size = read_file(data(1)).size();
  for (const std::size_t byte : {std::size_t{0}, size / 2, size - 1}) {
    flip(data(1), byte);
    expect({FaultKind::damaged_data}, 1);
    flip(data(1), byte);
  }
  EXPECT_TRUE(verify().ok());
}

TEST_F(DamagedRepository, NamesAMissingFile) {
  std::filesystem::remove(data(2));
  expect({FaultKind::missing_file}, 2);
  std::filesystem::remove(data(0));
  expect({FaultKind::missing_file}, 0);
}

TEST_F(DamagedRepository, NamesATruncatedFile) {
  std::filesystem::resize_file(data(2), chain_[2].stored_bytes - 1);
  const RepositoryReport report = verify();
  EXPECT_EQ(report.faults.front().kind, FaultKind::truncated);
  EXPECT_EQ(report.restorable.size(), 2u);
  std::filesystem::resize_file(data(2), 0);
  EXPECT_EQ(verify().faults.front().kind, FaultKind::truncated);
}

TEST_F(DamagedRepository, NamesAnExtraFileAndRestoresAll) {
  write_file(repository_->path() / "notes.txt", "x");
  write_file(repository_->path() / "backups" / "stray", "x");
  write_file(backup_path(*repository_, chain_[0], "data.jsonl.bak"), "x");
  const RepositoryReport report = verify();
  EXPECT_EQ(report.fault_count, 3u);
  expect({FaultKind::extra_file}, 3);
}

TEST_F(DamagedRepository, NamesAManifestThatCannotBeRead) {
  std::filesystem::remove(manifest(1));
  std::filesystem::create_directory(manifest(1));
  expect({FaultKind::unreadable_manifest, FaultKind::broken_chain, FaultKind::extra_file}, 1);
  EXPECT_EQ(error_of([this] { open("latest"); }).code(), ErrorCode::failed);
  EXPECT_NO_THROW(open(chain_[0].backup_id.to_string()));
  // Who writes must know all that is there.
  backup::PrunePolicy policy;
  policy.keep_last = 1;
  EXPECT_EQ(error_of([&] { repository_->prune(policy); }).code(), ErrorCode::failed);
  EXPECT_EQ(error_of([this] { back_up(); }).code(), ErrorCode::failed);
}

TEST_F(DamagedRepository, NamesADamagedManifest) {
  flip(manifest(1), 100);
  expect({FaultKind::damaged_manifest, FaultKind::broken_chain}, 1);
  EXPECT_EQ(error_of([this] { open("latest"); }).code(), ErrorCode::damaged);
  const Error error = error_of([this] { open(chain_[2].backup_id.to_string()); });
  EXPECT_EQ(error.code(), ErrorCode::not_restorable);
}

TEST_F(DamagedRepository, NamesFilesThatWereSwapped) {
  const std::string first = read_file(data(0));
  write_file(data(0), read_file(data(1)));
  write_file(data(1), first);
  const RepositoryReport report = verify();
  EXPECT_TRUE(std::any_of(report.faults.begin(), report.faults.end(),
                          [](const auto& fault) { return fault.kind == FaultKind::foreign; }));
  EXPECT_TRUE(report.restorable.empty());
}

TEST_F(DamagedRepository, NamesAManifestUnderAnotherId) {
  write_file(manifest(2), read_file(manifest(1)));
  expect({FaultKind::foreign}, 2);
}

TEST_F(DamagedRepository, NamesABackupOfAnotherDatabase) {
  const auto other_path = folder_ / "other_repo";
  Database other = Database::in_memory();
  commit_entities(other, 1, 1);
  auto repository = backup::Repository::open_or_create(other_path, other.statistics().database_id);
  const Manifest manifest = repository.back_up(other).manifest;
  const std::string id = manifest.backup_id.to_string();
  std::filesystem::copy(other_path / "backups" / id, repository_->path() / "backups" / id,
                        std::filesystem::copy_options::recursive);
  expect({FaultKind::foreign}, 3);
  EXPECT_TRUE(std::filesystem::exists(repository_->path() / "backups" / id));
}

TEST_F(DamagedRepository, NamesAMissingLinkOfAChain) {
  std::filesystem::remove_all(data(1).parent_path());
  expect({FaultKind::broken_chain}, 1);
  EXPECT_EQ(error_of([this] { open(chain_[2].backup_id.to_string()); }).code(),
            ErrorCode::not_restorable);
}

TEST_F(DamagedRepository, NamesChecksumsThatSayOtherwise) {
  const auto file = backup_path(*repository_, chain_[0], "SHA256SUMS");
  flip(file, 3);
  expect({FaultKind::damaged_data}, 3);
  std::filesystem::remove(file);
  expect({FaultKind::missing_file}, 3);
}

// Someone changed the data and made hash and manifest fit: only the digests speak against it.
TEST_F(DamagedRepository, NamesALinkThatDoesNotLeadToItsDigest) {
  Manifest forged = chain_[1];
  forged.content_digest.low ^= 1;
  write_file(manifest(1), backup::manifest_text(forged));
  const RepositoryReport report = verify();
  EXPECT_FALSE(report.ok());
  EXPECT_EQ(report.restorable.size(), 1u);
}

TEST_F(DamagedRepository, GoesOnToTheEndAndNamesAll) {
  flip(data(0), 30);
  std::filesystem::remove(data(1));
  flip(manifest(2), 50);
  write_file(repository_->path() / "x", "");
  const RepositoryReport report = verify();
  EXPECT_EQ(report.backups_checked, 3u);
  for (const FaultKind kind : {FaultKind::damaged_data, FaultKind::missing_file,
                               FaultKind::damaged_manifest, FaultKind::extra_file}) {
    EXPECT_TRUE(std::any_of(report.faults.begin(), report.faults.end(),
                            [kind](const auto& fault) { return fault.kind == kind; }));
  }
}

TEST_F(DamagedRepository, IsNeverChangedByLookingAtIt) {
  flip(data(0), 30);
  flip(manifest(2), 50);
  const auto before = list_files(repository_->path());
  const std::string bytes = read_file(data(0));
  verify();
  EXPECT_EQ(list_files(repository_->path()), before);
  EXPECT_EQ(read_file(data(0)), bytes);
}

TEST_F(DamagedRepository, NamesTheNewestGoodOneWhenTheNewestIsDamaged) {
  std::filesystem::resize_file(data(2), 10);
  const Error error = error_of([this] { open("latest"); });
  EXPECT_EQ(error.code(), ErrorCode::damaged);
  EXPECT_NE(error.next().find("REPO@seq:" + std::to_string(chain_[1].sequence_number.value)),
            std::string::npos)
      << error.next();
}

TEST_F(DamagedRepository, OfALaterVersionIsRefusedAsSuch) {
  const auto file = repository_->path() / "manifold-repository.json";
  std::string text = read_file(file);
  text.replace(text.find("\"version\":1"), 11, "\"version\":2");
  write_file(file, text);
  EXPECT_EQ(error_of([this] { backup::Repository::open(repository_->path()); }).code(),
            ErrorCode::newer_format);
}

// Case 67 of the behaviours: the damaged one stays, and the next has nothing to do with it.
TEST_F(DamagedRepository, IsContinuedByAFullBackupWhenItsNewestIsDamaged) {
  std::filesystem::resize_file(data(0), 10);
  commit_entities(database_, 90, 90);
  EXPECT_EQ(back_up().manifest.kind, backup::BackupKind::full);
  EXPECT_EQ(std::filesystem::file_size(data(0)), 10u);
  EXPECT_EQ(verify().restorable.size(), 1u);
}

}  // namespace
}  // namespace manifolddb::test
