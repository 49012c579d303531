// Whatever goes wrong in a table, `check` must find it and say where: every row of every family is
// removed, altered and doubled through the raw engine, one at a time, behind the database's back.
#include "database/integrity_check.h"

#include <gtest/gtest.h>

#include "database/database_core.h"
#include "manifolddb/database.h"

namespace manifolddb {
namespace {

struct Row {
  Family family;
  std::string key, value;
};

constexpr Family kFamilies[] = {Family::entities, Family::edges,      Family::metadata,
                                Family::outgoing, Family::incoming,   Family::labels,
                                Family::changes,  Family::tombstones, Family::commits,
                                Family::counters, Family::system};

std::vector<Row> all_rows(const Engine& engine) {
  std::vector<Row> rows;
  for (const Family family : kFamilies) {
    EngineIterator it = engine.iterate(family, {});
    for (it.seek_to_first(); it.valid(); it.next()) {
      rows.push_back({family, std::string(it.key()), std::string(it.value())});
    }
  }
  return rows;
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes)
    text += "0123456789abcdef"[(c >> 4) & 15], text += "0123456789abcdef"[c & 15];
  return text;
}

class IntegrityCheckTest : public ::testing::Test {
 protected:
  IntegrityCheckTest() {
    WriteTransaction one = database.begin();
    const EntityId a = one.create_entity({"A", "B"}, {{"name", "ada"}, {"n", 7}});
    const EntityId b = one.create_entity({"B"}, {{"list", List{1, 2.5, "x"}}});
    const EntityId c = one.create_entity({});
    one.create_edge(a, b, "KNOWS", {{"since", 2024}});
    one.create_edge(b, b, "SELF");
    const EdgeId gone = one.create_edge(b, c, "GONE");
    one.put_metadata("key", "value");
    one.put_metadata("", "");
    one.commit();
    WriteTransaction two = database.begin();
    two.delete_edge(gone);
    two.delete_entity(c);
    two.delete_metadata("");
    two.put_entity({b, {"B", "C"}, {}});
    two.commit();
  }

  Engine& engine() { return database.core().engine(); }

  void put(Family family, const std::string& key, const std::string& value) {
    EngineBatch batch;
    batch.put(family, key, value);
    engine().write(batch);
  }
  void remove(Family family, const std::string& key) {
    EngineBatch batch;
    batch.remove(family, key);
    engine().write(batch);
  }

  // What check says, or what it throws when the state row itself cannot be read.
  std::vector<CheckFinding> findings() {
    try {
      return database.check().findings;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::damaged) << error.what();
      return {{"state", error.what()}};
    }
  }

  void expect_found(const Row& row, const std::string& what_was_done) {
    const std::vector<CheckFinding> found = findings();
    EXPECT_FALSE(found.empty()) << family_name(row.family) << " key " << hex(row.key) << ": "
                                << what_was_done << " was not found";
    for (const CheckFinding& finding : found) {
      EXPECT_FALSE(finding.where.empty());
      EXPECT_FALSE(finding.what.empty());
    }
  }

  Database database = Database::in_memory();
};

TEST_F(IntegrityCheckTest, FindsNothingInASoundDatabase) {
  const CheckReport report = database.check();
  EXPECT_EQ(report.finding_count, 0u);
  EXPECT_EQ(report.records_checked, 5u);
  EXPECT_EQ(report.computed_digest, report.stored_digest);
}

TEST_F(IntegrityCheckTest, FindsEveryRemovedRow) {
  for (const Row& row : all_rows(engine())) {
    remove(row.family, row.key);
    expect_found(row, "the removal");
    put(row.family, row.key, row.value);
  }
  EXPECT_TRUE(findings().empty());
}

TEST_F(IntegrityCheckTest, FindsEveryAlteredByteOfEveryValue) {
  for (const Row& row : all_rows(engine())) {
    for (std::size_t i = 0; i < row.value.size(); ++i) {
      std::string altered = row.value;
      altered[i] = static_cast<char>(altered[i] ^ 1);
      put(row.family, row.key, altered);
      expect_found(row, "the change of byte " + std::to_string(i));
    }
    put(row.family, row.key, row.value + "x");
    expect_found(row, "a byte too many");
    put(row.family, row.key, row.value);
  }
  EXPECT_TRUE(findings().empty());
}

TEST_F(IntegrityCheckTest, FindsEveryAddedRow) {
  for (const Row& row : all_rows(engine())) {
    for (std::size_t i = 0; i < row.key.size(); ++i) {
      std::string key = row.key;
      key[i] = static_cast<char>(key[i] ^ 0x10);
      if (engine().get(row.family, key, nullptr)) continue;
      put(row.family, key, row.value);
      expect_found(row, "a copy under key " + hex(key));
      remove(row.family, key);
    }
    const std::string longer = row.key + "x";
    put(row.family, longer, row.value);
    expect_found(row, "a copy under a longer key");
    remove(row.family, longer);
  }
  EXPECT_TRUE(findings().empty());
}

TEST_F(IntegrityCheckTest, NamesWhatIsDamaged) {
  const auto named = [this](const std::string& name) {
    for (const CheckFinding& finding : findings()) {
      if ((finding.where + " " + finding.what).find(name) != std::string::npos) return true;
    }
    return false;
  };
  for (const Row& row : all_rows(engine())) {
    remove(row.family, row.key);
    switch (row.family) {
      case Family::entities:
      case Family::edges:
      case Family::metadata:
        EXPECT_TRUE(named(std::string(family_name(row.family))));
        break;
      case Family::labels:
        EXPECT_TRUE(named("entity ") && named("label index"));
        break;
      case Family::outgoing:
      case Family::incoming:
        EXPECT_TRUE(named("edge ") && named(std::string(family_name(row.family))));
        break;
      case Family::changes:
        EXPECT_TRUE(named("change index"));
        break;
      case Family::tombstones:
        EXPECT_TRUE(named("tombstones"));
        break;
      case Family::commits:
        EXPECT_TRUE(named("commits row of transaction"));
        break;
      case Family::counters:
        EXPECT_TRUE(named("counter \"" + row.key + "\""));
        break;
      case Family::system:
        EXPECT_TRUE(named("state row"));
        break;
    }
    put(row.family, row.key, row.value);
  }
}

}  // namespace
}  // namespace manifolddb
