// An import into a database that has records: one atomic transaction of its history.
#include <gtest/gtest.h>

#include "support/error_of.h"
#include "support/imported_graph.h"

namespace manifolddb::test_support {
namespace {

using backup::OnConflict;
using test::error_of;

Database existing() {
  Database database = Database::in_memory();
  WriteTransaction tx = database.begin();
  tx.put_entity({EntityId{1}, {"Mine"}, {{"n", "1"}}});
  tx.put_entity({EntityId{9}, {"Mine"}, {}});
  tx.put_edge({EdgeId{3}, EntityId{1}, EntityId{9}, "OLD", {}});
  tx.commit();
  return database;
}

migrate::ImportReport import_into(Database& database, const FileTexts& texts,
                                  const migrate::ImportOptions& options = {}) {
  const test::TempDir folder;
  return migrate::import_graph(write_inputs(folder, texts), database, options);
}

TEST(IntoExisting, AssignedIdsFollowThoseOfTheDatabase) {
  Database database = existing();
  const migrate::ImportReport report = import_into(
      database, {{"n.csv", "name:ID\n1\n9\n"}, {"e.csv", ":START_ID,:END_ID,:TYPE\n1,9,NEW\n"}});
  EXPECT_EQ(report.sequence_number, SequenceNumber{2});
  ImportedGraph graph;
  read_graph(database, graph);
  ASSERT_EQ(graph.entities.size(), 4u);
  EXPECT_EQ(graph.entities[2], (Entity{EntityId{10}, {}, {{"name", "1"}}}));
  EXPECT_EQ(graph.edges.at(1), (Edge{EdgeId{4}, EntityId{10}, EntityId{11}, "NEW", {}}));
  EXPECT_EQ(database.check().finding_count, 0u);
}

TEST(IntoExisting, AssignedIdsEndWithTheHighestThatThereIs) {
  Database database = Database::in_memory();
  WriteTransaction tx = database.begin();
  tx.put_entity({EntityId{kIdMax - 1}, {}, {}});
  tx.put_edge({EdgeId{kIdMax}, EntityId{kIdMax - 1}, EntityId{kIdMax - 1}, "LOOP", {}});
  tx.commit();
  EXPECT_EQ(error_of([&] {
              import_into(database, {{"n.csv", "x:ID\n1\n2\n"}});
            }).code(),
            ErrorCode::failed);
  import_into(database, {{"n.csv", "x:ID\n1\n"}});
  ImportedGraph graph;
  read_graph(database, graph);
  EXPECT_EQ(graph.entities.back().id, EntityId{kIdMax});
  const FileTexts edge{{"e.csv", "source,target\na,b\n"}};
  migrate::ImportOptions options;
  options.default_edge_type = "T";
  options.on_dangling = migrate::OnDangling::create;
  EXPECT_EQ(error_of([&] { import_into(database, edge, options); }).code(), ErrorCode::failed);
  EXPECT_EQ(database.sequence_number(), SequenceNumber{2});
  EXPECT_EQ(database.check().finding_count, 0u);
}

TEST(IntoExisting, KeptIdsMeetThoseOfTheDatabaseByThePolicy) {
  const FileTexts texts{{"n.csv", ":ID,n\n1,new\n2,new\n"},
                        {"e.csv", ":START_ID,:END_ID,:TYPE\n2,9,NEW\n"}};
  migrate::ImportOptions options;
  options.ids = migrate::IdChoice::keep;
  Database database = existing();
  const Error error = error_of([&] { import_into(database, texts, options); });
  EXPECT_EQ(error.code(), ErrorCode::conflict);
  EXPECT_EQ(database.sequence_number(), SequenceNumber{1});

  options.on_conflict = OnConflict::skip;
  EXPECT_EQ(import_into(database, texts, options).skipped_count, 1u);
  EXPECT_EQ(database.begin_read().get_entity(EntityId{1})->properties.at("n"), Value("1"));
  // Ends may be entities that only the database has.
  EXPECT_EQ(database.begin_read().get_edge(EdgeId{4})->target, EntityId{9});

  options.on_conflict = OnConflict::overwrite;
  EXPECT_EQ(import_into(database, texts, options).overwritten_count, 1u);
  EXPECT_EQ(database.begin_read().get_entity(EntityId{1})->properties.at("n"), Value("new"));
  EXPECT_EQ(database.check().finding_count, 0u);
}

TEST(IntoExisting, ARefusedImportChangesNothing) {
  Database database = existing();
  const ContentDigest before = database.begin_read().content_digest();
  const Error error = error_of([&] {
    import_into(database, {{"n.csv", "id:ID\na\n"}, {"e.csv", ":START_ID,:END_ID,:TYPE\na,b,T\n"}});
  });
  EXPECT_EQ(error.code(), ErrorCode::damaged);
  EXPECT_EQ(error.safe(), "the database was not changed");
  EXPECT_EQ(database.sequence_number(), SequenceNumber{1});
  EXPECT_EQ(database.begin_read().content_digest(), before);
}

TEST(IntoExisting, ADryRunFindsConflictsAndChangesNothing) {
  Database database = existing();
  migrate::ImportOptions options;
  options.ids = migrate::IdChoice::keep;
  options.dry_run = true;
  EXPECT_EQ(error_of([&] {
              import_into(database, {{"n.csv", ":ID,n\n1,new\n"}}, options);
            }).code(),
            ErrorCode::conflict);
  EXPECT_EQ(import_into(database, {{"n.csv", ":ID,n\n2,new\n"}}, options).entities_kept, 1u);
  EXPECT_EQ(database.sequence_number(), SequenceNumber{1});
}

}  // namespace
}  // namespace manifolddb::test_support
