// What a database and a repository tell of the same transactions is the same, is what happened, and
// what they do not know they say.
#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "manifolddb/history.h"
#include "support/archived_log.h"
#include "support/error_of.h"
#include "support/temp_dir.h"
#include "support/undo_oracle.h"

namespace manifolddb::test_support {
namespace {

using backup::HistoryEntry;
using backup::HistoryOptions;
using backup::Known;
using test::error_of;

struct SeenChange {
  std::optional<LoggedChange::Record> before, after;
  friend bool operator==(const SeenChange&, const SeenChange&) = default;
};

struct SeenEntry {
  Known known;
  std::uint64_t first, last;
  std::int64_t committed_at_us = 0;
  ContentDigest digest;
  std::uint64_t put_count = 0, deleted_count = 0;
  backup::TransactionCounts counts;
  std::vector<SeenChange> changes;
  friend bool operator==(const SeenEntry&, const SeenEntry&) = default;
};

backup::HistoryFunction collect(std::vector<SeenEntry>& out) {
  return [&out](const HistoryEntry& entry) {
    SeenEntry seen{entry.known, entry.first.value, entry.last.value, 0, {}, 0, 0, entry.counts, {}};
    if (entry.commit) {
      seen.committed_at_us = entry.commit->committed_at_us;
      seen.digest = entry.commit->content_digest;
      seen.put_count = entry.commit->put_count;
      seen.deleted_count = entry.commit->deleted_count;
    }
    for (std::size_t i = 0; i < entry.change_count; ++i) {
      const LoggedChange change = entry.change(i);
      seen.changes.push_back({change.before, change.after});
    }
    out.push_back(std::move(seen));
    return true;
  };
}

std::vector<SeenEntry> entries_of(const Database& database, const HistoryOptions& options = {}) {
  std::vector<SeenEntry> entries;
  backup::for_each_transaction(database, options, collect(entries));
  return entries;
}

std::vector<SeenEntry> entries_of(const backup::Repository& repository,
                                  const HistoryOptions& options = {}) {
  std::vector<SeenEntry> entries;
  backup::for_each_transaction(repository, std::nullopt, options, collect(entries));
  return entries;
}

std::vector<std::uint64_t> numbers_of(const std::vector<SeenEntry>& entries) {
  std::vector<std::uint64_t> numbers;
  for (const SeenEntry& entry : entries) numbers.push_back(entry.first);
  return numbers;
}

class History : public ::testing::Test {
 protected:
  History() : database_(Database::open(folder_ / "db", RandomHistory::database_options())) {}

  backup::Repository make_repository() {
    return backup::Repository::open_or_create(folder_ / "repo", database_.statistics().database_id);
  }

  void put(std::uint64_t id, std::vector<std::string> labels, std::int64_t value) {
    WriteTransaction transaction = database_.begin();
    transaction.put_entity({{id}, std::move(labels), {{"value", Value(value)}}});
    transaction.commit();
  }

  test::TempDir folder_;
  Database database_;
};

TEST_F(History, IsTheSameFromTheDatabaseAndFromARepository) {
  std::random_device entropy;
  const std::uint64_t seed = entropy();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RecordedHistory history(seed);
  history.run(database_, 200);
  const backup::Repository repository = make_repository();
  archive_log(database_, repository, 1, history.last(), 1 + history.random().below(20));
  const std::vector<SeenEntry> of_database = entries_of(database_);
  std::vector<SeenEntry> of_repository = entries_of(repository);
  ASSERT_EQ(of_database.size(), 200u);
  ASSERT_EQ(of_repository.size(), 200u);
  for (std::size_t i = 0; i < of_database.size(); ++i) {
    if (of_database[i].known == Known::bulk) {
      of_repository[i].put_count = of_database[i].put_count;  // not archived
      of_repository[i].deleted_count = of_database[i].deleted_count;
    }
    EXPECT_TRUE(of_database[i] == of_repository[i]) << "transaction " << i + 1;
  }
  for (int round = 0; round < 20; ++round) {
    HistoryOptions options;
    options.range.first = {1 + history.random().below(210)};
    options.range.last = {options.range.first.value + history.random().below(30)};
    EXPECT_EQ(numbers_of(entries_of(database_, options)),
              numbers_of(entries_of(repository, options)));
    const std::size_t at = history.random().below(200);
    options.range = {};
    options.range.from_us = of_database[at].committed_at_us;
    options.range.to_us = of_database[std::min<std::size_t>(at + 9, 199)].committed_at_us;
    const std::vector<std::uint64_t> numbers = numbers_of(entries_of(database_, options));
    EXPECT_EQ(numbers, numbers_of(entries_of(repository, options)));
    EXPECT_EQ(numbers.front(), at + 1);
    EXPECT_EQ(numbers.size(), std::min<std::size_t>(10, 200 - at));
    *options.range.from_us += 1;  // between two of them
    EXPECT_EQ(numbers_of(entries_of(database_, options)).size(), numbers.size() - 1);
    EXPECT_EQ(numbers_of(entries_of(repository, options)).size(), numbers.size() - 1);
  }
}

TEST_F(History, IsWhatHappened) {
  std::random_device entropy;
  const std::uint64_t seed = entropy();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RecordedHistory history(seed);
  history.run(database_, 200);
  for (const SeenEntry& entry : entries_of(database_)) {
    if (entry.known == Known::bulk) continue;
    GraphModel graph = history.model(entry.first - 1);
    for (const SeenChange& change : entry.changes) {
      const auto apply = [](auto& records, const auto& key, const SeenChange& c, auto value_of) {
        const auto found = records.find(key);
        EXPECT_EQ(found != records.end(), c.before.has_value());
        if (found != records.end()) {
          EXPECT_TRUE(found->second == value_of(*c.before));
        }
        records.erase(key);
        if (c.after) records.emplace(key, value_of(*c.after));
      };
      const LoggedChange::Record& any = change.before ? *change.before : *change.after;
      if (const auto* entity = std::get_if<Entity>(&any)) {
        apply(graph.entities, entity->id.value, change,
              [](const auto& record) { return std::get<Entity>(record); });
      } else if (const auto* edge = std::get_if<Edge>(&any)) {
        apply(graph.edges, edge->id.value, change,
              [](const auto& record) { return std::get<Edge>(record); });
      } else {
        apply(graph.metadata, std::get<MetadataEntry>(any).key, change,
              [](const auto& record) { return std::get<MetadataEntry>(record).value; });
      }
    }
    EXPECT_TRUE(graph == history.model(entry.first)) << "transaction " << entry.first;
    EXPECT_EQ(entry.changes.size(), entry.put_count + entry.deleted_count);
  }
}

TEST_F(History, OfALabelHasItsComingAndGoing) {
  put(1, {"A"}, 1);
  put(2, {"B"}, 1);
  put(1, {"A", "B"}, 1);
  put(1, {"A"}, 2);
  put(1, {"A"}, 3);
  HistoryOptions options;
  options.selector.label = "B";
  EXPECT_EQ(numbers_of(entries_of(database_, options)), (std::vector<std::uint64_t>{2, 3, 4}));
  options.selector = {};
  options.selector.entity = EntityId{1};
  EXPECT_EQ(numbers_of(entries_of(database_, options)), (std::vector<std::uint64_t>{1, 3, 4, 5}));
  options.selector = {};
  options.selector.edge = EdgeId{1};
  EXPECT_EQ(entries_of(database_, options).size(), 0u);
}

TEST_F(History, CountsWhatWasCreatedChangedAndDeleted) {
  put(1, {}, 1);
  put(2, {}, 1);
  WriteTransaction transaction = database_.begin();
  transaction.put_entity({{1}, {}, {}});
  transaction.put_entity({{3}, {}, {}});
  transaction.delete_entity({2});
  transaction.put_edge({{1}, {1}, {3}, "T", {}});
  transaction.put_metadata("k", "v");
  transaction.commit();
  const backup::TransactionCounts counts = entries_of(database_).back().counts;
  EXPECT_EQ(counts.entities, (backup::ChangeCounts{1, 1, 1}));
  EXPECT_EQ(counts.edges, (backup::ChangeCounts{1, 0, 0}));
  EXPECT_EQ(counts.metadata, (backup::ChangeCounts{1, 0, 0}));
}

TEST_F(History, NamesWhatIsMissingInARepository) {
  for (std::uint64_t id = 1; id <= 12; ++id) put(id, {}, 1);
  const backup::Repository repository = make_repository();
  archive_log(database_, repository, 3, 4, 10);
  archive_log(database_, repository, 8, 10, 10);
  const auto stretches = [&](const HistoryOptions& options) {
    std::vector<std::vector<std::uint64_t>> missing;
    for (const SeenEntry& entry : entries_of(repository, options)) {
      if (entry.known == Known::missing) missing.push_back({entry.first, entry.last});
    }
    return missing;
  };
  using Stretches = std::vector<std::vector<std::uint64_t>>;
  EXPECT_EQ(stretches({}), (Stretches{{1, 2}, {5, 7}}));
  EXPECT_EQ(numbers_of(entries_of(repository)), (std::vector<std::uint64_t>{1, 3, 4, 5, 8, 9, 10}));
  HistoryOptions options;
  options.range.first = {6};
  EXPECT_EQ(stretches(options), (Stretches{{6, 7}}));
  options.range.last = {6};
  EXPECT_EQ(stretches(options), (Stretches{{6, 6}}));
  options.range = {};
  options.range.first = {8};
  EXPECT_EQ(stretches(options), Stretches{});
  // What was archived of a label does not hide that something is missing.
  options.range = {};
  options.selector.entity = EntityId{4};
  EXPECT_EQ(stretches(options), (Stretches{{1, 2}, {5, 7}}));
  EXPECT_EQ(numbers_of(entries_of(repository, options)), (std::vector<std::uint64_t>{1, 4, 5}));
}

TEST_F(History, NamesTransactionsWhoseLogIsGone) {
  put(1, {}, 1);
  put(2, {}, 1);
  database_.close();
  database_ = Database::open(folder_ / "db");  // what is in the log so far is not needed any more
  put(3, {}, 1);
  std::filesystem::remove_all(folder_ / "db" / "engine" / "archive");
  const std::vector<SeenEntry> entries = entries_of(database_);
  ASSERT_EQ(numbers_of(entries), (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(entries[0].known, Known::missing);
  EXPECT_EQ(entries[0].put_count, 1u);  // its row is still there
  EXPECT_EQ(entries[1].known, Known::missing);
  EXPECT_EQ(entries[2].known, Known::changes);
  HistoryOptions options;
  options.selector.entity = EntityId{3};
  EXPECT_EQ(numbers_of(entries_of(database_, options)), (std::vector<std::uint64_t>{1, 2, 3}));

  std::ostringstream out;
  const Error error = error_of([&] { backup::export_undo(database_, {2}, {3}, out); });
  EXPECT_EQ(error.code(), ErrorCode::not_restorable);
  EXPECT_NE(std::string(error.what()).find("transaction 2 did is not in the log any more"),
            std::string::npos)
      << error.what();
  EXPECT_EQ(backup::export_undo(database_, {3}, {3}, out).deleted_count, 1u);
}

TEST_F(History, BeginsBehindTheParentInARestoredCopy) {
  put(1, {}, 1);
  put(2, {}, 1);
  backup::export_full(database_, folder_ / "full");
  backup::restore(folder_ / "full", folder_ / "copy");
  Database copy = Database::open(folder_ / "copy");
  EXPECT_EQ(entries_of(copy).size(), 0u);
  WriteTransaction transaction = copy.begin();
  transaction.put_entity({{3}, {}, {}});
  transaction.commit();
  EXPECT_EQ(numbers_of(entries_of(copy)), (std::vector<std::uint64_t>{3}));
}

TEST_F(History, StopsWhenItsCallerHasEnough) {
  for (std::uint64_t id = 1; id <= 12; ++id) put(id, {}, 1);
  const backup::Repository repository = make_repository();
  archive_log(database_, repository, 1, 12, 5);
  int count = 0;
  const auto three = [&count](const HistoryEntry&) { return ++count < 3; };
  backup::for_each_transaction(database_, {}, three);
  EXPECT_EQ(count, 3);
  count = 0;
  backup::for_each_transaction(repository, std::nullopt, {}, three);
  EXPECT_EQ(count, 3);
}

TEST_F(History, OfNothingArchivedIsNotFound) {
  const backup::Repository repository = make_repository();
  EXPECT_EQ(error_of([&] { entries_of(repository); }).code(), ErrorCode::not_found);
}

}  // namespace
}  // namespace manifolddb::test_support
