#include "support/archive_crash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <sstream>

#include "manifolddb/archive.h"

namespace manifolddb::test {

namespace fs = std::filesystem;
using backup::Repository;

FaultOutcome ArchiveCrash::run_whole() {
  const FaultOutcome outcome = run("count", "", false);
  EXPECT_EQ(outcome.command.exit_code, 0) << outcome.describe();
  check(root_, promises_of(outcome));
  return outcome;
}

bool ArchiveCrash::crash(const std::string& phase, const std::string& call_class,
                         std::uint64_t number, const std::vector<PowerLoss>& losses) {
  SCOPED_TRACE(phase + ": " + call_class + " " + std::to_string(number));
  const FaultOutcome outcome =
      run("kill:" + call_class + ":" + std::to_string(number), phase, true);
  if (!outcome.killed) return false;
  const Promises promises = promises_of(outcome);
  for (const PowerLoss& loss : losses) {
    SCOPED_TRACE(describe(loss));
    fs::remove_all(rest_);
    reconstruct_after_power_loss(shadow_, root_, rest_, loss);
    check(rest_, promises);
  }
  SCOPED_TRACE("after kill -9");  // the page cache is kept
  check(root_, promises);
  return true;
}

ArchiveCrash::Promises ArchiveCrash::promises_of(const FaultOutcome& outcome) {
  Promises promises;
  std::istringstream lines(outcome.command.out);
  std::string what;
  for (std::uint64_t number = 0; lines >> what >> number;) {
    if (what == "based") promises.based = number;
    if (what == "synced") promises.synced = number;
    if (what == "archived") promises.archived = promises.synced = number;
  }
  return promises;
}

FaultOutcome ArchiveCrash::run(const std::string& fault, const std::string& phase,
                               bool with_shadow) {
  fs::remove_all(root_);
  fs::remove_all(shadow_);
  fs::create_directory(root_);
  FaultSettings settings;
  settings.root = root_;
  settings.fault = fault;
  settings.phase = phase;
  if (with_shadow) settings.shadow = shadow_;
  return run_with_faults({worker_, root_.string()}, settings);
}

void ArchiveCrash::check(const fs::path& folder, const Promises& promises) {
  std::optional<Database> opened;
  try {
    opened.emplace(Database::open(folder / "db", {.create_if_missing = false}));
  } catch (const Error& error) {
    ASSERT_EQ(error.code(), ErrorCode::not_found) << error.what();
    EXPECT_EQ(promises.synced, 0u);  // killed before there was one
    return;
  }
  Database& database = *opened;
  EXPECT_GE(database.sequence_number().value, promises.synced);
  EXPECT_EQ(database.check().finding_count, 0u);
  check_repository(folder, database, promises);
  go_on(folder, database);
}

// Whole, with what was promised, and never ahead of the database.
void ArchiveCrash::check_repository(const fs::path& folder, const Database& database,
                                    const Promises& promises) {
  if (!Repository::is_repository(folder / "repository")) {
    EXPECT_EQ(promises.based, 0u);
    return;
  }
  const Repository repository = Repository::open(folder / "repository");
  const backup::RepositoryReport report = repository.verify();
  for (const auto& fault : report.faults) ADD_FAILURE() << fault.file << ": " << fault.what;
  if (report.window.empty()) {
    EXPECT_EQ(promises.based, 0u);
    return;
  }
  ASSERT_EQ(report.window.size(), 1u);
  const SequenceNumber last = report.window[0].last;
  EXPECT_GE(last.value, std::max(promises.archived, promises.based));
  EXPECT_LE(last, database.sequence_number());
  Database copy = Database::in_memory();
  backup::import(copy, repository.open_chain(Repository::parse_target("latest")));
  EXPECT_EQ(copy.sequence_number(), last);
  database.for_each_commit(last, last, [&copy](const CommitRecord& commit) {
    EXPECT_EQ(copy.digest(), commit.content_digest);
    return true;
  });
}

// The same history, without a gap.
void ArchiveCrash::go_on(const fs::path& folder, Database& database) {
  const Uuid history = database.statistics().history_id;
  backup::ArchiveOptions options;
  options.backup_options.threads = 1;
  options.on_event = [](const backup::ArchiveEvent& event) {
    EXPECT_NE(event.kind, backup::ArchiveEvent::Kind::gap) << event.what;
    EXPECT_NE(event.kind, backup::ArchiveEvent::Kind::failure) << event.what;
  };
  backup::Archiver archiver = backup::archive_to(database, {folder / "repository"}, options);
  WriteTransaction transaction = database.begin();
  transaction.create_entity({"After"});
  transaction.commit();
  EXPECT_TRUE(archiver.archive_now(std::chrono::minutes(1)));
  EXPECT_EQ(database.statistics().history_id, history);
  EXPECT_EQ(Repository::open(folder / "repository").window().back().last,
            database.sequence_number());
}

}  // namespace manifolddb::test
