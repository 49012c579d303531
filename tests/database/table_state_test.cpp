// Bulk transactions leave no trace in the log: who follows the log of another process's database
// learns of them here. Law: the cost must not follow the log, for it is looked at again and again.
#include "database/table_state.h"

#include <gtest/gtest.h>

#include "database/database_core.h"
#include "database/image.h"
#include "manifolddb/database.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

class TableState : public testing::Test {
 protected:
  TableState() : database_(Database::open(path_, small_bulk_threshold())) {}

  static DatabaseOptions small_bulk_threshold() {
    DatabaseOptions options;
    options.bulk_threshold_bytes = 16u << 10;
    return options;
  }
  std::uint64_t commit(int entities) {
    WriteTransaction transaction = database_.begin();
    for (int i = 0; i < entities; ++i) transaction.create_entity({"N"}, {{"i", i}});
    return transaction.commit().value;
  }

  test::TempDir folder_;
  const std::filesystem::path path_ = folder_ / "db";
  Database database_;
};

TEST_F(TableState, IsThatOfTheLastBulkTransactionOrLater) {
  commit(1);
  EXPECT_EQ(sequence_in_tables(path_), 0u);
  const std::uint64_t bulk = commit(2000);
  EXPECT_EQ(sequence_in_tables(path_), bulk);
  const std::uint64_t behind = commit(1);
  EXPECT_GE(sequence_in_tables(path_), bulk);
  EXPECT_LE(sequence_in_tables(path_), behind);
  database_.core().engine().flush();
  EXPECT_EQ(sequence_in_tables(path_), behind);
}

TEST_F(TableState, IsReadWithoutTheLog) {
  commit(2000);
  commit(1);
  const Image image = Image::make(path_, {}, Image::Log::left_out);
  bool has_tables = false;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(image.folder())) {
    EXPECT_NE(entry.path().extension(), ".log");
    has_tables |= entry.path().extension() == ".sst";
  }
  EXPECT_TRUE(has_tables);
}

TEST_F(TableState, OfAFolderWithoutADatabaseIsNotFound) {
  const Error error = test::error_of([&] { sequence_in_tables(folder_ / "nothing"); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
}

}  // namespace
}  // namespace manifolddb
