// One writer at a time, no removal under a reader, and no lock that outlives its process: a stale
// one has stopped other people's backups for months.
#include "repository/repository_lock.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <thread>

#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb::repository {
namespace {

using namespace std::chrono_literals;
using test::error_of;
using test::TempDir;
using test::write_file;

class RepositoryLock : public ::testing::Test {
 protected:
  RepositoryLock() { write_file(folder_ / "manifold-repository.json", "{}\n"); }
  const std::filesystem::path& root() const { return folder_.path(); }
  TempDir folder_;
};

// A process of its own that takes a lock and keeps it until it is killed.
class Holder {
 public:
  explicit Holder(const std::function<void()>& take_and_wait) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      ready_ = ends[1];
      take_and_wait();
      ::_exit(1);
    }
    ::close(ends[1]);
    char byte = 0;
    EXPECT_EQ(::read(ends[0], &byte, 1), 1);
    ::close(ends[0]);
  }
  ~Holder() { kill(); }

  [[noreturn]] static void keep() {
    static_cast<void>(!::write(ready_, "x", 1));
    for (;;) ::pause();
  }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  pid_t pid() const { return pid_; }

 private:
  static inline int ready_ = -1;
  pid_t pid_ = -1;
};

TEST_F(RepositoryLock, LetsOneWriterInAndNamesItToTheOther) {
  Holder holder([this] {
    const WriterLock lock(root(), "backup");
    Holder::keep();
  });
  const Error error = error_of([this] { WriterLock(root(), "prune"); });
  EXPECT_EQ(error.code(), ErrorCode::locked);
  EXPECT_NE(std::string(error.what()).find("backup by process " + std::to_string(holder.pid())),
            std::string::npos)
      << error.what();
}

TEST_F(RepositoryLock, OfAProcessThatWasKilledHoldsNobodyUp) {
  Holder writer([this] {
    const WriterLock lock(root(), "backup");
    const ReaderLock reader(root());
    Holder::keep();
  });
  EXPECT_EQ(error_of([this] { RemovalLock{root()}; }).code(), ErrorCode::locked);
  writer.kill();
  const WriterLock lock(root(), "prune");
  const RemovalLock removal(root());
}

TEST_F(RepositoryLock, OfReadersIsSharedAndKeepsRemovalOut) {
  Holder reader([this] {
    const ReaderLock lock(root());
    Holder::keep();
  });
  const ReaderLock second(root(), 0ms);
  const WriterLock writer(root(), "backup");  // adding takes nothing away
  EXPECT_EQ(error_of([this] { RemovalLock{root()}; }).code(), ErrorCode::locked);
}

TEST_F(RepositoryLock, OfAReaderWaitsForARemovalToEnd) {
  Holder removal([this] {
    const RemovalLock lock(root());
    Holder::keep();
  });
  EXPECT_EQ(error_of([this] { ReaderLock(root(), 100ms); }).code(), ErrorCode::locked);
  std::thread killer([&removal] {
    std::this_thread::sleep_for(100ms);
    removal.kill();
  });
  const ReaderLock reader(root(), 60s);
  killer.join();
}

TEST_F(RepositoryLock, OfAReaderNeedsNoRightToWrite) {
  ASSERT_EQ(::chmod((root() / "manifold-repository.json").c_str(), 0444), 0);
  ASSERT_EQ(::chmod(root().c_str(), 0555), 0);
  { const ReaderLock reader(root()); }
  ASSERT_EQ(::chmod(root().c_str(), 0755), 0);
  EXPECT_FALSE(std::filesystem::exists(root() / "writer.lock"));
}

}  // namespace
}  // namespace manifolddb::repository
