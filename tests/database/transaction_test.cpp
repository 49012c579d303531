// What a transaction promises: atomic, isolated, numbered without holes, its own writes visible to
// it, and nothing left when it is dropped.
#include "manifolddb/transaction.h"

#include <gtest/gtest.h>

#include "manifolddb/database.h"

namespace manifolddb {
namespace {

template <typename Record>
std::vector<Record> collect(Cursor<Record> cursor) {
  std::vector<Record> records;
  Record record;
  while (cursor.next(record)) records.push_back(record);
  return records;
}

std::vector<std::uint64_t> edge_ids(EdgeCursor cursor) {
  std::vector<std::uint64_t> ids;
  Edge edge;
  while (cursor.next(edge)) ids.push_back(edge.id.value);
  return ids;
}

class TransactionTest : public ::testing::Test {
 protected:
  void TearDown() override {
    const CheckReport report = database.check();
    for (const CheckFinding& finding : report.findings) {
      ADD_FAILURE() << finding.where << ": " << finding.what;
    }
  }

  Database database = Database::in_memory();
};

TEST_F(TransactionTest, CommitsWhatWasCreated) {
  WriteTransaction tx = database.begin();
  const EntityId ada = tx.create_entity({"Person", "Author"}, {{"name", "Ada"}});
  const EntityId bob = tx.create_entity({"Person"}, {{"name", "Bob"}});
  const EdgeId knows = tx.create_edge(ada, bob, "KNOWS", {{"since", 2024}});
  tx.put_metadata(std::string_view("k\0ey", 4), "value");
  EXPECT_EQ(tx.commit().value, 1u);

  const ReadTransaction read = database.begin_read();
  EXPECT_EQ(read.sequence_number().value, 1u);
  EXPECT_EQ(read.counts(), (GraphCounts{2, 1, 1}));
  const auto entity = read.get_entity(ada);
  ASSERT_TRUE(entity);
  EXPECT_EQ(entity->labels, (std::vector<std::string>{"Author", "Person"}));
  EXPECT_EQ(entity->properties.at("name"), Value("Ada"));
  const auto edge = read.get_edge(knows);
  ASSERT_TRUE(edge);
  EXPECT_EQ(edge->source, ada);
  EXPECT_EQ(edge->target, bob);
  EXPECT_EQ(edge->edge_type, "KNOWS");
  EXPECT_EQ(read.get_metadata(std::string_view("k\0ey", 4)), "value");
  EXPECT_FALSE(read.get_metadata("k"));
}

TEST_F(TransactionTest, TakesNoSequenceNumberWithoutANetChange) {
  WriteTransaction first = database.begin();
  const EntityId id = first.create_entity({"A"}, {{"n", 1}});
  ASSERT_EQ(first.commit().value, 1u);

  EXPECT_EQ(database.begin().commit().value, 1u);

  WriteTransaction same = database.begin();
  same.put_entity({id, {"A"}, {{"n", 2}}});
  same.put_entity({id, {"A"}, {{"n", 1}}});
  const EntityId passing = same.create_entity({"B"});
  EXPECT_TRUE(same.delete_entity(passing));
  EXPECT_EQ(same.commit().value, 1u);
  EXPECT_EQ(database.sequence_number().value, 1u);
}

TEST_F(TransactionTest, LeavesNothingWhenItIsDropped) {
  {
    WriteTransaction tx = database.begin();
    tx.create_entity({"A"});
  }
  WriteTransaction tx = database.begin();
  tx.create_entity({"A"});
  tx.rollback();
  EXPECT_THROW(tx.create_entity({"A"}), Error);
  EXPECT_EQ(database.begin_read().counts(), GraphCounts{});
  EXPECT_EQ(database.sequence_number().value, 0u);
}

TEST_F(TransactionTest, SeesItsOwnWritesAndOthersDoNot) {
  WriteTransaction setup = database.begin();
  const EntityId a = setup.create_entity({"Old"});
  const EntityId b = setup.create_entity({"Old"});
  const EdgeId ab = setup.create_edge(a, b, "T");
  setup.commit();

  WriteTransaction tx = database.begin();
  const EntityId c = tx.create_entity({"Old", "New"});
  const EdgeId ac = tx.create_edge(a, c, "T");
  const EdgeId ca = tx.create_edge(c, a, "S");
  EXPECT_TRUE(tx.delete_edge(ab));
  EXPECT_FALSE(tx.delete_edge(ab));
  tx.put_entity({b, {"Changed"}, {}});

  EXPECT_EQ(edge_ids(tx.get_outgoing_edges(a)), std::vector<std::uint64_t>{ac.value});
  EXPECT_EQ(edge_ids(tx.get_incoming_edges(a)), std::vector<std::uint64_t>{ca.value});
  EXPECT_EQ(collect(tx.iter_entities()).size(), 3u);
  EXPECT_EQ(collect(tx.iter_entities_with_label("Old")), (std::vector<EntityId>{a, c}));
  EXPECT_EQ(collect(tx.iter_entities_with_label("Changed")), std::vector<EntityId>{b});

  const ReadTransaction read = database.begin_read();
  EXPECT_EQ(edge_ids(read.get_outgoing_edges(a)), std::vector<std::uint64_t>{ab.value});
  EXPECT_EQ(collect(read.iter_entities_with_label("Old")), (std::vector<EntityId>{a, b}));
  tx.commit();
  EXPECT_EQ(edge_ids(read.get_outgoing_edges(a)), std::vector<std::uint64_t>{ab.value});
  EXPECT_EQ(edge_ids(database.begin_read().get_outgoing_edges(a)),
            std::vector<std::uint64_t>{ac.value});
}

TEST_F(TransactionTest, DeletingAnEntityDeletesItsEdgesAtOnce) {
  WriteTransaction setup = database.begin();
  const EntityId a = setup.create_entity({});
  const EntityId b = setup.create_entity({});
  const EdgeId out = setup.create_edge(a, b, "T");
  const EdgeId in = setup.create_edge(b, a, "T");
  const EdgeId loop = setup.create_edge(a, a, "T");
  const EdgeId other = setup.create_edge(b, b, "T");
  setup.commit();

  WriteTransaction tx = database.begin();
  const EdgeId pending = tx.create_edge(b, a, "NEW");
  EXPECT_TRUE(tx.delete_entity(a));
  for (const EdgeId id : {out, in, loop, pending}) EXPECT_FALSE(tx.get_edge(id)) << id.value;
  EXPECT_TRUE(tx.get_edge(other));
  tx.commit();
  EXPECT_EQ(database.begin_read().counts(), (GraphCounts{1, 1, 0}));
}

TEST_F(TransactionTest, RefusesAnEdgeWithoutBothEndsAtCommit) {
  WriteTransaction setup = database.begin();
  const EntityId a = setup.create_entity({});
  setup.commit();

  WriteTransaction tx = database.begin();
  tx.create_edge(a, EntityId{99}, "T");
  try {
    tx.commit();
    FAIL() << "committed an edge without a target";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::conflict);
    EXPECT_NE(std::string(error.what()).find("entity 99"), std::string::npos) << error.what();
  }
  EXPECT_EQ(database.sequence_number().value, 1u);

  WriteTransaction late = database.begin();
  late.put_edge({EdgeId{7}, EntityId{99}, a, "T", {}});
  late.put_entity({EntityId{99}, {}, {}});
  EXPECT_EQ(late.commit().value, 2u);
}

TEST_F(TransactionTest, RefusesAnEdgePutBackWithoutTheEntityThatTookItAlong) {
  WriteTransaction setup = database.begin();
  const EntityId a = setup.create_entity({});
  const EdgeId loop = setup.create_edge(a, a, "T");
  setup.commit();

  WriteTransaction tx = database.begin();
  tx.delete_entity(a);
  tx.put_edge({loop, a, a, "T", {}});
  EXPECT_THROW(tx.commit(), Error);

  WriteTransaction both = database.begin();
  both.delete_entity(a);
  both.put_edge({loop, a, a, "T", {}});
  both.put_entity({a, {}, {}});
  EXPECT_EQ(both.commit().value, 1u);  // all as it was: no change
}

TEST_F(TransactionTest, NeverAssignsAnIdTwice) {
  WriteTransaction tx = database.begin();
  const EntityId first = tx.create_entity({});
  tx.put_entity({EntityId{10}, {}, {}});
  EXPECT_EQ(tx.create_entity({}).value, 11u);
  tx.delete_entity(EntityId{11});
  EXPECT_EQ(tx.create_entity({}).value, 12u);
  tx.commit();
  WriteTransaction later = database.begin();
  later.delete_entity(EntityId{12});
  later.delete_entity(first);
  later.commit();
  EXPECT_EQ(database.begin().create_entity({}).value, 13u);
}

TEST_F(TransactionTest, RefusesIdsOutOfRange) {
  WriteTransaction tx = database.begin();
  EXPECT_THROW(tx.put_entity({EntityId{0}, {}, {}}), Error);
  EXPECT_THROW(tx.put_entity({EntityId{kIdMax + 1}, {}, {}}), Error);
  tx.put_entity({EntityId{kIdMax}, {}, {}});
  EXPECT_THROW(tx.create_entity({}), Error);
  EXPECT_EQ(tx.commit().value, 1u);
}

TEST_F(TransactionTest, AnEdgeMayChangeItsEndsAndType) {
  WriteTransaction setup = database.begin();
  const EntityId a = setup.create_entity({});
  const EntityId b = setup.create_entity({});
  const EdgeId id = setup.create_edge(a, b, "T");
  setup.commit();
  for (const Edge& edge :
       {Edge{id, b, a, "T", {}}, Edge{id, b, b, "T", {}}, Edge{id, b, b, "U", {}},
        Edge{id, a, b, "U", {{"p", 1}}}, Edge{id, a, a, "U", {}}}) {
    WriteTransaction tx = database.begin();
    tx.put_edge(edge);
    tx.commit();
    const ReadTransaction read = database.begin_read();
    EXPECT_EQ(edge_ids(read.get_outgoing_edges(edge.source, edge.edge_type)),
              std::vector<std::uint64_t>{id.value});
    EXPECT_EQ(edge_ids(read.get_incoming_edges(edge.target, edge.edge_type)),
              std::vector<std::uint64_t>{id.value});
    TearDown();
  }
}

TEST_F(TransactionTest, OrdersNeighboursByTypeAndFiltersThem) {
  WriteTransaction tx = database.begin();
  const EntityId a = tx.create_entity({});
  const EdgeId z = tx.create_edge(a, a, "Z");
  const EdgeId t1 = tx.create_edge(a, a, "T");
  const EdgeId tt = tx.create_edge(a, a, "TT");
  const EdgeId nul = tx.create_edge(a, a, std::string("T\0", 2));
  const EdgeId t2 = tx.create_edge(a, a, "T");
  const std::vector<std::uint64_t> all{t1.value, t2.value, nul.value, tt.value, z.value};
  EXPECT_EQ(edge_ids(tx.get_outgoing_edges(a)), all);
  EXPECT_EQ(edge_ids(tx.get_incoming_edges(a, "T")),
            (std::vector<std::uint64_t>{t1.value, t2.value}));
  tx.commit();
  const ReadTransaction read = database.begin_read();
  EXPECT_EQ(edge_ids(read.get_outgoing_edges(a)), all);
  EXPECT_EQ(edge_ids(read.get_incoming_edges(a, "T")),
            (std::vector<std::uint64_t>{t1.value, t2.value}));
  EXPECT_TRUE(edge_ids(read.get_incoming_edges(a, "")).empty());
}

template <typename Record>
void expect_end_after(int records, Cursor<Record> cursor) {
  Record record;
  for (int i = 0; i < records; ++i) EXPECT_TRUE(cursor.next(record)) << i;
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(cursor.next(record));
}

void expect_all_cursors_end(const Transaction& transaction, EntityId id) {
  expect_end_after(1, transaction.iter_entities());
  expect_end_after(1, transaction.iter_edges());
  expect_end_after(1, transaction.iter_metadata());
  expect_end_after(1, transaction.iter_entities_with_label("L"));
  expect_end_after(1, transaction.get_outgoing_edges(id));
  expect_end_after(1, transaction.get_incoming_edges(id, "T"));
  expect_end_after(1, transaction.get_outgoing_neighbours(id));
  expect_end_after(0, transaction.iter_entities(EntityId{kIdMax}));
}

TEST_F(TransactionTest, CursorsThatEndedStayAtTheirEnd) {
  WriteTransaction tx = database.begin();
  const EntityId a = tx.create_entity({"L"});
  tx.create_edge(a, a, "T");
  tx.put_metadata("key", "value");
  expect_all_cursors_end(tx, a);
  tx.commit();
  expect_all_cursors_end(database.begin_read(), a);
  WriteTransaction again = database.begin();
  again.put_entity({a, {"L"}, {}});
  expect_all_cursors_end(again, a);
}

TEST_F(TransactionTest, FindsAShortestPathInEitherDirection) {
  WriteTransaction tx = database.begin();
  std::vector<EntityId> line;
  for (int i = 0; i < 6; ++i) line.push_back(tx.create_entity({}));
  for (std::size_t i = 0; i + 1 < line.size(); ++i) tx.create_edge(line[i], line[i + 1], "NEXT");
  tx.create_edge(line[0], line[4], "JUMP");
  tx.commit();
  const ReadTransaction read = database.begin_read();
  EXPECT_EQ(read.shortest_path(line[0], line[5]),
            (std::vector<EntityId>{line[0], line[4], line[5]}));
  ShortestPathOptions next_only;
  next_only.edge_type = "NEXT";
  EXPECT_EQ(read.shortest_path(line[0], line[5], next_only)->size(), 6u);
  EXPECT_FALSE(read.shortest_path(line[5], line[0]));
  ShortestPathOptions back;
  back.direction = ShortestPathOptions::Direction::incoming;
  EXPECT_EQ(read.shortest_path(line[5], line[0], back)->size(), 3u);
  EXPECT_EQ(read.shortest_path(line[2], line[2]), std::vector<EntityId>{line[2]});
  EXPECT_FALSE(read.shortest_path(EntityId{77}, EntityId{77}));
}

TEST_F(TransactionTest, CommitTimesIncreaseStrictlyAndCommitsAreListed) {
  for (int i = 0; i < 20; ++i) {
    WriteTransaction tx = database.begin();
    tx.create_entity({"L"});
    tx.commit(Durability::relaxed);
  }
  std::int64_t last = 0;
  std::uint64_t expected = 5;
  database.for_each_commit({5}, {17}, [&](const CommitRecord& commit) {
    EXPECT_EQ(commit.sequence_number.value, expected++);
    EXPECT_GT(commit.committed_at_us, last);
    EXPECT_EQ(commit.put_count, 1u);
    last = commit.committed_at_us;
    return true;
  });
  EXPECT_EQ(expected, 18u);
}

TEST_F(TransactionTest, TheDigestFollowsTheContentAndNothingElse) {
  const ContentDigest empty = database.begin_read().content_digest();
  WriteTransaction tx = database.begin();
  tx.put_entity({EntityId{3}, {"b", "a", "b"}, {{"x", 1.5}}});
  tx.put_metadata("k", "v");
  tx.commit();
  const ContentDigest filled = database.begin_read().content_digest();
  EXPECT_NE(filled, empty);
  EXPECT_EQ(filled, database.digest());

  Database other = Database::in_memory();
  WriteTransaction first = other.begin();
  first.put_metadata("k", "other");
  first.commit();
  WriteTransaction second = other.begin();
  second.put_metadata("k", "v");
  second.put_entity({EntityId{3}, {"a", "b"}, {{"x", 1.5}}});
  second.commit();
  EXPECT_EQ(other.begin_read().content_digest(), filled);

  WriteTransaction clear = database.begin();
  clear.delete_entity(EntityId{3});
  clear.delete_metadata("k");
  clear.commit();
  EXPECT_EQ(database.begin_read().content_digest(), empty);
}

TEST_F(TransactionTest, CountsByLabelAndTypeAreExact) {
  WriteTransaction tx = database.begin();
  const EntityId a = tx.create_entity({"A", "B"});
  const EntityId b = tx.create_entity({"B"});
  tx.create_edge(a, b, "T");
  const EdgeId gone = tx.create_edge(b, a, "U");
  tx.commit();
  WriteTransaction change = database.begin();
  change.put_entity({a, {"A"}, {}});
  change.delete_edge(gone);
  change.commit();
  std::map<std::string, std::uint64_t> labels;
  std::map<std::string, std::uint64_t> types;
  database.for_each_label_count([&](const auto& name, std::uint64_t n) { labels[name] = n; });
  database.for_each_edge_type_count([&](const auto& name, std::uint64_t n) { types[name] = n; });
  EXPECT_EQ(labels, (std::map<std::string, std::uint64_t>{{"A", 1}, {"B", 1}}));
  EXPECT_EQ(types, (std::map<std::string, std::uint64_t>{{"T", 1}}));
}

TEST_F(TransactionTest, ASecondWriterWaitsAndThenGivesUp) {
  DatabaseOptions options;
  options.writer_timeout = std::chrono::milliseconds(20);
  Database impatient = Database::in_memory(options);
  WriteTransaction holder = impatient.begin();
  try {
    impatient.begin();
    FAIL() << "two writers at once";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::timed_out);
  }
  holder.rollback();
  impatient.begin().rollback();
}

}  // namespace
}  // namespace manifolddb
