#include "support/archive_model.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "backup/record_stream.h"
#include "common/value_codec.h"
#include "common/varint.h"
#include "manifolddb/archive.h"
#include "manifolddb/repository.h"
#include "support/random_history.h"
#include "support/temp_dir.h"

namespace manifolddb::test_support {

namespace {

namespace fs = std::filesystem;
using backup::RecoveryTarget;

constexpr std::chrono::minutes kPatience{2};
const backup::Options kSmallReads{.threads = 1, .memory_limit_bytes = 32u << 20};

struct Moment {
  GraphModel model;
  ContentDigest digest;
  std::int64_t committed_at_us = 0;
};

RecoveryTarget at_sequence(std::uint64_t sequence) {
  RecoveryTarget target;
  target.kind = RecoveryTarget::Kind::sequence;
  target.sequence_number = {sequence};
  return target;
}

RecoveryTarget at_time(std::int64_t time_us) {
  RecoveryTarget target;
  target.kind = RecoveryTarget::Kind::time;
  target.time_us = time_us;
  return target;
}

class ArchiveModel {
 public:
  ArchiveModel(std::uint64_t seed, const ArchiveModelEffort& effort)
      : effort_(effort), history_(seed), database_(Database::in_memory(options())) {}

  void run() {
    backup::ArchiveOptions archive;
    archive.interval = std::chrono::milliseconds(20);
    archive.segment_bytes_max = 64u << 10;
    archive.backup_options.threads = 1;
    archive.on_event = [this](const backup::ArchiveEvent& event) {
      if (event.kind == backup::ArchiveEvent::Kind::gap ||
          event.kind == backup::ArchiveEvent::Kind::failure) {
        ++failures_;
      }
    };
    {
      backup::Archiver archiver = backup::archive_to(database_, {repository_}, archive);
      EXPECT_TRUE(archiver.archive_now(kPatience));
      while (moments_.size() < effort_.transactions && !testing::Test::HasFailure()) {
        step(archiver);
      }
      EXPECT_TRUE(archiver.archive_now(kPatience));
    }
    EXPECT_EQ(failures_, 0);
    check_merged_numbers();
    check_restores();
    check_times();
  }

 private:
  // Now and then the clock is set back, up to a minute.
  DatabaseOptions options() {
    DatabaseOptions options = RandomHistory::database_options();
    options.clock_us = [this] { return clock_us_.load(); };
    return options;
  }

  void step(backup::Archiver& archiver) {
    clock_us_ += static_cast<std::int64_t>(history_.random().below(3'000'000));
    if (history_.random().one_in(20)) {
      clock_us_ -= static_cast<std::int64_t>(history_.random().below(60'000'000));
    }
    history_.step(database_);
    const std::uint64_t now = database_.sequence_number().value;
    if (now == 0 || moments_.contains(now)) return;
    Moment moment;
    moment.model = history_.model();
    bool bulk = false;
    database_.for_each_commit({now}, {now}, [&](const CommitRecord& commit) {
      moment.digest = commit.content_digest;
      moment.committed_at_us = commit.committed_at_us;
      bulk = commit.bulk;
      return true;
    });
    moments_[now] = std::move(moment);
    // What is committed between a bulk transaction and the backup that covers it cannot be reached,
    // and is not what is tried here.
    if (bulk || history_.random().one_in(12)) {
      EXPECT_TRUE(archiver.archive_now(kPatience));
    }
  }

  void check_merged_numbers() {
    const backup::Repository repository = backup::Repository::open(repository_);
    for (const auto& [number, moment] : moments_) {
      if (testing::Test::HasFailure()) return;
      if (!history_.random().one_in(effort_.merged_every)) continue;
      SCOPED_TRACE("seq " + std::to_string(number));
      const backup::BackupChain chain = repository.open_chain(at_sequence(number));
      EXPECT_EQ(chain.plan.sequence_number.value, number);
      EXPECT_TRUE(read(chain) == moment.model);
    }
  }

  static GraphModel read(const backup::BackupChain& chain) {
    GraphModel model;
    const auto stream = backup::RecordStream::of_chain(chain, kSmallReads);
    while (stream->next()) {
      const RecordView& record = stream->record();
      switch (record.kind) {
        case RecordKind::key_value:
          model.metadata.emplace(record.key, record.body);
          break;
        case RecordKind::entity: {
          Entity entity;
          decode_entity(EntityId{read_be64(record.key.data())}, record.body, entity);
          model.entities.emplace(entity.id.value, entity);
          break;
        }
        case RecordKind::edge: {
          Edge edge;
          decode_edge(EdgeId{read_be64(record.key.data())}, record.body, edge);
          model.edges.emplace(edge.id.value, edge);
          break;
        }
      }
    }
    return model;
  }

  std::uint64_t random_number() { return 1 + history_.random().below(moments_.size()); }

  void check_restores() {
    const backup::Repository repository = backup::Repository::open(repository_);
    const bool all = effort_.restores < 0;
    const std::uint64_t count =
        all ? moments_.size() : static_cast<std::uint64_t>(effort_.restores);
    for (std::uint64_t i = 1; i <= count && !testing::Test::HasFailure(); ++i) {
      const std::uint64_t number = all ? i : random_number();
      SCOPED_TRACE("restored to seq " + std::to_string(number));
      Database copy = Database::in_memory();
      const backup::RestoreSummary restored = backup::import(
          copy, repository.open_chain(at_sequence(number)), backup::ImportOptions{{kSmallReads}});
      const Moment& moment = moments_.at(number);
      EXPECT_EQ(restored.sequence_number.value, number);
      EXPECT_EQ(restored.committed_at_us, moment.committed_at_us);
      EXPECT_EQ(copy.digest(), moment.digest);
      EXPECT_TRUE(read_graph(copy) == moment.model);
      EXPECT_EQ(copy.check().finding_count, 0u);
      EXPECT_GE(copy.statistics().next_entity_id, database_.statistics().next_entity_id);
      EXPECT_GE(copy.statistics().next_edge_id, database_.statistics().next_edge_id);
    }
  }

  void check_times() {
    const backup::Repository repository = backup::Repository::open(repository_);
    const std::int64_t first = moments_.begin()->second.committed_at_us;
    const std::int64_t last = moments_.rbegin()->second.committed_at_us;
    for (int i = 0; i < effort_.times && !testing::Test::HasFailure(); ++i) {
      const std::int64_t time = first + static_cast<std::int64_t>(history_.random().below(
                                            static_cast<std::uint64_t>(last - first + 1)));
      std::uint64_t expected = 0;
      for (const auto& [number, moment] : moments_) {
        if (moment.committed_at_us <= time) expected = number;
      }
      EXPECT_EQ(repository.plan(at_time(time)).sequence_number.value, expected);
    }
  }

  const ArchiveModelEffort effort_;
  std::atomic<std::int64_t> clock_us_{1'700'000'000'000'000};
  test::TempDir folder_;
  const fs::path repository_ = folder_ / "repository";
  RandomHistory history_;
  Database database_;
  std::map<std::uint64_t, Moment> moments_;
  std::atomic<int> failures_{0};
};

}  // namespace

void check_archive_of_a_random_history(std::uint64_t seed, const ArchiveModelEffort& effort) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  ArchiveModel(seed, effort).run();
}

}  // namespace manifolddb::test_support
