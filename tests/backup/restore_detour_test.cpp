// Several ways often lead to a point: a damaged file on one of them must not keep anybody from a
// state that is still there on another, and must never lead to another state. Law: a restore that
// gives up at the first damaged file has lost what the others hold.
#include <gtest/gtest.h>

#include "support/log_fixture.h"

namespace manifolddb::test {
namespace {

using backup::BackupChain;
using backup::RepositoryFault;

class RestoreDetour : public RepositoryLogTest {
 protected:
  RestoreDetour() {
    for (std::uint64_t n = 2; n <= kLast; ++n) commit(1 + n % 3, 1 + n % 3, value(n));
  }
  static std::int64_t value(std::uint64_t n) { return static_cast<std::int64_t>(100 + n); }

  struct Result {
    backup::RestoreSummary summary;
    std::vector<std::string> damaged;  // that were told
    int tries = 0;
  };
  // Result is filled also where it throws.
  void restore(std::string_view which, Result& result) {
    repository_->with_other_ways(
        open(which),
        [&](const BackupChain& chain) {
          ++result.tries;
          result.summary = backup::restore(chain, folder_ / "copy");
        },
        [&](const RepositoryFault& fault) { result.damaged.push_back(fault.file); });
  }
  void expect_last(const Result& result, const std::vector<std::string>& damaged) {
    const auto& last = recorder_.commit(recorder_.last());
    EXPECT_EQ(result.summary.sequence_number, last.sequence_number);
    EXPECT_EQ(result.summary.content_digest, last.content_digest);
    EXPECT_EQ(result.damaged, damaged);
    EXPECT_EQ(Database::open(folder_ / "copy").digest(), last.content_digest);
  }
  std::string object_of(const std::filesystem::path& file) const {
    return file.lexically_relative(repository_->path()).string();
  }

  backup::Repository make_for(const Database& database, const char* name) {
    return backup::Repository::open_or_create(folder_ / name, database.statistics().database_id);
  }

  static constexpr std::uint64_t kLast = 4;
};

TEST_F(RestoreDetour, TakesABackupWhereTheLogIsDamaged) {
  back_up();
  for (std::uint64_t n = kLast + 1; n <= kLast + 3; ++n) {
    commit(1, 1, value(n));
    back_up();
  }
  const auto segment = recorder_.store(*repository_, 2, recorder_.last());
  ASSERT_EQ(chain_to(recorder_.last()).segments.size(), 1u);  // the cheaper way
  damage_middle(segment);
  Result result;
  restore("latest", result);
  expect_last(result, {object_of(segment)});
  EXPECT_EQ(result.tries, 2);
}

TEST_F(RestoreDetour, TakesTheLogWhereABackupIsDamaged) {
  const auto link = back_up().manifest;
  recorder_.store_all(*repository_, 1);
  ASSERT_EQ(chain_to(kLast).files.size(), 2u);  // the cheaper way
  damage_middle(data_path(*repository_, link));
  Result result;
  restore(link.backup_id.to_string(), result);
  expect_last(result, {object_of(data_path(*repository_, link))});
}

TEST_F(RestoreDetour, TakesAnOlderFullBackupAndItsLogWhereTheNewestIsDamaged) {
  recorder_.store_all(*repository_, 1);
  const auto full = back_up(backup::BackupChoice::full).manifest;
  damage_middle(data_path(*repository_, full));
  Result result;
  restore("latest", result);
  expect_last(result, {object_of(data_path(*repository_, full))});
}

TEST_F(RestoreDetour, TakesTheSmallSegmentsOfADamagedLargeOne) {
  recorder_.store_all(*repository_, 1);
  const auto large = recorder_.store(*repository_, 2, kLast);
  damage_middle(large);
  Result result;
  restore("seq:4", result);
  expect_last(result, {object_of(large)});
}

TEST_F(RestoreDetour, GoesAroundOneDamagedFileAfterAnother) {
  const auto link = back_up().manifest;
  const auto large = recorder_.store(*repository_, 2, kLast);
  recorder_.store_all(*repository_, 1);
  ASSERT_EQ(chain_to(kLast).files.size(), 2u);  // the cheapest way, then the large segment
  damage_middle(data_path(*repository_, link));
  damage_middle(large);
  Result result;
  restore("latest", result);
  EXPECT_EQ(result.tries, 3);
  expect_last(result, {object_of(data_path(*repository_, link)), object_of(large)});
}

// What the damaged segment said of ids that were given is not forgotten.
TEST_F(RestoreDetour, GivesNoIdAgainThatOnlyTheDamagedFileKnewOf) {
  commit(500, 500);
  const auto large = recorder_.store(*repository_, 2, recorder_.last());
  for (std::uint64_t n = 2; n <= kLast; ++n) recorder_.store(*repository_, n, n);
  damage_middle(large);
  const BackupChain chain = chain_to(kLast);
  ASSERT_EQ(chain.segments.size(), 1u);
  ASSERT_EQ(chain.plan.next_entity_id, 501u);
  Result result;
  restore("seq:4", result);
  EXPECT_EQ(result.tries, 2);
  EXPECT_EQ(Database::open(folder_ / "copy").statistics().next_entity_id, 501u);
}

// Two copies of one database went different ways, each with a repository of its own, and these were
// copied together.
TEST_F(RestoreDetour, NeverLeadsToAnotherContentOfTheSameNumber) {
  database_.close();
  std::filesystem::copy(folder_ / "db", folder_ / "other",
                        std::filesystem::copy_options::recursive);
  const auto full_of = [&](const char* database, const char* repository, std::int64_t number) {
    Database opened = Database::open(folder_ / database);
    commit_entities(opened, 1, 1, number);
    backup::RepositoryBackupOptions options;
    options.choice = backup::BackupChoice::full;
    return make_for(opened, repository).back_up(opened, options).manifest;
  };
  const auto here = full_of("db", "repo", 1);
  const auto there = full_of("other", "second", 2);
  ASSERT_EQ(here.sequence_number, there.sequence_number);
  ASSERT_NE(here.content_digest, there.content_digest);
  backup::Repository::open(folder_ / "second").copy_to(repository_->path());
  damage_middle(data_path(*repository_, here));
  Result result;
  const Error error = error_of([&] { restore(here.backup_id.to_string(), result); });
  EXPECT_EQ(error.code(), ErrorCode::damaged) << error.what();
  EXPECT_EQ(result.tries, 1);
}

TEST_F(RestoreDetour, SaysWhatIsDamagedWhereNoOtherWayLeadsThere) {
  recorder_.store(*repository_, 2, 3);
  const auto segment = recorder_.store(*repository_, 4, kLast);
  damage_middle(segment);
  Result result;
  const Error error = error_of([&] { restore("latest", result); });  // and not to 3
  EXPECT_EQ(error.code(), ErrorCode::damaged);
  EXPECT_NE(std::string(error.what()).find(segment.filename()), std::string::npos);
  EXPECT_EQ(result.damaged, std::vector<std::string>{object_of(segment)});
  EXPECT_EQ(result.tries, 1);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "copy"));
}

TEST_F(RestoreDetour, HasNoPartInFailuresThatAreOfNoFile) {
  recorder_.store_all(*repository_, 1);
  back_up();
  for (const ErrorCode code : {ErrorCode::failed, ErrorCode::would_overwrite, ErrorCode::no_space,
                               ErrorCode::interrupted}) {
    int tries = 0;
    const auto work = [&](const BackupChain&) {
      ++tries;
      throw Error(code, "of the target");
    };
    const auto on_damage = [](const RepositoryFault& fault) { ADD_FAILURE() << fault.file; };
    const Error error =
        error_of([&] { repository_->with_other_ways(open("latest"), work, on_damage); });
    EXPECT_EQ(error.code(), code);
    EXPECT_EQ(tries, 1);
  }
}

}  // namespace
}  // namespace manifolddb::test
