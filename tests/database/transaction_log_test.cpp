// The transaction log must tell exactly what happened: every small transaction, with each record as
// it was before and after, wherever it is read from and whatever the engine did to its files.
#include "database/transaction_log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <map>
#include <random>
#include <thread>

#include "database/archive_slot.h"
#include "database/database_core.h"
#include "database/log_model.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

namespace fs = std::filesystem;
using log_test::LogModel;
using log_test::ModelTransaction;
using test::error_of;
using test::TempDir;

// What the log says, in the model's form.
ModelTransaction model_of(const LoggedTransaction& logged) {
  ModelTransaction transaction;
  transaction.sequence = logged.commit.sequence_number.value;
  transaction.digest = logged.commit.content_digest;
  for (const LoggedRecordChange& change : logged.changes) {
    auto& [before, after] = transaction.changes[{change.kind, std::string(change.key)}];
    if (change.has_before) before = change.before;
    if (change.has_after) after = change.after;
  }
  EXPECT_EQ(transaction.changes.size(), logged.changes.size());
  EXPECT_EQ(logged.state.sequence, transaction.sequence);
  EXPECT_EQ(logged.state.digest, transaction.digest);
  return transaction;
}

std::vector<ModelTransaction> read_all(TransactionLog& log) {
  std::vector<ModelTransaction> all;
  while (const LoggedTransaction* transaction = log.next()) all.push_back(model_of(*transaction));
  return all;
}

void expect_small_ones_of(const LogModel& model, const std::vector<ModelTransaction>& read,
                          std::uint64_t first = 1) {
  std::size_t i = 0;
  for (const ModelTransaction& expected : model.transactions()) {
    if (expected.bulk || expected.sequence < first) continue;
    ASSERT_LT(i, read.size());
    ASSERT_EQ(read[i].sequence, expected.sequence);
    ASSERT_EQ(read[i].digest, expected.digest) << expected.sequence;
    ASSERT_TRUE(read[i].changes == expected.changes) << expected.sequence;
    ++i;
  }
  EXPECT_EQ(i, read.size());
}

class TransactionLogTest : public ::testing::Test {
 protected:
  TransactionLogTest() : random_(seed()) {}
  static std::uint64_t seed() {
    const std::uint64_t seed = std::random_device{}();
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    return seed;
  }
  // Keeps what is written, as an archiver that has read nothing would.
  static LogReader keep_all(const Database& database) {
    return database.core().register_log_reader({}, 0);
  }

  TempDir folder_;
  std::mt19937_64 random_;
};

TEST_F(TransactionLogTest, EqualsTheModelInMemoryAcrossFlushesAndBulkTransactions) {
  Database database = Database::in_memory(LogModel::options());
  const LogReader kept = keep_all(database);
  LogModel model(random_());
  TransactionLog tail(database.core().engine(), 1);
  std::vector<ModelTransaction> followed;
  for (int i = 0; i < 150; ++i) {
    model.step(database);
    if (random_() % 15 == 0) database.core().engine().flush();
    if (random_() % 5 != 0) continue;
    for (ModelTransaction& transaction : read_all(tail)) followed.push_back(std::move(transaction));
  }
  for (ModelTransaction& transaction : read_all(tail)) followed.push_back(std::move(transaction));
  expect_small_ones_of(model, followed);
  const std::uint64_t first = 1 + random_() % model.transactions().size();
  TransactionLog from(database.core().engine(), first);
  expect_small_ones_of(model, read_all(from), first);
}

TEST_F(TransactionLogTest, EqualsTheModelOnTheDiskAlsoWhenReopened) {
  LogModel model(random_());
  const fs::path path = folder_ / "db";
  Database::open(path).close();
  ArchiveSlot slot;  // of an archiver that has archived nothing yet
  slot.status.repository = "/backups/graph";
  write_slot(path, slot);
  for (int round = 0; round < 4; ++round) {
    Database database = Database::open(path, LogModel::options());
    for (int i = 0; i < 40; ++i) {
      model.step(database);
      if (random_() % 15 == 0) database.core().engine().flush();
    }
    TransactionLog own(database.core().engine(), 1);
    expect_small_ones_of(model, read_all(own));
    TransactionLog other(path / "engine", 1);
    expect_small_ones_of(model, read_all(other));
  }
  TransactionLog closed(path / "engine", 1);
  expect_small_ones_of(model, read_all(closed));
}

TEST_F(TransactionLogTest, IsFollowedFromASecondHandleWhileAWriterWritesConcurrently) {
  const fs::path path = folder_ / "db";
  DatabaseOptions options = LogModel::options();
  options.write_buffer_bytes = 128u << 10;  // flushes all the time
  Database database = Database::open(path, options);
  const LogReader kept = keep_all(database);
  LogModel model(random_());
  std::atomic<bool> done{false};
  std::vector<ModelTransaction> read;
  std::thread reader([&] {
    TransactionLog log(path / "engine", 1);
    for (bool last = false; !last;) {
      last = done;
      for (ModelTransaction& transaction : read_all(log)) read.push_back(std::move(transaction));
    }
    log.sync();
  });
  for (int i = 0; i < 400; ++i) model.step(database, Durability::relaxed);
  done = true;
  reader.join();
  expect_small_ones_of(model, read);
}

TEST_F(TransactionLogTest, LeavesOutWhatIsNoTransaction) {
  Database database = Database::in_memory(LogModel::options());
  LogModel model(random_());
  for (int i = 0; i < 15; ++i) model.step(database);
  const Uuid before = database.statistics().history_id;
  database.start_new_history();
  for (int i = 0; i < 15; ++i) model.step(database);
  TransactionLog log(database.core().engine(), 1);
  std::map<std::uint64_t, Uuid> histories;
  while (const LoggedTransaction* transaction = log.next()) {
    histories[transaction->commit.sequence_number.value] = transaction->state.history_id;
  }
  const Uuid after = database.statistics().history_id;
  ASSERT_NE(before, after);
  const std::uint64_t parent = database.statistics().parent_sequence_number.value;
  for (const auto& [sequence, history] : histories) {
    EXPECT_EQ(history, sequence <= parent ? before : after) << sequence;
  }
  std::size_t small = 0;
  for (const ModelTransaction& transaction : model.transactions())
    small += transaction.bulk ? 0 : 1;
  EXPECT_EQ(histories.size(), small);
}

TEST_F(TransactionLogTest, KeepsTransactionsForWhoAsks) {
  Database database = Database::in_memory(LogModel::options());
  LogModel model(random_());
  for (int i = 0; i < 20; ++i) model.step(database);
  TransactionLog log(database.core().engine(), 1);
  std::vector<KeptTransaction> kept;
  while (const LoggedTransaction* transaction = log.next()) kept.emplace_back(*transaction);
  std::vector<ModelTransaction> read;
  for (const KeptTransaction& transaction : kept) read.push_back(model_of(transaction.get()));
  expect_small_ones_of(model, read);
}

// A copy of a database's log, as a kill leaves it, to be hurt.
class DamagedTransactionLog : public TransactionLogTest {
 protected:
  void SetUp() override {
    Database database = Database::open(folder_ / "db");  // no bulk transactions, one log
    LogModel model(random_());
    for (int i = 0; i < 60; ++i) model.step(database);
    fs::copy(folder_ / "db/engine", folder_ / "killed", fs::copy_options::recursive);
    for (const auto& entry : fs::directory_iterator(folder_ / "killed")) {
      if (entry.path().extension() != ".log") continue;
      ASSERT_TRUE(log_.empty());
      log_ = entry.path();
    }
    whole_ = test::read_file(log_);
  }
  fs::path log_;
  std::string whole_;
};

TEST_F(DamagedTransactionLog, EndsAtATornTailAndGoesOnWhenItIsWhole) {
  for (int i = 0; i < 30; ++i) {
    test::write_file(log_, whole_.substr(0, random_() % whole_.size()));
    TransactionLog log(folder_ / "killed", 1);
    const std::vector<ModelTransaction> read = read_all(log);
    for (std::size_t n = 1; n < read.size(); ++n) {
      EXPECT_GT(read[n].sequence, read[n - 1].sequence);
    }
    test::write_file(log_, whole_);
    const std::vector<ModelTransaction> rest = read_all(log);
    TransactionLog all(folder_ / "killed", 1);
    EXPECT_EQ(read.size() + rest.size(), read_all(all).size());
  }
}

TEST_F(DamagedTransactionLog, NamesFileAndOffsetOfAFlippedByte) {
  for (int i = 0; i < 40; ++i) {
    std::string bytes = whole_;
    const std::size_t at = random_() % (bytes.size() / 2);
    bytes[at] = static_cast<char>(bytes[at] ^ static_cast<char>(1 + random_() % 255));
    test::write_file(log_, bytes);
    TransactionLog log(folder_ / "killed", 1);
    const Error error = error_of([&] { read_all(log); });
    EXPECT_EQ(error.code(), ErrorCode::damaged) << at;
    EXPECT_NE(std::string(error.what()).find(log_.string() + ": byte "), std::string::npos)
        << error.what();
    EXPECT_EQ(error_of([&] { log.next(); }).code(), ErrorCode::damaged) << "only once";
  }
}

}  // namespace
}  // namespace manifolddb
