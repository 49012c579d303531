// Undo from a database and from a repository: what its tests have in common.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "backup/apply.h"
#include "manifolddb/history.h"
#include "support/archived_log.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb::test_support {

inline constexpr std::uint64_t kTransactionsPerSegment = 7;

enum class From { database, repository };

inline std::string name_of(const ::testing::TestParamInfo<From>& source) {
  return source.param == From::database ? "Database" : "Repository";
}

class UndoTest : public ::testing::TestWithParam<From> {
 protected:
  UndoTest() : database_(Database::open(folder_ / "db")) {}

  // What happens from now on is not in the repository.
  void archive(std::uint64_t last = UINT64_MAX) {
    std::filesystem::remove_all(folder_ / "repo");
    repository_.emplace(
        backup::Repository::open_or_create(folder_ / "repo", database_.statistics().database_id));
    archive_log(database_, *repository_, 1, std::min(last, database_.sequence_number().value),
                kTransactionsPerSegment);
  }

  backup::UndoSummary undo(std::size_t first, std::size_t last, std::ostream& out,
                           const backup::UndoOptions& options = {}) {
    if (GetParam() == From::database) {
      return backup::export_undo(database_, {first}, {last}, out, options);
    }
    if (!repository_) archive();
    return backup::export_undo(*repository_, std::nullopt, {first}, {last}, out, options);
  }

  std::string lines(std::size_t first, std::size_t last, const backup::UndoOptions& options = {}) {
    std::ostringstream out;
    undo(first, last, out, options);
    return out.str();
  }

  // A copy of the present, to which lines are applied.
  Database copy_with(const std::string& lines, std::optional<std::uint64_t> batch = {}) {
    if (!std::filesystem::exists(folder_ / "now")) backup::export_full(database_, folder_ / "now");
    Database copy = Database::in_memory();
    backup::import(copy, folder_ / "now");
    std::istringstream in(lines);
    backup::ApplyOptions options;
    options.batch_lines = batch;
    const backup::ApplySummary summary = backup::apply(copy, in, "undo", options);
    EXPECT_FALSE(summary.stopped_by) << summary.stopped_by->what() << "\n" << lines;
    return copy;
  }

  ContentDigest digest_at(std::size_t sequence) {
    ContentDigest digest;
    database_.for_each_commit({sequence}, {sequence}, [&digest](const CommitRecord& commit) {
      digest = commit.content_digest;
      return true;
    });
    return digest;
  }

  // One transaction each.
  template <typename Work>
  std::size_t commit(const Work& work) {
    WriteTransaction transaction = database_.begin();
    work(transaction);
    return transaction.commit().value;
  }

  // Of an undo that is refused: the kinds in the order in which they are told.
  std::vector<backup::UndoConflict> conflicts_of(std::size_t first, std::size_t last) {
    std::vector<backup::UndoConflict> conflicts;
    backup::UndoOptions options;
    options.on_conflict = [&conflicts](const backup::UndoConflict& c) { conflicts.push_back(c); };
    std::ostringstream out;
    const Error error = test::error_of([&] { undo(first, last, out, options); });
    EXPECT_EQ(error.code(), ErrorCode::conflict) << error.what();
    EXPECT_EQ(out.str(), "");
    return conflicts;
  }

  test::TempDir folder_;
  Database database_;
  std::optional<backup::Repository> repository_;
};

inline Entity entity_of(std::uint64_t id, std::int64_t value) {
  return {{id}, {"Thing"}, {{"value", Value(value)}}};
}

}  // namespace manifolddb::test_support
