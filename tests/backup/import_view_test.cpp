// A view that begins while a restore or an import becomes part of the database is of the state
// before or of the one after, and stays so.
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <sstream>
#include <string>

#include "support/backup_files.h"
#include "support/sync_hook.h"
#include "support/temp_dir.h"

namespace manifolddb::test_support {
namespace {

constexpr std::uint64_t kEntities = 1500;

std::string backup_of_many() {
  Database source = Database::in_memory();
  WriteTransaction transaction = source.begin();
  for (std::uint64_t i = 0; i < kEntities; ++i) transaction.create_entity({"L"});
  transaction.commit();
  return backup_bytes(source);
}

// A view that is held would change what the engine does with the others: one for each import, begun
// at its nth sync of a manifest. False when there were fewer.
bool import_with_view_at(int nth, const std::string& bytes) {
  const test::TempDir temp;
  Database database = Database::open(temp / "db");
  std::atomic<int> syncs = 0;
  std::optional<ReadTransaction> view;
  {
    const test::HookedSyncs hook([&](const std::string& path) {
      if (path.find("/MANIFEST-") != std::string::npos && ++syncs == nth) {
        view.emplace(database.begin_read());
      }
      return 0;
    });
    std::istringstream in(bytes);
    backup::import(database, in, {});
  }
  if (!view) return false;
  std::uint64_t seen = 0;
  Entity entity;
  for (auto cursor = view->iter_entities(); cursor.next(entity);) ++seen;
  EXPECT_EQ(seen, view->counts().entity_count) << "sync " << nth;
  EXPECT_EQ(seen, view->sequence_number().value == 0 ? 0u : kEntities) << "sync " << nth;
  EXPECT_EQ(database.begin_read().counts().entity_count, kEntities);
  return true;
}

TEST(ImportView, BegunMeanwhileIsOfTheStateBeforeOrAfter) {
  const std::string bytes = backup_of_many();
  int nth = 1;
  while (import_with_view_at(nth, bytes)) ++nth;
  EXPECT_GT(nth, 1);
}

}  // namespace
}  // namespace manifolddb::test_support
