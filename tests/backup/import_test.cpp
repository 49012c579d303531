// A restore into a database that has records: one transaction with an explicit rule for what
// exists. Silent merging over existing data is what the predecessor did.
#include <gtest/gtest.h>

#include <sstream>

#include "support/backup_files.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb::test_support {
namespace {

using backup::ImportOptions;
using backup::OnConflict;
using backup::RestoreSummary;
using test::error_of;

ImportOptions with_policy(OnConflict policy) {
  ImportOptions options;
  options.on_conflict = policy;
  return options;
}

RestoreSummary import_bytes(Database& database, const std::string& bytes, OnConflict policy) {
  std::istringstream in(bytes);
  return backup::import(database, in, with_policy(policy));
}

// What is in the backup: entities 1 to 4, edges 1 to 2.
std::string other_backup() {
  Database other = Database::in_memory();
  WriteTransaction transaction = other.begin();
  transaction.put_entity({EntityId{1}, {"Same"}, {{"n", 1}}});
  transaction.put_entity({EntityId{2}, {"New", "Label"}, {{"n", 2}}});
  transaction.put_entity({EntityId{3}, {"Fresh"}, {}});
  transaction.put_entity({EntityId{40}, {"Far"}, {}});
  transaction.put_edge({EdgeId{1}, EntityId{1}, EntityId{40}, "NEW", {}});
  transaction.put_edge({EdgeId{20}, EntityId{3}, EntityId{2}, "NEW", {}});
  transaction.put_metadata("k", "other");
  transaction.commit();
  return backup_bytes(other);
}

// The database it goes into: entity 1 is the same, entity 2 and edge 1 and "k" are not, 3 was
// deleted.
Database existing() {
  Database database = Database::in_memory();
  WriteTransaction first = database.begin();
  first.put_entity({EntityId{1}, {"Same"}, {{"n", 1}}});
  first.put_entity({EntityId{2}, {"Old", "Label"}, {}});
  first.put_entity({EntityId{3}, {"Doomed"}, {}});
  first.put_entity({EntityId{9}, {"Mine"}, {}});
  first.put_edge({EdgeId{1}, EntityId{2}, EntityId{9}, "OLD", {}});
  first.put_metadata("k", "mine");
  first.commit();
  WriteTransaction second = database.begin();
  second.delete_entity(EntityId{3});
  second.commit();
  return database;
}

void expect_no_findings(const Database& database) {
  const CheckReport report = database.check();
  for (const CheckFinding& finding : report.findings) {
    ADD_FAILURE() << finding.where << ": " << finding.what;
  }
}

TEST(ImportIntoRecords, FailsByDefaultNamingTheConflictsAndChangesNothing) {
  Database database = existing();
  const DatabaseContent before = content_of(database);
  std::istringstream in(other_backup());
  const Error error = error_of([&] { backup::import(database, in); });
  EXPECT_EQ(error.code(), ErrorCode::conflict);
  const std::string what = error.what();
  EXPECT_NE(what.find("3 records"), std::string::npos) << what;
  EXPECT_NE(what.find("entity 2, edge 1"), std::string::npos) << what;
  EXPECT_EQ(what.find("entity 1,"), std::string::npos)
      << "an equal record is no conflict: " << what;
  EXPECT_TRUE(content_of(database) == before);
  expect_no_findings(database);
}

TEST(ImportIntoRecords, SkipsWhatExistsWhenToldTo) {
  Database database = existing();
  const SequenceNumber before = database.sequence_number();
  const RestoreSummary summary = import_bytes(database, other_backup(), OnConflict::skip);
  EXPECT_EQ(summary.skipped_count, 3u);
  EXPECT_EQ(summary.overwritten_count, 0u);
  EXPECT_EQ(summary.sequence_number.value, before.value + 1);
  const ReadTransaction view = database.begin_read();
  EXPECT_EQ(view.get_entity(EntityId{2})->labels, (std::vector<std::string>{"Label", "Old"}));
  EXPECT_EQ(view.get_edge(EdgeId{1})->edge_type, "OLD");
  EXPECT_EQ(view.get_metadata("k"), "mine");
  EXPECT_EQ(view.get_entity(EntityId{3})->labels, std::vector<std::string>{"Fresh"});
  EXPECT_EQ(view.get_edge(EdgeId{20})->source, EntityId{3});
  expect_no_findings(database);
}

TEST(ImportIntoRecords, OverwritesWhatExistsAndItsIndexEntriesWhenToldTo) {
  Database database = existing();
  const DatabaseStatistics before = database.statistics();
  const RestoreSummary summary = import_bytes(database, other_backup(), OnConflict::overwrite);
  EXPECT_EQ(summary.overwritten_count, 3u);
  {
    const ReadTransaction view = database.begin_read();
    EXPECT_EQ(view.get_entity(EntityId{2})->labels, (std::vector<std::string>{"Label", "New"}));
    EXPECT_EQ(view.get_edge(EdgeId{1})->target, EntityId{40});
    EXPECT_EQ(view.get_metadata("k"), "other");
    EXPECT_TRUE(view.get_entity(EntityId{9}));
    Edge edge;
    EXPECT_FALSE(view.get_incoming_edges(EntityId{9}).next(edge));
    Entity entity;
    EntityIdCursor old = view.iter_entities_with_label("Old");
    EntityId id;
    EXPECT_FALSE(old.next(id));
  }
  const DatabaseStatistics after = database.statistics();
  EXPECT_EQ(after.history_id, before.history_id);
  EXPECT_EQ(after.sequence_number.value, before.sequence_number.value + 1);
  EXPECT_EQ(after.next_entity_id, 41u);
  EXPECT_EQ(after.next_edge_id, 21u);
  EXPECT_EQ(after.tombstone_count, 0u) << "entity 3 is back";
  EXPECT_EQ(after.content_digest, database.digest());
  expect_no_findings(database);
}

TEST(ImportIntoRecords, OfEqualContentTakesNoSequenceNumber) {
  Database database = Database::in_memory();
  store_graph(database, make_random_graph(17));
  const DatabaseContent before = content_of(database);
  import_bytes(database, backup_bytes(database), OnConflict::fail);
  EXPECT_TRUE(content_of(database) == before);
}

TEST(ImportIntoRecords, GivesTheFileWhereOverwrittenAndTheDatabaseElsewhere) {
  Database source = Database::in_memory();
  store_graph(source, make_random_graph(19, {.entities = 3000, .edges = 5000}));
  Database database = Database::in_memory();
  store_graph(database, make_random_graph(23, {.entities = 2000, .edges = 3000, .metadata = 40}));
  import_bytes(database, backup_bytes(source), OnConflict::overwrite);
  const DatabaseContent merged = content_of(database);
  const DatabaseContent from_file = content_of(source);
  EXPECT_EQ(merged.entities, from_file.entities) << "dense ids: all of the database's are replaced";
  EXPECT_EQ(merged.edges, from_file.edges);
  EXPECT_EQ(database.digest(), merged.digest);
  expect_no_findings(database);
}

TEST(ImportIntoRecords, RefusesADamagedBackupBeforeAConflictAndChangesNothing) {
  Database database = existing();
  const DatabaseContent before = content_of(database);
  std::string bytes = other_backup();
  bytes.replace(bytes.find("\"Far\""), 5, "\"Fax\"");
  for (const OnConflict policy : {OnConflict::fail, OnConflict::skip, OnConflict::overwrite}) {
    const Error error = error_of([&] { import_bytes(database, bytes, policy); });
    EXPECT_EQ(error.code(), ErrorCode::damaged) << error.what();
    EXPECT_TRUE(content_of(database) == before);
  }
}

TEST(ImportIntoRecords, MovesTheCountersPastWhatWasRestored) {
  Database database = existing();
  import_bytes(database, other_backup(), OnConflict::skip);
  WriteTransaction transaction = database.begin();
  EXPECT_EQ(transaction.create_entity({}).value, 41u);
  EXPECT_EQ(transaction.create_edge(EntityId{1}, EntityId{2}, "E").value, 21u);
  transaction.commit();
  expect_no_findings(database);
}

}  // namespace
}  // namespace manifolddb::test_support
