// `-o -` writes to standard output, and what is said then goes to standard error.
#include "cli/command_line.h"

namespace manifolddb::test {
namespace {

class StandardOutput : public ::testing::Test {
 protected:
  void SetUp() override {
    make_small_database(directory_ / "db");
    make_backup(directory_ / "db", directory_ / "b.jsonl");
  }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  TempDir directory_;
};

TEST_F(StandardOutput, TakesAMergedChain) {
  ASSERT_EQ(manifold({"apply", path("db")}, kMoreOfIt).exit_code, 0);
  ASSERT_EQ(manifold({"backup", path("db"), "--incremental", "--since", path("b.jsonl"), "-o",
                      path("i.jsonl")})
                .exit_code,
            0);
  const CommandResult merged = manifold({"merge", path("b.jsonl"), path("i.jsonl"), "-o", "-"});
  EXPECT_EQ(merged.exit_code, 0) << merged.err;
  EXPECT_TRUE(contains(merged.err, "merged 2 files")) << merged.err;
  write_file(directory_ / "m.jsonl", merged.out);
  EXPECT_EQ(manifold({"verify", path("m.jsonl")}).exit_code, 0);
  EXPECT_EQ(manifold({"diff", path("m.jsonl"), path("db"), "--json"}).out,
            manifold({"diff", path("db"), path("db"), "--json"}).out);
}

TEST_F(StandardOutput, TakesAnExportThatIsOneFile) {
  for (const char* form : {"graphml", "cypher", "neo4j-apoc"}) {
    const CommandResult out = manifold({"export", path("db"), "--to", form, "-o", "-"});
    EXPECT_EQ(out.exit_code, 0) << out.err;
    EXPECT_TRUE(contains(out.err, "exported 3 entities")) << out.err;
    const CommandResult file = manifold({"export", path("db"), "--to", form, "-o", path(form)});
    EXPECT_EQ(file.exit_code, 0) << file.err;
    EXPECT_EQ(out.out, read_file(path(form))) << form;
  }
}

}  // namespace
}  // namespace manifolddb::test
