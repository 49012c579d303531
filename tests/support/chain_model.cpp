#include "support/chain_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "manifolddb/backup.h"
#include "support/random_history.h"
#include "support/temp_dir.h"

namespace manifolddb::test_support {

namespace {

namespace fs = std::filesystem;

struct Backup {
  fs::path file;
  std::vector<fs::path> chain;  // itself included
  SequenceNumber sequence;
  ContentDigest digest;
  GraphModel model;
};

// Threads and buffers cost most of the time with so little data.
const backup::Options kSmall{.threads = 1, .memory_limit_bytes = 32u << 20};

class ChainModel {
 public:
  ChainModel(std::uint64_t seed, const ChainModelEffort& effort)
      : effort_(effort),
        history_(seed),
        database_(Database::in_memory(RandomHistory::database_options())) {}

  void run() {
    for (int i = 0; i < effort_.steps; ++i) {
      history_.step(database_);
      if (history_.random().one_in(static_cast<std::uint64_t>(effort_.steps / effort_.backups))) {
        back_up();
      }
      if (testing::Test::HasFailure()) return;
    }
    back_up();
    for (const Backup& backup : backups_) check(backup);
    check_merged();
  }

 private:
  void back_up() {
    Backup backup;
    backup.file = folder_ / std::to_string(backups_.size());
    backup.model = history_.model();
    const bool full = backups_.empty() || history_.random().one_in(5);
    backup::ExportOptions options{kSmall};
    if (history_.random().one_in(3)) options.compression = backup::Compression::zstd;
    backup::BackupSummary summary;
    if (full) {
      summary = backup::export_full(database_, backup.file, options);
    } else {
      // Mostly the last one; sometimes an older one, which begins a branch.
      const Backup& parent = history_.random().one_in(4)
                                 ? backups_[history_.random().below(backups_.size())]
                                 : backups_.back();
      summary = backup::export_incremental(database_, backup::read_parent(parent.file), backup.file,
                                           options);
      backup.chain = parent.chain;
      EXPECT_EQ(summary.previous_sequence, parent.sequence);
    }
    EXPECT_TRUE(summary.digest_matches);
    backup.chain.push_back(backup.file);
    backup.sequence = summary.sequence_number;
    backup.digest = summary.content_digest;
    EXPECT_EQ(backup.digest, database_.digest());
    backups_.push_back(std::move(backup));
  }

  void check(const Backup& backup) {
    std::vector<fs::path> files = backup.chain;
    std::shuffle(files.begin(), files.end(), order_);
    Database copy = Database::in_memory();
    const backup::RestoreSummary restored =
        backup::import(copy, files, backup::ImportOptions{{kSmall}});
    EXPECT_EQ(restored.sequence_number, backup.sequence);
    EXPECT_EQ(restored.content_digest, backup.digest);
    EXPECT_EQ(copy.digest(), backup.digest);
    EXPECT_TRUE(read_graph(copy) == backup.model);
    EXPECT_EQ(copy.check().finding_count, 0u);
  }

  // The last one once more: at a path, and merged into a full backup.
  void check_merged() {
    const Backup& last = backups_.back();
    EXPECT_TRUE(backup::verify(last.chain, backup::VerifyOptions{kSmall}).ok());
    backup::restore(last.chain, folder_ / "copy", {});
    const Database copy = Database::open(folder_ / "copy", {.create_if_missing = false});
    EXPECT_EQ(copy.digest(), last.digest);
    EXPECT_TRUE(read_graph(copy) == last.model);

    const backup::BackupSummary merged = backup::merge(last.chain, folder_ / "merged");
    EXPECT_EQ(merged.content_digest, last.digest);
    EXPECT_TRUE(backup::verify(folder_ / "merged").ok());
  }

  ChainModelEffort effort_;
  test::TempDir folder_;
  RandomHistory history_;
  Database database_;
  std::vector<Backup> backups_;
  std::minstd_rand order_{1};
};

}  // namespace

void check_chains_of_a_random_history(std::uint64_t seed, const ChainModelEffort& effort) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  ChainModel(seed, effort).run();
}

}  // namespace manifolddb::test_support
