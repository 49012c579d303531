// A database on the disk with an archiver, and what the tests of archiving ask of them.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "manifolddb/archive.h"
#include "manifolddb/backup.h"
#include "manifolddb/repository.h"
#include "support/temp_dir.h"

namespace manifolddb::test {

inline constexpr std::chrono::seconds kPatience{60};

// Waits for what other threads bring about; a failure says what was waited for.
inline bool eventually(const std::string& what, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) {
      ADD_FAILURE() << "never came: " << what;
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

class ArchiveTest : public testing::Test {
 protected:
  ArchiveTest() { open(); }

  void open(DatabaseOptions options = {}) {
    database_.reset();
    database_.emplace(Database::open(path_, options));
  }

  backup::ArchiveOptions options() {
    backup::ArchiveOptions options;
    options.interval = std::chrono::milliseconds(10);
    options.retry_min = std::chrono::milliseconds(10);
    options.retry_max = std::chrono::milliseconds(50);
    options.backup_options.threads = 1;
    options.on_event = [this](const backup::ArchiveEvent& event) {
      const std::lock_guard lock(mutex_);
      events_.push_back(event);
    };
    return options;
  }

  std::vector<backup::ArchiveEvent> events(backup::ArchiveEvent::Kind kind) const {
    const std::lock_guard lock(mutex_);
    std::vector<backup::ArchiveEvent> result;
    for (const auto& event : events_) {
      if (event.kind == kind) result.push_back(event);
    }
    return result;
  }

  void forget_events() {
    const std::lock_guard lock(mutex_);
    events_.clear();
  }

  // One more entity; remembers the digest.
  SequenceNumber commit(Durability durability = Durability::synced) {
    WriteTransaction transaction = database_->begin();
    const EntityId id =
        transaction.create_entity({"Thing"}, {{"number", static_cast<std::int64_t>(++committed_)}});
    if (committed_ % 3 == 0) transaction.create_edge(id, EntityId{1}, "NEAR");
    const SequenceNumber at = transaction.commit(durability);
    digests_[at.value] = database_->statistics().content_digest;
    return at;
  }
  void commit_many(int count) {
    for (int i = 0; i < count; ++i) commit(Durability::relaxed);
  }
  SequenceNumber commit_bulk() {
    WriteTransaction transaction = database_->begin();
    for (int i = 0; i < 2000; ++i) transaction.create_entity({"Much"}, {{"i", std::int64_t{i}}});
    const SequenceNumber at = transaction.commit();
    digests_[at.value] = database_->statistics().content_digest;
    return at;
  }
  static DatabaseOptions small_bulk_threshold() {
    DatabaseOptions options;
    options.bulk_threshold_bytes = 16u << 10;
    return options;
  }

  backup::Repository repository() const { return backup::Repository::open(repository_); }

  // Restores to the number and compares with what was committed there.
  void expect_restorable(std::uint64_t sequence, const std::filesystem::path& from) {
    SCOPED_TRACE("seq " + std::to_string(sequence));
    const std::filesystem::path copy = folder_ / ("copy-" + std::to_string(copies_++));
    const backup::RestoreSummary restored =
        backup::restore(backup::Repository::open(from).open_chain(
                            backup::Repository::parse_target("seq:" + std::to_string(sequence))),
                        copy, {});
    EXPECT_EQ(restored.sequence_number.value, sequence);
    EXPECT_EQ(restored.content_digest, digests_.at(sequence));
    EXPECT_EQ(Database::open(copy).digest(), digests_.at(sequence));
    std::filesystem::remove_all(copy);
  }
  void expect_restorable(std::uint64_t sequence) { expect_restorable(sequence, repository_); }

  TempDir folder_;
  const std::filesystem::path path_ = folder_ / "graph.manifold";
  const std::filesystem::path repository_ = folder_ / "repository";
  std::optional<Database> database_;
  std::map<std::uint64_t, ContentDigest> digests_;
  std::uint64_t committed_ = 0;
  int copies_ = 0;

 private:
  mutable std::mutex mutex_;
  std::vector<backup::ArchiveEvent> events_;
};

}  // namespace manifolddb::test
