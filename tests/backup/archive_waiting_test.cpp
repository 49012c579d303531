// What an archiver does between its rounds: it misses no call to go on, however the call and the
// wait fall together, and it says that it lives however long it waits.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <future>

#include "backup/repository_archiver.h"
#include "database/log_readers.h"
#include "support/archive_fixture.h"

namespace manifolddb::test {
namespace {

using backup::ArchiveSource;
using std::chrono::milliseconds;

constexpr std::chrono::hours kLongInterval{1};

class ArchiveWaiting : public ArchiveTest {
 protected:
  // No round and no retry comes by itself.
  backup::ArchiveOptions patient_options() {
    backup::ArchiveOptions patient = options();
    patient.interval = patient.retry_min = patient.retry_max = kLongInterval;
    return patient;
  }
};

TEST_F(ArchiveWaiting, EndsAtOnceWhenTheCallCameBeforeTheWaitBeganConcurrently) {
  for (const auto& source :
       {backup::make_archive_source(*database_), backup::make_archive_source(path_)}) {
    const std::uint64_t ticket = source->ticket();
    source->wake();
    std::future<bool> wait = std::async(
        std::launch::async, [&] { return source->wait(ticket, UINT64_MAX, kLongInterval); });
    EXPECT_EQ(wait.wait_for(kPatience), std::future_status::ready);
    source->wake();  // lets one go that did miss it
    EXPECT_TRUE(wait.get());
    EXPECT_FALSE(source->wait(source->ticket(), UINT64_MAX, milliseconds(1)));
  }
}

TEST_F(ArchiveWaiting, GoesOnInEveryRepositoryWhenItIsAskedToConcurrently) {
  commit();
  backup::Archiver archiver =
      backup::archive_to(*database_, {repository_, folder_ / "second"}, patient_options());
  for (int i = 0; i < 10; ++i) {
    commit();
    ASSERT_TRUE(archiver.archive_now(kPatience)) << i;
    for (const ArchiveStatus& status : archiver.status()) {
      EXPECT_EQ(status.sequence_number, database_->sequence_number());
    }
  }
}

TEST_F(ArchiveWaiting, GoesOnWithARepositoryThatFailedWhenItIsAskedTo) {
  std::ofstream(repository_) << "in the way";
  commit();
  backup::Archiver archiver = backup::archive_to(*database_, {repository_}, patient_options());
  eventually("it fails", [&] { return !events(backup::ArchiveEvent::Kind::failure).empty(); });
  std::filesystem::remove(repository_);
  EXPECT_TRUE(archiver.archive_now(kPatience));
}

// Passes every wait at once, so that hours go by in no time, and counts what is said meanwhile.
class HastySource final : public ArchiveSource {
 public:
  explicit HastySource(std::shared_ptr<ArchiveSource> source) : source_(std::move(source)) {}

  std::unique_ptr<TransactionLog> open_log(std::uint64_t first, std::uint64_t file) const override {
    return source_->open_log(first, file);
  }
  void make_durable(TransactionLog& log, std::uint64_t sequence) const override {
    source_->make_durable(log, sequence);
  }
  std::shared_ptr<const Database> view() const override { return source_->view(); }
  std::uint64_t visible_sequence() override { return source_->visible_sequence(); }
  std::optional<ArchiveSlot> last_report(const std::filesystem::path& repository) const override {
    return source_->last_report(repository);
  }
  void start_new_history() override { source_->start_new_history(); }
  void report(const ArchiveSlot& slot) override {
    silence_ = milliseconds(0);
    source_->report(slot);
  }
  std::uint64_t generation() override { return source_->generation(); }
  std::uint64_t ticket() override { return source_->ticket(); }
  bool wait(std::uint64_t ticket, std::uint64_t, milliseconds time) override {
    passed_ = passed_.load() + time;
    silence_ = silence_.load() + time;
    longest_silence_ = std::max(longest_silence_.load(), silence_.load());
    std::this_thread::sleep_for(milliseconds(1));
    return source_->ticket() != ticket;
  }
  void wake() override { source_->wake(); }
  void end() override { source_->end(); }

  milliseconds passed() const { return passed_; }
  milliseconds longest_silence() const { return longest_silence_; }

 private:
  const std::shared_ptr<ArchiveSource> source_;
  std::atomic<milliseconds> passed_{}, silence_{}, longest_silence_{};
};

TEST_F(ArchiveWaiting, ReportsOftenEnoughToBeKnownAliveAlsoWhileARepositoryFails) {
  for (const bool fails : {false, true}) {
    if (fails) {
      std::filesystem::remove_all(repository_);
      std::ofstream(repository_) << "in the way";
    }
    const auto source = std::make_shared<HastySource>(backup::make_archive_source(path_));
    const backup::ArchiveOptions options = patient_options();
    backup::RepositoryArchiver archiver(source, repository_, options, options.on_event);
    archiver.start();
    eventually("hours have passed", [&] { return source->passed() > 3 * kLongInterval; });
    archiver.stop();
    EXPECT_LE(source->longest_silence(), LogReaders::kArchiverSilenceMax / 2) << fails;
    EXPECT_EQ(archiver.status().failure.empty(), !fails);
  }
}

}  // namespace
}  // namespace manifolddb::test
