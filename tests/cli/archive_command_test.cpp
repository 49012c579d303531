// `manifold archive`: how it ends. 3 is for what fails when it ends, not for what failed once.
#include <signal.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <thread>

#include "cli/command_line.h"
#include "manifolddb/archive.h"
#include "manifolddb/database.h"
#include "manifolddb/repository.h"

namespace manifolddb::test {
namespace {

namespace fs = std::filesystem;

class ArchiveCommand : public ::testing::Test {
 protected:
  void SetUp() override { make_small_database(directory_ / "db"); }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  void block(const std::string& name) { std::ofstream(directory_ / name) << "in the way"; }
  ArchiveStatus status() const {
    const auto archives = Database::open_read_only(directory_ / "db").statistics().archives;
    return archives.empty() ? ArchiveStatus() : archives.front();
  }
  void wait_until(const std::function<bool(const ArchiveStatus&)>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!condition(status())) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline)
          << "it never came: " << status().failure;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  TempDir directory_;
};

TEST_F(ArchiveCommand, EndsWellWhenWhatFailedWorksAgain) {
  block("repo");
  RunningCommand archive({MANIFOLD_COMMAND, "archive", path("db"), "-r", path("repo"), "--follow",
                          "--interval", "20", "--json"});
  wait_until([](const ArchiveStatus& status) { return !status.failure.empty(); });
  fs::remove(directory_ / "repo");
  wait_until([](const ArchiveStatus& status) {
    return status.failure.empty() && status.sequence_number.value == 1;
  });
  archive.send_signal(SIGTERM);
  const CommandResult result = archive.wait();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(python_json(result.out,
                        "[l['event'] for l in lines if l.get('event') in ('failure','recovered')]"
                        "[-1], lines[-1]['sequence_number'], lines[-1]['failure'] is None"),
            "recovered 1 True");
}

TEST_F(ArchiveCommand, EndsWith3WhileARepositoryFails) {
  block("repo");
  RunningCommand archive({MANIFOLD_COMMAND, "archive", path("db"), "-r", path("repo"), "--follow"});
  wait_until([](const ArchiveStatus& status) { return !status.failure.empty(); });
  archive.send_signal(SIGTERM);
  const CommandResult result = archive.wait();
  EXPECT_EQ(result.exit_code, 3) << result.out;
  expect_three_lines(result);
  EXPECT_TRUE(contains(result.err, path("repo"))) << result.err;
}

TEST_F(ArchiveCommand, OnceServesTheGoodRepositoryAndNamesTheOther) {
  block("bad");
  const CommandResult result =
      manifold({"archive", path("db"), "-r", path("good"), "-r", path("bad"), "--once"});
  EXPECT_EQ(result.exit_code, 3) << result.out;
  expect_three_lines(result);
  EXPECT_TRUE(contains(result.err, path("bad")) && !contains(result.err, path("good") + ":"))
      << result.err;
  EXPECT_EQ(manifold({"restore", path("good"), path("copy")}).exit_code, 0);
  fs::remove(directory_ / "bad");
  EXPECT_EQ(
      manifold({"archive", path("db"), "-r", path("good"), "-r", path("bad"), "--once"}).exit_code,
      0);
}

TEST_F(ArchiveCommand, SaysOfARepositoryThatWasNeverReachedThatItHoldsNothingKnown) {
  const CommandResult result =
      manifold({"archive", path("db"), "-r", path("no/where"), "--once", "--json"});
  EXPECT_EQ(result.exit_code, 3) << result.out;
  EXPECT_TRUE(contains(result.err, "list " + path("no/where"))) << result.err;
  EXPECT_EQ(
      python_json(result.out,
                  "lines[-1]['history_id'], lines[-1]['committed_at'], lines[-1]['failure'] != ''"),
      "None None True");
}

TEST_F(ArchiveCommand, ForgetsARepositoryThatIsGivenUp) {
  ASSERT_EQ(manifold({"archive", path("db"), "-r", path("repo"), "--once"}).exit_code, 0);
  EXPECT_EQ(status().repository, path("repo"));
  const std::vector<std::string> forget{"archive",    path("db"), "-r",
                                        path("repo"), "--forget", "--json"};
  EXPECT_EQ(python_json(manifold(forget).out, "lines[0]['forgotten']"), "True");
  EXPECT_EQ(status().repository, "");
  EXPECT_EQ(python_json(manifold(forget).out, "lines[0]['forgotten']"), "False");
  EXPECT_EQ(manifold({"restore", path("repo"), path("copy")}).exit_code, 0);
}

// The archiver meets it when it compacts: it says so, takes a backup, and ends well.
TEST_F(ArchiveCommand, OnceTakesABackupBehindADamagedSegmentAndSaysWhy) {
  constexpr int kMoreThanMayBeSmall = 65;
  {
    Database database = Database::open(directory_ / "db");
    backup::ArchiveOptions options;
    options.interval = std::chrono::milliseconds(10);
    backup::Archiver archiver = backup::archive_to(database, {directory_ / "repo"}, options);
    for (int i = 0; i < kMoreThanMayBeSmall; ++i) {
      ASSERT_TRUE(archiver.archive_now(std::chrono::minutes(1)));
      WriteTransaction transaction = database.begin();
      Entity entity;
      entity.id = {1};
      entity.labels = {"Thing"};
      entity.properties = {{"value", std::int64_t{i}}};
      transaction.put_entity(entity);
      transaction.commit();
    }
  }
  const auto log = backup::Repository::open(directory_ / "repo").catalogue().logs.at(0);
  const fs::path damaged = directory_ / "repo" / log.segments.at(30).object;
  fs::resize_file(damaged, fs::file_size(damaged) - 1);
  const CommandResult result = manifold({"archive", path("db"), "-r", path("repo"), "--once"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_TRUE(contains(result.out, damaged.filename().string() + "' cannot be read")) << result.out;
  EXPECT_FALSE(contains(result.out, "tried again")) << result.out;
  EXPECT_TRUE(contains(result.out, "took a backup")) << result.out;
  EXPECT_EQ(manifold({"restore", path("repo"), path("copy")}).exit_code, 0);
}

}  // namespace
}  // namespace manifolddb::test
