// What Database::transactions gives: every transaction, with its records before and after, from the
// owner, in memory and from an image; and a refusal, never silence, where some are gone.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <random>
#include <thread>

#include "database/database_core.h"
#include "database/log_model.h"
#include "manifolddb/transaction_log.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

using log_test::LogModel;
using log_test::ModelTransaction;
using test::error_of;
using test::TempDir;

std::uint64_t seed() {
  const std::uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

log_test::Body body_of(const std::optional<LoggedChange::Record>& record) {
  if (!record) return std::nullopt;
  std::string body;
  if (const auto* entity = std::get_if<Entity>(&*record)) {
    encode_entity_body(entity->labels, entity->properties, body);
  } else if (const auto* edge = std::get_if<Edge>(&*record)) {
    encode_edge_body(edge->source, edge->target, edge->edge_type, edge->properties, body);
  } else {
    body = std::get<MetadataEntry>(*record).value;
  }
  return body;
}

log_test::Place place_of(const LoggedChange::Record& record) {
  if (const auto* entity = std::get_if<Entity>(&record)) {
    return {RecordKind::entity, id_key(entity->id.value)};
  }
  if (const auto* edge = std::get_if<Edge>(&record)) {
    return {RecordKind::edge, id_key(edge->id.value)};
  }
  return {RecordKind::key_value, std::get<MetadataEntry>(record).key};
}

// Compares with the model from the cursor's first transaction to its present end.
void expect_model(TransactionCursor& cursor, const LogModel& model, std::uint64_t first) {
  for (const ModelTransaction& expected : model.transactions()) {
    if (expected.sequence < first) continue;
    ASSERT_TRUE(cursor.next()) << expected.sequence;
    ASSERT_EQ(cursor.commit().sequence_number.value, expected.sequence);
    ASSERT_EQ(cursor.commit().content_digest, expected.digest);
    ASSERT_EQ(cursor.commit().bulk, expected.bulk);
    LoggedChange change;
    if (expected.bulk) {
      ASSERT_FALSE(cursor.next_change(change));
      continue;
    }
    for (const auto& [place, bodies] : expected.changes) {
      ASSERT_TRUE(cursor.next_change(change));
      const LoggedChange::Record& either = change.after ? *change.after : change.before.value();
      ASSERT_TRUE(place_of(either) == place);
      ASSERT_TRUE(body_of(change.before) == bodies.first);
      ASSERT_TRUE(body_of(change.after) == bodies.second);
    }
    ASSERT_FALSE(cursor.next_change(change));
  }
  ASSERT_FALSE(cursor.next());
}

TEST(TransactionCursor, GivesEveryTransactionFromAnyNumberOn) {
  std::mt19937_64 random(seed());
  for (const bool in_memory : {true, false}) {
    const TempDir folder;
    Database database = in_memory ? Database::in_memory(LogModel::options())
                                  : Database::open(folder / "db", LogModel::options());
    const LogReader kept = database.core().register_log_reader({}, 0);
    LogModel model(random());
    for (int i = 0; i < 120; ++i) {
      model.step(database, random() % 2 ? Durability::relaxed : Durability::synced);
      if (random() % 12 == 0) database.core().engine().flush();
    }
    for (int i = 0; i < 15; ++i) {
      const std::uint64_t first = 1 + random() % (model.transactions().size() + 2);
      TransactionCursor cursor = database.transactions({first});
      expect_model(cursor, model, first);
    }
    EXPECT_EQ(database.statistics().durable_sequence_number, database.sequence_number());
  }
}

TEST(TransactionCursor, GoesOnWithWhatIsCommittedConcurrently) {
  const TempDir folder;
  DatabaseOptions options = LogModel::options();
  options.write_buffer_bytes = 128u << 10;  // flushes all the time
  Database database = Database::open(folder / "db", options);
  LogModel model(seed());
  std::atomic<bool> done{false};
  std::uint64_t numbers = 0;
  std::thread reader([&] {
    TransactionCursor cursor = database.transactions({1});
    for (bool last = false; !last;) {
      last = done;
      while (cursor.next()) {
        ASSERT_EQ(cursor.commit().sequence_number.value, numbers + 1);
        ++numbers;
        ASSERT_GE(database.statistics().durable_sequence_number.value, numbers);
      }
    }
  });
  for (int i = 0; i < 300; ++i) model.step(database, Durability::relaxed);
  done = true;
  reader.join();
  EXPECT_EQ(numbers, model.transactions().size());
}

TEST(TransactionCursor, ReadsAnImageUpToItsOwnEnd) {
  const TempDir folder;
  Database database = Database::open(folder / "db", LogModel::options());
  LogReader kept = database.core().register_log_reader({}, 0);
  LogModel model(seed());
  for (int i = 0; i < 60; ++i) {
    model.step(database);
    if (i % 20 == 19) database.core().engine().flush();
  }
  const LogModel until_here = model;
  const Database image = Database::open_read_only(folder / "db", LogModel::options());
  for (int i = 0; i < 20; ++i) model.step(database);
  { const LogReader gone = std::move(kept); }
  database.close();  // removes what is archived; the image has its own links
  TransactionCursor cursor = image.transactions({1});
  expect_model(cursor, until_here, 1);
  EXPECT_EQ(image.first_logged_transaction().has_value(), true);
}

TEST(TransactionCursor, RefusesWhatIsGoneAndNamesIt) {
  Database database = Database::in_memory();
  const auto put = [&] {
    WriteTransaction tx = database.begin();
    tx.put_metadata("k", std::to_string(database.sequence_number().value));
    tx.commit();
  };
  EXPECT_FALSE(database.first_logged_transaction());
  for (int i = 0; i < 5; ++i) put();
  EXPECT_EQ(database.first_logged_transaction(), SequenceNumber{1});
  database.core().engine().flush();
  for (const LogFileInfo& file : database.core().engine().log_files()) {
    database.core().engine().remove_log_file(file.number);
  }
  TransactionCursor none = database.transactions({2});
  Error error = error_of([&] { none.next(); });
  EXPECT_EQ(error.code(), ErrorCode::not_restorable);
  EXPECT_NE(std::string(error.what()).find("transactions 2 to 5:"), std::string::npos)
      << error.what();
  EXPECT_FALSE(database.first_logged_transaction());
  for (int i = 0; i < 3; ++i) put();
  TransactionCursor gap = database.transactions({4});
  error = error_of([&] { gap.next(); });
  EXPECT_NE(std::string(error.what()).find("transactions 4 to 5:"), std::string::npos)
      << error.what();
  EXPECT_EQ(error_of([&] { gap.next(); }).code(), ErrorCode::not_restorable);
  TransactionCursor rest = database.transactions({6});
  for (std::uint64_t n = 6; n <= 8; ++n) {
    ASSERT_TRUE(rest.next());
    EXPECT_EQ(rest.commit().sequence_number.value, n);
  }
  EXPECT_FALSE(rest.next());
  EXPECT_EQ(database.first_logged_transaction(), SequenceNumber{6});
}

}  // namespace
}  // namespace manifolddb
