// An undo needs to know what the transactions did: of a bulk transaction, or where the log has a
// gap, nobody does. Then it is refused, and says what to do instead.
#include <sstream>

#include "support/undo_fixture.h"

namespace manifolddb::test_support {
namespace {

using test::error_of;

class UndoOfWhatIsUnknown : public UndoTest {
 protected:
  // 1 and 2 small, 3 bulk, 4 and 5 small.
  UndoOfWhatIsUnknown() {
    database_.close();
    database_ = Database::open(folder_ / "db", {.bulk_threshold_bytes = 64u << 10});
    for (std::uint64_t id = 1; id <= 5; ++id) {
      commit([id](WriteTransaction& t) {
        t.put_entity(entity_of(id, 1));
        if (id == 3) t.put_entity(entity_of(1, 2));
        if (id == 3) t.put_metadata("much", std::string(200u << 10, 'x'));
      });
    }
  }
};

TEST_P(UndoOfWhatIsUnknown, RefusesABulkTransaction) {
  std::ostringstream out;
  const Error error = error_of([&] { undo(2, 4, out); });
  EXPECT_EQ(error.code(), ErrorCode::not_restorable);
  EXPECT_NE(std::string(error.what()).find("transaction 3 is a bulk"), std::string::npos)
      << error.what();
  EXPECT_NE(error.next().find("--to seq:1"), std::string::npos) << error.next();
  EXPECT_EQ(out.str(), "");
}

TEST_P(UndoOfWhatIsUnknown, GoesOnBehindABulkTransaction) {
  EXPECT_EQ(copy_with(lines(4, 5)).digest(), digest_at(3));
}

TEST_P(UndoOfWhatIsUnknown, NeedsToKnowWhatCameLater) {
  std::ostringstream out;
  if (GetParam() == From::database) {
    // Records know which transaction changed them last.
    undo(2, 2, out);
    EXPECT_NE(out.str().find("entity_deleted"), std::string::npos);
    EXPECT_EQ(conflicts_of(1, 1).at(0).sequence_number, SequenceNumber{3});
  } else {
    const Error error = error_of([&] { undo(2, 2, out); });
    EXPECT_EQ(error.code(), ErrorCode::not_restorable);
    EXPECT_NE(error.next().find("undo DB --seq 2..2"), std::string::npos) << error.next();
  }
}

class UndoFromAnArchive : public UndoOfWhatIsUnknown {};

TEST_P(UndoFromAnArchive, RefusesAGap) {
  archive(1);
  archive_log(database_, *repository_, 4, 5, 1);
  std::ostringstream out;
  const Error error = error_of([&] { undo(1, 4, out); });
  EXPECT_EQ(error.code(), ErrorCode::not_restorable);
  EXPECT_NE(std::string(error.what()).find("transactions 2 to 3"), std::string::npos)
      << error.what();
  EXPECT_EQ(copy_with(lines(4, 5)).digest(), digest_at(3));
}

INSTANTIATE_TEST_SUITE_P(From, UndoOfWhatIsUnknown,
                         ::testing::Values(From::database, From::repository), name_of);

INSTANTIATE_TEST_SUITE_P(From, UndoFromAnArchive, ::testing::Values(From::repository), name_of);

}  // namespace
}  // namespace manifolddb::test_support
