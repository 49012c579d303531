// An undo that is wrong in one record is worse than none: whatever the history, applying it gives
// the records of before and leaves all others alone, or it is refused and says why. All of it once
// from the log of the database and once from a repository.
#include <algorithm>
#include <filesystem>
#include <random>
#include <set>

#include "support/undo_fixture.h"
#include "support/undo_oracle.h"

namespace manifolddb::test_support {
namespace {

namespace fs = std::filesystem;
using backup::UndoConflict;
using backup::UndoOptions;
using backup::UndoSummary;
using test::error_of;

class Undo : public UndoTest {};

TEST_P(Undo, OfTheLastTransactionsGivesTheStateOfThen) {
  std::random_device entropy;
  for (int round = 0; round < 4; ++round) {
    const std::uint64_t seed = entropy();
    SCOPED_TRACE("seed " + std::to_string(seed));
    RecordedHistory history(seed);
    fs::remove(folder_ / "now");
    database_.close();
    fs::remove_all(folder_ / "db");
    database_ = Database::open(folder_ / "db");
    repository_.reset();
    history.run(database_, 150);
    for (const std::size_t first : {history.last(), history.last() - 1, history.last() - 20,
                                    history.last() - 100, std::size_t{1}}) {
      const std::string undone = lines(first, history.last());
      const Database copy = copy_with(undone);
      EXPECT_EQ(copy.digest(), digest_at(first - 1)) << "from " << first;
      EXPECT_TRUE(read_graph(copy) == history.model(first - 1)) << "from " << first;
      EXPECT_EQ(copy.check().finding_count, 0u);
      EXPECT_EQ(copy_with(undone, 3).digest(), digest_at(first - 1)) << "in batches";
    }
  }
}

TEST_P(Undo, OfAnyRangePutsBackItsRecordsAndNoOther) {
  std::random_device entropy;
  const std::uint64_t seed = entropy();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RecordedHistory history(seed);
  history.run(database_, 120);
  int refused = 0;
  int done = 0;
  for (int round = 0; round < 60; ++round) {
    // Mostly late and short ones, of which some can be undone.
    const std::size_t behind = history.random().below(round % 2 == 0 ? 6 : 110);
    const std::size_t last = history.last() - behind;
    const std::size_t first = last - std::min(last - 1, history.random().below(5));
    SCOPED_TRACE("transactions " + std::to_string(first) + " to " + std::to_string(last));
    const ExpectedUndo expected = expect_undo(history, first, last);

    std::set<std::string> changed_later, new_edge, missing_end;
    UndoOptions options;
    options.on_conflict = [&](const UndoConflict& conflict) {
      auto& records = conflict.kind == UndoConflict::Kind::changed_later ? changed_later
                      : conflict.kind == UndoConflict::Kind::new_edge    ? new_edge
                                                                         : missing_end;
      records.insert(conflict.record);
    };
    if (expected.has_conflict()) {
      std::ostringstream out;
      const Error error = error_of([&] { undo(first, last, out, options); });
      EXPECT_EQ(error.code(), ErrorCode::conflict) << error.what();
      EXPECT_EQ(out.str(), "");
      ++refused;
    } else {
      EXPECT_EQ(flatten(read_graph(copy_with(lines(first, last, options)))), expected.result);
      ++done;
    }
    EXPECT_EQ(changed_later, expected.changed_later);
    if (GetParam() == From::database) {
      EXPECT_EQ(new_edge, expected.new_edge);
    } else {
      // An edge that is a conflict of its own is not told again at its end.
      EXPECT_TRUE(std::includes(expected.new_edge.begin(), expected.new_edge.end(),
                                new_edge.begin(), new_edge.end()));
      EXPECT_EQ(changed_later.empty() && new_edge.empty() && missing_end.empty(),
                !expected.has_conflict());
    }
    EXPECT_EQ(missing_end, expected.missing_end);

    options.force = true;
    std::ostringstream out;
    const UndoSummary summary = undo(first, last, out, options);
    EXPECT_EQ(summary.put_count, expected.put_count);
    EXPECT_EQ(summary.deleted_count, expected.deleted_count);
    EXPECT_EQ(summary.left_out_count, expected.missing_end.size());
    EXPECT_EQ(summary.conflict_count != 0, expected.has_conflict());
    const Database copy = copy_with(out.str());
    EXPECT_EQ(flatten(read_graph(copy)), expected.result);
    EXPECT_EQ(copy.check().finding_count, 0u);
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(done, 0);
}

TEST_P(Undo, TakesBackWhatOneTransactionDidAmongOthers) {
  commit([](WriteTransaction& t) {
    t.put_entity(entity_of(1, 1));
    t.put_entity(entity_of(2, 1));
    t.put_edge({{1}, {1}, {2}, "KNOWS", {}});
    t.put_metadata("key", "old");
  });
  const std::size_t mistake = commit([](WriteTransaction& t) {
    t.delete_entity({2});  // with its edge
    t.put_entity(entity_of(1, 2));
    t.put_entity(entity_of(3, 1));
    t.put_metadata("key", "new");
  });
  commit([](WriteTransaction& t) { t.put_entity(entity_of(4, 1)); });
  EXPECT_EQ(lines(mistake, mistake),
            R"({"type":"key_value","data":{"key":"a2V5","value":"b2xk"}}
{"type":"entity","data":{"id":1,"labels":["Thing"],"properties":{"value":1}}}
{"type":"entity","data":{"id":2,"labels":["Thing"],"properties":{"value":1}}}
{"type":"entity_deleted","data":{"id":3}}
{"type":"edge","data":{"id":1,"source":1,"target":2,"edge_type":"KNOWS","properties":{}}}
)");
}

TEST_P(Undo, LeavesAloneWhatTheTransactionsLeftAsTheyFoundIt) {
  commit([](WriteTransaction& t) { t.put_entity(entity_of(1, 1)); });
  const std::size_t first = commit([](WriteTransaction& t) { t.put_entity(entity_of(1, 2)); });
  const std::size_t last = commit([](WriteTransaction& t) { t.put_entity(entity_of(1, 1)); });
  commit([](WriteTransaction& t) { t.put_entity(entity_of(1, 3)); });
  std::ostringstream out;
  const UndoSummary summary = undo(first, last, out);
  EXPECT_EQ(out.str(), "");
  EXPECT_EQ(summary.unneeded_count, 1u);
}

TEST_P(Undo, NamesTheTransactionThatChangedARecordLater) {
  const std::size_t first = commit([](WriteTransaction& t) {
    t.put_entity(entity_of(1, 1));
    t.put_entity(entity_of(2, 1));
  });
  commit([](WriteTransaction& t) { t.put_entity(entity_of(2, 2)); });
  const std::size_t later = commit([](WriteTransaction& t) { t.put_entity(entity_of(2, 3)); });
  const std::vector<UndoConflict> conflicts = conflicts_of(first, first);
  ASSERT_EQ(conflicts.size(), 1u);
  EXPECT_EQ(conflicts[0].kind, UndoConflict::Kind::changed_later);
  EXPECT_EQ(conflicts[0].record, "entity 2");
  EXPECT_EQ(conflicts[0].sequence_number, SequenceNumber{later});
}

TEST_P(Undo, DoesNotTakeLaterEdgesAlongUnasked) {
  commit([](WriteTransaction& t) { t.put_entity(entity_of(1, 1)); });
  const std::size_t created = commit([](WriteTransaction& t) {
    t.put_entity(entity_of(2, 1));
    t.put_edge({{1}, {1}, {2}, "OLD", {}});
  });
  const std::size_t later = commit([](WriteTransaction& t) {
    t.put_edge({{2}, {2}, {1}, "NEW", {}});
  });
  const std::vector<UndoConflict> conflicts = conflicts_of(created, created);
  ASSERT_EQ(conflicts.size(), 1u);
  EXPECT_EQ(conflicts[0].kind, UndoConflict::Kind::new_edge);
  EXPECT_EQ(conflicts[0].record, "entity 2");
  EXPECT_EQ(conflicts[0].sequence_number, SequenceNumber{later});
  const GraphModel forced = read_graph(copy_with(lines(created, created, {{}, true})));
  EXPECT_EQ(forced.entities.size(), 1u);
  EXPECT_EQ(forced.edges.size(), 0u);
}

TEST_P(Undo, LeavesOutAnEdgeWhoseEndIsGoneByNow) {
  commit([](WriteTransaction& t) {
    t.put_entity(entity_of(1, 1));
    t.put_entity(entity_of(2, 1));
    t.put_edge({{1}, {1}, {2}, "T", {}});
    t.put_edge({{2}, {1}, {1}, "T", {}});
  });
  const std::size_t deleted = commit([](WriteTransaction& t) {
    t.delete_edge({1});
    t.delete_edge({2});
  });
  commit([](WriteTransaction& t) { t.delete_entity({2}); });
  const std::vector<UndoConflict> conflicts = conflicts_of(deleted, deleted);
  ASSERT_EQ(conflicts.size(), 1u);
  EXPECT_EQ(conflicts[0].kind, UndoConflict::Kind::missing_end);
  EXPECT_EQ(conflicts[0].record, "edge 1");
  EXPECT_NE(conflicts[0].what.find("entity 2"), std::string::npos) << conflicts[0].what;
  const GraphModel forced = read_graph(copy_with(lines(deleted, deleted, {{}, true})));
  EXPECT_EQ(forced.edges.size(), 1u);
  EXPECT_TRUE(forced.edges.contains(2));
}

TEST_P(Undo, PutsAnEdgeBackThatWasMovedToANewEntity) {
  commit([](WriteTransaction& t) {
    t.put_entity(entity_of(1, 1));
    t.put_edge({{1}, {1}, {1}, "T", {}});
  });
  const std::size_t moved = commit([](WriteTransaction& t) {
    t.put_entity(entity_of(2, 1));
    t.put_edge({{1}, {1}, {2}, "T", {}});
    t.put_edge({{2}, {2}, {2}, "T", {}});
  });
  const Database copy = copy_with(lines(moved, moved));
  EXPECT_EQ(copy.digest(), digest_at(moved - 1));
  EXPECT_EQ(copy.check().finding_count, 0u);
}

TEST_P(Undo, RefusesWhatIsNotThere) {
  commit([](WriteTransaction& t) { t.put_entity(entity_of(1, 1)); });
  commit([](WriteTransaction& t) { t.put_entity(entity_of(1, 2)); });
  std::ostringstream out;
  EXPECT_EQ(error_of([&] { undo(0, 1, out); }).code(), ErrorCode::usage);
  EXPECT_EQ(error_of([&] { undo(2, 1, out); }).code(), ErrorCode::usage);
  const Error beyond = error_of([&] { undo(2, 3, out); });
  EXPECT_EQ(beyond.code(), ErrorCode::not_restorable);
  EXPECT_NE(std::string(beyond.what()).find("transactions 2 to 3"), std::string::npos);
  EXPECT_EQ(out.str(), "");
}

TEST_P(Undo, OfManyRecordsGoesThroughFiles) {
  constexpr std::uint64_t kEntities = 20'000;
  const std::string text(100, 'x');
  commit([](WriteTransaction& t) { t.put_entity(entity_of(1, 1)); });
  for (std::uint64_t part = 0; part < 2; ++part) {
    commit([&](WriteTransaction& t) {
      for (std::uint64_t id = 1; id <= kEntities; ++id) {
        if (id % 2 != part) continue;
        Entity entity = entity_of(id, static_cast<std::int64_t>(id));
        entity.properties["text"] = Value(text);
        t.put_entity(entity);
        t.put_edge({{id}, {id}, {1}, "T", {}});
      }
    });
  }
  UndoOptions options;
  options.memory_limit_bytes = 8u << 20;
  options.scratch_directory = folder_.path();
  const std::string undone = lines(2, 3, options);
  EXPECT_EQ(copy_with(undone).digest(), digest_at(1));
  if (GetParam() == From::database) {
    std::set<fs::path> left;
    for (const auto& entry : fs::directory_iterator(folder_.path())) left.insert(entry.path());
    EXPECT_EQ(left, (std::set<fs::path>{folder_ / "db", folder_ / "now"}));
  }
}

INSTANTIATE_TEST_SUITE_P(From, Undo, ::testing::Values(From::database, From::repository), name_of);

}  // namespace
}  // namespace manifolddb::test_support
