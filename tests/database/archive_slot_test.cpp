// Slots decide which log files are removed: one that is torn must never be taken for one that needs
// nothing, and what an archiver wrote must come back as it was.
#include "database/archive_slot.h"

#include <gtest/gtest.h>

#include <set>

#include "common/text.h"
#include "database/database_core.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

namespace manifolddb {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

ArchiveSlot some_slot(const fs::path& repository) {
  ArchiveSlot slot;
  slot.status.repository = repository;
  slot.status.history_id = make_uuid();
  slot.status.sequence_number = {20483};
  slot.status.committed_at_us = 1'795'000'000'123'456;
  slot.status.complete_until_us = 1'795'000'000'123'457;
  slot.status.updated_at_us = -5;
  slot.status.failure = "no space left";
  slot.status.gap_first = SequenceNumber{7};
  slot.status.gap_last = SequenceNumber{9};
  slot.log_file_number = 42;
  return slot;
}

void expect_same(const ArchiveSlot& a, const ArchiveSlot& b) {
  EXPECT_EQ(a.status.repository, b.status.repository);
  EXPECT_EQ(a.status.history_id, b.status.history_id);
  EXPECT_EQ(a.status.sequence_number, b.status.sequence_number);
  EXPECT_EQ(a.status.committed_at_us, b.status.committed_at_us);
  EXPECT_EQ(a.status.complete_until_us, b.status.complete_until_us);
  EXPECT_EQ(a.status.updated_at_us, b.status.updated_at_us);
  EXPECT_EQ(a.status.failure, b.status.failure);
  EXPECT_EQ(a.status.gap_first, b.status.gap_first);
  EXPECT_EQ(a.status.gap_last, b.status.gap_last);
  EXPECT_EQ(a.log_file_number, b.log_file_number);
}

TEST(ArchiveSlot, ComesBackAsItWasWritten) {
  const TempDir folder;
  const ArchiveSlot full = some_slot("/backups/with\nevery \xff byte");
  write_slot(folder.path(), full);
  ArchiveSlot small;
  small.status.repository = "/backups/other";
  write_slot(folder.path(), small);
  small.log_file_number = 3;
  write_slot(folder.path(), small);  // replaces it
  const std::vector<FoundSlot> found = read_slots(folder.path());
  ASSERT_EQ(found.size(), 2u);
  for (const FoundSlot& slot : found) {
    ASSERT_TRUE(slot.slot);
    expect_same(*slot.slot, slot.name == slot_name(full.status.repository) ? full : small);
  }
  remove_slot(folder.path(), "/backups/other");
  remove_slot(folder.path(), "/backups/other");
  EXPECT_EQ(read_slots(folder.path()).size(), 1u);
}

TEST(ArchiveSlot, IsThereForALimitedNumberOfRepositories) {
  const TempDir folder;
  std::vector<fs::path> many;
  for (std::size_t i = 0; i < kSlotsMax; ++i) {
    many.push_back("/backups/" + std::to_string(i));
    write_slot(folder.path(), some_slot(many.back().c_str()));
  }
  require_slots_for(folder.path(), many);
  const Error error = test::error_of([&] {
    require_slots_for(folder.path(), {"/backups/0", "/backups/new"});
  });
  EXPECT_NE(error.next().find("--forget"), std::string::npos) << error.next();
  EXPECT_TRUE(remove_slot(folder.path(), "/backups/7"));
  require_slots_for(folder.path(), {"/backups/0", "/backups/new"});
}

TEST(ArchiveSlot, HasOneNameForEachRepositoryHoweverItIsWritten) {
  EXPECT_EQ(slot_name("/a/b"), slot_name("/a/x/../b"));
  EXPECT_EQ(slot_name("/a/b"), slot_name("/a/b/"));
  EXPECT_EQ(slot_name("b"), slot_name(fs::current_path() / "b"));
  EXPECT_NE(slot_name("/a/b"), slot_name("/a/c"));
  EXPECT_EQ(slot_name("/a/b").size(), 16u);
}

TEST(ArchiveSlot, IsFoundUnreadableWhereverItIsTornOrFlipped) {
  const std::string bytes = encode_slot(some_slot("/backups/graph"));
  ASSERT_TRUE(decode_slot(bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_slot(bytes.substr(0, size))) << size;
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    EXPECT_FALSE(decode_slot(flipped)) << at;
  }
  const TempDir folder;
  write_slot(folder.path(), some_slot("/backups/graph"));
  const fs::path file = folder.path() / "slots" / slot_name("/backups/graph");
  test::write_file(file, bytes.substr(0, 20));
  test::write_file(folder.path() / "slots/unknown", "x");
  const std::vector<FoundSlot> found = read_slots(folder.path());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_FALSE(found[0].slot);
}

TEST(ArchiveSlot, IsShownByTheStatisticsOfTheOwnerAndOfAnImage) {
  const TempDir folder;
  Database database = Database::open(folder / "db");
  EXPECT_TRUE(database.statistics().archives.empty());
  const ArchiveSlot slot = some_slot("/backups/graph");
  write_slot(folder / "db", slot);
  const Database image = Database::open_read_only(folder / "db");
  for (const Database* each : {static_cast<const Database*>(&database), &image}) {
    const auto archives = each->statistics().archives;
    ASSERT_EQ(archives.size(), 1u);
    EXPECT_EQ(archives[0].repository, "/backups/graph");
    EXPECT_EQ(archives[0].failure, "no space left");
  }
  test::write_file(folder / "db/slots/0123456789abcdef", "torn");
  EXPECT_EQ(database.statistics().archives.size(), 2u);
}

TEST(ArchiveSlot, ReportsOfThisProcessAreSeenInMemoryToo) {
  Database database = Database::in_memory();
  {
    LogReader archiver = database.core().register_log_reader("/backups/graph", 0);
    EXPECT_TRUE(database.statistics().archives.empty());  // it has not reported yet
    archiver.report(some_slot("/backups/graph"));
    ASSERT_EQ(database.statistics().archives.size(), 1u);
    EXPECT_EQ(database.statistics().archives[0].sequence_number.value, 20483u);
  }
  EXPECT_TRUE(database.statistics().archives.empty());
}

}  // namespace
}  // namespace manifolddb
