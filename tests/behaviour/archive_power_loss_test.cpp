// A writer with its archiver whose power goes, or that is killed, at any file call: afterwards the
// repository is never ahead of the database, what was promised as archived can be restored from the
// repository alone, and archiving goes on.
#include <gtest/gtest.h>

#include <iostream>
#include <optional>
#include <sstream>

#include "manifolddb/archive.h"
#include "manifolddb/repository.h"
#include "support/crash_runner.h"
#include "support/crash_scenario.h"
#include "support/power_loss.h"
#include "support/temp_dir.h"

namespace manifolddb::test {
namespace {

namespace fs = std::filesystem;
using backup::Repository;

struct Promises {
  std::uint64_t based = 0, synced = 0, archived = 0;
};

Promises promises_of(const FaultOutcome& outcome) {
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

class ArchivePowerLoss : public testing::Test {
 protected:
  FaultOutcome run(const std::string& fault, bool with_shadow) {
    fs::remove_all(root_);
    fs::remove_all(shadow_);
    fs::create_directory(root_);
    FaultSettings settings;
    settings.root = root_;
    settings.fault = fault;
    settings.phase = "archiving";
    if (with_shadow) settings.shadow = shadow_;
    return run_with_faults({ARCHIVE_WORKER, root_.string()}, settings);
  }

  void check(const fs::path& folder, const Promises& promises) {
    Database database = Database::open(folder / "db", {.create_if_missing = false});
    const DatabaseStatistics found = database.statistics();
    EXPECT_GE(found.sequence_number.value, promises.synced);
    EXPECT_EQ(database.check().finding_count, 0u);
    {
      const Repository repository = Repository::open(folder / "repository");
      const backup::RepositoryReport report = repository.verify();
      for (const auto& fault : report.faults) ADD_FAILURE() << fault.file << ": " << fault.what;
      ASSERT_EQ(report.window.size(), 1u);
      EXPECT_GE(report.window[0].last.value, promises.archived);
      EXPECT_LE(report.window[0].last, found.sequence_number);
      expect_same_digest(repository, database, report.window[0].last);
    }
    go_on(folder, database);
  }

  void expect_same_digest(const Repository& repository, const Database& database,
                          SequenceNumber at) {
    Database copy = Database::in_memory();
    backup::import(copy, repository.open_chain(Repository::parse_target("latest")));
    EXPECT_EQ(copy.sequence_number(), at);
    database.for_each_commit(at, at, [&copy](const CommitRecord& commit) {
      EXPECT_EQ(copy.digest(), commit.content_digest);
      return true;
    });
  }

  // The same history, without a gap.
  void go_on(const fs::path& folder, Database& database) {
    const Uuid history = database.statistics().history_id;
    backup::ArchiveOptions options;
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

  TempDir temp_;
  const fs::path root_ = temp_ / "root", shadow_ = temp_ / "shadow", rest_ = temp_ / "rest";
};

TEST_F(ArchivePowerLoss, LosesNothingThatWasPromised) {
  const FaultOutcome whole = run("count", false);
  ASSERT_EQ(whole.command.exit_code, 0) << whole.describe();
  check(root_, promises_of(whole));
  std::uint64_t losses = 0;
  for (const char* call_class : {"write", "sync", "rename"}) {
    for (const std::uint64_t number : sample(whole.count(call_class, "archiving"), 1, 6)) {
      SCOPED_TRACE(std::string(call_class) + " " + std::to_string(number));
      const FaultOutcome outcome =
          run(std::string("kill:") + call_class + ":" + std::to_string(number), true);
      if (!outcome.killed) continue;  // threads: there were fewer calls this time
      ++losses;
      fs::remove_all(rest_);
      reconstruct_after_power_loss(shadow_, root_, rest_, {});
      check(rest_, promises_of(outcome));
      check(root_, promises_of(outcome));  // killed only: the page cache is kept
    }
  }
  std::cout << losses << " losses of power\n";
  EXPECT_GE(losses, 9u);
}

}  // namespace
}  // namespace manifolddb::test
