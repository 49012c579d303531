// Backups of ManifoldDB for Rust where a backup of ours is expected, and export to single files.
#include <gtest/gtest.h>

#include "cli/command_line.h"

namespace manifolddb::test {
namespace {

constexpr const char* kPredecessorHeader =
    R"({"type":"metadata","data":{"version":1,"format":"json_lines","created_at":0}})"
    "\n";
constexpr const char* kPredecessorEntity =
    R"({"type":"entity","data":{"id":7,"labels":["L"],"properties":{"a":1}}})"
    "\n";
constexpr const char* kPredecessorEdge =
    R"({"type":"edge","data":{"id":3,"source":7,"target":7,"edge_type":"T","properties":{}}})"
    "\n";

std::string predecessor_end(int entities, int edges) {
  return R"({"type":"end_of_backup","data":{"entity_count":)" + std::to_string(entities) +
         R"(,"edge_count":)" + std::to_string(edges) + R"(,"metadata_count":0,"total_records":)" +
         std::to_string(entities + edges) + "}}\n";
}

class PredecessorCommand : public testing::Test {
 protected:
  PredecessorCommand() {
    write_file(folder_ / "old.jsonl", std::string(kPredecessorHeader) + kPredecessorEntity +
                                          kPredecessorEdge + predecessor_end(1, 1));
    write_file(folder_ / "cut.jsonl", std::string(kPredecessorHeader) + kPredecessorEntity);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  TempDir folder_;
};

TEST_F(PredecessorCommand, RestoresVerifiesAndShowsThem) {
  const CommandResult restored = manifold({"restore", path("old.jsonl"), path("db")});
  EXPECT_EQ(restored.exit_code, 0) << restored.err;
  EXPECT_EQ(manifold({"cat", path("db")}).out, std::string(kPredecessorEntity) + kPredecessorEdge);
  for (const char* command : {"verify", "show"}) {
    const CommandResult read = manifold({command, path("old.jsonl")});
    EXPECT_EQ(read.exit_code, 0) << read.err;
    EXPECT_EQ(read.out.find("would import 1 entity and 1 edge from manifoldb-v1"), 0u) << read.out;
  }
}

TEST_F(PredecessorCommand, RefusesOneThatWasCutAndLeavesNothing) {
  const CommandResult verified = manifold({"verify", path("cut.jsonl")});
  EXPECT_EQ(verified.exit_code, 5);
  EXPECT_NE(verified.err.find("cut.jsonl: its last line, end_of_backup, is missing"),
            std::string::npos)
      << verified.err;
  EXPECT_EQ(manifold({"restore", path("cut.jsonl"), path("db")}).exit_code, 5);
  EXPECT_FALSE(std::filesystem::exists(path("db")));
}

TEST_F(PredecessorCommand, RestoresIntoADatabaseByItsPolicy) {
  ASSERT_EQ(manifold({"restore", path("old.jsonl"), path("db")}).exit_code, 0);
  std::string other = kPredecessorEntity;
  other.replace(other.find("\"a\":1"), 5, "\"a\":2");
  write_file(folder_ / "other.jsonl", kPredecessorHeader + other + predecessor_end(1, 0));
  EXPECT_EQ(manifold({"restore", path("other.jsonl"), path("db"), "--into-existing"}).exit_code, 6);
  EXPECT_EQ(manifold({"cat", path("db")}).out, std::string(kPredecessorEntity) + kPredecessorEdge);
  EXPECT_EQ(manifold({"restore", path("other.jsonl"), path("db"), "--into-existing",
                      "--on-conflict", "overwrite"})
                .exit_code,
            0);
  EXPECT_EQ(manifold({"cat", path("db")}).out, other + kPredecessorEdge);
}

TEST_F(PredecessorCommand, HasNoPointsInTime) {
  const CommandResult result =
      manifold({"restore", path("old.jsonl"), path("db"), "--to", "seq:1"});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_FALSE(std::filesystem::exists(path("db")));
}

TEST_F(PredecessorCommand, ExportsToOneFileAndTakesItBack) {
  ASSERT_EQ(manifold({"restore", path("old.jsonl"), path("db")}).exit_code, 0);
  for (const char* form : {"neo4j-apoc", "graphml"}) {
    const std::string file = path(form), copy = path(std::string(form) + ".db");
    const CommandResult written = manifold({"export", path("db"), "--to", form, "-o", file});
    EXPECT_EQ(written.exit_code, 0) << written.err;
    EXPECT_EQ(manifold({"export", path("db"), "--to", form, "-o", file}).exit_code, 7);
    const CommandResult back = manifold({"import", copy, file, "--ids", "keep"});
    EXPECT_EQ(back.exit_code, 0) << back.err;
    EXPECT_EQ(manifold({"cat", copy}).out, manifold({"cat", path("db")}).out);
  }
}

}  // namespace
}  // namespace manifolddb::test
