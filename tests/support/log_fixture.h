// A database with a repository that has its first backup, and log made by hand behind it.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "backup/log_segment.h"
#include "repository/object_names.h"
#include "repository/object_store.h"
#include "support/error_of.h"
#include "support/log_recorder.h"
#include "support/repository_fixture.h"

namespace manifolddb::test {

class RepositoryLogTest : public RepositoryTest {
 protected:
  RepositoryLogTest() : recorder_(database_) { base_ = back_up().manifest; }

  // One transaction, recorded.
  void commit(std::uint64_t first, std::uint64_t last, std::int64_t value = 0) {
    commit_entities(database_, first, last, value);
    ASSERT_TRUE(recorder_.record());
  }
  backup::BackupChain chain_to(std::uint64_t sequence) const {
    return open("seq:" + std::to_string(sequence));
  }
  Error restoring(std::uint64_t sequence) {
    return error_of([&] { backup::restore(chain_to(sequence), folder_ / "copy"); });
  }

  // What would be number 2, without changes yet.
  LoggedTransaction second_transaction() const {
    LoggedTransaction transaction;
    transaction.commit.sequence_number = {2};
    transaction.commit.committed_at_us = *base_.committed_at_us + 1;
    transaction.state.sequence = 2;
    return transaction;
  }
  // As the segment of number 2, behind the base.
  std::filesystem::path store_forged(const LoggedTransaction& transaction) const {
    const repository::ObjectStore store(repository_->path());
    const std::string object =
        repository::segment_object(base_.history_id.to_string(), 2, 2, false);
    store.put(object, [&](ByteSink& sink) {
      backup::write_log_segment({base_.database_id, base_.history_id, 1, base_.content_digest},
                                {&transaction}, 1, sink);
    });
    return store.path_of(object);
  }

  // Beside `file`: the name of the segment of one transaction.
  static std::filesystem::path sibling(const std::filesystem::path& file, std::uint64_t sequence) {
    return file.parent_path() / repository::format_segment_name({sequence, sequence, false});
  }

  test_support::LogRecorder recorder_;
  backup::Manifest base_;  // at 1
};

}  // namespace manifolddb::test
