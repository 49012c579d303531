// The daily use of a repository: which backup comes next, and that what is listed is a backup.
// Laws: an old chain is never continued by mistake, and nothing is listed that was not read again.
#include "manifolddb/repository.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <utility>

#include "backup/manifest.h"
#include "support/error_of.h"
#include "support/repository_fixture.h"

namespace manifolddb::test {
namespace {

using backup::BackupChoice;
using backup::BackupKind;
using backup::Repository;
using backup::RepositoryBackupOptions;
using backup::StoredBackup;

using Repositories = RepositoryTest;

TEST_F(Repositories, TakeAFullBackupFirstAndIncrementalsAfterIt) {
  const StoredBackup full = back_up();
  EXPECT_EQ(full.manifest.kind, BackupKind::full);
  EXPECT_EQ(full.decision.reason, "the repository holds no backup yet");
  EXPECT_EQ(full.manifest.verified_level, backup::VerifyLevel::chain);
  commit_entities(database_, 7, 8);
  const StoredBackup link = back_up();
  EXPECT_EQ(link.manifest.kind, BackupKind::incremental);
  EXPECT_EQ(link.manifest.parent_backup_id, full.manifest.backup_id);
  EXPECT_EQ(link.manifest.previous_sequence, full.manifest.sequence_number);
  EXPECT_EQ(link.manifest.statistics.total_records, 2u);
  EXPECT_EQ(back_up(BackupChoice::full).manifest.kind, BackupKind::full);
}

TEST_F(Repositories, TakeAnEmptyIncrementalWhenNothingChanged) {
  back_up();
  const StoredBackup again = back_up();
  EXPECT_EQ(again.manifest.kind, BackupKind::incremental);
  EXPECT_EQ(again.manifest.statistics.total_records, 0u);
  backup::restore(open("latest"), folder_ / "copy");
  EXPECT_EQ(Database::open(folder_ / "copy").digest(), database_.digest());
}

TEST_F(Repositories, RestoreEveryPointToWhatItWas) {
  std::vector<ContentDigest> digests;
  for (int i = 0; i < 4; ++i) {
    commit_entities(database_, 2, 4, i);
    back_up(i == 2 ? BackupChoice::full : BackupChoice::automatic);
    digests.push_back(database_.digest());
  }
  for (std::size_t i = 0; i < digests.size(); ++i) {
    const std::string point = "seq:" + std::to_string(i + 2);
    const auto path = folder_ / point;
    const auto chain = open(point);
    EXPECT_EQ(backup::restore(chain, path).content_digest, digests[i]);
    EXPECT_EQ(Database::open(path).digest(), digests[i]);
  }
}

// Design: an id that the source gave after the restored point is not given to something else.
TEST_F(Repositories, RestoreWithTheHighestCountersThatTheyKnow) {
  make_chain();
  const auto chain = open("seq:1");
  backup::restore(chain, folder_ / "copy");
  Database copy = Database::open(folder_ / "copy");
  EXPECT_EQ(copy.statistics().next_entity_id, database_.statistics().next_entity_id);
  EXPECT_EQ(copy.statistics().counts.entity_count, 3u);
  EXPECT_EQ(copy.check().finding_count, 0u);
}

TEST_F(Repositories, RefuseAnIncrementalThatHasNothingToContinue) {
  const Error error = error_of([this] { back_up(BackupChoice::incremental); });
  EXPECT_EQ(error.code(), ErrorCode::not_restorable);
  EXPECT_TRUE(repository_->catalogue().entries.empty());
}

TEST_F(Repositories, RefuseAnotherDatabase) {
  back_up();
  Database other = Database::in_memory();
  commit_entities(other, 1, 3);
  const Error opening = error_of(
      [&] { Repository::open_or_create(repository_->path(), other.statistics().database_id); });
  EXPECT_EQ(opening.code(), ErrorCode::wrong_history);
  EXPECT_EQ(error_of([&] { repository_->back_up(other); }).code(), ErrorCode::wrong_history);
  EXPECT_EQ(repository_->catalogue().entries.size(), 1u);
  commit_entities(database_, 5, 5);
  EXPECT_EQ(back_up().manifest.kind, BackupKind::incremental);  // its own goes on
}

TEST_F(Repositories, AreNotMadeWhereSomethingElseIs) {
  const Uuid id = database_.statistics().database_id;
  write_file(folder_ / "file", "x");
  EXPECT_NE(error_of([&] { Repository::open_or_create(folder_ / "file", id); }).code(),
            ErrorCode{0});
  EXPECT_EQ(error_of([&] { Repository::open_or_create(folder_.path(), id); }).code(),
            ErrorCode::would_overwrite);
  EXPECT_EQ(error_of([&] { Repository::open(folder_ / "missing"); }).code(), ErrorCode::not_found);
  EXPECT_EQ(read_file(folder_ / "file"), "x");
}

TEST_F(Repositories, TakeAFullOfTheNewHistoryOfARestoredCopy) {
  const auto chain = make_chain();
  const auto copy_path = folder_ / "copy";
  backup::restore(open("seq:2"), copy_path);
  Database copy = Database::open(copy_path);
  commit_entities(copy, 50, 50);
  const StoredBackup first = repository_->back_up(copy);
  EXPECT_EQ(first.manifest.kind, BackupKind::full);
  EXPECT_EQ(first.manifest.history_id, copy.statistics().history_id);
  EXPECT_EQ(first.decision.reason, "the repository holds no backup of this history yet");
  commit_entities(copy, 51, 51);
  EXPECT_EQ(repository_->back_up(copy).manifest.parent_backup_id, first.manifest.backup_id);
  // The old history goes on beside it, and number 3 now is in both.
  commit_entities(database_, 60, 60);
  EXPECT_EQ(back_up().manifest.parent_backup_id, chain.back().backup_id);
  EXPECT_EQ(error_of([this] { open("seq:3"); }).code(), ErrorCode::usage);
  EXPECT_TRUE(repository_->verify().ok());
}

TEST_F(Repositories, RecogniseAnOldCopyThatWasPutBack) {
  back_up();
  database_.close();
  std::filesystem::copy(folder_ / "db", folder_ / "old", std::filesystem::copy_options::recursive);
  database_ = Database::open(folder_ / "db");
  commit_entities(database_, 7, 8);
  const auto newest = back_up().manifest;
  database_.close();
  std::filesystem::remove_all(folder_ / "db");
  std::filesystem::rename(folder_ / "old", folder_ / "db");
  database_ = Database::open(folder_ / "db");

  EXPECT_TRUE(repository_->decide(database_, BackupChoice::automatic).new_history_needed);
  EXPECT_EQ(error_of([this] { back_up(); }).code(), ErrorCode::wrong_history);
  // Other work under the same numbers: only the digest tells.
  commit_entities(database_, 9, 9);
  const auto decision = repository_->decide(database_, BackupChoice::automatic);
  EXPECT_TRUE(decision.new_history_needed);
  EXPECT_NE(decision.reason.find("went another way"), std::string::npos) << decision.reason;

  database_.start_new_history();
  const StoredBackup stored = back_up();
  EXPECT_EQ(stored.manifest.kind, BackupKind::full);
  EXPECT_NE(stored.manifest.history_id, newest.history_id);
  EXPECT_TRUE(repository_->verify().ok());
  EXPECT_EQ(repository_->verify().restorable.size(), 3u);
}

TEST_F(Repositories, ListNothingOfABackupThatWasInterrupted) {
  back_up();
  commit_entities(database_, 10, 20);
  const auto before = contents_of(repository_->path());
  for (std::size_t calls = 0; calls < 20; ++calls) {
    RepositoryBackupOptions options;
    std::size_t left = calls;
    bool stopped = false;
    options.progress = [&](std::uint64_t, std::uint64_t) {
      stopped = left-- == 0;
      return !stopped;
    };
    try {
      repository_->back_up(database_, options);
      break;  // it was not asked so often
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::interrupted);
    }
    EXPECT_EQ(contents_of(repository_->path()), before) << calls;
  }
  RepositoryBackupOptions options;
  options.progress = [](std::uint64_t, std::uint64_t) -> bool { throw std::runtime_error("mine"); };
  EXPECT_THROW(repository_->back_up(database_, options), std::runtime_error);
  EXPECT_TRUE(repository_->verify().ok());
}

TEST_F(Repositories, LetOneWriterInAtATime) {
  back_up();
  commit_entities(database_, 4, 4);
  RepositoryBackupOptions options;
  bool tried = false;
  options.progress = [&](std::uint64_t, std::uint64_t) {
    if (!std::exchange(tried, true)) {
      EXPECT_EQ(error_of([this] { repository_->back_up(database_); }).code(), ErrorCode::locked);
      EXPECT_EQ(error_of([this] { repository_->prune({.keep_last = 1}); }).code(),
                ErrorCode::locked);
      EXPECT_EQ(repository_->catalogue().entries.size(), 1u);
      EXPECT_EQ(repository_->catalogue().unfinished.size(), 1u);
    }
    return true;
  };
  repository_->back_up(database_, options);
  EXPECT_TRUE(tried);
  EXPECT_EQ(repository_->catalogue().entries.size(), 2u);
}

TEST_F(Repositories, CleanUpWhatKilledWritersLeft) {
  back_up();
  const auto before = contents_of(repository_->path());
  const auto backups = repository_->path() / "backups";
  const std::string ids[] = {"00000000-0000-4000-8000-000000000001",
                             "00000000-0000-4000-8000-000000000002",
                             "00000000-0000-4000-8000-000000000003"};
  for (const std::string& id : ids) std::filesystem::create_directory(backups / id);
  write_file(backups / ids[0] / "unfinished", "");
  write_file(backups / ids[0] / ".data.jsonl.zst.0123456789abcdef.tmp", "half");
  write_file(backups / ids[1] / ".unfinished.0123456789abcdef.tmp", "");
  write_file(repository_->path() / ".manifold-repository.json.0123456789abcdef.tmp", "");
  EXPECT_EQ(repository_->catalogue().unfinished.size(), 3u);
  EXPECT_TRUE(repository_->verify().ok());
  const StoredBackup stored = back_up();
  EXPECT_EQ(stored.cleaned_up, 3u);
  std::filesystem::remove_all(backups / stored.manifest.backup_id.to_string());
  EXPECT_EQ(contents_of(repository_->path()), before);
}

TEST_F(Repositories, NeverRemoveDataWhoseManifestIsMissing) {
  const auto manifest = back_up().manifest;
  std::filesystem::remove(backup_path(*repository_, manifest, "manifest.json"));
  back_up();
  EXPECT_TRUE(std::filesystem::exists(data_path(*repository_, manifest)));
  const auto report = repository_->verify();
  ASSERT_EQ(report.faults.size(), 1u);
  EXPECT_EQ(report.faults[0].kind, backup::FaultKind::missing_manifest);
}

TEST_F(Repositories, FindABackupByTheBeginningOfItsId) {
  const auto chain = make_chain();
  const auto catalogue = repository_->catalogue();
  const std::string id = chain[1].backup_id.to_string();
  EXPECT_EQ(catalogue.resolve(id).id, id);
  EXPECT_EQ(catalogue.resolve(id.substr(0, 8)).id, id);
  EXPECT_EQ(catalogue.resolve("latest").id, chain[2].backup_id.to_string());
  EXPECT_EQ(catalogue.resolve("seq:1").id, chain[0].backup_id.to_string());
  EXPECT_EQ(error_of([&] { catalogue.resolve("zzzzzz"); }).code(), ErrorCode::not_found);
  EXPECT_EQ(error_of([&] { catalogue.resolve("abc"); }).code(), ErrorCode::usage);
  const Error outside = error_of([&] { catalogue.resolve("seq:9"); });
  EXPECT_EQ(outside.code(), ErrorCode::not_restorable);
  EXPECT_EQ(outside.next(), "it can be restored to seq:1, seq:2, seq:3");
}

// Says in the manifest what a backup of a damaged database would say.
void mark_unproved(const Repository& repository, backup::Manifest manifest) {
  manifest.digest_matches = false;
  manifest.verified_level = backup::VerifyLevel::structure;
  write_file(backup_path(repository, manifest, "manifest.json"), backup::manifest_text(manifest));
}

TEST_F(Repositories, NeverContinueOrRestoreABackupThatWasNeverProved) {
  mark_unproved(*repository_, back_up().manifest);
  commit_entities(database_, 4, 4);
  EXPECT_EQ(error_of([this] { open("latest"); }).code(), ErrorCode::damaged);
  const StoredBackup next = back_up();
  EXPECT_EQ(next.manifest.kind, BackupKind::full);
  EXPECT_NE(next.decision.reason.find("cannot be restored"), std::string::npos);
  const auto report = repository_->verify();
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.unproved.size(), 1u);
  EXPECT_EQ(report.restorable.size(), 1u);
}

TEST_F(Repositories, ContinueTheLastProvedBackupOverOneThatIsNot) {
  const auto chain = make_chain();
  mark_unproved(*repository_, chain[2]);
  commit_entities(database_, 70, 70);
  EXPECT_EQ(back_up().manifest.parent_backup_id, chain[1].backup_id);
  EXPECT_TRUE(repository_->verify().ok());
}

}  // namespace
}  // namespace manifolddb::test
